#include "adapters/http/reply_head.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <ctime>

namespace assay::http {
namespace {

bool same_name(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() && std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) == y;
         });
}

std::optional<double> amount_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value) || value < 0) {
    return std::nullopt;
  }
  return value;
}

// Milliseconds from `now` to a date in the form that `format` says, at least 0.
std::optional<double> until_date(std::string_view text, const char* format, std::chrono::system_clock::time_point now) {
  std::tm parts{};
  const std::string copy(text.substr(0, 64));
  if (strptime(copy.c_str(), format, &parts) == nullptr) return std::nullopt;
  const std::chrono::duration<double, std::milli> wait = std::chrono::system_clock::from_time_t(timegm(&parts)) - now;
  return std::max(0.0, wait.count());
}

}  // namespace

std::optional<double> duration_ms(std::string_view text) {
  double total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(value) || value < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty() && total == 0) return value * 1000;
    if (text.starts_with("ms")) {
      total += value;
      text.remove_prefix(2);
    } else if (text.starts_with('s') || text.starts_with('m') || text.starts_with('h') || text.starts_with('d')) {
      const double seconds = text[0] == 's' ? 1 : text[0] == 'm' ? 60 : text[0] == 'h' ? 3600 : 86400;
      total += value * seconds * 1000;
      text.remove_prefix(1);
    } else {
      return std::nullopt;
    }
  }
  return total;
}

void ReplyHead::read(std::string_view name, std::string_view value, std::chrono::system_clock::time_point now) {
  if (name.empty()) return;
  switch (std::tolower(static_cast<unsigned char>(name[0]))) {
    case 'c':
      if (same_name(name, "content-type")) {
        is_event_stream = value.size() >= 17 && same_name(value.substr(0, 17), "text/event-stream");
      }
      return;
    case 'l':
      if (same_name(name, "location")) location = value.substr(0, 300);
      return;
    case 'r':
      if (same_name(name, "retry-after-ms")) {
        if (const auto wait = amount_of(value)) retry_after_ms = wait;
      } else if (same_name(name, "retry-after") && !retry_after_ms) {
        if (const auto seconds = amount_of(value)) {
          retry_after_ms = *seconds * 1000;
        } else {
          retry_after_ms = until_date(value, "%a, %d %b %Y %H:%M:%S GMT", now);
        }
      }
      return;
    default:
      break;
  }
  if (same_name(name, "x-should-retry")) {
    if (value == "true") should_retry = true;
    if (value == "false") should_retry = false;
    return;
  }
  const auto keep_scarcer = [&](std::optional<double> left, std::optional<double>& target) {
    if (left && (!target || *left < *target)) target = left;
  };
  const auto keep_longer = [&](std::optional<double> wait) {
    if (wait && (!reset_ms || *wait > *reset_ms)) reset_ms = wait;
  };
  if (same_name(name, "x-ratelimit-remaining-requests") || same_name(name, "x-ratelimit-remaining-tokens") ||
      same_name(name, "anthropic-ratelimit-requests-remaining") ||
      same_name(name, "anthropic-ratelimit-tokens-remaining")) {
    keep_scarcer(amount_of(value), remaining);
  } else if (same_name(name, "x-ratelimit-limit-requests") || same_name(name, "anthropic-ratelimit-requests-limit")) {
    keep_scarcer(amount_of(value), limit);
  } else if (same_name(name, "x-ratelimit-reset-requests") || same_name(name, "x-ratelimit-reset-tokens")) {
    keep_longer(duration_ms(value));
  } else if (same_name(name, "anthropic-ratelimit-requests-reset") ||
             same_name(name, "anthropic-ratelimit-tokens-reset")) {
    keep_longer(until_date(value, "%Y-%m-%dT%H:%M:%S", now));
  }
}

std::optional<double> ReplyHead::hold_ms() const {
  if (!remaining || *remaining > 0 || !reset_ms) return std::nullopt;
  return *reset_ms / std::max(1.0, limit.value_or(std::max(1.0, *reset_ms / 1000)));
}

}  // namespace assay::http
