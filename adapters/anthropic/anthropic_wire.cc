#include "adapters/anthropic/anthropic_wire.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "adapters/http/answer_text.h"
#include "adapters/http/error_reply.h"
#include "adapters/http/json_reply.h"
#include "adapters/http/json_writer.h"

namespace assay::anthropic {
namespace {

using http::Expected;
using http::JsonWriter;
using http::member;
using http::string_member;
using http::WireCall;
using Json = nlohmann::json;

constexpr int kLeastThinkingTokens = 1024;  // the API's own lower limit

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

std::string_view without_trailing_blanks(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

FinishReason finish_of(std::string_view reason) {
  if (reason == "max_tokens" || reason == "model_context_window_exceeded") return FinishReason::kLength;
  if (reason == "refusal") return FinishReason::kContentFilter;
  return reason.empty() ? FinishReason::kNone : FinishReason::kStop;
}

// Anthropic counts cached tokens beside input_tokens, not among them: all three are the prompt.
class UsageReader {
 public:
  void read(const Json& usage) {
    http::read_count(usage, "input_tokens", input_);
    http::read_count(usage, "cache_read_input_tokens", read_);
    http::read_count(usage, "cache_creation_input_tokens", written_);
    http::read_count(usage, "output_tokens", output_);
  }

  [[nodiscard]] Usage usage() const {
    Usage usage;
    if (input_) usage.prompt = *input_ + read_.value_or(0) + written_.value_or(0);
    usage.completion = output_;
    usage.cached = read_;
    usage.cache_write = written_;
    return usage;
  }

 private:
  std::optional<std::int64_t> input_;
  std::optional<std::int64_t> read_;
  std::optional<std::int64_t> written_;
  std::optional<std::int64_t> output_;
};

std::optional<Failure> failure_in(const Json& reply, std::string_view body) {
  if (!reply.is_object()) return http::unreadable_reply("the reply is not JSON", body);
  if (http::reports_error(reply)) return http::failure_of_reply(200, {}, http::read_error_body(body));
  return std::nullopt;
}

// message_start, content_block_delta …, message_delta, message_stop.
class EventReader : public http::StreamReader {
 public:
  explicit EventReader(const Expected& expected) : expected_(expected) {}

  bool on_event(std::string_view, std::string_view data) override {
    const Json event = http::parsed_reply(data);
    if (std::optional<Failure> failure = failure_in(event, data)) {
      failure_ = std::move(*failure);
      ended_ = true;
      return false;
    }
    const std::string type = string_member(event, "type");
    if (type == "message_start") {
      const Json& message = member(event, "message");
      answer_.served_model = string_member(message, "model");
      usage_.read(member(message, "usage"));
    } else if (type == "content_block_delta") {
      const Json& delta = member(event, "delta");
      const std::string text = string_member(delta, "text");
      const std::string thinking = string_member(delta, "thinking");
      answer_.text += text;
      answer_.reasoning += thinking;
      return !text.empty() || !thinking.empty();
    } else if (type == "message_delta") {
      answer_.finish = finish_of(string_member(member(event, "delta"), "stop_reason"));
      usage_.read(member(event, "usage"));
    } else if (type == "message_stop") {
      ended_ = true;
    }
    return false;
  }

  [[nodiscard]] bool ended() const override { return ended_; }

  Completion finish() override {
    if (failure_) return http::failed_completion(std::move(*failure_));
    if (!ended_) {
      return http::failed_completion(
          {FailureKind::kBadResponse, FailureAction::kRetry, "the stream broke off before its end", 0});
    }
    answer_.usage = usage_.usage();
    http::cut_reasoning(answer_);
    http::cut_at_stop(answer_, expected_.stop);
    return std::move(answer_);
  }

 private:
  Expected expected_;
  Completion answer_;
  UsageReader usage_;
  std::optional<Failure> failure_;
  bool ended_ = false;
};

}  // namespace

Capabilities WireFormat::capabilities() const {
  Capabilities capabilities;
  capabilities.chat = true;
  capabilities.thinking_tokens = settings_.thinking_tokens;
  return capabilities;
}

std::vector<std::pair<std::string, std::string>> WireFormat::settings() const {
  if (settings_.thinking_tokens == 0) return {};
  return {{"thinking", std::to_string(settings_.thinking_tokens)}};
}

std::variant<WireCall, Failure> WireFormat::encode(const Request& request) const {
  const auto* generate = std::get_if<GenerateRequest>(&request.body);
  if (generate == nullptr || generate->messages.empty() || generate->top_logprobs > 0) {
    return Failure{FailureKind::kUnsupported, FailureAction::kGiveUpItem,
                   "this API takes messages only and gives no log-probabilities", 0};
  }
  WireCall call;
  call.path = "/messages";
  const int thinking = settings_.thinking_tokens == 0 ? 0 : std::max(settings_.thinking_tokens, kLeastThinkingTokens);
  const int max_tokens = generate->max_tokens + thinking;
  JsonWriter json;
  json.open_object().key("model").text(settings_.model).key("max_tokens").integer(max_tokens);
  std::string system;
  for (const Message& message : generate->messages) {
    if (message.role == Role::kSystem) system += (system.empty() ? "" : "\n\n") + message.content;
  }
  if (!system.empty()) json.key("system").text(system);
  json.key("messages").open_array();
  for (const Message& message : generate->messages) {
    if (message.role == Role::kSystem) continue;
    const bool prefill = &message == &generate->messages.back() && message.role == Role::kAssistant;
    json.open_object().key("role").text(message.role == Role::kAssistant ? "assistant" : "user");
    // the API refuses a prefill that ends in blanks
    json.key("content").text(prefill ? without_trailing_blanks(message.content) : message.content).close_object();
  }
  json.close_array();
  if (thinking > 0) {  // the API refuses a temperature together with thinking
    json.key("thinking").open_object().key("type").text("enabled").key("budget_tokens").integer(thinking);
    json.close_object();
  } else {
    json.key("temperature").number(std::clamp(generate->temperature, 0.0, 1.0));
    if (generate->top_p < 1) json.key("top_p").number(generate->top_p);
  }
  // it also refuses stop sequences of blanks alone; those are cut from the text afterwards
  const bool any_stop = std::any_of(generate->stop.begin(), generate->stop.end(),
                                    [](const std::string& stop) { return !is_blank(stop); });
  if (any_stop) {
    json.key("stop_sequences").open_array();
    for (const std::string& stop : generate->stop) {
      if (!is_blank(stop)) json.text(stop);
    }
    json.close_array();
  }
  call.stream = http::wants_stream(settings_.stream, max_tokens);
  if (call.stream) json.key("stream").boolean(true);
  json.close_object();
  call.body = json.take();
  call.estimated_tokens = static_cast<double>(call.body.size()) / 4 + max_tokens;
  call.expected.stop = generate->stop;
  return call;
}

Completion WireFormat::decode(const Expected& expected, std::string_view body) const {
  const Json reply = http::parsed_reply(body);
  if (std::optional<Failure> failure = failure_in(reply, body)) return http::failed_completion(std::move(*failure));
  const Json& content = member(reply, "content");
  const std::string reason = string_member(reply, "stop_reason");
  if (!content.is_array() || reason.empty()) {
    return http::failed_completion(http::unreadable_reply("the reply holds no content or no stop_reason", body));
  }
  Completion completion;
  for (const Json& block : content) {
    const std::string type = string_member(block, "type");
    if (type == "text") completion.text += string_member(block, "text");
    if (type == "thinking") completion.reasoning += string_member(block, "thinking");
  }
  completion.finish = finish_of(reason);
  UsageReader usage;
  usage.read(member(reply, "usage"));
  completion.usage = usage.usage();
  completion.served_model = string_member(reply, "model");
  http::cut_reasoning(completion);
  http::cut_at_stop(completion, expected.stop);
  return completion;
}

std::unique_ptr<http::StreamReader> WireFormat::stream_reader(const Expected& expected) const {
  return std::make_unique<EventReader>(expected);
}

}  // namespace assay::anthropic
