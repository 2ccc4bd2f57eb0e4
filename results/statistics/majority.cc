#include "results/statistics/majority.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

namespace assay::statistics {
namespace {

/// Takes the commas out of "1,250,000.5"; false where one stands elsewhere, as in "1,2".
bool drop_thousands(std::string& digits) {
  const std::size_t end = std::min(digits.find_first_of(".eE"), digits.size());
  const std::size_t first = digits.find(',');
  if (first == std::string::npos) return true;
  const std::size_t begin = digits.find_first_not_of("+-");
  if (first > end || first == begin || first - begin > 3 || digits.find(',', end) != std::string::npos) return false;
  for (std::size_t at = first; at < end; at += 4) {
    const std::size_t next = std::min(digits.find(',', at + 1), end);
    if (digits[at] != ',' || next - at != 4) return false;
  }
  std::erase(digits, ',');
  return true;
}

/// The number that a text is, in one way of writing; empty where it is none.
std::string as_number(std::string digits) {
  if (digits.starts_with('$')) digits.erase(0, 1);
  if (!drop_thousands(digits)) return "";
  constexpr std::ptrdiff_t kExactDigits = 15;  // of a double
  if (std::count_if(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }) > kExactDigits)
    return "";
  double value = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  // "inf" and "nan" are words here
  if (failed != std::errc{} || end != digits.data() + digits.size() || !std::isfinite(value)) return "";
  char text[32];
  const auto written = std::to_chars(text, text + sizeof text, value == 0 ? 0.0 : value);
  return {text, written.ptr};
}

}  // namespace

std::string meaning_of(std::string_view extracted) {
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

Vote vote_of(std::string_view extracted) { return {meaning_of(extracted), std::string(extracted)}; }

std::optional<std::size_t> majority(const std::vector<Vote>& votes) {
  // Of the votes that `counts` lets through, the first with the most frequent `text`.
  const auto first_of_most = [&votes](const std::string Vote::*text, const auto& counts) {
    std::unordered_map<std::string_view, std::size_t> numbers;
    std::size_t most = 0;
    for (const Vote& vote : votes) {
      if (counts(vote)) most = std::max(most, ++numbers[vote.*text]);
    }
    const auto found = std::find_if(votes.begin(), votes.end(),
                                    [&](const Vote& vote) { return counts(vote) && numbers[vote.*text] == most; });
    return found == votes.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - votes.begin()));
  };
  const auto winner = first_of_most(&Vote::meaning, [](const Vote& vote) { return !vote.meaning.empty(); });
  if (!winner) return winner;
  return first_of_most(&Vote::spelling, [&](const Vote& vote) { return vote.meaning == votes[*winner].meaning; });
}

}  // namespace assay::statistics
