#include "adapters/gemini/gemini_wire.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "adapters/http/answer_text.h"
#include "adapters/http/error_reply.h"
#include "adapters/http/json_reply.h"
#include "adapters/http/json_writer.h"

namespace assay::gemini {
namespace {

using http::Expected;
using http::JsonWriter;
using http::member;
using http::string_member;
using http::WireCall;
using Json = nlohmann::json;

constexpr std::size_t kMostStopSequences = 5;  // the API refuses more; the others are cut from the text afterwards

FinishReason finish_of(std::string_view reason) {
  if (reason == "MAX_TOKENS") return FinishReason::kLength;
  if (reason == "SAFETY" || reason == "RECITATION" || reason == "BLOCKLIST" || reason == "PROHIBITED_CONTENT" ||
      reason == "SPII" || reason == "LANGUAGE") {
    return FinishReason::kContentFilter;
  }
  return reason.empty() ? FinishReason::kNone : FinishReason::kStop;
}

// A GenerateContentResponse; a stream is several of them, each a part of the answer.
class ReplyReader {
 public:
  // True where it brought text; sets `failure` where the reply is an error or the prompt was refused.
  bool read(std::string_view data, std::optional<Failure>& failure) {
    const Json reply = http::parsed_reply(data);
    const bool wrapped = reply.is_array() && reply.size() == 1;  // errors of a stream come in an array
    const Json& body = wrapped ? reply[0] : reply;
    if (!body.is_object()) {
      failure = http::unreadable_reply("the reply is not JSON", data);
      return false;
    }
    if (http::reports_error(body)) {
      failure = http::failure_of_reply(200, {}, http::read_error_body(data));
      return false;
    }
    const std::string blocked = string_member(member(body, "promptFeedback"), "blockReason");
    if (!blocked.empty()) {
      failure = Failure{FailureKind::kRefused, FailureAction::kGiveUpItem,
                        http::one_line("the prompt was refused: " + blocked), 0};
      return false;
    }
    read_usage(member(body, "usageMetadata"));
    if (answer.served_model.empty()) answer.served_model = string_member(body, "modelVersion");
    const Json& candidates = member(body, "candidates");
    if (!candidates.is_array() || candidates.empty()) return false;
    return read_candidate(candidates[0]);
  }

  Completion answer;
  bool has_reason = false;

 private:
  bool read_candidate(const Json& candidate) {
    const std::string reason = string_member(candidate, "finishReason");
    if (!reason.empty()) {
      answer.finish = finish_of(reason);
      has_reason = true;
    }
    bool brought_text = false;
    const Json& parts = member(member(candidate, "content"), "parts");
    if (parts.is_array()) {
      for (const Json& part : parts) {
        const std::string text = string_member(part, "text");
        const bool is_thought = member(part, "thought") == true;
        (is_thought ? answer.reasoning : answer.text) += text;
        brought_text = brought_text || !text.empty();
      }
    }
    const Json& tops = member(member(candidate, "logprobsResult"), "topCandidates");
    if (answer.top_logprobs.empty() && tops.is_array() && !tops.empty()) {
      const Json& first = member(tops[0], "candidates");
      if (first.is_array()) {
        for (const Json& token : first) {
          const Json& logprob = member(token, "logProbability");
          if (logprob.is_number())
            answer.top_logprobs.push_back({string_member(token, "token"), logprob.get<double>()});
        }
      }
    }
    return brought_text;
  }

  // candidatesTokenCount leaves thoughts out; our completion count has them in.
  void read_usage(const Json& usage) {
    http::read_count(usage, "promptTokenCount", answer.usage.prompt);
    http::read_count(usage, "cachedContentTokenCount", answer.usage.cached);
    std::optional<std::int64_t> candidates;
    http::read_count(usage, "candidatesTokenCount", candidates);
    http::read_count(usage, "thoughtsTokenCount", answer.usage.reasoning);
    if (candidates) answer.usage.completion = *candidates + answer.usage.reasoning.value_or(0);
  }
};

Completion finished(ReplyReader& reader, const Expected& expected, std::string_view body) {
  if (!reader.has_reason) {
    return http::failed_completion(http::unreadable_reply("the reply holds no finished candidate", body));
  }
  Completion completion = std::move(reader.answer);
  http::cut_at_stop(completion, expected.stop);
  const auto wanted = static_cast<std::size_t>(std::max(0, expected.top_logprobs));
  if (completion.top_logprobs.size() > wanted) completion.top_logprobs.resize(wanted);
  return completion;
}

class EventReader : public http::StreamReader {
 public:
  explicit EventReader(const Expected& expected) : expected_(expected) {}

