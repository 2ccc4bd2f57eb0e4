#include "suites/retrieval/passages.h"

#include <algorithm>
#include <cstdint>

namespace assay::retrieval {
namespace {

constexpr std::uint32_t kLongestWord = 256;
constexpr std::uint32_t kLongestGap = 256;

// A word and what it takes, in bytes of its document (which has fewer than 2^32).
struct Word {
  std::uint32_t first = 0;
  std::uint32_t end = 0;
  int tokens = 0;
  bool ends_passage = false;  // what lies before it is too much to be part of one
};

std::vector<Word> words_of(std::string_view text, const TokenCounter& tokens) {
  std::vector<Word> words;
  const auto size = static_cast<std::uint32_t>(text.size());
  std::uint32_t at = 0;
  while (at < size) {
    const std::uint32_t begin = at;
    while (at < size && is_blank(text[at])) ++at;
    if (at == size) break;
    Word word;
    word.first = at;
    word.ends_passage = at - begin > kLongestGap;
    while (at < size && !is_blank(text[at]) && at - word.first < kLongestWord) ++at;
    while (at < size && continues_character(text[at])) ++at;  // no character is cut in two
    word.end = at;
    const std::uint32_t counted = word.ends_passage ? word.first : begin;
    word.tokens = std::max(1, tokens(text.substr(counted, word.end - counted)));
    words.push_back(word);
  }
  return words;
}

}  // namespace

std::string passage_id(const std::vector<Document>& documents, const Passage& passage) {
  return documents[passage.document].name + "#" + std::to_string(passage.number);
}

std::string_view passage_text(const std::vector<Document>& documents, const Passage& passage) {
  return std::string_view(documents[passage.document].text).substr(passage.begin, passage.end - passage.begin);
}

Result<std::vector<Passage>> cut(const std::vector<Document>& documents, const PassageRules& rules,
                                 const TokenCounter& tokens) {
  std::vector<Passage> passages;
  for (std::size_t d = 0; d < documents.size(); ++d) {
    const std::vector<Word> words = words_of(documents[d].text, tokens);
    int number = 0;
    for (std::size_t begin = 0; begin < words.size();) {
      std::size_t end = begin + 1;
      int sum = words[begin].tokens;
      while (end < words.size() && !words[end].ends_passage && sum + words[end].tokens <= rules.size) {
        sum += words[end++].tokens;
      }
      if (passages.size() == kMostPassages) {
        return usage_error("its documents give more than " + std::to_string(kMostPassages) +
                           " passages; give larger ones (size) or fewer documents");
      }
      passages.push_back({d, ++number, words[begin].first, words[end - 1].end, sum});
      if (end == words.size()) break;
      std::size_t next = end;
      int shared = 0;
      while (!words[end].ends_passage && next > begin + 1 && shared + words[next - 1].tokens <= rules.overlap) {
        shared += words[--next].tokens;
      }
      begin = next;
    }
  }
  return passages;
}

}  // namespace assay::retrieval
