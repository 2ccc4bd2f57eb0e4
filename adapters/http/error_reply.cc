#include "adapters/http/error_reply.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "adapters/http/json_reply.h"
#include "harness/core/ascii.h"
#include "harness/core/text.h"

namespace assay::http {
namespace {

using Json = nlohmann::json;

bool contains_any(std::string_view text, std::initializer_list<std::string_view> needles) {
  return std::any_of(needles.begin(), needles.end(),
                     [&](std::string_view needle) { return text.find(needle) != std::string_view::npos; });
}

void read_error_object(const Json& error, ErrorBody& result) {
  for (const char* key : {"message", "detail"}) {
    const auto found = error.find(key);
    if (found != error.end() && found->is_string() && result.message.empty()) {
      result.message = found->get<std::string>();
    }
  }
  for (const char* key : {"code", "type", "status"}) {
    const auto found = error.find(key);
    if (found == error.end()) continue;
    if (found->is_string()) result.code += ascii_lower(found->get<std::string>()) + " ";
    if (found->is_number_integer() && result.status == 0) result.status = found->get<int>();
  }
  const auto details = error.find("details");
  if (details == error.end() || !details->is_array()) return;
  for (const Json& detail : *details) {
    if (!detail.is_object()) continue;
    if (const auto reason = detail.find("reason"); reason != detail.end() && reason->is_string()) {
      result.code += ascii_lower(reason->get<std::string>()) + " ";
    }
    if (const auto delay = detail.find("retryDelay"); delay != detail.end() && delay->is_string()) {
      result.retry_after_ms = duration_ms(delay->get<std::string>());
    }
  }
}

std::string_view html_title(std::string_view body) {
  const std::size_t begin = body.find("<title>");
  const std::size_t end = body.find("</title>");
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin + 7) return {};
  return body.substr(begin + 7, end - begin - 7);
}

// What a provider means by a 400 or 422.
FailureKind kind_of_invalid_request(const ErrorBody& error) {
  const std::string text = ascii_lower(error.message);
  if (contains_any(error.code, {"context_length_exceeded", "exceed_context_size"}) ||
      contains_any(text, {"context length", "context window", "context size", "maximum context", "prompt is too long",
                          "too many tokens", "input is too long", "exceeds the maximum number of tokens",
                          "input token count", "exceed context", "max_new_tokens` must be"})) {
    return FailureKind::kContextTooLong;
  }
  if (contains_any(error.code, {"content_filter", "content_policy", "responsibleaipolicy"}) ||
      contains_any(text, {"content filter", "content management policy", "safety system", "content policy"})) {
    return FailureKind::kRefused;
  }
  if (contains_any(error.code, {"api_key_invalid", "invalid_api_key", "authentication"}) ||
      contains_any(text, {"api key not valid", "invalid api key"})) {
    return FailureKind::kAuthentication;
  }
  if (contains_any(error.code, {"model_not_found", "deploymentnotfound"})) return FailureKind::kNotFound;
  return FailureKind::kInvalidRequest;
}

// The status that an error object in a 200 reply stands for, by the providers' names of their error types.
int status_of_code(const ErrorBody& error) {
  if (error.status >= 400 && error.status < 600) return error.status;
  if (contains_any(error.code, {"rate_limit", "resource_exhausted"})) return 429;
  if (contains_any(error.code, {"overloaded"})) return 529;
  if (contains_any(error.code, {"authentication", "invalid_api_key"})) return 401;
  if (contains_any(error.code, {"permission"})) return 403;
  if (contains_any(error.code, {"not_found"})) return 404;
  if (contains_any(error.code, {"invalid_request", "invalid_argument", "badrequest", "context_length", "content_filter",
                                "exceed_context_size"})) {
    return 400;
  }
  return 500;
}

Failure failure(FailureKind kind, FailureAction action, const std::string& message) {
  Failure result;
  result.kind = kind;
  result.action = action;
  result.message = one_line(message);
  return result;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t max_bytes) {
  std::string line;
  for (const char c : text) {
    const bool blank = static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
    if (blank && (line.empty() || line.back() == ' ')) continue;
    line += blank ? ' ' : c;
    if (line.size() >= max_bytes) break;
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  const std::size_t bad = invalid_utf8_at(line);
  return bad == std::string::npos ? line : repaired_utf8(line);
}

ErrorBody read_error_body(std::string_view body) {
  ErrorBody result;
  const Json whole = parsed_reply(body);
  const bool is_list = whole.is_array() && !whole.empty() && whole[0].is_object() && whole[0].contains("error");
  const Json& json = is_list ? whole[0] : whole;  // Gemini streams
  if (json.is_object()) {
    const auto error = json.find("error");
    if (error != json.end() && error->is_object()) {
      result.found = true;
      read_error_object(*error, result);
    } else if (error != json.end() && error->is_string()) {  // Ollama, TGI
      result.found = true;
      result.message = error->get<std::string>();
      if (const auto type = json.find("error_type"); type != json.end() && type->is_string()) {
        result.code = ascii_lower(type->get<std::string>());
      }
    } else if (json.contains("message") || json.contains("detail")) {
      const auto object = json.find("object");
      result.found = object != json.end() && *object == "error";  // vLLM before its errors were wrapped
      read_error_object(json, result);
    }
  }
  if (result.message.empty()) {
    const std::string_view title = html_title(body);
    result.message = one_line(title.empty() ? body : title, 160);
  }
  return result;
}

Failure failure_of_reply(int status, const ReplyHead& head, const ErrorBody& error) {
  const int meant = status >= 200 && status < 300 ? status_of_code(error) : status;
  const std::string said = error.message.empty() ? "" : ": " + error.message;
  const std::string prefix = "HTTP " + std::to_string(meant);
  const std::optional<double> wait = head.retry_after_ms ? head.retry_after_ms : error.retry_after_ms;
  const auto transient = [&](FailureKind kind) {
    Failure result = failure(kind, wait ? FailureAction::kRetryAfter : FailureAction::kRetry, prefix + said);
    result.retry_after_ms = wait.value_or(0);
    if (head.should_retry == false) result.action = FailureAction::kGiveUpItem;
    return result;
  };
  if (meant >= 300 && meant < 400) {
    return failure(FailureKind::kNotFound, FailureAction::kEndModel,
                   prefix + ": the server redirects" + (head.location.empty() ? "" : " to " + head.location) +
                       "; redirects are not followed, give the address itself");
  }
  switch (meant) {
    case 401:
    case 402:
    case 403:
    case 407:
      return failure(FailureKind::kAuthentication, FailureAction::kEndModel, prefix + said);
    case 404:
    case 405:
    case 410:
      return failure(FailureKind::kNotFound, FailureAction::kEndModel, prefix + said);
    case 408:
    case 409:
    case 425:
      return transient(FailureKind::kServerError);
    case 429:
      if (contains_any(error.code, {"insufficient_quota", "billing"})) {
        return failure(FailureKind::kRateLimited, FailureAction::kEndModel, prefix + said);
      }
      return transient(FailureKind::kRateLimited);
    case 413:
      return failure(FailureKind::kContextTooLong, FailureAction::kGiveUpItem, prefix + said);
    case 501:
    case 505:
      return failure(FailureKind::kUnsupported, FailureAction::kGiveUpItem, prefix + said);
    default:
      break;
  }
  if (meant >= 500) {
    // llama.cpp's server answers 500 to a prompt that does not fit; asking again will not help
    if (kind_of_invalid_request(error) == FailureKind::kContextTooLong) {
      return failure(FailureKind::kContextTooLong, FailureAction::kGiveUpItem, prefix + said);
    }
    return transient(FailureKind::kServerError);
  }
  if (head.should_retry == true) return transient(FailureKind::kServerError);
  const FailureKind kind = kind_of_invalid_request(error);
  const bool ends = kind == FailureKind::kAuthentication || kind == FailureKind::kNotFound;
  return failure(kind, ends ? FailureAction::kEndModel : FailureAction::kGiveUpItem, prefix + said);
}

Failure failure_of_transport(const ExchangeEnd& end) {
  switch (end.error) {
    case TransportError::kConnectTimeout:
      return failure(FailureKind::kTimeout, FailureAction::kRetry, "no connection in time (connect_timeout)");
    case TransportError::kCertificate:
      return failure(FailureKind::kConnection, FailureAction::kEndModel,
                     end.message + "; for an authority of your own set SSL_CERT_FILE");
    case TransportError::kInvalid:
      return failure(FailureKind::kConnection, FailureAction::kEndModel, end.message);
    case TransportError::kStopped:
      return failure(FailureKind::kBadResponse, FailureAction::kGiveUpItem, "the reply is too large");
    case TransportError::kResolve:
    case TransportError::kConnect:
    case TransportError::kBroken:
    case TransportError::kNone:
      break;
  }
  return failure(FailureKind::kConnection, FailureAction::kRetry, end.message);
}

Failure unreadable_reply(std::string_view what, std::string_view body) {
  const std::string_view title = html_title(body);
  const std::string begin = one_line(title.empty() ? body : title, 80);
  return failure(FailureKind::kBadResponse, FailureAction::kRetry,
                 std::string(what) + (begin.empty() ? "" : "; it begins: " + begin));
}

}  // namespace assay::http
