// A model that is a file: the completions that another tool produced, as an adapter.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/adapter.h"
#include "harness/core/result.h"
#include "suites/reading/samples.h"

namespace assay {

/// The samples of one suite, by item. Holds the whole file.
struct SampleTable {
  std::string path;
  std::string sha256;                                                 ///< of the file as it is on disk
  std::vector<reading::Sample> samples;                               ///< in file order
  std::vector<std::string> items;                                     ///< item id of each
  std::vector<int> numbers;                                           ///< which sample of its item each one is
  std::unordered_map<std::string, std::vector<std::size_t>> by_item;  ///< positions in `samples`

  /// Reads the file. A task id is looked at as an item id of `suite`: "HumanEval/42" is "humaneval/HumanEval/42".
  /// Errors: no such file, or a line that is no sample; a usage error with file and line.
  [[nodiscard]] static Result<SampleTable> read(const std::string& path, const std::string& suite);
};

/// Answers with what the table has. Borrows it. Thread-safe.
class SamplesAdapter final : public Adapter {
 public:
  explicit SamplesAdapter(const SampleTable& table) : table_(table) {}

  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] ModelIdentity identity() const override;
  void answer(Request request, std::function<void(Completion)> done) override;
  void drain() override { cancelled_ = true; }  // nothing ever waits
  void cancel() override { cancelled_ = true; }

 private:
  const SampleTable& table_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace assay
