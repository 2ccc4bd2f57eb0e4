#include "results/verdict/verdict.h"

namespace assay {

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kBetter:
      return "better";
    case Verdict::kNotWorse:
      return "not_worse";
    case Verdict::kWorse:
      return "worse";
    case Verdict::kUndecided:
      break;
  }
  return "undecided";
}

std::optional<Verdict> verdict_from_name(std::string_view name) {
  for (const Verdict verdict : {Verdict::kBetter, Verdict::kNotWorse, Verdict::kWorse, Verdict::kUndecided}) {
    if (verdict_name(verdict) == name) return verdict;
  }
  return std::nullopt;
}

Verdict verdict_of(double lower_bound, double upper_bound, double margin) {
  if (lower_bound > 0) return Verdict::kBetter;
  if (lower_bound > -margin) return Verdict::kNotWorse;
  if (upper_bound < 0) return Verdict::kWorse;
  return Verdict::kUndecided;
}

}  // namespace assay
