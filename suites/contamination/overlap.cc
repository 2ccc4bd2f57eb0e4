#include "suites/contamination/overlap.h"

#include <algorithm>

#include "suites/contamination/words.h"
#include "suites/scoring/multiple_choice.h"

namespace assay::contamination {

const char* standing_name(Standing standing) {
  switch (standing) {
    case Standing::kClean:
      return "clean";
    case Standing::kFlagged:
      return "flagged";
    case Standing::kTooShort:
      break;
  }
  return "too_short";
}

std::vector<std::string> texts_of(const Item& item) {
  std::vector<std::string> texts{item.question};
  const bool are_letters = item.choices == scoring::letters(static_cast<int>(item.choices.size()));
  const std::vector<std::string>& options = are_letters ? item.fields : item.choices;
  if (item.choices.empty()) {
    texts.push_back(item.target);
  } else {
    texts.insert(texts.end(), options.begin(), options.end());
  }
  return texts;
}

int longest_text(const std::vector<std::string>& texts) {
  std::size_t longest = 0;
  for (const std::string& text : texts) longest = std::max(longest, words_of(text).size());
  return static_cast<int>(longest);
}

int fitting_ngram(std::vector<int> lengths) {
  constexpr int kLeast = 8;
  constexpr int kMost = 13;
  const auto place = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 20);
  std::nth_element(lengths.begin(), place, lengths.end());
  return std::clamp(*place, kLeast, kMost);
}

void Overlap::add(const Item& item, const std::vector<std::string>& texts) {
  Kept kept{item.id, item.groups, {}};
  RollingGrams rolling(n_);
  for (const std::string& text : texts) {
    rolling.reset();
    for (const std::uint64_t word : words_of(text)) {
      const std::optional<std::uint64_t> gram = rolling.add(word);
      if (!gram) continue;
      const auto [found, is_new] = index_.try_emplace(*gram, static_cast<std::uint32_t>(grams_.size()));
      if (is_new) grams_.emplace_back();
      kept.grams.push_back(found->second);
    }
  }
  std::sort(kept.grams.begin(), kept.grams.end());
  kept.grams.erase(std::unique(kept.grams.begin(), kept.grams.end()), kept.grams.end());
  for (const std::uint32_t gram : kept.grams) ++grams_[gram].items;
  items_.push_back(std::move(kept));
}

void Overlap::close() {
  const auto tenth = static_cast<double>(items_.size()) / 10;
  for (Gram& gram : grams_) {
    gram.counts = gram.items <= kMostAlike || gram.items <= tenth;
    if (!gram.counts) ++common_;
  }
  // 16 bits and more a gram: one word of sixteen that is none of them passes
  int bits = 16;
  while ((std::size_t{1} << bits) < grams_.size() * 16) ++bits;
  shift_ = 64 - bits;
  filter_.assign((std::size_t{1} << bits) / 64, 0);
  for (const auto& [gram, index] : index_) {
    if (!grams_[index].counts) continue;
    const std::uint64_t bit = gram >> shift_;
    filter_[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
}

void Overlap::look_up(std::uint64_t gram, Place place) {
  const auto found = index_.find(gram);
  if (found == index_.end()) return;
  Gram& known = grams_[found->second];
  if (known.line != 0 || !known.counts) return;
  known.file = place.file;
  known.line = place.line;
}

std::int64_t Overlap::flagged() const {
  return std::count_if(items_.begin(), items_.end(), [this](const Kept& item) {
    return std::any_of(item.grams.begin(), item.grams.end(),
                       [this](std::uint32_t gram) { return grams_[gram].line != 0; });
  });
}

std::vector<ItemOverlap> Overlap::items() const {
  std::vector<ItemOverlap> all;
  all.reserve(items_.size());
  for (const Kept& kept : items_) {
    ItemOverlap item{kept.id, kept.groups};
    for (const std::uint32_t index : kept.grams) {
      const Gram& gram = grams_[index];
      if (!gram.counts) continue;
      ++item.ngrams;
      if (gram.line == 0) continue;
      ++item.found;
      const bool is_earlier = !item.first || gram.file < item.first->file ||
                              (gram.file == item.first->file && gram.line < item.first->line);
      if (is_earlier) item.first = Place{gram.file, gram.line};
    }
    all.push_back(std::move(item));
  }
  return all;
}

}  // namespace assay::contamination
