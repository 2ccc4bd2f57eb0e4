#include "adapters/openai/openai_wire.h"

#include <algorithm>
#include <array>

#include "adapters/http/answer_text.h"
#include "adapters/http/error_reply.h"
#include "adapters/http/json_reply.h"
#include "adapters/http/json_writer.h"
#include "adapters/openai/openai_reply.h"
#include "harness/core/text.h"

namespace assay::openai {
namespace {

using http::Expected;
using http::JsonWriter;
using http::member;
using http::string_member;
using http::WireCall;
using Json = nlohmann::json;

constexpr std::size_t kHostedStopSequences = 4;

std::string_view role_name(Role role) {
  switch (role) {
    case Role::kSystem:
      return "system";
    case Role::kAssistant:
      return "assistant";
    case Role::kUser:
      break;
  }
  return "user";
}

Failure unsupported(const std::string& message) {
  return {FailureKind::kUnsupported, FailureAction::kGiveUpItem, message, 0};
}

// A failure where the reply is an error object; `choices` absent makes it unreadable.
std::optional<Failure> failure_in(const Json& reply, std::string_view body) {
  if (!reply.is_object()) return http::unreadable_reply("the reply is not JSON", body);
  if (http::reports_error(reply) || string_member(reply, "object") == "error") {
    return http::failure_of_reply(200, {}, http::read_error_body(body));
  }
  return std::nullopt;
}

void finish_text(Completion& completion, const Expected& expected) {
  if (!expected.raw_prompt) http::cut_reasoning(completion);
  http::cut_at_stop(completion, expected.stop);
  const auto wanted = static_cast<std::size_t>(std::max(0, expected.top_logprobs));
  if (completion.top_logprobs.size() > wanted) completion.top_logprobs.resize(wanted);
}

// The chunks of a streamed reply, of either endpoint: {"choices": [{"delta": {"content": …}}]} or [{"text": …}].
class ChunkReader : public http::StreamReader {
 public:
  explicit ChunkReader(const Expected& expected) : expected_(expected) {}

  bool on_event(std::string_view type, std::string_view data) override {
    if (data.substr(0, data.find_last_not_of(" \t") + 1) == "[DONE]") {
      ended_ = true;
      return false;
    }
    const Json chunk = http::parsed_reply(data);
    if (type == "error" && chunk.is_object() && member(chunk, "error").is_null()) {
      return fail(http::failure_of_reply(200, {}, http::read_error_body(data)));
    }
    if (std::optional<Failure> failure = failure_in(chunk, data)) return fail(std::move(*failure));
    read_usage(member(chunk, "usage"), answer_.usage);
    if (answer_.served_model.empty()) answer_.served_model = string_member(chunk, "model");
    const Json& choices = member(chunk, "choices");
    bool brought_text = false;
    if (choices.is_array()) {
      for (const Json& choice : choices) {
        const Json& index = member(choice, "index");
        if (index.is_number_integer() && index != 0) continue;  // a server that ignores n
        if (read_choice(choice)) brought_text = true;
      }
    }
    return brought_text;
  }

  [[nodiscard]] bool ended() const override { return ended_; }
  [[nodiscard]] bool complete() const override { return ended_ || has_reason_; }

  Completion finish() override {
    if (failure_) return http::failed_completion(std::move(*failure_));
    if (!ended_ && !has_reason_) {
      return http::failed_completion(
          {FailureKind::kBadResponse, FailureAction::kRetry, "the stream broke off before its end", 0});
    }
    finish_text(answer_, expected_);
    return std::move(answer_);
  }

 private:
  bool fail(Failure failure) {
    failure_ = std::move(failure);
    ended_ = true;
    return false;
  }

  bool read_choice(const Json& choice) {
    const std::string reason = string_member(choice, "finish_reason");
    if (!reason.empty()) {
      answer_.finish = finish_of(reason);
      has_reason_ = true;
    }
    read_top_logprobs(member(choice, "logprobs"), answer_.top_logprobs);
    const Json& delta = member(choice, "delta");
    std::string text = delta.is_object() ? content_text(member(delta, "content")) : string_member(choice, "text");
    if (text.empty()) text = string_member(delta, "refusal");
    std::string thought = string_member(delta, "reasoning_content");
    if (thought.empty()) thought = string_member(delta, "reasoning");
    answer_.text += text;
    answer_.reasoning += thought;
    return !text.empty() || !thought.empty();
  }

