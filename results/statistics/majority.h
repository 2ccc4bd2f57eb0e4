// The answer that most samples of an item gave: X. Wang, J. Wei et al., "Self-consistency improves chain of thought
// reasoning in language models", ICLR 2023, section 2 (the unweighted sum, "majority vote").
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::statistics {

/// What an extracted answer votes for. Answers count as the same where they differ in nothing but blanks, capitals of
/// ASCII, a full stop at the end and the way a number is written ("$1,250.00" and "1250"). Empty: no vote.
[[nodiscard]] std::string vote_of(std::string_view extracted);

/// The place of the first sample that gave the answer with the most votes; of answers with as many, of the one that was
/// given first. `votes` are those of vote_of(), by sample. Absent: nobody voted.
[[nodiscard]] std::optional<std::size_t> majority(const std::vector<std::string>& votes);

}  // namespace assay::statistics
