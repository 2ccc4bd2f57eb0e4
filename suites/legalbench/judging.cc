#include "suites/legalbench/judging.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <utility>
#include <vector>

#include "harness/core/text.h"
#include "suites/legalbench/porter_stem.h"
#include "suites/reading/python_text.h"

namespace assay::legalbench {
namespace {

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 60;
  std::string line = on_one_line(std::string(text));
  if (line.size() <= kMost) return line;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0U) == 0x80) --end;
  return line.substr(0, end) + "…";
}

Judgement plain(bool right, std::string extracted, std::string_view answer) {
  std::string why = "answered '" + shown(extracted) + "'" + (right ? ", right" : ", right is '" + shown(answer) + "'");
  return {right ? 1.0 : 0.0, 1, std::move(extracted), std::move(why)};
}

Judgement f1(int hits, int false_ones, int missed, std::string extracted) {
  Judgement judgement;
  judgement.weight = 2.0 * hits + false_ones + missed;
  if (judgement.weight > 0) judgement.value = 2.0 * hits / judgement.weight;
  judgement.extracted = std::move(extracted);
  judgement.why =
      std::to_string(hits) + " found, " + std::to_string(false_ones) + " false, " + std::to_string(missed) + " missed";
  return judgement;
}

// "$62000" without the sign; NaN where there is no whole number.
double amount(std::string_view answer) {
  const std::string digits(reading::python_strip(reading::python_replace(answer, "$", "")));
  const std::size_t first = digits.find_first_not_of("+-");
  const bool whole =
      first != std::string::npos && first <= 1 && digits.find_first_not_of("0123456789", first) == std::string::npos;
  return whole ? std::strtod(digits.c_str(), nullptr) : std::nan("");
}

Judgement judge_number(std::string_view generation, std::string_view answer) {
  const std::string text = reading::python_replace(reading::python_replace(generation, ",", ""), ".", "");
  const std::size_t first = text.find_first_of("0123456789");
  const std::string digits =
      first == std::string::npos ? "" : text.substr(first, text.find_first_not_of("0123456789", first) - first);
  const double prediction = digits.empty() ? 0 : std::strtod(digits.c_str(), nullptr);
  return plain(std::abs(prediction / (amount(answer) + 0.1) - 1) < 0.1, digits, answer);
}

Judgement judge_term(std::string_view generation, std::string_view answer) {
  const auto stemmed = [](std::string_view text) {
    std::vector<std::string> terms;
    for (const std::string& part : split(text)) terms.push_back(porter_stem(normalised(part)));
    return terms;
  };
  const std::vector<std::string> wanted = stemmed(answer);
  const std::vector<std::string> given = stemmed(generation);
  const bool right = std::any_of(given.begin(), given.end(), [&](const std::string& term) {
    return std::find(wanted.begin(), wanted.end(), term) != wanted.end();
  });
  return plain(right, std::string(generation), answer);
}

Judgement judge_exceptions(std::string_view generation, std::string_view answer) {
  constexpr std::array<std::string_view, 4> kExceptions{"express agreement", "fraudulent conveyance", "de facto merger",
                                                        "mere continuation"};
  std::vector<std::string> missed = split(answer);
  int hits = 0;
  int false_ones = 0;
  std::string named;
  for (const std::string_view exception : kExceptions) {
    if (generation.find(exception) == std::string_view::npos) continue;
    named.append(named.empty() ? "" : ",").append(exception);
    const auto found = std::find(missed.begin(), missed.end(), exception);
    if (found == missed.end()) {
      ++false_ones;
    } else {
      missed.erase(found);
      ++hits;
    }
  }
  return f1(hits, false_ones, static_cast<int>(missed.size()), std::move(named));
}

Judgement judge_parties(std::string_view generation, std::string_view answer) {
  std::vector<std::string> given;
  for (const std::string& name : split(generation)) given.push_back(normalised(name));
  int hits = 0;
  int false_ones = 0;
  int missed = 0;
  for (const std::string& name : split(answer)) {
    const std::string wanted = normalised(name);
    const auto found = std::find_if(given.begin(), given.end(),
                                    [&](const std::string& one) { return one.find(wanted) != std::string::npos; });
    if (found == given.end()) {
      ++missed;
    } else {
      given.erase(found);
      ++hits;
    }
    // The reference counts what is left over after each gold name, not once at the end.
    false_ones += static_cast<int>(given.size());
  }
  return f1(hits, false_ones, missed, std::string(generation));
}

}  // namespace

std::string normalised(std::string_view text) {
  const std::string plain_text = reading::without_punctuation(text);
  return reading::python_lower(reading::python_strip(plain_text));
}

std::string gold_class(Judging judging, std::string_view answer) {
  return judging == Judging::kExact ? normalised(answer) : "all";
}

Result<void> check_answer(Judging judging, const std::string& answer) {
  if (judging == Judging::kNumber && std::isnan(amount(answer))) {
    return usage_error("the answer is '" + shown(answer) + "' where an amount like $62000 is expected");
  }
  return {};
}

Judgement judge(Judging judging, std::string_view generation, std::string_view answer) {
  switch (judging) {
    case Judging::kExact:
    case Judging::kByHand:
      break;
    case Judging::kNumber:
      return judge_number(generation, answer);
    case Judging::kCitation:
      return plain(normalised(generation).find(normalised(answer)) != std::string::npos, normalised(generation),
                   answer);
    case Judging::kTerm:
      return judge_term(generation, answer);
    case Judging::kExceptions:
      return judge_exceptions(generation, answer);
    case Judging::kParties:
      return judge_parties(generation, answer);
  }
  std::string given = normalised(generation);
  const bool right = given == normalised(answer);
  return plain(right, std::move(given), answer);
}

}  // namespace assay::legalbench
