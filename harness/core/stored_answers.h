// Answers of an earlier run, as seen by an adapter that replays them. Implemented by harness/run on top of
// results, so that adapters need not know of run files.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "harness/core/completion.h"
#include "harness/core/model_identity.h"
#include "harness/core/request.h"

namespace assay {

/// Completions of one model of one earlier run. Thread-safe.
class StoredAnswers {
 public:
  virtual ~StoredAnswers() = default;

  /// The model that gave them.
  virtual const ModelIdentity& model() const = 0;

  /// The stored completion of this very request: same item, sample and body; of an episode's earlier turns the text
  /// alone. Absent where there is none.
  virtual std::optional<Completion> find(const Request& request) const = 0;

  /// The stored answer to an item, however it was asked; absent where there is none, or a failure.
  virtual std::optional<Completion> find_sample(const std::string& item, int sample) const {
    static_cast<void>(item), static_cast<void>(sample);
    return std::nullopt;
  }
};

}  // namespace assay
