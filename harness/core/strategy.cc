#include "harness/core/strategy.h"

#include <array>
#include <charconv>

#include "harness/core/text.h"

namespace assay {
namespace {

struct Named {
  const char* name;
  StrategyKind kind;
  int least;  // of its number; 0: it has none
  int most;
  const char* counts;  // what the number is of
};

// One voter votes as if nobody did.
constexpr std::array<Named, 5> kNamed{{{"zero_shot", StrategyKind::kZeroShot, 0, 0, ""},
                                       {"few_shot", StrategyKind::kFewShot, 1, 1000, "examples"},
                                       {"cot", StrategyKind::kCot, 0, 0, ""},
                                       {"self_consistency", StrategyKind::kSelfConsistency, 2, 1000, "answers"},
                                       {"rag", StrategyKind::kRag, 0, 0, ""}}};

const Named& of(StrategyKind kind) { return kNamed[static_cast<std::size_t>(kind)]; }

}  // namespace

Result<Strategy> parse_strategy(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  std::vector<std::string> names;
  const Named* found = nullptr;
  for (const Named& one : kNamed) {
    names.emplace_back(one.name);
    if (name == one.name) found = &one;
  }
  if (found == nullptr) {
    return usage_error("no strategy '" + on_one_line(name) + "'" + did_you_mean(name, names) +
                       "; there are zero_shot, few_shot:N, cot, self_consistency:N, rag");
  }
  if (found->least == 0) {
    if (colon != std::string::npos) return usage_error(name + " takes no number: '" + on_one_line(text) + "'");
    return Strategy{found->kind, 0};
  }
  const std::string number = colon == std::string::npos ? "" : text.substr(colon + 1);
  int count = 0;
  const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), count);
  if (failed != std::errc{} || end != number.data() + number.size() || count < found->least || count > found->most) {
    return usage_error("'" + on_one_line(text) + "' is not " + name + ":N, with N " + found->counts + " from " +
                       std::to_string(found->least) + " to " + std::to_string(found->most));
  }
  return Strategy{found->kind, count};
}

std::string strategy_text(const Strategy& strategy) {
  const std::string name = of(strategy.kind).name;
  return strategy.count == 0 ? name : name + ":" + std::to_string(strategy.count);
}

std::string strategy_of(const std::vector<std::pair<std::string, std::string>>& options) {
  for (const auto& [key, value] : options) {
    if (key == kStrategyOption) return value;
  }
  return "";
}

}  // namespace assay
