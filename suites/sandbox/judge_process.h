// The interpreter that runs tests: warm, confined as strictly as a program is, and asked again and again, since plain
// data is all that ever reaches it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "suites/sandbox/watch.h"
#include "suites/sandbox/zygote.h"

namespace assay::sandbox {

/// One judge. A trial that ends without its verdict has it killed; the next gets a fresh one from the same zygote.
/// Used by one thread at a time.
class JudgeProcess {
 public:
  /// Takes a warm zygote; the judge itself follows with the first trial.
  explicit JudgeProcess(std::unique_ptr<Zygote> zygote) : zygote_(std::move(zygote)), watch_(UniqueFd()) {}

  /// Sees to it that a confined judge is there. False where none can be had: the zygote must be replaced.
  [[nodiscard]] bool prepare(std::int64_t memory_bytes);

  /// Gives it the tests of a trial. `fds`: check, replies, calls, verdict.
  [[nodiscard]] bool give(const std::vector<int>& fds);

  /// What to poll for reading while it works: news of its end, and its refused calls.
  [[nodiscard]] int control_fd() const { return zygote_->control_fd(); }
  [[nodiscard]] Watch& watch() { return watch_; }

  /// Takes the news of its end; the exit status, or nothing where the zygote died, too.
  [[nodiscard]] std::optional<ChildEnd> take_end();

  /// Has it killed and waits for its end; false where the zygote does not answer.
  [[nodiscard]] bool end();

 private:
  std::unique_ptr<Zygote> zygote_;
  Watch watch_;
  UniqueFd jobs_;  // the report socket, which brings it trials afterwards
  std::int64_t memory_bytes_ = 0;
  bool alive_ = false;
  int trials_ = 0;
};

}  // namespace assay::sandbox
