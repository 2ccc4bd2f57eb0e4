// The GGUF header check: what is wrong with a file is said before llama.cpp gets it.
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "adapters/llama/gguf_header.h"
#include "harness/core/text.h"
#include "tests/catch.h"

namespace assay::llama {
namespace {

/// Writes a GGUF file's parts, right or wrong.
class Gguf {
 public:
  template <class T>
  Gguf& number(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));  // NOLINT: bytes of a plain number
    return *this;
  }
  Gguf& text(const std::string& value) {
    number<std::uint64_t>(value.size());
    bytes_ += value;
    return *this;
  }
  Gguf& text_pair(const std::string& key, const std::string& value) {
    return text(key).number<std::uint32_t>(8).text(value);
  }
  Gguf& number_pair(const std::string& key, std::uint32_t value) {
    return text(key).number<std::uint32_t>(4).number(value);
  }
  Gguf& begin(std::uint64_t tensors, std::uint64_t pairs, std::uint32_t version = 3) {
    bytes_ += "GGUF";
    return number(version).number(tensors).number(pairs);
  }
  Gguf& tensor(const std::string& name, std::uint64_t width, std::uint64_t rows, std::uint32_t type,
               std::uint64_t offset) {
    return text(name).number<std::uint32_t>(2).number(width).number(rows).number(type).number(offset);
  }
  Gguf& data(std::size_t size) {
    bytes_.resize((bytes_.size() + 31) / 32 * 32 + size);
    return *this;
  }
  [[nodiscard]] Result<GgufHeader> parse() const {
    std::istringstream in(bytes_);
    return parse_gguf_header(in, bytes_.size(), "m.gguf");
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// A whole small model: two tensors, the second Q4_1.
Gguf sound() {
  Gguf file;
  file.begin(2, 4)
      .text_pair("general.architecture", "llama")
      .text_pair("general.name", "tiny")
      .number_pair("general.file_type", 3)
      .number_pair("llama.context_length", 2048)
      .tensor("a", 8, 4, 0, 0)
      .tensor("b", 64, 2, 3, 128)
      .data(128 + 4 * 20);
  return file;
}

void rejects(const Gguf& file, const std::string& why) {
  const auto header = file.parse();
  REQUIRE_FALSE(header.has_value());
  CHECK(header.error().kind == ErrorKind::kUsage);
  CHECK_THAT(header.error().message, StartsWith("model file 'm.gguf' "));
  CHECK_THAT(header.error().message, ContainsSubstring(why));
  CHECK(header.error().message.find('\n') == std::string::npos);
}

TEST_CASE("a sound header is read", "[llama]") {
  const auto header = sound().parse();
  REQUIRE(header.has_value());
  CHECK(header->name == "tiny");
  CHECK(header->architecture == "llama");
  CHECK(header->quantization == "Q4_1");
  CHECK(header->parameters == 8 * 4 + 64 * 2);
  CHECK(header->tensor_bytes == 8 * 4 * 4 + 4 * 20);
  CHECK(header->context_length == 2048U);
}

TEST_CASE("every truncation of a file is noticed", "[llama]") {
  const std::string whole = sound().bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::istringstream in(whole.substr(0, size));
    CHECK_FALSE(parse_gguf_header(in, size, "m.gguf").has_value());
  }
}

TEST_CASE("files that are no GGUF models are refused in one line", "[llama]") {
  rejects(Gguf(), "is empty");
  SECTION("another format") {
    std::istringstream in("PK\3\4 something else");
    const auto header = parse_gguf_header(in, 18, "m.gguf");
    REQUIRE_FALSE(header.has_value());
    CHECK_THAT(header.error().message, ContainsSubstring("is not a GGUF file"));
  }
  rejects(Gguf().begin(0, 0, 1), "version 1");
  rejects(Gguf().begin(0, 0, 0x03000000), "little endian");
  rejects(Gguf().begin(0, 0), "names no architecture");
}

TEST_CASE("a header that lies about sizes is refused before anything is allocated", "[llama]") {
  rejects(Gguf().begin(UINT64_MAX, 0).data(64), "more than the file holds");
  rejects(Gguf().begin(0, UINT64_MAX).data(64), "more than the file holds");
  rejects(Gguf().begin(0, 1).number<std::uint64_t>(UINT64_MAX).data(64), "claims 18446744073709551615 bytes");
  rejects(Gguf().begin(0, 1).text("k").number<std::uint32_t>(9).number<std::uint32_t>(4).number(UINT64_MAX).data(64),
          "more than the file holds");
  rejects(Gguf().begin(0, 1).text("k").number<std::uint32_t>(9).number<std::uint32_t>(9).number(UINT64_MAX).data(64),
          "unknown element type");
  rejects(Gguf().begin(0, 1).text("k").number<std::uint32_t>(77).data(64), "unknown type 77");

  const auto with_tensor = [](std::uint64_t width, std::uint64_t rows, std::uint32_t type, std::uint64_t offset) {
    Gguf file;
    file.begin(1, 1).text_pair("general.architecture", "llama").tensor("t", width, rows, type, offset).data(256);
    return file;
  };
  CHECK(with_tensor(8, 8, 0, 0).parse().has_value());
  rejects(with_tensor(8, 9, 0, 0), "beyond the end");
  rejects(with_tensor(8, 8, 0, 32), "beyond the end");
  rejects(with_tensor(8, 8, 0, UINT64_MAX - 31), "beyond the end");
  rejects(with_tensor(8, 8, 0, 7), "unaligned");
  rejects(with_tensor(UINT64_MAX / 2, UINT64_MAX / 2, 0, 0), "larger than any file");
  rejects(with_tensor(UINT64_MAX / 2, 1, 0, 0), "larger than any file");
  rejects(with_tensor(0, 8, 0, 0), "extent of 0");
  rejects(with_tensor(33, 1, 3, 0), "whole number of blocks");
  rejects(with_tensor(8, 8, 4, 0), "does not know");
  rejects(with_tensor(8, 8, 4000000000U, 0), "does not know");
}

TEST_CASE("numbers that a loader divides or allocates by are checked", "[llama]") {
  for (const char* key : {"llama.block_count", "llama.embedding_length", "llama.attention.head_count"}) {
    for (const std::uint32_t value : {0U, 4000000000U}) {
      rejects(Gguf().begin(0, 2).text_pair("general.architecture", "llama").number_pair(key, value), key);
    }
  }
  rejects(Gguf().begin(0, 2).text_pair("general.architecture", "llama").number_pair("general.alignment", 3),
          "alignment");
  Gguf scores;
  scores.begin(0, 2).text_pair("general.architecture", "llama");
  scores.text("tokenizer.ggml.scores")
      .number<std::uint32_t>(9)
      .number<std::uint32_t>(6)
      .number<std::uint64_t>(1)
      .number(0.5F);
  rejects(scores, "another length");
}

TEST_CASE("token ids that are no tokens are refused", "[llama]") {
  Gguf file;
  file.begin(0, 3).text_pair("general.architecture", "llama").number_pair("tokenizer.ggml.bos_token_id", 2);
  file.text("tokenizer.ggml.tokens").number<std::uint32_t>(9).number<std::uint32_t>(8).number<std::uint64_t>(2);
  file.text("a").text("b");
  rejects(file, "tokenizer.ggml.bos_token_id is 2, and there are 2 tokens");
  Gguf few;
  few.begin(0, 3).text_pair("general.architecture", "llama").number_pair("llama.vocab_size", 3);
  few.text("tokenizer.ggml.tokens").number<std::uint32_t>(9).number<std::uint32_t>(8).number<std::uint64_t>(2);
  few.text("a").text("b");
  rejects(few, "llama.vocab_size is 3, and there are 2 tokens");
}

TEST_CASE("a vocabulary with a token twice is refused: llama.cpp would end the process", "[llama]") {
  for (const auto& [first, second] :
       std::vector<std::pair<std::string, std::string>>{{"ab", "ab"}, {"ab", std::string("ab\0c", 4)}}) {
    Gguf file;
    file.begin(0, 2).text_pair("general.architecture", "llama");
    file.text("tokenizer.ggml.tokens").number<std::uint32_t>(9).number<std::uint32_t>(8).number<std::uint64_t>(3);
    file.text("a").text(first).text(second);
    rejects(file, "has the token 'ab' twice (token 2)");
  }
}

TEST_CASE("what a file's own names put into a message is short and UTF-8", "[llama]") {
  const std::string key = std::string(500, 'k') + "\xc3\n";
  Gguf file;
  file.begin(0, 1).text(key).number<std::uint32_t>(77);
  const auto header = file.parse();
  REQUIRE_FALSE(header.has_value());
  const std::string& message = header.error().message;
  CHECK(message.size() < 400);
  CHECK(repaired_utf8(message) == message);
  CHECK(message.find('\n') == std::string::npos);
}

TEST_CASE("a path that is no file is a usage error", "[llama]") {
  const auto missing = read_gguf_header("/nowhere/model.gguf");
  REQUIRE_FALSE(missing.has_value());
  CHECK_THAT(missing.error().message, ContainsSubstring("'/nowhere/model.gguf' does not exist"));
  const auto folder = read_gguf_header(std::filesystem::temp_directory_path().string());
  REQUIRE_FALSE(folder.has_value());
  CHECK_THAT(folder.error().message, ContainsSubstring("is a directory"));
}

}  // namespace
}  // namespace assay::llama
