// The examples before a question: which rows may be shown, and which of them an item gets.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "suites/custom/rendered_row.h"
#include "suites/custom/row_reader.h"
#include "suites/custom/suite_file.h"

namespace assay::custom {

/// A question and its answer as they are shown before another question.
struct Example {
  std::string prompt;  ///< without choices
  std::string answer;
  std::vector<std::string> choices;  ///< where they are asked for by letter
};

/// The rows that may be shown as examples, the best ones of each kind.
class ExamplePool {
 public:
  /// `file` must outlive it.
  ExamplePool(const SuiteFile& file, int shots, std::string protocol)
      : file_(file), shots_(shots), protocol_(std::move(protocol)) {}

  /// Finds them; once, first. Errors name the row.
  [[nodiscard]] Result<void> read(const RowRenderer& renderer);

  /// The examples of a row, which is never among them, and neither is one that asks the same as `asked`, which is that
  /// row rendered. Error: there are not enough others.
  [[nodiscard]] Result<std::vector<Example>> of(const Row& row, const RenderedRow& asked) const;

 private:
  struct Candidate {
    std::uint64_t key = 0;
    Row row;
    Example example;
  };

  // More than are needed: the row itself and rows that ask the same are left out.
  [[nodiscard]] std::size_t wanted() const { return static_cast<std::size_t>(shots_) + 8; }
  [[nodiscard]] Result<std::string> kind_of(const Row& row) const;
  [[nodiscard]] bool is_complete() const;
  void keep(const std::string& kind, Row row);

  const SuiteFile& file_;
  int shots_;
  std::string protocol_;
  std::map<std::string, std::vector<Candidate>> kinds_;  // by the value of `same`
};

}  // namespace assay::custom
