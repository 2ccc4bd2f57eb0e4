#include "adapters/http/sse.h"

namespace assay::http {

bool SseParser::feed(std::string_view bytes, const Handler& handler) {
  if (after_cr_ && !bytes.empty()) {
    after_cr_ = false;
    if (bytes.front() == '\n') bytes.remove_prefix(1);
  }
  while (!bytes.empty()) {
    const std::size_t end = bytes.find_first_of("\r\n");
    if (end == std::string_view::npos) {
      if (pending_.size() + bytes.size() > max_line_bytes_) return false;
      pending_.append(bytes);
      return true;
    }
    const std::string_view rest = bytes.substr(0, end);
    if (pending_.size() + rest.size() > max_line_bytes_) return false;
    bool go_on = false;
    if (pending_.empty()) {
      go_on = line(rest, handler);
    } else {
      pending_.append(rest);
      go_on = line(pending_, handler);
      pending_.clear();
    }
    if (!go_on) return false;
    const bool cr = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    if (cr) {
      if (bytes.empty()) {
        after_cr_ = true;
      } else if (bytes.front() == '\n') {
        bytes.remove_prefix(1);
      }
    }
  }
  return true;
}

bool SseParser::finish(const Handler& handler) {
  if (!pending_.empty()) {
    const std::string last = std::move(pending_);
    pending_.clear();
    if (!line(last, handler)) return false;
  }
  return dispatch(handler);
}

bool SseParser::line(std::string_view text, const Handler& handler) {
  if (first_line_) {
    first_line_ = false;
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  }
  if (text.empty()) return dispatch(handler);
  const std::size_t colon = text.find(':');
  if (colon == 0) return true;  // a comment, sent to keep the connection alive
  const std::string_view field = text.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    if (data_.size() + value.size() > max_line_bytes_) return false;
    if (has_data_) data_ += '\n';
    data_.append(value);
    has_data_ = true;
  } else if (field == "event") {
    type_ = value;
  }
  return true;
}

bool SseParser::dispatch(const Handler& handler) {
  // A ping, or nothing but blanks, keeps the connection alive, whatever it says.
  const bool deliver = has_data_ && type_ != "ping" && data_.find_first_not_of(" \t\n") != std::string::npos;
  bool go_on = true;
  if (deliver) go_on = handler(type_, data_);
  type_.clear();
  data_.clear();
  has_data_ = false;
  return go_on;
}

}  // namespace assay::http
