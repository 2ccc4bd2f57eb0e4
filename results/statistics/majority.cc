#include "results/statistics/majority.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

namespace assay::statistics {
namespace {

/// The number that a text is, in one way of writing; empty where it is none.
std::string as_number(std::string digits) {
  if (digits.starts_with('$')) digits.erase(0, 1);
  std::erase(digits, ',');
  double value = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  // "inf" and "nan" are words here
  if (failed != std::errc{} || end != digits.data() + digits.size() || !std::isfinite(value)) return "";
  char text[32];
  const auto written = std::to_chars(text, text + sizeof text, value == 0 ? 0.0 : value);
  return {text, written.ptr};
}

}  // namespace

std::string vote_of(std::string_view extracted) {
  std::string vote;
  bool blank = false;
  for (const char c : extracted) {
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      blank = true;
      continue;
    }
    if (blank && !vote.empty()) vote += ' ';
    blank = false;
    vote += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (vote.size() > 1 && vote.ends_with('.')) vote.pop_back();
  std::string number = as_number(vote);
  return number.empty() ? vote : number;
}

std::optional<std::size_t> majority(const std::vector<std::string>& votes) {
  std::unordered_map<std::string_view, std::size_t> counts;
  std::size_t most = 0;
  for (const std::string& vote : votes) {
    if (!vote.empty()) most = std::max(most, ++counts[vote]);
  }
  for (std::size_t i = 0; i < votes.size(); ++i) {
    if (!votes[i].empty() && counts[votes[i]] == most) return i;
  }
  return std::nullopt;
}

}  // namespace assay::statistics
