#include "suites/templates/template_engine.h"

#include <algorithm>
#include <utility>

#include "harness/core/text.h"
#include "suites/templates/jinja_set.h"
#include "suites/templates/template_wire.h"
#include "suites/worker/wire.h"
#include "suites/worker/worker_process.h"

namespace assay::templates {
namespace {

// The worker's own limit is processor time; this one is for a machine that has none to give.
constexpr int kWallMs = 30'000;

// All the processor time that the templates of a request may take comes on top.
int wall_ms(std::size_t templates, std::size_t request_bytes) {
  constexpr std::size_t kMost = std::size_t{24} * 3'600'000;
  return kWallMs + static_cast<int>(std::min(kMost, templates * cpu_seconds(request_bytes) * 1000));
}

// A limit on address space is none for a sanitizer's runtime, which has limits of its own.
std::vector<std::string> worker_environment() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  const std::string limits = "OPTIONS=hard_rss_limit_mb=1024:max_allocation_size_mb=512";
  return {"ASAN_" + limits, "TSAN_" + limits};
#else
  return {};
#endif
}

}  // namespace

TemplateEngine::TemplateEngine(std::vector<NamedTemplate> templates, std::string program)
    : templates_(std::move(templates)), program_(std::move(program)) {}

TemplateEngine::~TemplateEngine() = default;

bool TemplateEngine::available() { return JinjaSet::available(); }

Result<std::unique_ptr<TemplateEngine>> TemplateEngine::start(std::vector<NamedTemplate> templates,
                                                              std::string program) {
  if (!available()) {
    return usage_error(
        "this build has no template engine, which custom suites need: build with a llama.cpp source tree "
        "(scripts/setup "
        "brings it)");
  }
  for (const NamedTemplate& one : templates) {
    if (one.source.size() > kMaxSource) {
      return usage_error(one.where + ": is longer than " + std::to_string(kMaxSource >> 10) + " KiB");
    }
  }
  std::unique_ptr<TemplateEngine> engine(new TemplateEngine(std::move(templates), std::move(program)));
  if (Result<void> started = engine->start_worker(); !started) return forward_error(started);
  return engine;
}

Result<void> TemplateEngine::start_worker() {
  auto started = worker::WorkerProcess::start({.program = program_,
                                               .argument = std::string(kWorkerArgument),
                                               .greeting = std::string(kGreeting),
                                               .name = "a template worker",
                                               .entry = "template_worker_entry()",
                                               .environment = worker_environment()});
  if (!started) return forward_error(started);
  worker::WireWriter request;
  request.u8(static_cast<std::uint8_t>(Task::kParse));
  request.u32(static_cast<std::uint32_t>(templates_.size()));
  for (const NamedTemplate& one : templates_) request.text(one.source);
  std::string message;
  const std::string& where = templates_.empty() ? program_ : templates_.front().where;
  if (!worker::send_message((*started)->socket(), request.bytes()) ||
      worker::receive_message((*started)->socket(), wall_ms(templates_.size(), 0), message) !=
          worker::ReceiveStatus::kMessage) {
    return usage_error(where + ": the templates cannot be read: nested too deep?");
  }
  worker::WireReader answer(message);
  if (static_cast<Answer>(answer.u8()) == Answer::kError) {
    const std::uint32_t index = answer.u32();
    const std::string what = on_one_line(repaired_utf8(answer.text()));
    return usage_error((index < templates_.size() ? templates_[index].where : where) + ": " + what);
  }
  worker_ = std::move(*started);
  return {};
}

Result<std::vector<std::string>> TemplateEngine::render(const std::vector<std::size_t>& which,
                                                        std::string_view fields_json) {
  worker::WireWriter request;
  request.u8(static_cast<std::uint8_t>(Task::kRender));
  request.text(fields_json);
  request.u32(static_cast<std::uint32_t>(which.size()));
  for (const std::size_t index : which) request.u32(static_cast<std::uint32_t>(index));

  const std::lock_guard<std::mutex> lock(mutex_);
  if (worker_ == nullptr) {  // a template ended the last one
    if (Result<void> started = start_worker(); !started) return forward_error(started);
  }
  std::string message;
  const bool sent = worker::send_message(worker_->socket(), request.bytes());
  const std::size_t size = request.size();
  const worker::ReceiveStatus received =
      sent ? worker::receive_message(worker_->socket(), wall_ms(which.size(), size), message)
           : worker::ReceiveStatus::kClosed;
  const std::string where = which.size() == 1 ? templates_.at(which.front()).where : templates_.front().where;
  if (received != worker::ReceiveStatus::kMessage) {
    const bool endless = received == worker::ReceiveStatus::kTimeout || worker_->used_up_cpu();
    worker_.reset();
    return usage_error(where + (endless ? ": a template does not come to an end within " +
                                              std::to_string(cpu_seconds(size)) + " s of processor time"
                                        : ": a template uses up the memory or nests too deep"));
  }
  worker::WireReader answer(message);
  if (static_cast<Answer>(answer.u8()) == Answer::kError) {
    const std::uint32_t index = answer.u32();
    const std::string what = on_one_line(repaired_utf8(answer.text()));
    return usage_error((index < templates_.size() ? templates_[index].where : where) + ": " + what);
  }
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < which.size(); ++i) texts.push_back(repaired_utf8(answer.text()));
  if (answer.failed()) return internal_error(where + ": the template worker's answer cannot be read");
  return texts;
}

}  // namespace assay::templates
