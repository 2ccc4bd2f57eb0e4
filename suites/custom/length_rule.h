// The rule `length`: how long an answer is, where that is part of what is asked, as of a summary.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/result.h"
#include "suites/custom/yaml_fields.h"

namespace assay::custom {

/// `length: {of: "{{ article }}", min_words: 20, max_words: 60}`, each of them optional. Words are what stands between
/// white space.
struct LengthRule {
  static constexpr const char* kCompression = "compression";

  Placed source;  ///< template of the text that is summarised; empty: not compared with one
  std::optional<std::int64_t> min_words;
  std::optional<std::int64_t> max_words;

  /// Reads the keys; the caller looks for unknown ones. Errors: min_words above max_words, an empty template.
  [[nodiscard]] static Result<LengthRule> read(YamlFields& fields);

  /// The keys of values(), in order: "within_length" where there is a limit, "compression" where there is a source.
  /// None: nothing but the number of words is counted.
  [[nodiscard]] std::vector<std::string> metrics() const;

  /// "within_length" is 1 within the limits. "compression" is the answer's words by the source's, 1 where it is as long
  /// or longer. Then the quantity kWordsValue.
  [[nodiscard]] std::vector<std::pair<std::string, double>> values(const std::string& answer,
                                                                   std::int64_t source_words) const;

  /// "34 words, 21 % of the source".
  [[nodiscard]] std::string why(const std::string& answer, std::int64_t source_words) const;
};

/// The words of a text.
[[nodiscard]] std::int64_t word_count(const std::string& text);

}  // namespace assay::custom