  bool on_event(std::string_view, std::string_view data) override {
    const bool brought_text = reader_.read(data, failure_);
    if (failure_) ended_ = true;
    return brought_text;
  }

  // No event says that it is the last; counts may follow the finish reason.
  [[nodiscard]] bool ended() const override { return ended_; }
  [[nodiscard]] bool complete() const override { return ended_ || reader_.has_reason; }

  Completion finish() override {
    if (failure_) return http::failed_completion(std::move(*failure_));
    return finished(reader_, expected_, "");
  }

 private:
  Expected expected_;
  ReplyReader reader_;
  std::optional<Failure> failure_;
  bool ended_ = false;
};

void write_config(JsonWriter& json, const GenerateRequest& request, const WireSettings& settings, int max_tokens) {
  json.key("generationConfig").open_object();
  json.key("maxOutputTokens").integer(max_tokens).key("temperature").number(request.temperature);
  if (request.top_p < 1) json.key("topP").number(request.top_p);
  if (request.temperature > 0) json.key("seed").integer(static_cast<std::int64_t>(request.seed & 0x7fffffffU));
  if (!request.stop.empty()) {
    json.key("stopSequences").open_array();
    for (std::size_t i = 0; i < std::min(request.stop.size(), kMostStopSequences); ++i) json.text(request.stop[i]);
    json.close_array();
  }
  if (request.top_logprobs > 0)
    json.key("responseLogprobs").boolean(true).key("logprobs").integer(request.top_logprobs);
  if (settings.thinking_tokens) {
    json.key("thinkingConfig").open_object().key("thinkingBudget").integer(*settings.thinking_tokens).close_object();
  }
  json.close_object();
}

}  // namespace

Capabilities WireFormat::capabilities() const {
  Capabilities capabilities;
  capabilities.chat = true;
  capabilities.top_logprobs = true;
  capabilities.thinking_tokens = settings_.thinking_tokens.value_or(0);
  return capabilities;
}

std::vector<std::pair<std::string, std::string>> WireFormat::settings() const {
  if (!settings_.thinking_tokens) return {};
  return {{"thinking", std::to_string(*settings_.thinking_tokens)}};
}

std::variant<WireCall, Failure> WireFormat::encode(const Request& request) const {
  const auto* generate = std::get_if<GenerateRequest>(&request.body);
  if (generate == nullptr || generate->messages.empty()) {
    return Failure{FailureKind::kUnsupported, FailureAction::kGiveUpItem,
                   "this API takes messages only and gives no log-probabilities of given text", 0};
  }
  WireCall call;
  const int max_tokens = generate->max_tokens + settings_.thinking_tokens.value_or(0);
  call.stream = http::wants_stream(settings_.stream, max_tokens) && generate->top_logprobs == 0;
  const std::string name =
      settings_.model.find('/') == std::string::npos ? "models/" + settings_.model : settings_.model;
  call.path = "/" + name + (call.stream ? ":streamGenerateContent?alt=sse" : ":generateContent");
  JsonWriter json;
  json.open_object();
  std::string system;
  for (const Message& message : generate->messages) {
    if (message.role == Role::kSystem) system += (system.empty() ? "" : "\n\n") + message.content;
  }
  if (!system.empty()) {
    json.key("systemInstruction").open_object().key("parts").open_array().open_object();
    json.key("text").text(system).close_object().close_array().close_object();
  }
  json.key("contents").open_array();
  for (const Message& message : generate->messages) {
    if (message.role == Role::kSystem) continue;
    json.open_object().key("role").text(message.role == Role::kAssistant ? "model" : "user");
    json.key("parts").open_array().open_object().key("text").text(message.content);
    json.close_object().close_array().close_object();
  }
  json.close_array();
  write_config(json, *generate, settings_, max_tokens);
  json.close_object();
  call.body = json.take();
  call.estimated_tokens = static_cast<double>(call.body.size()) / 4 + max_tokens;
  call.expected.stop = generate->stop;
  call.expected.top_logprobs = generate->top_logprobs;
  return call;
}

Completion WireFormat::decode(const Expected& expected, std::string_view body) const {
  ReplyReader reader;
  std::optional<Failure> failure;
  static_cast<void>(reader.read(body, failure));
  if (failure) return http::failed_completion(std::move(*failure));
  return finished(reader, expected, body);
}

std::unique_ptr<http::StreamReader> WireFormat::stream_reader(const Expected& expected) const {
  return std::make_unique<EventReader>(expected);
}

}  // namespace assay::gemini
