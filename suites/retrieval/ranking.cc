#include "suites/retrieval/ranking.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "suites/reading/python_text.h"

namespace assay::retrieval {
namespace {

constexpr double kK1 = 1.2;
constexpr double kB = 0.75;

// Sums side by side: a processor can then take several products at once, and the order is the same on all of them.
constexpr std::size_t kSums = 8;

// With the marks that some scripts write vowels by.
bool is_word_character(utf8proc_int32_t code) {
  const utf8proc_category_t category = utf8proc_category(code);
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC || reading::is_letter_or_number(code);
}

double product(const float* a, const float* b, std::size_t size) {
  std::array<double, kSums> sums{};
  std::size_t i = 0;
  for (; i + kSums <= size; i += kSums) {
    for (std::size_t j = 0; j < kSums; ++j) sums[j] += static_cast<double>(a[i + j]) * static_cast<double>(b[i + j]);
  }
  for (; i < size; ++i) sums[i % kSums] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

// Of a vector that is all zero 1: divided by it, it stays so.
double length_of(const std::vector<float>& vector) {
  const double squares = product(vector.data(), vector.data(), vector.size());
  return squares > 0 ? std::sqrt(squares) : 1;
}

}  // namespace

Ranking best(const std::vector<double>& scores, std::size_t k, std::optional<double> floor) {
  Ranking hits;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!floor || scores[i] > *floor) hits.push_back({i, scores[i]});
  }
  const auto end = hits.begin() + static_cast<std::ptrdiff_t>(std::min(k, hits.size()));
  std::partial_sort(hits.begin(), end, hits.end(), [](const Hit& a, const Hit& b) {
    return a.score > b.score || (a.score == b.score && a.passage < b.passage);
  });
  hits.erase(end, hits.end());
  return hits;
}

VectorIndex::VectorIndex(std::vector<std::vector<float>> vectors)
    : size_(vectors.size()), dimensions_(vectors.empty() ? 0 : vectors.front().size()) {
  values_.reserve(size_ * dimensions_);
  for (std::vector<float>& vector : vectors) {
    const double length = length_of(vector);
    for (const float value : vector) values_.push_back(static_cast<float>(static_cast<double>(value) / length));
    std::vector<float>().swap(vector);
  }
}

std::vector<double> VectorIndex::cosines(const std::vector<float>& vector) const {
  const double length = length_of(vector);
  std::vector<double> cosines(size_);
  for (std::size_t i = 0; i < size_; ++i) {
    cosines[i] = product(values_.data() + i * dimensions_, vector.data(), dimensions_) / length;
  }
  return cosines;
}

std::vector<std::string> lexical_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t code = 0;
    const utf8proc_ssize_t bytes = std::max<utf8proc_ssize_t>(utf8proc_iterate(at, left, &code), 1);
    at += bytes;
    left -= bytes;
    if (code >= 0 && is_word_character(code)) {
      std::array<utf8proc_uint8_t, 4> encoded{};
      const auto length = utf8proc_encode_char(utf8proc_tolower(code), encoded.data());
      word.append(reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(length));
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

Bm25::Bm25(const std::vector<std::string_view>& texts) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::vector<std::string> words = lexical_words(texts[i]);
    lengths_.push_back(static_cast<double>(words.size()));
    std::unordered_map<std::string, int> counts;
    for (const std::string& word : words) ++counts[word];
    for (const auto& [word, count] : counts) postings_[word].emplace_back(i, count);
  }
  const double all = std::accumulate(lengths_.begin(), lengths_.end(), 0.0);
  if (all > 0) mean_length_ = all / static_cast<double>(lengths_.size());
}

std::vector<double> Bm25::scores(std::string_view question) const {
  std::vector<double> scores(lengths_.size());
  const auto all = static_cast<double>(lengths_.size());
  for (const std::string& word : lexical_words(question)) {
    const auto found = postings_.find(word);
    if (found == postings_.end()) continue;
    const auto having = static_cast<double>(found->second.size());
    const double weight = std::log(1 + (all - having + 0.5) / (having + 0.5));
    for (const auto& [text, count] : found->second) {
      const double often = count;
      scores[text] += weight * often * (kK1 + 1) / (often + kK1 * (1 - kB + kB * lengths_[text] / mean_length_));
    }
  }
  return scores;
}

bool is_gold(const Passage& passage, const Gold& gold) {
  return passage.document == gold.document && (!gold.at || (passage.begin <= *gold.at && *gold.at < passage.end));
}

Quality quality_of(const Ranking& ranking, const std::vector<Passage>& passages, const std::vector<Gold>& gold) {
  std::vector<Gold> wanted;
  for (const Gold& one : gold) {
    if (std::find(wanted.begin(), wanted.end(), one) == wanted.end()) wanted.push_back(one);
  }
  Quality quality;
  std::vector<bool> found(wanted.size());
  for (std::size_t place = 0; place < ranking.size(); ++place) {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!is_gold(passages[ranking[place].passage], wanted[i])) continue;
      if (quality.reciprocal_rank == 0) quality.reciprocal_rank = 1 / static_cast<double>(place + 1);
      found[i] = true;
    }
  }
  const auto count = std::count(found.begin(), found.end(), true);
  quality.recall = static_cast<double>(count) / static_cast<double>(wanted.size());
  return quality;
}

}  // namespace assay::retrieval
