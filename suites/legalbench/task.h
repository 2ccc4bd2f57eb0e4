// LegalBench's tasks: how each is judged, and which kind of legal reasoning it is.
#pragma once

#include <string>
#include <string_view>

namespace assay::legalbench {

/// How a task's answers are judged (the reference's evaluation.py).
enum class Judging {
  kExact,       ///< equal after normalisation; balanced accuracy over the gold answers
  kNumber,      ///< sara_numeric: within a tenth of the amount; accuracy
  kCitation,    ///< citation_prediction_open: holds the case's name; accuracy
  kTerm,        ///< definition_extraction: one of the terms, stemmed; accuracy
  kExceptions,  ///< successor_liability: F1 over four phrases
  kParties,     ///< ssla_*: F1 over names
  kByHand,      ///< rule_qa: no metric
};

[[nodiscard]] Judging judging_of(std::string_view task);

/// "issue", "rule", "conclusion", "interpretation" or "rhetoric" (the reference's tasks.py); "other" for a task that
/// it does not know.
[[nodiscard]] std::string reasoning_of(std::string_view task);

}  // namespace assay::legalbench
