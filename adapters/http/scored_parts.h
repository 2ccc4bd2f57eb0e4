// Log-likelihood requests that one call cannot take as they are: split over several.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

#include "harness/core/completion.h"
#include "harness/core/request.h"

namespace assay::http {

/// Puts the answers to the parts of a split request together. Thread-safe.
class JoinedParts {
 public:
  /// `done` is called with the whole by whoever brings the last of `parts`.
  JoinedParts(std::size_t parts, std::function<void(Completion)> done)
      : parts_(parts), missing_(parts), done_(std::move(done)) {}

  /// The answer to part `index`, once each.
  void take(std::size_t index, Completion part);

 private:
  // Tokens are added up; times are those of the slowest part; the first failure is the whole's.
  [[nodiscard]] Completion joined();

  std::mutex mutex_;
  std::vector<Completion> parts_;
  std::size_t missing_;
  std::function<void(Completion)> done_;
};

/// The request of `request` in parts of at most `per_call` continuations, in order.
[[nodiscard]] std::vector<Request> parts_of(const Request& request, std::size_t per_call);

}  // namespace assay::http
