#include "suites/scoring/token_f1.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <vector>

#include "suites/reading/python_text.h"

namespace assay::scoring {
namespace {

bool is_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

bool starts_sequence(char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }

// Whether a word character ends right before `at`.
bool word_before(std::string_view text, std::size_t at) {
  if (at == 0) return false;
  std::size_t start = at - 1;
  while (start > 0 && !starts_sequence(text[start])) --start;
  return reading::is_python_word(text, start);
}

// re.sub(r"\b(a|an|the)\b", " ", text)
std::string without_articles(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 0;
    if (!word_before(text, i)) {
      for (const std::string_view article : {std::string_view("a"), std::string_view("an"), std::string_view("the")}) {
        const std::size_t end = i + article.size();
        if (text.substr(i, article.size()) != article) continue;
        if (end == text.size() || !reading::is_python_word(text, end)) length = article.size();
      }
    }
    if (length > 0) {
      out += ' ';
      i += length;
    } else {
      out += text[i++];
    }
  }
  return out;
}

}  // namespace

std::string normalised(std::string_view text, const Normalise& parts) {
  std::string out = parts.lowercase ? reading::python_lower(text) : std::string(text);
  if (parts.punctuation) std::erase_if(out, is_punctuation);
  if (parts.articles) out = without_articles(out);
  if (!parts.whitespace) return out;
  std::string joined;
  for (const std::string_view word : reading::python_split(out)) {
    if (!joined.empty()) joined += ' ';
    joined += word;
  }
  return joined;
}

double token_f1(std::string_view target, std::string_view answer) {
  const std::string gold = normalised(target, {});
  const std::string predicted = normalised(answer, {});
  const std::vector<std::string_view> gold_words = reading::python_split(gold);
  const std::vector<std::string_view> words = reading::python_split(predicted);
  if (gold_words.empty() || words.empty()) return gold_words == words ? 1 : 0;
  std::map<std::string_view, int> counts;
  for (const std::string_view word : gold_words) ++counts[word];
  int same = 0;
  for (const std::string_view word : words) {
    const auto found = counts.find(word);
    if (found == counts.end() || found->second == 0) continue;
    --found->second;
    ++same;
  }
  if (same == 0) return 0;
  const double precision = 1.0 * same / static_cast<double>(words.size());
  const double recall = 1.0 * same / static_cast<double>(gold_words.size());
  return 2 * precision * recall / (precision + recall);
}

}  // namespace assay::scoring
