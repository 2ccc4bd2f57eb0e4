#include "suites/reading/line_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "suites/reading/text_check.h"

namespace assay::reading {

LineReader::LineReader(std::string shown, std::unique_ptr<ByteStream> stream)
    : shown_(std::move(shown)), stream_(std::move(stream)), buffer_(2 * kChunk) {}

Result<LineReader> LineReader::open(const DataFile& file) {
  Result<std::unique_ptr<ByteStream>> stream = file.open();
  if (!stream) return forward_error(stream);
  return LineReader(file.shown, std::move(*stream));
}

// Reads another chunk behind the unread bytes; false at the end of the file.
Result<bool> LineReader::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - end_ < kChunk) buffer_.resize(std::max(buffer_.size() * 2, end_ + kChunk));
  Result<std::size_t> count = stream_->read(buffer_.data() + end_, kChunk);
  if (!count) return forward_error(count);
  end_ += *count;
  if (!any_bytes_ && *count > 0) {
    any_bytes_ = true;
    if (std::string_view(buffer_.data(), end_).starts_with(kByteOrderMark)) begin_ = kByteOrderMark.size();
  }
  return *count > 0;
}

Result<std::optional<std::string_view>> LineReader::next() {
  std::size_t searched = 0;
  while (true) {
    const std::string_view unread(buffer_.data() + begin_, end_ - begin_);
    const std::size_t newline = unread.find('\n', searched);
    std::string_view text;
    if (newline != std::string_view::npos) {
      text = unread.substr(0, newline);
      begin_ += newline + 1;
    } else {
      if (unread.size() > kMaxLine) {
        return usage_error(shown_ + ":" + std::to_string(line_ + 1) + ": the line is longer than " +
                           std::to_string(kMaxLine >> 20) + " MiB; this is no data set's file");
      }
      searched = unread.size();
      Result<bool> more = fill();
      if (!more) return forward_error(more);
      if (*more) continue;
      if (!any_bytes_) return usage_error(shown_ + ": the file is empty; fetch it again");
      if (begin_ == end_) return std::optional<std::string_view>();
      text = std::string_view(buffer_.data() + begin_, end_ - begin_);
      begin_ = end_;
    }
    ++line_;
    if (text.ends_with('\r')) text.remove_suffix(1);
    Result<void> checked = check_text(text, shown_, line_);
    if (!checked) return forward_error(checked);
    return std::optional<std::string_view>(text);
  }
}

}  // namespace assay::reading
