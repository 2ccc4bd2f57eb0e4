// The final answer of an episode and the gold one, as AgentBench compares them (dbbench/result_processor.py).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::dbbench {

/// The answers that a text states: the elements of a list as Python writes it ("["a", 2, None]"), also of one-element
/// tuples, or the text itself. Each without blanks and quotes around it; a "%" at its end and commas in it dropped;
/// None, null, undefined, nan, the infinities and nothing as "0". The reference hands the text to Python's eval(); here
/// it is read, and what is no list of plain values is taken apart at its commas, as there where eval() fails.
[[nodiscard]] std::vector<std::string> stated_answers(std::string_view text);

/// The same of values that are a list already.
[[nodiscard]] std::vector<std::string> cleaned(const std::vector<std::string>& answers);

/// Whether two lists of cleaned answers are the same: one against one by number, within 0.01, or by text; otherwise all
/// by number, in any order, or as sets of texts.
[[nodiscard]] bool same_answers(const std::vector<std::string>& given, const std::vector<std::string>& gold);

}  // namespace assay::dbbench
