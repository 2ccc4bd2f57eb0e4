#include "suites/dbbench/answer_list.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>
#include <set>

#include "suites/reading/python_text.h"

namespace assay::dbbench {
namespace {

using reading::python_strip;

std::string without_quotes(std::string_view text) {
  text = python_strip(text);
  const std::size_t first = text.find_first_not_of("'\"");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of("'\"") - first + 1));
}

std::string normalised(std::string_view value) {
  constexpr std::array<std::string_view, 9> kNothing{"none",     "null", "undefined", "nan", "inf",
                                                     "infinity", "-inf", "-infinity", ""};
  std::string text(python_strip(value));
  if (text.ends_with('%')) return std::string(python_strip(std::string_view(text).substr(0, text.size() - 1)));
  if (!text.starts_with('[') && !text.ends_with(']')) text = reading::python_replace(text, ",", "");
  const std::string lower = reading::python_lower(text);
  return std::find(kNothing.begin(), kNothing.end(), lower) != kNothing.end() ? "0" : text;
}

std::string cleaned_one(std::string_view value) { return normalised(without_quotes(value)); }

// Reads a list of plain Python values.
class ListReader {
 public:
  explicit ListReader(std::string_view text) : text_(text) {}

  std::optional<std::vector<std::string>> read() {
    std::vector<std::string> values;
    if (!take('[')) return std::nullopt;
    while (!take(']')) {
      if (!values.empty() && !take(',')) return std::nullopt;
      if (!values.empty() && take(']')) break;  // a comma may stand behind the last
      std::optional<std::string> value = element();
      if (!value) return std::nullopt;
      values.push_back(std::move(*value));
    }
    skip_blanks();
    if (at_ != text_.size()) return std::nullopt;
    return values;
  }

 private:
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

  bool take(char c) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // A value, or a tuple of just one.
  std::optional<std::string> element() {
    if (!take('(')) return plain();
    std::optional<std::string> value = plain();
    if (!value || !take(',') || !take(')')) return std::nullopt;
    return value;
  }

  std::optional<std::string> plain() {
    skip_blanks();
    if (at_ == text_.size()) return std::nullopt;
    if (text_[at_] == '\'' || text_[at_] == '"') return quoted();
    const std::size_t end = std::min(text_.find_first_of(",])( \t\r\n", at_), text_.size());
    const std::string_view word = text_.substr(at_, end - at_);
    at_ = end;
    if (word == "None" || word == "True" || word == "False") return std::string(word);
    double number = 0;
    const auto [stopped, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (word.empty() || error != std::errc() || stopped != word.data() + word.size()) return std::nullopt;
    if (word.find_first_not_of("-0123456789") == std::string_view::npos) return std::string(word);
    return std::isfinite(number) ? std::optional(std::string(word)) : std::nullopt;
  }

  std::optional<std::string> quoted() {
    const char quote = text_[at_++];
    std::string value;
    for (; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == quote) {
        ++at_;
        return value;
      }
      if (c == '\n') return std::nullopt;
      if (c == '\\' && at_ + 1 < text_.size()) {
        c = text_[++at_];
        if (c == 'n') {
          c = '\n';
        } else if (c == 't') {
          c = '\t';
        } else if (c != '\\' && c != '\'' && c != '"') {
          value += '\\';
        }
      }
      value += c;
    }
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// The elements of what stands between brackets, at the commas that no quote holds.
std::vector<std::string> at_commas(std::string_view text) {
  std::vector<std::string> values;
  std::string current;
  bool in_quotes = false;
  const auto end_one = [&] {
    if (!current.empty()) values.push_back(cleaned_one(current));
    current.clear();
  };
  for (const char c : text) {
    if (c == '"' || c == '\'') {
      in_quotes = !in_quotes;
    } else if (c == ',' && !in_quotes) {
      end_one();
    } else {
      current += c;
    }
  }
  end_one();
  return values;
}

std::optional<double> number(const std::string& text) {
  const std::string_view digits = python_strip(text);
  const char* first = digits.data();
  const char* const last = digits.data() + digits.size();
  if (first != last && *first == '+') ++first;
  double value = 0;
  const auto [stopped, error] = std::from_chars(first, last, value);
  if (digits.empty() || error != std::errc() || stopped != last) return std::nullopt;
  return value;
}

bool close(double a, double b) { return std::abs(a - b) <= 1e-2; }

}  // namespace

std::vector<std::string> stated_answers(std::string_view text) {
  text = python_strip(text);
  if (!text.starts_with('[') || !text.ends_with(']') || text.size() < 2) return {cleaned_one(text)};
  if (const auto values = ListReader(text).read()) return cleaned(*values);
  return at_commas(text.substr(1, text.size() - 2));
}

std::vector<std::string> cleaned(const std::vector<std::string>& answers) {
  std::vector<std::string> values;
  for (const std::string& answer : answers) values.push_back(cleaned_one(answer));
  return values;
}

bool same_answers(const std::vector<std::string>& given, const std::vector<std::string>& gold) {
  const auto numbers = [](const std::vector<std::string>& texts) {
    std::vector<double> values;
    for (const std::string& text : texts) {
      const auto value = number(text);
      if (!value) return std::optional<std::vector<double>>();
      values.push_back(*value);
    }
    return std::optional(values);
  };
  const auto ours = numbers(given);
  auto theirs = numbers(gold);
  if (ours && theirs) {
    if (ours->size() != theirs->size()) return false;
    for (const double value : *ours) {
      const auto found = std::find_if(theirs->begin(), theirs->end(), [&](double one) { return close(value, one); });
      if (found == theirs->end()) return false;
      theirs->erase(found);
    }
    return true;
  }
  if (given.size() == 1 && gold.size() == 1) return given == gold;
  return std::set<std::string>(given.begin(), given.end()) == std::set<std::string>(gold.begin(), gold.end());
}

}  // namespace assay::dbbench
