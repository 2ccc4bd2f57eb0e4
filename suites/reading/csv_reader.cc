#include "suites/reading/csv_reader.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "suites/reading/text_check.h"

namespace assay::reading {
namespace {

constexpr int kEnd = -1;

}  // namespace

CsvReader::CsvReader(std::string shown, std::unique_ptr<ByteStream> stream, char delimiter)
    : shown_(std::move(shown)), delimiter_(delimiter), stream_(std::move(stream)), buffer_(kChunk) {}

Result<CsvReader> CsvReader::open(const DataFile& file, char delimiter) {
  Result<std::unique_ptr<ByteStream>> stream = file.open();
  if (!stream) return forward_error(stream);
  return CsvReader(file.shown, std::move(*stream), delimiter);
}

// The next byte without taking it, or kEnd at the end of the file or after an error, which is then in error_.
int CsvReader::peek() {
  if (at_ < end_) return static_cast<unsigned char>(buffer_[at_]);
  if (at_end_ || error_) return kEnd;
  Result<std::size_t> count = stream_->read(buffer_.data(), buffer_.size());
  if (!count) {
    error_ = std::move(count.error());
    return kEnd;
  }
  at_ = 0;
  end_ = *count;
  at_end_ = *count == 0;
  if (at_end_) return kEnd;
  if (!any_bytes_) {
    any_bytes_ = true;
    if (std::string_view(buffer_.data(), end_).starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
    return peek();
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

std::string& CsvReader::start_field() {
  if (used_ == row_.fields.size()) row_.fields.emplace_back();
  if (used_ == field_line_.size()) field_line_.emplace_back();
  field_line_[used_] = line_;
  std::string& field = row_.fields[used_++];
  field.clear();
  return field;
}

// Takes the text up to the comma or line end that ends the field.
void CsvReader::read_unquoted(std::string& field) {
  while (peek() != kEnd) {
    const char* const first = buffer_.data() + at_;
    const char* const last = buffer_.data() + end_;
    const char* const stop = std::find_if(first, last, [this](char c) { return ends_field(c); });
    field.append(first, stop);
    at_ += static_cast<std::size_t>(stop - first);
    row_bytes_ += static_cast<std::size_t>(stop - first);
    if (stop != last || row_bytes_ > kMaxRow) return;
  }
}

// Takes the text behind an opening quote up to its closing one, doubled quotes as one.
void CsvReader::read_quoted(std::string& field) {
  const std::int64_t opened = line_;
  while (peek() != kEnd) {
    const char* const first = buffer_.data() + at_;
    const auto* const quote = static_cast<const char*>(std::memchr(first, '"', end_ - at_));
    const char* const stop = quote != nullptr ? quote : buffer_.data() + end_;
    field.append(first, stop);
    line_ += std::count(first, stop, '\n');
    at_ += static_cast<std::size_t>(stop - first);
    row_bytes_ += static_cast<std::size_t>(stop - first);
    if (row_bytes_ > kMaxRow) return;
    if (quote == nullptr) continue;
    ++at_;
    if (peek() != '"') return;
    ++at_;
    field += '"';
  }
  if (!error_) {
    error_ = Error{ErrorKind::kUsage, shown_ + ":" + std::to_string(opened) +
                                          ": the quoted field that starts here never ends; the file is cut off or a "
                                          "quote is missing"};
  }
}

// Reads one row, at whose first byte the stream stands; takes its line end too.
void CsvReader::read_row() {
  used_ = 0;
  row_bytes_ = 0;
  row_.line = line_;
  row_.text_after_quote = false;
  while (true) {
    std::string& field = start_field();
    if (peek() == '"') {
      ++at_;
      read_quoted(field);
      const int behind = peek();
      if (behind != kEnd && !ends_field(static_cast<char>(behind))) row_.text_after_quote = true;
    }
    read_unquoted(field);
    if (row_bytes_ > kMaxRow && !error_) {
      error_ = Error{ErrorKind::kUsage, where() + ": the row is longer than " + std::to_string(kMaxRow >> 20) +
                                            " MiB; a quote is missing, or this is no data set's file"};
    }
    if (error_) return;
    const int end = peek();
    if (end == kEnd) return;
    ++at_;
    if (end == delimiter_) continue;
    if (end == '\r' && peek() == '\n') ++at_;
    ++line_;
    return;
  }
}

Result<const CsvRow*> CsvReader::next() {
  for (int c = peek(); c == '\n' || c == '\r'; c = peek()) {  // blank lines
    ++at_;
    if (c == '\r' && peek() == '\n') ++at_;
    ++line_;
  }
  if (peek() == kEnd && !error_) {
    if (!any_bytes_) return usage_error(shown_ + ": the file is empty; fetch it again");
    return nullptr;
  }
  if (!error_) read_row();
  if (error_) return tl::make_unexpected(*error_);
  row_.fields.resize(used_);
  for (std::size_t i = 0; i < used_; ++i) {
    Result<void> checked = check_text(row_.fields[i], shown_, field_line_[i]);
    if (!checked) return forward_error(checked);
  }
  return &row_;
}

Result<const CsvRow*> CsvReader::next(std::size_t count) {
  Result<const CsvRow*> row = next();
  if (row && *row != nullptr && used_ != count) {
    return usage_error(where() + ": has " + std::to_string(used_) + (used_ == 1 ? " field" : " fields") + " where " +
                       std::to_string(count) + " are expected; a separator or a quote is missing or too many");
  }
  return row;
}

}  // namespace assay::reading
