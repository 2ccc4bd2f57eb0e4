#include "results/verdict/sentence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <vector>

#include "harness/core/cut_name.h"

namespace assay {
namespace {

/// "2", "0.5": as short as it can be said.
std::string shortest(double value) {
  std::array<char, 48> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%g", value);
  return buffer.data();
}

std::string rounded(double value, int digits) {
  std::array<char, 400> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.*f", digits, value);
  return buffer.data();
}

/// The least that is surely so on every suite: above 1 the factor by which the candidate takes less, below -1 more.
/// Absent where an interval is not known or says nothing, or suites do not agree.
std::optional<double> factor(const Comparison& comparison, std::optional<statistics::Ratio> SuiteComparison::*ratio) {
  std::optional<double> least;
  for (const SuiteComparison& suite : comparison.suites) {
    const auto& one = suite.*ratio;
    if (!one || !one->ci95 || !(one->value > 0)) return std::nullopt;
    double here = 0;
    if (one->ci95->high < 1) here = 1 / one->value;
    if (one->ci95->low > 1) here = -one->value;
    if (here == 0 || (least && (*least > 0) != (here > 0))) return std::nullopt;
    if (!least || std::abs(here) < std::abs(*least)) least = here;
  }
  return least;
}

void add_factor(std::string& text, std::optional<double> value, const char* less, const char* more) {
  if (!value || std::abs(*value) < 1.05) return;
  text += ", " + times_text(std::abs(*value)) + " " + (*value > 0 ? less : more);
}

/// The undecided suite that needs the most items; null: there is one of which no number would decide soon.
const SuiteComparison* most_wanting(const Comparison& comparison) {
  const SuiteComparison* found = nullptr;
  for (const SuiteComparison& suite : comparison.suites) {
    if (suite.judged != Verdict::kUndecided || !comparison.judges(suite.suite)) continue;
    if (!suite.items_to_decide) return nullptr;
    if (found == nullptr || *suite.items_to_decide > *found->items_to_decide) found = &suite;
  }
  return found;
}

/// Suites that are worse by their own bounds, and undecided only because they are one of several or because second
/// answers did not repeat it: whoever signs must read that. Empty: there are none.
std::string worse_alone(const Comparison& comparison) {
  std::vector<std::string> names;
  std::int64_t judged = 0;
  bool taken_back = false;
  for (const SuiteComparison& suite : comparison.suites) {
    if (!comparison.judges(suite.suite)) continue;
    ++judged;
    if (suite.judged != Verdict::kUndecided || suite.verdict != Verdict::kWorse) continue;
    names.push_back(suite_label(suite));
    taken_back = taken_back || (suite.second && !suite.second->alarm_stands);
  }
  if (names.empty()) return "";
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  text += names.size() == 1 ? " is worse by itself" : " are worse by themselves";
  if (taken_back) return text + ", but not by second answers";
  return text + ", but not after the correction for " + std::to_string(judged) + " suites (Holm)";
}

}  // namespace

std::string points_text(double fraction) {
  const std::string text = rounded(100 * fraction, 1);
  if (text == "-0.0" || text == "0.0") return "0.0";
  return fraction > 0 ? "+" + text : text;
}

std::string times_text(double ratio) { return rounded(ratio, ratio >= 9.995 ? 0 : ratio >= 0.0995 ? 2 : 3) + "×"; }

std::string verdict_sentence(const Comparison& comparison) {
  const std::string name = cut_name(comparison.baseline.name, kLongestNameSaid);
  const std::string sure = " (" + shortest(100 * (1 - comparison.alpha)) + " %)";
  std::string text;
  for (const std::string& suite : comparison.judged) text += (text.empty() ? "on " : ", ") + suite;
  if (!text.empty()) text += " alone: ";
  switch (comparison.verdict) {
    case Verdict::kBetter:
      text += "better than " + name + sure;
      break;
    case Verdict::kNotWorse:
      text += "not worse than " + name + " by more than " + shortest(100 * comparison.margin) + " points" + sure;
      break;
    case Verdict::kWorse:
      text += "worse than " + name + sure;
      break;
    case Verdict::kUndecided:
      text += "undecided against " + name;
      if (const std::string worse = worse_alone(comparison); !worse.empty()) {
        text += ": " + worse;
      } else if (const SuiteComparison* suite = most_wanting(comparison)) {
        text += ": about " + std::to_string(*suite->items_to_decide) + " more items of " + suite_label(*suite) +
                " would decide";
      } else {
        text += ": more items of the same kind would not decide soon";
      }
      break;
  }
  add_factor(text, factor(comparison, &SuiteComparison::usd_per_task_ratio), "cheaper", "dearer");
  add_factor(text, factor(comparison, &SuiteComparison::latency_p95_ratio), "faster at p95", "slower at p95");
  return text;
}

}  // namespace assay