  Expected expected_;
  Completion answer_;
  std::optional<Failure> failure_;
  bool has_reason_ = false;
  bool ended_ = false;
};

}  // namespace

bool is_reasoning_model(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  if (name.starts_with("gpt-5-chat")) return false;
  for (const std::string_view family : {"o1", "o3", "o4", "gpt-5"}) {
    const std::string_view rest = name.starts_with(family) ? name.substr(family.size()) : std::string_view("x");
    if (rest.empty() || rest[0] == '-' || rest[0] == '.') return true;
  }
  return false;
}

Capabilities WireFormat::capabilities() const {
  Capabilities capabilities;
  capabilities.chat = settings_.offers_chat;
  capabilities.generate = settings_.offers_completions;
  capabilities.loglikelihood = settings_.offers_echo;
  capabilities.top_logprobs = settings_.offers_top_logprobs && !settings_.is_reasoning;
  capabilities.thinking_tokens = settings_.reasoning_tokens;
  return capabilities;
}

std::vector<std::pair<std::string, std::string>> WireFormat::settings() const {
  std::vector<std::pair<std::string, std::string>> result;
  if (!settings_.reasoning_effort.empty()) result.emplace_back("reasoning_effort", settings_.reasoning_effort);
  if (settings_.reasoning_tokens > 0)
    result.emplace_back("reasoning_tokens", std::to_string(settings_.reasoning_tokens));
  return result;
}

std::variant<WireCall, Failure> WireFormat::encode(const Request& request) const {
  if (const auto* generate = std::get_if<GenerateRequest>(&request.body)) return encode_generate(*generate);
  return encode_loglikelihood(std::get<LoglikelihoodRequest>(request.body));
}

std::variant<WireCall, Failure> WireFormat::encode_generate(const GenerateRequest& request) const {
  const bool chat = !request.messages.empty();
  if (chat && !settings_.offers_chat)
    return unsupported("this model takes prompts only, not messages (api=completions)");
  if (!chat && !settings_.offers_completions) {
    return unsupported("this model takes messages only, not raw prompts; api=completions asks for the other endpoint");
  }
  if (request.top_logprobs > 0 && !capabilities().top_logprobs)
    return unsupported("this model gives no log-probabilities");
  WireCall call;
  call.path = (chat ? "/chat/completions" : "/completions") + settings_.query;
  const int max_tokens = request.max_tokens + settings_.reasoning_tokens;
  JsonWriter json;
  json.open_object();
  if (settings_.send_model) json.key("model").text(settings_.model);
  if (chat) {
    json.key("messages").open_array();
    for (const Message& message : request.messages) {
      json.open_object().key("role").text(role_name(message.role)).key("content").text(message.content).close_object();
    }
    json.close_array();
    if (request.messages.back().role == Role::kAssistant && !settings_.is_hosted) {
      // vLLM's way to have the last message continued; other servers do it anyway and ignore these
      json.key("add_generation_prompt").boolean(false).key("continue_final_message").boolean(true);
    }
  } else {
    json.key("prompt").text(request.prompt);
  }
  const bool thinks = chat && settings_.is_reasoning;
  json.key(thinks ? "max_completion_tokens" : "max_tokens").integer(max_tokens);
  if (!thinks) {
    json.key("temperature").number(request.temperature);
    if (request.top_p < 1) json.key("top_p").number(request.top_p);
    // 31 bits: some servers keep the seed in a signed 32-bit number
    if (request.temperature > 0) json.key("seed").integer(static_cast<std::int64_t>(request.seed & 0x7fffffffU));
    const std::size_t stops =
        settings_.is_hosted ? std::min(request.stop.size(), kHostedStopSequences) : request.stop.size();
    if (stops > 0) {
      json.key("stop").open_array();
      for (std::size_t i = 0; i < stops; ++i) json.text(request.stop[i]);
      json.close_array();
    }
    if (request.top_logprobs > 0) {
      if (chat) {
        json.key("logprobs").boolean(true).key("top_logprobs").integer(request.top_logprobs);
      } else {
        json.key("logprobs").integer(request.top_logprobs);
      }
    }
  }
  if (!settings_.reasoning_effort.empty()) json.key("reasoning_effort").text(settings_.reasoning_effort);
  call.stream = http::wants_stream(settings_.stream, max_tokens);
  if (call.stream) {
    json.key("stream").boolean(true);
    json.key("stream_options").open_object().key("include_usage").boolean(true).close_object();
  }
  json.close_object();
  call.body = json.take();
  call.estimated_tokens = static_cast<double>(call.body.size()) / 4 + max_tokens;
  call.expected.stop = request.stop;
  call.expected.top_logprobs = request.top_logprobs;
  call.expected.raw_prompt = !chat;
  return call;
}

std::variant<WireCall, Failure> WireFormat::encode_loglikelihood(const LoglikelihoodRequest& request) const {
  if (!settings_.offers_echo) return unsupported("this model gives no log-probabilities of given text");
  for (std::size_t i = 0; i < request.continuations.size(); ++i) {
    if (request.context.empty() && request.opening(i).empty()) {
      return unsupported("log-probabilities without a context cannot be asked of this API");
    }
  }
  WireCall call;
  call.path = "/completions" + settings_.query;
  JsonWriter json;
  json.open_object();
  if (settings_.send_model) json.key("model").text(settings_.model);
  json.key("prompt");
  const bool several = request.continuations.size() > 1;
  if (several) json.open_array();
  for (std::size_t i = 0; i < request.continuations.size(); ++i) {
    const std::string given = request.context + request.opening(i);
    const std::string whole = given + request.continuations[i];
    json.text(whole);
    call.expected.boundaries.emplace_back(code_point_count(repaired_utf8(given)),
                                          code_point_count(repaired_utf8(whole)));
  }
  if (several) json.close_array();
  // one token is generated and not looked at: several servers take 0 for "no limit"
  json.key("max_tokens").integer(1).key("temperature").integer(0).key("logprobs").integer(1);
  json.key("echo").boolean(true).close_object();
  call.body = json.take();
  call.estimated_tokens = static_cast<double>(call.body.size()) / 4;
  call.expected.max_context_tokens = request.max_context_tokens;
  return call;
}

Completion WireFormat::decode(const Expected& expected, std::string_view body) const {
  const Json reply = http::parsed_reply(body);
  if (std::optional<Failure> failure = failure_in(reply, body)) return http::failed_completion(std::move(*failure));
  if (!expected.boundaries.empty()) return read_echo(expected, reply);
  const Json& choices = member(reply, "choices");
  if (!choices.is_array() || choices.empty() || !choices[0].is_object()) {
    return http::failed_completion(http::unreadable_reply("the reply holds no choices", body));
  }
  const Json& choice = choices[0];
  const Json& message = member(choice, "message");
  if (!message.is_object() && !member(choice, "text").is_string()) {
    return http::failed_completion(http::unreadable_reply("the reply's choice holds neither message nor text", body));
  }
  Completion completion;
  if (message.is_object()) {
    completion.text = content_text(member(message, "content"));
    if (completion.text.empty()) completion.text = string_member(message, "refusal");
    completion.reasoning = string_member(message, "reasoning_content");
    if (completion.reasoning.empty()) completion.reasoning = string_member(message, "reasoning");
  } else {
    completion.text = string_member(choice, "text");
  }
  completion.finish = finish_of(string_member(choice, "finish_reason"));
  if (expected.top_logprobs > 0) read_top_logprobs(member(choice, "logprobs"), completion.top_logprobs);
  read_usage(member(reply, "usage"), completion.usage);
  completion.served_model = string_member(reply, "model");
  finish_text(completion, expected);
  return completion;
}

std::unique_ptr<http::StreamReader> WireFormat::stream_reader(const Expected& expected) const {
  return std::make_unique<ChunkReader>(expected);
}

}  // namespace assay::openai
