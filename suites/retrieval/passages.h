// Documents cut into passages of so many tokens, at blanks.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.h"
#include "suites/retrieval/documents.h"

namespace assay::retrieval {

/// The part [begin, end) of a document, in bytes, without blanks at its ends.
struct Passage {
  std::size_t document = 0;  ///< index into the documents
  int number = 1;            ///< within its document, from 1
  std::size_t begin = 0;
  std::size_t end = 0;
  int tokens = 0;  ///< as they were counted
};

/// "handbook/refunds.txt#3".
[[nodiscard]] std::string passage_id(const std::vector<Document>& documents, const Passage& passage);

[[nodiscard]] std::string_view passage_text(const std::vector<Document>& documents, const Passage& passage);

/// How documents are cut.
struct PassageRules {
  int size = 200;    ///< tokens a passage has at most, from 1; a word that is longer is one alone
  int overlap = 40;  ///< tokens at most that it shares with the one before, below `size`
};

/// The most passages of all documents.
inline constexpr std::size_t kMostPassages = 500'000;

/// White space between words.
[[nodiscard]] constexpr bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Whether a byte of UTF-8 goes on with a character that began before it.
[[nodiscard]] constexpr bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

/// Tokens of a word, with the blanks before it.
using TokenCounter = std::function<int(std::string_view word)>;

/// Cuts one document after the other. A run of more than 256 bytes without a blank is several words, one of more than
/// 256 blanks ends a passage: none is longer than 512 bytes a token. Error: more than the most, without a place.
[[nodiscard]] Result<std::vector<Passage>> cut(const std::vector<Document>& documents, const PassageRules& rules,
                                               const TokenCounter& tokens);

}  // namespace assay::retrieval
