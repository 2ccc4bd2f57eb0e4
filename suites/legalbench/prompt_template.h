// A task's prompt: a text with {{column}} where an item's columns go.
#pragma once

#include <string>
#include <vector>

#include "harness/core/result.h"

namespace assay::legalbench {

/// A parsed prompt. Immutable.
class PromptTemplate {
 public:
  /// `shown` names the file in messages. Errors: no {{column}} at all, one that is not closed.
  [[nodiscard]] static Result<PromptTemplate> parse(const std::string& text, const std::string& shown);

  /// The places in `columns` of the columns that the prompt names; the error names one that is not there.
  [[nodiscard]] Result<std::vector<std::size_t>> places(const std::vector<std::string>& columns) const;

  /// The prompt with the fields at `places` put in.
  [[nodiscard]] std::string filled(const std::vector<std::size_t>& places,
                                   const std::vector<std::string>& fields) const;

 private:
  std::string shown_;
  std::vector<std::string> texts_;    // one more than columns_: what stands around them
  std::vector<std::string> columns_;  // as the prompt names them, in its order
};

}  // namespace assay::legalbench
