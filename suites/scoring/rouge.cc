#include "suites/scoring/rouge.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "suites/reading/python_text.h"

namespace assay::scoring {
namespace {

std::vector<int> words(std::string_view text, std::map<std::string, int>& numbers) {
  std::vector<int> found;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty() && found.size() < static_cast<std::size_t>(kMaxRougeWords)) {
      found.push_back(numbers.emplace(word, static_cast<int>(numbers.size())).first->second);
    }
    word.clear();
  };
  for (const char c : reading::python_lower(text)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      word += c;
    } else {
      end_word();
    }
  }
  end_word();
  return found;
}

// The length of the longest common subsequence, with one row of the table.
int common_length(const std::vector<int>& a, const std::vector<int>& b) {
  std::vector<int> row(b.size() + 1);
  for (const int word : a) {
    int diagonal = 0;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int above = row[j];
      row[j] = word == b[j - 1] ? diagonal + 1 : std::max(above, row[j - 1]);
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

Rouge rouge_l(std::string_view target, std::string_view answer) {
  std::map<std::string, int> numbers;
  const std::vector<int> gold = words(target, numbers);
  const std::vector<int> given = words(answer, numbers);
  Rouge rouge;
  if (gold.empty() || given.empty()) return rouge;
  const double common = common_length(gold, given);
  rouge.precision = common / static_cast<double>(given.size());
  rouge.recall = common / static_cast<double>(gold.size());
  if (common > 0) rouge.f1 = 2 * rouge.precision * rouge.recall / (rouge.precision + rouge.recall);
  return rouge;
}

}  // namespace assay::scoring
