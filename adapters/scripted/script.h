// The file behind `scripted:FILE`: answers, delays and faults, one JSON object (a rule) a line.
//
//   {"item": "mmlu/*/0", "fault": "rate_limited", "retry_after_ms": 20, "times": 2, "choose": 1}
//   {"item": "hellaswag/3", "sample": 0, "logprobs": [-1.5, -0.5, -2, -3], "delay_ms": 4.5}
//   {"text": "Answer: C", "finish_reason": "stop", "prompt_tokens": 12, "completion_tokens": 4}
//
// A request is answered by the first rule that matches it. Keys, all optional:
//   item           an item id or a glob; without it the rule matches every item
//   sample         a sample number; without it the rule matches every sample
//   text           the answer to a generate request
//   texts          its answers in an episode, turn by turn
//   reasoning      what the model thought before it
//   note           what the adapter did to the request: "left-truncated 7 tokens"
//   logprobs       the answer to a log-likelihood request: one number a continuation
//   choose         an index from 0: instead of `logprobs`, certainty for that continuation; instead of `text`, that
//                  one of GenerateRequest::choices
//   top_logprobs   [["A", -0.1], …]: the first token's alternatives, best first
//   finish_reason  "stop" (default), "length" or "content_filter"
//   prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens, evaluated_tokens   usage
//   delay_ms       how long each answer or fault takes
//   fault          a failure's name ("rate_limited", "timeout", …) instead of the answer
//   retry_after_ms with `fault`: how long to wait before asking again
//   times          with `fault`: how often each item and sample fails before it is answered; without it, always
// Blank lines and lines that start with # are skipped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/core/completion.h"
#include "harness/core/result.h"

namespace assay::scripted {

/// One line of a script.
struct Rule {
  int line = 0;  ///< in its file, from 1
  std::optional<std::string> item;
  std::optional<int> sample;
  std::optional<std::string> text;
  std::vector<std::string> texts;
  std::string reasoning;
  std::string note;
  std::optional<std::vector<double>> logprobs;
  std::optional<std::int64_t> choose;
  std::vector<TokenAlternative> top_logprobs;
  FinishReason finish = FinishReason::kStop;
  Usage usage;
  double delay_ms = 0;
  std::optional<FailureKind> fault;
  double retry_after_ms = 0;
  std::optional<int> times;

  /// Whether it says what to answer; one that does not can only fail.
  [[nodiscard]] bool answers() const { return text || !texts.empty() || logprobs || choose || !top_logprobs.empty(); }
};

/// All rules of a file, indexed. Immutable; const functions are thread-safe.
class Script {
 public:
  /// Reads rules from `text`; `path` is for messages only. Errors name line and key.
  static Result<Script> parse(std::string_view text, const std::string& path);

  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }

  /// The first rule that matches, or nothing. Rules with a whole id cost one look-up however many there are;
  /// those with globs are tried in order.
  [[nodiscard]] const Rule* find(const std::string& item, int sample) const;

  /// SHA-256 of what decides the answers. Faults, delays and usage are left out, so that a run that failed can be
  /// resumed once they are gone.
  [[nodiscard]] std::string answers_sha256() const;

 private:
  std::vector<Rule> rules_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_id_;  ///< rules with a whole id
  std::vector<std::size_t> by_glob_;                                 ///< all others
};

}  // namespace assay::scripted
