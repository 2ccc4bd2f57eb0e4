// A row of a suite's data with its templates rendered: what the suite's file makes of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "suites/custom/row_reader.h"
#include "suites/custom/scorer.h"
#include "suites/custom/suite_file.h"
#include "suites/templates/template_engine.h"

namespace assay::custom {

/// A row as text.
struct RenderedRow {
  std::string prompt;
  std::string system;
  std::string example_answer;  ///< what stands behind the prompt where the row is an example
  std::string query;           ///< what passages are looked for by
  std::string reasoning;       ///< what it thinks before its answer by chain of thought; may be empty
  std::vector<std::string> choices;
  int target_index = -1;  ///< of the right choice; -1 without choices
  Expected expected;
};

/// The variables of a row's templates as one JSON object: its fields, and all of them as `row`, for names that are no
/// words of Jinja. `json` is the row's.
[[nodiscard]] std::string row_variables(const std::string& json);

/// The engine's "'qestion' is undefined" with the field that was meant.
[[nodiscard]] std::string with_suggestion(const std::string& message, const Row& row);

/// Renders rows of a suite. Thread-safe.
class RowRenderer {
 public:
  /// Starts the template worker and parses the templates of `file`, which must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<RowRenderer>> start(const SuiteFile& file);

  /// Errors name the template or key in the suite's file, and the row.
  [[nodiscard]] Result<RenderedRow> render(const Row& row) const;

 private:
  explicit RowRenderer(const SuiteFile& file) : file_(file) {}
  std::size_t add(std::vector<templates::NamedTemplate>& all, const Placed& text);
  [[nodiscard]] Result<int> index_of_target(const std::string& target, const std::vector<std::string>& choices,
                                            const Row& row) const;

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  const SuiteFile& file_;
  std::unique_ptr<templates::TemplateEngine> engine_;
  std::vector<std::size_t> all_;  // every template, in order
  std::size_t system_ = kNone;
  std::size_t target_ = kNone;
  std::size_t example_answer_ = kNone;
  std::size_t tests_ = kNone;
  std::size_t reasoning_ = kNone;
  std::size_t query_ = kNone;
  std::size_t source_ = kNone;
  std::size_t first_choice_ = kNone;
  std::size_t choices_list_ = kNone;
};

}  // namespace assay::custom
