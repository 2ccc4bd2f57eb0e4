#include "adapters/llama/meter.h"

#include <llama.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "adapters/llama/machine.h"

namespace assay::llama {
namespace {

std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

}  // namespace

int Meter::decode(llama_context* context, const Batch& batch, std::size_t wanted) {
  const auto started = MonotonicClock::now();
  const int status = llama_decode(context, batch.get());
  llama_synchronize(context);  // a GPU is still at work when llama_decode() returns
  decode_ms_ += milliseconds_since(started);
  ++batches_;
  rows_ += batch.rows();
  wanted_ += static_cast<std::int64_t>(wanted);
  return status;
}

void Meter::holds(std::size_t cells) { most_cells_ = std::max(most_cells_, cells); }

void Meter::all_said(std::size_t tokens, double ms) {
  busy_tokens_ += static_cast<std::int64_t>(tokens);
  busy_ms_ += ms;
}

void Meter::context_made(const std::string& what, const std::vector<std::string>& lines) {
  std::string buffers;
  for (const std::string& line : lines) {
    const std::size_t size = line.find(" buffer size = ");
    if (size != std::string::npos) {
      const std::size_t name = line.rfind(": ", size);
      const std::size_t begin = line.find_first_not_of(' ', name == std::string::npos ? 0 : name + 2);
      buffers += (buffers.empty() ? "" : ", ") + line.substr(begin);
    }
  }
  const auto same = std::find_if(buffers_.begin(), buffers_.end(), [&](const auto& one) { return one.first == what; });
  if (same == buffers_.end()) {
    buffers_.emplace_back(what, buffers);
  } else {
    same->second = buffers;
  }
}

std::vector<std::string> Meter::report() const {
  std::vector<std::string> lines;
  if (batches_ == 0) {
    return lines;
  }
  lines.push_back("local engine: " + std::to_string(wanted_) + " tokens computed in " + std::to_string(batches_) +
                  " batches of " + fixed(static_cast<double>(rows_) / static_cast<double>(batches_), 1) + " rows, " +
                  std::to_string(rows_ - wanted_) + " of all rows only filling; at most " +
                  std::to_string(most_cells_) + " cells in use");
  lines.push_back("local engine: " + fixed(decode_ms_ / 1000, 2) + " s of " + fixed(working_ms_ / 1000, 2) +
                  " s at work inside llama_decode" +
                  (working_ms_ > 0 ? " (" + fixed(100 * decode_ms_ / working_ms_, 1) + " %)" : ""));
  const auto [choosing, cells, reading] = spent_ms_;
  if (choosing > 0) {
    lines.push_back("local engine: beside it " + fixed(choosing / 1000, 3) + " s for choosing what to compute, " +
                    fixed(cells / 1000, 3) + " s for sharing cells, " + fixed(reading / 1000, 3) +
                    " s for reading logits");
  }
  if (busy_ms_ > 0) {
    lines.push_back("local engine: " + fixed(1000 * static_cast<double>(busy_tokens_) / busy_ms_, 1) +
                    " tokens/s said while every slot was busy (" + std::to_string(busy_tokens_) + " tokens)");
  }
  for (const auto& [what, buffers] : buffers_) {
    lines.push_back("local engine: context for " + what + ": " + buffers);
  }
  if (const auto memory = resident_memory()) {
    const auto mebibytes = [](std::uint64_t bytes) { return fixed(static_cast<double>(bytes) / (1024 * 1024), 1); };
    lines.push_back("local engine: peak memory of the process " + mebibytes(memory->peak) + " MiB; at the end " +
                    mebibytes(memory->anonymous) + " MiB allocated and " + mebibytes(memory->files) +
                    " MiB of mapped files (the model, the program, its libraries)");
  }
  return lines;
}

}  // namespace assay::llama
