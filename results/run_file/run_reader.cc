#include <algorithm>
#include <utility>

#include "results/run_file/checksum.h"
#include "results/run_file/context.h"
#include "results/run_file/lock.h"
#include "results/run_file/open_run.h"
#include "results/run_file/record_rows.h"
#include "results/run_file/run_file.h"
#include "results/run_file/schema.h"
#include "results/run_file/sqlite.h"

namespace assay {
namespace run_file {
namespace {

class Reader final : public RunReader {
 public:
  explicit Reader(OpenRun run)
      : version_(run.version),
        database_(std::move(run.database)),
        run_(std::move(run.run)),
        results_(std::move(run.results)),
        sessions_(std::move(run.sessions)),
        sets_(question_sets(results_)) {}

  const RunInfo& run() const override { return run_; }
  const std::vector<ResultInfo>& results() const override { return results_; }
  const std::vector<SessionInfo>& sessions() const override { return sessions_; }

  Result<void> for_each(bool whole, const std::function<bool(const Record&)>& visit) const override {
    return guarded([&] {
      RecordCursor cursor(*database_, version_, sets_, whole);
      const auto next = [&]() -> std::optional<Record> {
        const CallsTogether calls(*database_);
        return cursor.next() ? std::optional(cursor.row().read()) : std::nullopt;
      };
      while (const std::optional<Record> record = next()) {
        if (!visit(*record)) return;
      }
    });
  }

  Result<std::vector<Record>> find(const std::string& item) const override {
    std::vector<Record> records;
    auto done = guarded([&] {
      Statement question(*database_, "SELECT key FROM questions WHERE item = ? ORDER BY key");
      RecordRows rows(*database_, version_, true);
      question.bind(1, std::string_view(item));
      while (question.step()) {
        const std::int64_t key = question.integer(0);
        const std::int64_t order = key & (kMaxItems - 1);
        for (std::size_t i = 0; i < results_.size(); ++i) {
          if (sets_[i] != key >> 32) continue;
          const auto result = static_cast<std::int64_t>(i);
          rows.select(sets_[i], record_key(result, order, 0), record_key(result, order + 1, 0));
          while (rows.step()) records.push_back(rows.read());
        }
      }
    });
    if (!done) return forward_error(done);
    std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) {
      return std::pair(a.result, a.request.sample) < std::pair(b.result, b.request.sample);
    });
    return records;
  }

  Result<void> verify() const override {
    if (version_ == 1) return {};
    return guarded([&] {
      check_context(*database_);
      check_rows(*database_);
    });
  }

  Result<std::optional<double>> running_ms(std::int64_t result) const override {
    std::optional<double> running;
    auto done = guarded([&] {
      Statement row(*database_,
                    "SELECT max(stored_us) / 1000.0 - min(stored_us / 1000.0 - coalesce(total_ms, 0)) FROM records "
                    "WHERE key >= ? AND key < ? AND reused = 0 GROUP BY session");
      row.bind(1, record_key(result, 0, 0)).bind(2, last_record_key(result));
      while (row.step()) running = running.value_or(0) + std::max(row.real(0), 0.0);
    });
    if (!done) return forward_error(done);
    return running;
  }

 private:
  template <class Work>
  Result<void> guarded(Work work) const {
    try {
      work();
      return {};
    } catch (...) {
      return tl::make_unexpected(reading_failure(database_->path()));
    }
  }

  std::int64_t version_;  ///< of the file's schema
  std::unique_ptr<Database> database_;
  RunInfo run_;
  std::vector<ResultInfo> results_;
  std::vector<SessionInfo> sessions_;
  std::vector<std::int64_t> sets_;
};

}  // namespace
}  // namespace run_file

Result<std::unique_ptr<RunReader>> RunReader::open(const std::string& path) {
  try {
    // Asked before the file is read: a run that ends in between has then written its state.
    const bool live = run_file::RunLock::held(path);
    return std::make_unique<run_file::Reader>(run_file::read_context(run_file::open_database(path), live));
  } catch (...) {
    return tl::make_unexpected(run_file::reading_failure(path));
  }
}

}  // namespace assay
