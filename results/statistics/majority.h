// The answer that most samples of an item gave: X. Wang, J. Wei et al., "Self-consistency improves chain of thought
// reasoning in language models", ICLR 2023, section 2 (the unweighted sum, "majority vote").
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::statistics {

/// A sample's vote.
struct Vote {
  std::string meaning;   ///< what it counts for; empty: no vote
  std::string spelling;  ///< the answer as it was extracted
};

/// What an extracted answer means. Answers mean the same where they differ in nothing but blanks, capitals of ASCII, a
/// full stop at the end and the way a number of at most 15 digits is written ("$1,250.00" and "1250").
[[nodiscard]] std::string meaning_of(std::string_view extracted);

[[nodiscard]] Vote vote_of(std::string_view extracted);

/// The sample that is elected: of the meaning with the most votes, and of its spellings the most frequent one, the
/// first sample that gave it. Of as many the one that was given first. Absent: nobody voted.
[[nodiscard]] std::optional<std::size_t> majority(const std::vector<Vote>& votes);

}  // namespace assay::statistics
