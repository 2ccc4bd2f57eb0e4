// Runs oracle files through the llama adapter and says how well they agree, how fast it was and how many tokens
// were evaluated: llama_oracle MODEL-REF ORDER FILE.jsonl.gz… with ORDER one of file, reverse, shuffle, single.
// `single` asks one item after the other, so that nothing is shared between items. With ASSAY_DUMP=FILE, the
// log-probabilities are written to that file in full, to be compared between runs; ASSAY_LIMIT=N takes N items a file.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include "adapters/llama/llama_adapter.h"
#include "harness/core/random.h"
#include "tests/adapters/oracle.h"

namespace {

assay::ModelRef reference(const std::string& text) {
  assay::ModelRef ref;
  ref.text = text;
  ref.adapter = "llama";
  const std::size_t mark = text.rfind('?');
  ref.model = text.substr(0, mark);
  for (std::size_t at = mark; at != std::string::npos;) {
    const std::size_t end = text.find('&', at + 1);
    const std::string pair = text.substr(at + 1, end == std::string::npos ? end : end - at - 1);
    ref.options.emplace_back(pair.substr(0, pair.find('=')), pair.substr(pair.find('=') + 1));
    at = end;
  }
  return ref;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: llama_oracle PATH.gguf[?options] file|reverse|shuffle|single FILE.jsonl.gz...\n");
    return 2;
  }
  assay::AdapterContext context;
  context.environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  context.log = [](const std::string& line) {
    if (line.rfind("local engine", 0) == 0) std::fprintf(stderr, "%s\n", line.c_str());
  };
  auto adapter = assay::make_llama_adapter(reference(argv[1]), context);
  if (!adapter) {
    std::fprintf(stderr, "%s\n", adapter.error().message.c_str());
    return adapter.error().kind == assay::ErrorKind::kUsage ? 2 : 4;
  }
  const std::string arrangement = argv[2];
  const char* dump = std::getenv("ASSAY_DUMP");
  std::ofstream out(dump == nullptr ? "/dev/null" : dump);
  const char* limit = std::getenv("ASSAY_LIMIT");
  for (const std::string& path : std::vector<std::string>(argv + 3, argv + argc)) {
    const auto items = assay::test::read_oracle(path, limit == nullptr ? SIZE_MAX : std::stoul(limit));
    std::vector<std::size_t> order(items.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (arrangement == "reverse") {
      std::reverse(order.begin(), order.end());
    } else if (arrangement == "shuffle") {
      std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return assay::random_key(1, items[a].item) < assay::random_key(1, items[b].item);
      });
    }
    std::vector<assay::Completion> answers(items.size());
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t open = 0;
    const std::size_t window = arrangement == "single" ? 1 : 256;
    const auto start = std::chrono::steady_clock::now();
    for (const std::size_t i : order) {
      std::unique_lock<std::mutex> lock(mutex);
      changed.wait(lock, [&] { return open < window; });
      ++open;
      lock.unlock();
      assay::Request request;
      request.item = items[i].item;
      request.order = static_cast<std::int64_t>(i);
      request.body = items[i].request;
      (*adapter)->answer(std::move(request), [&, i](assay::Completion completion) {
        const std::lock_guard<std::mutex> held(mutex);
        answers[i] = std::move(completion);
        --open;
        changed.notify_all();
      });
    }
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return open == 0; });
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::size_t choices = 0;
    std::size_t near = 0;
    std::size_t printed = 0;
    std::size_t chosen = 0;
    std::size_t failed = 0;
    double worst = 0;
    std::int64_t evaluated = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (answers[i].failure) {
        ++failed;
        std::fprintf(stderr, "%s: %s\n", items[i].item.c_str(), answers[i].failure->message.c_str());
        continue;
      }
      evaluated += answers[i].usage.evaluated.value_or(0);
      std::vector<double> ours;
      for (std::size_t k = 0; k < items[i].logprobs.size(); ++k) {
        ours.push_back(answers[i].continuations[k].logprob);
        const double difference = std::fabs(ours.back() - items[i].logprobs[k]);
        ++choices;
        near += difference <= 0.001 ? 1 : 0;
        printed += difference <= 0.0000051 ? 1 : 0;
        worst = std::max(worst, difference);
        char text[64];
        std::snprintf(text, sizeof(text), "%a", ours.back());
        out << items[i].item << " " << k << " " << text << "\n";
      }
      const auto& theirs = items[i].logprobs;
      const bool same = std::max_element(ours.begin(), ours.end()) - ours.begin() ==
                        std::max_element(theirs.begin(), theirs.end()) - theirs.begin();
      chosen += same ? 1 : 0;
    }
    std::printf(
        "%-28s %4zu items %zu failed | choices within 0.001: %zu/%zu, to the last digit: %zu, worst %.6f | chosen "
        "%zu/%zu | %.2f items/s, %lld tokens, %.0f tokens/s\n",
        path.substr(path.rfind('/') + 1).c_str(), items.size(), failed, near, choices, printed, worst, chosen,
        items.size(), static_cast<double>(items.size()) / seconds, static_cast<long long>(evaluated),
        static_cast<double>(evaluated) / seconds);
    std::fflush(stdout);
  }
  return 0;
}
