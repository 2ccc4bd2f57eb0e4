// Numbers and texts in the compact form that encoding.h describes, written to and read from a row's bytes.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "results/run_file/sqlite.h"

namespace assay::run_file {

/// Appends to a caller's buffer.
class Packer {
 public:
  explicit Packer(std::string& out) : out_(out) { out_.clear(); }

  void count(std::uint64_t value) {
    while (value >= 0x80) {
      out_ += static_cast<char>(value | 0x80U);
      value >>= 7U;
    }
    out_ += static_cast<char>(value);
  }
  void integer(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    count((bits << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0));
  }
  void real(double value) {
    auto bits = std::bit_cast<std::uint64_t>(value);
    char bytes[8];
    for (char& byte : bytes) {
      byte = static_cast<char>(bits & 0xffU);
      bits >>= 8U;
    }
    out_.append(bytes, sizeof bytes);
  }
  void optional_real(const std::optional<double>& value) {
    count(value ? 1 : 0);
    if (value) real(*value);
  }
  void text(std::string_view value) {
    count(value.size());
    out_ += value;
  }

 private:
  std::string& out_;
};

/// Reads what a Packer wrote; throws on the first byte that is not there.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t count() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if (byte < 0x80) return value;
    }
    damaged();
  }
  /// The number of elements of a list, each of which takes at least `least` bytes: bounds what is reserved.
  std::size_t elements(std::size_t least) {
    const std::uint64_t n = count();
    if (n > rest_.size() / least) damaged();
    return static_cast<std::size_t>(n);
  }
  std::int64_t integer() {
    const std::uint64_t bits = count();
    return static_cast<std::int64_t>((bits >> 1U) ^ ((bits & 1U) != 0 ? ~std::uint64_t{0} : 0));
  }
  double real() {
    std::uint64_t bits = 0;
    const std::string_view bytes = take(8);
    for (std::size_t i = 8; i-- > 0;) bits = (bits << 8U) | static_cast<unsigned char>(bytes[i]);
    return std::bit_cast<double>(bits);
  }
  std::optional<double> optional_real() {
    if (count() == 0) return std::nullopt;
    return real();
  }
  std::string text() {
    const std::uint64_t size = count();
    if (size > rest_.size()) damaged();
    return std::string(take(static_cast<std::size_t>(size)));
  }
  int small() { return static_cast<int>(integer()); }
  bool flag() { return count() != 0; }
  void end() const {
    if (!rest_.empty()) damaged();
  }

 private:
  [[noreturn]] static void damaged() { fail("the run file is corrupted (a row's list ends early or late)"); }
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) damaged();
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
};

}  // namespace assay::run_file
