#include "adapters/openai/openai_reply.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "adapters/http/error_reply.h"
#include "adapters/http/json_reply.h"
#include "harness/core/text.h"

namespace assay::openai {
namespace {

using http::member;
using http::read_count;
using http::string_member;
using Json = nlohmann::json;

Completion echo_failure(FailureKind kind, FailureAction action, const std::string& message) {
  return http::failed_completion({kind, action, message, 0});
}

Completion no_echo(const std::string& why) {
  return echo_failure(FailureKind::kUnsupported, FailureAction::kEndModel,
                      "the server does not give log-probabilities of the prompt (echo): " + why);
}

// One choice's tokens from `boundary.first` characters on up to `boundary.second`; `prompt_tokens`: all up to there.
// A token that begins before the boundary and ends after it belongs to the continuation: part of it is.
std::variant<ContinuationScore, Completion> score_choice(const Json& choice,
                                                         const std::pair<std::size_t, std::size_t>& boundary,
                                                         std::size_t& prompt_tokens) {
  const Json& logprobs = member(choice, "logprobs");
  const Json& tokens = member(logprobs, "tokens");
  const Json& values = member(logprobs, "token_logprobs");
  const Json& offsets = member(logprobs, "text_offset");
  const Json& tops = member(logprobs, "top_logprobs");
  const std::string text = string_member(choice, "text");
  if (code_point_count(text) < boundary.second) return no_echo("the reply's text does not begin with the prompt");
  if (!tokens.is_array() || !values.is_array() || !offsets.is_array() || tokens.size() != values.size() ||
      tokens.size() != offsets.size() || tokens.empty()) {
    return no_echo("tokens, token_logprobs and text_offset are missing or differ in length");
  }
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens[i].is_string() || !offsets[i].is_number_integer() || !(values[i].is_number() || values[i].is_null())) {
      return no_echo("a token, its log-probability or its offset is not of the right type");
    }
  }
  // A BOS token that the server shows though it is not part of the text shifts all offsets by its length (vLLM).
  const std::string& first = tokens[0].get_ref<const std::string&>();
  std::int64_t shift = offsets[0].get<std::int64_t>();
  if (!first.empty() && !text.starts_with(first) && tokens.size() > 1) shift = offsets[1].get<std::int64_t>();
  ContinuationScore score;
  score.is_greedy = true;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::int64_t begin = offsets[i].get<std::int64_t>() - shift;
    const std::int64_t end = i + 1 < tokens.size() ? offsets[i + 1].get<std::int64_t>() - shift : INT64_MAX;
    if (end <= static_cast<std::int64_t>(boundary.first)) continue;
    if (begin >= static_cast<std::int64_t>(boundary.second)) break;  // generated, not asked about
    prompt_tokens = i + 1;
    if (!values[i].is_number() || !std::isfinite(values[i].get<double>())) {
      return echo_failure(FailureKind::kUnsupported, FailureAction::kGiveUpItem,
                          "the server gives no log-probability for the continuation's first token (no context)");
    }
    const double logprob = values[i].get<double>();
    score.logprob += logprob;
    ++score.tokens;
    if (tops.is_array() && i < tops.size() && tops[i].is_object()) {
      for (const auto& [token, value] : tops[i].items()) {
        if (value.is_number() && value.get<double>() > logprob && token != tokens[i].get_ref<const std::string&>()) {
          score.is_greedy = false;
        }
      }
    } else {
      score.is_greedy = false;  // not known to be
    }
  }
  if (score.tokens == 0) return no_echo("no token lies in the continuation");
  return score;
}

}  // namespace

void read_usage(const Json& usage, Usage& target) {
  read_count(usage, "prompt_tokens", target.prompt);
  read_count(usage, "completion_tokens", target.completion);
  read_count(member(usage, "prompt_tokens_details"), "cached_tokens", target.cached);
  read_count(usage, "prompt_cache_hit_tokens", target.cached);  // DeepSeek
  read_count(member(usage, "completion_tokens_details"), "reasoning_tokens", target.reasoning);
}

FinishReason finish_of(std::string_view name) {
  if (name == "length" || name == "max_tokens" || name == "model_length") return FinishReason::kLength;
  if (name == "content_filter") return FinishReason::kContentFilter;
  if (name == "stop" || name == "eos" || name == "eos_token" || name == "stop_sequence" || name == "tool_calls" ||
      name == "function_call" || name == "end_turn") {
    return FinishReason::kStop;
  }
  return FinishReason::kNone;
}

void read_top_logprobs(const Json& logprobs, std::vector<TokenAlternative>& target) {
  if (!target.empty()) return;  // of the first token only
  const Json& content = member(logprobs, "content");
  const Json& lists = content.is_array() ? content : member(logprobs, "top_logprobs");
  if (!lists.is_array() || lists.empty()) return;
  if (content.is_array()) {
    const Json& alternatives = member(lists[0], "top_logprobs");
    if (!alternatives.is_array()) return;
    for (const Json& alternative : alternatives) {
      const Json& logprob = member(alternative, "logprob");
      if (logprob.is_number()) target.push_back({string_member(alternative, "token"), logprob.get<double>()});
    }
  } else if (lists[0].is_object()) {
    for (const auto& [token, logprob] : lists[0].items()) {
      if (logprob.is_number()) target.push_back({token, logprob.get<double>()});
    }
  }
  std::stable_sort(target.begin(), target.end(),
                   [](const TokenAlternative& a, const TokenAlternative& b) { return a.logprob > b.logprob; });
}

std::string content_text(const Json& content) {
  if (content.is_string()) return content.get<std::string>();
  std::string text;
  if (!content.is_array()) return text;
  for (const Json& part : content) text += string_member(part, "text");
  return text;
}

Completion read_echo(const http::Expected& expected, const Json& reply) {
  const Json& choices = member(reply, "choices");
  if (!choices.is_array() || choices.size() != expected.boundaries.size()) {
    return echo_failure(FailureKind::kBadResponse, FailureAction::kRetry,
                        "the reply holds " + std::to_string(choices.is_array() ? choices.size() : 0) +
                            " choices, expected " + std::to_string(expected.boundaries.size()));
  }
  Completion completion;
  completion.continuations.resize(choices.size());
  std::vector<bool> seen(choices.size(), false);
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const Json& index = member(choices[i], "index");
    const std::size_t place = index.is_number_unsigned() ? index.get<std::size_t>() : i;
    if (place >= seen.size() || seen[place]) {
      return echo_failure(FailureKind::kBadResponse, FailureAction::kRetry,
                          "the reply's choices are not numbered from 0");
    }
    seen[place] = true;
    std::size_t prompt_tokens = 0;
    auto score = score_choice(choices[i], expected.boundaries[place], prompt_tokens);
    if (auto* failed = std::get_if<Completion>(&score)) return std::move(*failed);
    if (expected.max_context_tokens > 0 && prompt_tokens > static_cast<std::size_t>(expected.max_context_tokens)) {
      return echo_failure(FailureKind::kContextTooLong, FailureAction::kGiveUpItem,
                          std::to_string(prompt_tokens) + " tokens, the protocol allows " +
                              std::to_string(expected.max_context_tokens));
    }
    completion.continuations[place] = std::get<ContinuationScore>(score);
  }
  read_usage(member(reply, "usage"), completion.usage);
  completion.served_model = string_member(reply, "model");
  return completion;
}

}  // namespace assay::openai
