// The run file: SQLite, the one source of truth of a run. Written by one process, read by any number.
//
// Writing: create() or resume(), then append() from one thread and commit() in groups; a record is durable (it
// survives kill -9 of this process) when commit() returns, and is forced to the disk at least every 100 ms, or
// by every commit with Durability::kEveryCommit. Reading: open() works beside a live writer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/metric.h"
#include "harness/core/model_identity.h"
#include "harness/core/price.h"
#include "harness/core/record.h"
#include "harness/core/result.h"

namespace assay {

/// What a run is, written before its first record. All of `config` must agree for a resumed run.
struct RunInfo {
  std::string id;             ///< random, 16 hex digits
  std::string started;        ///< UTC, as utc_text()
  std::string finished;       ///< UTC; empty while it runs
  std::string state;          ///< "running", "complete", "incomplete"
  std::string assay_version;  ///< program version and commit of the first session
  std::string config_json;    ///< canonical JSON of everything that changes an answer or a score
  std::string config_sha256;  ///< of config_json
  /// The machine: cpu, cores, gpu, memory, os, engine version, … in a fixed order.
  std::vector<std::pair<std::string, std::string>> host;
};

/// The entry of RunInfo::host that marks a run which stopped asking once a verdict stood: the baseline's path. How many
/// items it has depends on what they showed, and the intervals of its figures do not know that.
inline constexpr const char* kDecidedAgainst = "until_decided_against";

/// The entry of RunInfo::host that marks a merge of some shards only: which, as "1,3/4". Its numbers of items are those
/// of these shards, until the whole run goes on with it.
inline constexpr const char* kMergedShards = "merged_shards";

/// The entry of ResultInfo::options that names the judge of the answers, where a model judges them: its name and the
/// beginnings of its file's and the rubric's hash. What two judges or rubrics gave is so nowhere ranked together.
inline constexpr const char* kJudgedBy = "judge";

/// A model that judges the answers of a result.
struct JudgeInfo {
  ModelIdentity model;
  std::string model_ref;
  std::optional<Price> price;
  std::string rubric_sha256;  ///< of what it is asked and how its verdict is read
};

/// One model x suite of a run.
struct ResultInfo {
  std::int64_t id = 0;  ///< position in the run's plan, from 0
  ModelIdentity model;
  std::string model_ref;
  std::optional<Price> price;
  std::string suite;
  std::string suite_version;
  std::string data_sha256;
  bool starter = false;  ///< starter items: shown as such, never ranked
  std::string protocol;
  int shots = 0;
  int samples = 1;
  std::int64_t items = 0;  ///< items chosen
  std::vector<MetricSpec> metrics;
  std::vector<std::string> group_levels;
  std::vector<std::pair<std::string, std::string>> options;  ///< the suite's own, as given; kJudgedBy is the last
  std::optional<JudgeInfo> judge = {};
};

/// One invocation that wrote to a run.
struct SessionInfo {
  std::string started;                                    ///< UTC
  std::string finished;                                   ///< UTC; empty where it runs or was killed
  std::string state;                                      ///< "running" (or killed), "complete", "incomplete"
  std::string program;                                    ///< program version and commit
  std::vector<std::pair<std::string, std::string>> host;  ///< as RunInfo::host
  std::int64_t id = 0;                                    ///< in the run file
};

enum class Durability {
  kGrouped,      ///< forced to the disk at least every 100 ms
  kEveryCommit,  ///< forced to the disk by each commit (`--sync`)
};

/// Position of a sample in a run: which result, which item (by order), which sample.
struct SampleKey {
  std::int64_t result = 0;
  std::int64_t order = 0;
  int sample = 0;
  auto operator<=>(const SampleKey&) const = default;
};

/// A run file open for writing; holds its lock until destroyed. Not thread-safe but for the background sync.
class RunWriter {
 public:
  /// Makes a new run file. Errors: the file exists, its directory does not or cannot be written, disk full.
  static Result<std::unique_ptr<RunWriter>> create(const std::string& path, const RunInfo& run,
                                                   const std::vector<ResultInfo>& results, Durability durability);

  /// Opens an existing run file to go on with it. Errors: not a run file, a newer schema, corrupted, locked by a
  /// live run (names its process), or a configuration that differs: the message names each differing key with
  /// both values. A larger number of items is taken over.
  static Result<std::unique_ptr<RunWriter>> resume(const std::string& path, const RunInfo& run,
                                                   const std::vector<ResultInfo>& results, Durability durability);

  virtual ~RunWriter() = default;

  /// Calls `seen` for every answered sample already stored (failed ones are asked again and are not among them).
  virtual Result<void> for_each_answered(const std::function<void(const SampleKey&)>& seen) = 0;

  /// The dollars that all earlier sessions spent, failed and replaced samples and judges included.
  virtual Result<double> spent_usd() = 0;

  /// Adds a record to the open group; replaces a failed one of the same key, adding its attempts and cost. An
  /// answered one is never replaced: that is an internal error. After an error the open group is lost and every
  /// later call fails likewise.
  virtual Result<void> append(const Record& record) = 0;

  /// Makes all appended records durable.
  virtual Result<void> commit() = 0;

  /// Ends the session: `state` is "complete" or "incomplete"; forces everything to the disk.
  virtual Result<void> finish(const std::string& state) = 0;
};

/// A run file open for reading. Several threads may read at once; what a live writer adds meanwhile is seen by the
/// next call. Request::order of what is read is the item's order.
class RunReader {
 public:
  /// A run that is marked as running but whose process is gone reads as "incomplete".
  /// Errors: no such file, not a run file, a newer schema, corrupted. Earlier schemas are read as they are; what has
  /// no checksums yet is not checked by them.
  static Result<std::unique_ptr<RunReader>> open(const std::string& path);
  virtual ~RunReader() = default;

  [[nodiscard]] virtual const RunInfo& run() const = 0;
  [[nodiscard]] virtual const std::vector<ResultInfo>& results() const = 0;

  /// Calls `visit` for every record, ordered by result, item order and sample; stops early when it returns false.
  /// `whole` false leaves out what summaries do not need: prompts, texts, choices.
  virtual Result<void> for_each(bool whole, const std::function<bool(const Record&)>& visit) const = 0;

  /// Reads the whole file and checks that every row is as it was written and that none is missing. for_each() does so
  /// too with what it reads; find() cannot notice a row that is gone.
  [[nodiscard]] virtual Result<void> verify() const = 0;

  /// The records of one item: every model and sample, whole. Empty where the run has no such item.
  [[nodiscard]] virtual Result<std::vector<Record>> find(const std::string& item) const = 0;

  /// The invocations that wrote to the run, in order.
  [[nodiscard]] virtual const std::vector<SessionInfo>& sessions() const = 0;

  /// Wall milliseconds in which a result was really running: from the start of its first request to its last
  /// answer, summed over sessions, reused answers left out. Absent where nothing was asked.
  [[nodiscard]] virtual Result<std::optional<double>> running_ms(std::int64_t result) const = 0;
};

}  // namespace assay
