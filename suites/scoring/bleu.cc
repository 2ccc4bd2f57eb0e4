#include "suites/scoring/bleu.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "suites/reading/python_text.h"

namespace assay::scoring {
namespace {

using Counts = std::map<std::string, std::int64_t>;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_stop(char c) { return c == '.' || c == ','; }
bool stands_alone(char c) {
  return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') ||
         (c >= ':' && c <= '@') || c == '/';
}

// A substitution of the tokenizer: where two neighbours fit, they are written with blanks; else one byte is copied. On
// bytes as on code points, because every character that a rule names is ASCII.
template <class Fits>
std::string with_pairs(const std::string& text, Fits fits, bool blank_before, bool blank_after) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (i + 1 < text.size() && fits(text[i], text[i + 1])) {
      if (blank_before) out += ' ';
      out += text[i];
      out += ' ';
      out += text[i + 1];
      if (blank_after) out += ' ';
      i += 2;
    } else {
      out += text[i++];
    }
  }
  return out;
}

Counts ngrams(const std::vector<std::string_view>& words, std::size_t n) {
  Counts counts;
  for (std::size_t i = 0; i + n <= words.size(); ++i) {
    std::string gram;
    for (std::size_t j = 0; j < n; ++j) gram.append(words[i + j]).append(" ");
    ++counts[gram];
  }
  return counts;
}

std::string_view without_blanks_behind(std::string_view text) {
  const std::string_view stripped = reading::python_strip(text);
  return text.substr(0, static_cast<std::size_t>(stripped.data() - text.data()) + stripped.size());
}

double bleu(const BleuCounts& counts, bool effective_order) {
  if (std::all_of(counts.matched.begin(), counts.matched.end(), [](std::int64_t n) { return n == 0; })) return 0;
  double penalty = 1;
  if (counts.answer_words < counts.reference_words) {
    penalty = counts.answer_words > 0
                  ? std::exp(1 - static_cast<double>(counts.reference_words) / static_cast<double>(counts.answer_words))
                  : 0;
  }
  constexpr double kLogOfNothing = -9999999999;
  std::size_t order = BleuCounts::kOrder;
  std::array<double, BleuCounts::kOrder> precision{};
  double smoothing = 1;
  for (std::size_t n = 0; n < BleuCounts::kOrder; ++n) {
    if (counts.total[n] == 0) break;
    if (effective_order) order = n + 1;
    const auto total = static_cast<double>(counts.total[n]);
    if (counts.matched[n] == 0) {
      smoothing *= 2;
      precision[n] = 100.0 / (smoothing * total);
    } else {
      precision[n] = 100.0 * static_cast<double>(counts.matched[n]) / total;
    }
  }
  double sum = 0;
  for (std::size_t n = 0; n < order; ++n) sum += precision[n] == 0 ? kLogOfNothing : std::log(precision[n]);
  return penalty * std::exp(sum / static_cast<double>(order)) / 100;
}

}  // namespace

BleuCounts& BleuCounts::operator+=(const BleuCounts& other) {
  for (std::size_t n = 0; n < kOrder; ++n) {
    matched[n] += other.matched[n];
    total[n] += other.total[n];
  }
  answer_words += other.answer_words;
  reference_words += other.reference_words;
  return *this;
}

std::string tokenised_13a(std::string_view text) {
  std::string line = reading::python_replace(text, "<skipped>", "");
  line = reading::python_replace(line, "-\n", "");
  line = reading::python_replace(line, "\n", " ");
  if (line.find('&') != std::string::npos) {
    for (const auto& [from, to] : {std::pair{"&quot;", "\""}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}}) {
      line = reading::python_replace(line, from, to);
    }
  }
  std::string spaced = " ";
  for (const char c : line) {
    if (stands_alone(c)) {
      spaced += ' ';
      spaced += c;
      spaced += ' ';
    } else {
      spaced += c;
    }
  }
  spaced += ' ';
  spaced = with_pairs(
      spaced, [](char a, char b) { return !is_digit(a) && is_stop(b); }, false, true);
  spaced = with_pairs(
      spaced, [](char a, char b) { return is_stop(a) && !is_digit(b); }, true, false);
  spaced = with_pairs(
      spaced, [](char a, char b) { return is_digit(a) && b == '-'; }, false, true);
  std::string tokens;
  for (const std::string_view word : reading::python_split(spaced)) {
    if (!tokens.empty()) tokens += ' ';
    tokens += word;
  }
  return tokens;
}

BleuCounts bleu_counts(const std::vector<std::string>& references, std::string_view answer) {
  BleuCounts counts;
  const std::string tokens = tokenised_13a(without_blanks_behind(answer));
  const std::vector<std::string_view> words = reading::python_split(tokens);
  counts.answer_words = static_cast<std::int64_t>(words.size());
  std::array<Counts, BleuCounts::kOrder> wanted;
  std::int64_t nearest = -1;
  for (const std::string& reference : references) {
    const std::string reference_tokens = tokenised_13a(without_blanks_behind(reference));
    const std::vector<std::string_view> reference_words = reading::python_split(reference_tokens);
    const auto length = static_cast<std::int64_t>(reference_words.size());
    const std::int64_t distance = std::abs(length - counts.answer_words);
    if (nearest < 0 || distance < nearest || (distance == nearest && length < counts.reference_words)) {
      nearest = distance;
      counts.reference_words = length;
    }
    for (std::size_t n = 1; n <= BleuCounts::kOrder; ++n) {
      for (const auto& [gram, count] : ngrams(reference_words, n)) {
        std::int64_t& most = wanted[n - 1][gram];
        most = std::max(most, count);
      }
    }
  }
  for (std::size_t n = 1; n <= BleuCounts::kOrder; ++n) {
    for (const auto& [gram, count] : ngrams(words, n)) {
      counts.total[n - 1] += count;
      if (const auto found = wanted[n - 1].find(gram); found != wanted[n - 1].end()) {
        counts.matched[n - 1] += std::min(count, found->second);
      }
    }
  }
  return counts;
}

double corpus_bleu(const BleuCounts& counts) { return bleu(counts, false); }

double sentence_bleu(const std::vector<std::string>& references, std::string_view answer) {
  return bleu(bleu_counts(references, answer), true);
}

}  // namespace assay::scoring
