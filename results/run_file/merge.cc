#include "results/run_file/merge.h"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>

#include "results/run_file/context.h"
#include "results/run_file/lock.h"
#include "results/run_file/merged_context.h"
#include "results/run_file/new_file.h"
#include "results/run_file/record_rows.h"
#include "results/run_file/record_writer.h"
#include "results/run_file/schema.h"

namespace assay {
namespace run_file {
namespace {

namespace fs = std::filesystem;

/// Thrown where the user stopped the merge.
struct Stopped {};

/// A record on its way.
struct Entry {
  std::size_t input = 0;
  Record record;
  std::int64_t session = 0;    ///< of the merged run
  std::int64_t stored_us = 0;  ///< microseconds since 1970
};

/// The records of one run, with the merge's numbers.
class Source {
 public:
  Source(MergeInput& input, std::size_t position, const MergedContext& merged)
      : position_(position),
        merged_(merged),
        database_(*input.open.database),
        cursor_(database_, input.open.version, question_sets(input.open.results), true) {}

  /// Goes to the next record; false after the last.
  bool next() {
    if (!cursor_.next()) return false;
    const std::int64_t key = cursor_.row().key();
    const auto result = static_cast<std::size_t>(key >> 48);
    const std::int64_t merged = merged_.result_ids[result];
    if (merged < 0) fail_damaged(database_, "a record of a suite without items");
    key_ = record_key(merged, 0, 0) + (key - record_key(static_cast<std::int64_t>(result), 0, 0));
    return true;
  }

  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] std::int64_t key() const { return key_; }

  Entry read() {
    Entry entry{position_, cursor_.row().read(), 0, cursor_.row().stored_us()};
    entry.record.result = key_ >> 48;
    const auto& sessions = merged_.session_ids[position_];
    const auto session = sessions.find(cursor_.row().session());
    if (session == sessions.end()) fail_damaged(database_, "the session of a record");
    entry.session = session->second;
    return entry;
  }

 private:
  std::size_t position_;
  const MergedContext& merged_;
  Database& database_;
  RecordCursor cursor_;
  std::int64_t key_ = 0;
};

bool same(const std::vector<ContinuationScore>& a, const std::vector<ContinuationScore>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return std::tie(x.logprob, x.tokens, x.is_greedy) == std::tie(y.logprob, y.tokens, y.is_greedy);
  });
}

bool same(const std::vector<TokenAlternative>& a, const std::vector<TokenAlternative>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return std::tie(x.token, x.logprob) == std::tie(y.token, y.logprob);
  });
}

/// What was asked of the judge and what it said; without money and time.
bool same(const std::vector<JudgeAnswer>& a, const std::vector<JudgeAnswer>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const JudgeAnswer& x, const JudgeAnswer& y) {
    return x.request.body == y.request.body && x.completion.text == y.completion.text;
  });
}

/// What of two answered records of one sample is not the same: "question", "answer", "judge's answer" or "score";
/// empty: nothing. Times, attempts, what was computed, cached or paid, and the words of `why` do not count: asked
/// twice, they differ.
std::string difference_of(const Record& a, const Record& b) {
  if (a.item.id != b.item.id || a.item.target != b.item.target || a.item.choices != b.item.choices ||
      a.request.body != b.request.body) {
    return "question";
  }
  const Completion& x = a.completion;
  const Completion& y = b.completion;
  if (std::tie(x.text, x.reasoning, x.finish, x.sent, x.served_model) !=
          std::tie(y.text, y.reasoning, y.finish, y.sent, y.served_model) ||
      std::tie(x.usage.prompt, x.usage.completion, x.usage.reasoning) !=
          std::tie(y.usage.prompt, y.usage.completion, y.usage.reasoning) ||
      !same(x.continuations, y.continuations) || !same(x.top_logprobs, y.top_logprobs)) {
    return "answer";
  }
  if (!same(a.judge_answers, b.judge_answers)) return "judge's answer";
  const bool same_score = a.score->value == b.score->value && a.score->values == b.score->values &&
                          a.score->extracted == b.score->extracted;
  return same_score ? "" : "score";
}

/// Copies of one run at different times hold the same records, later ones perhaps with more attempts; the same moment
/// of storing tells a record that was copied by another way.
bool are_copies(const std::vector<MergeInput>& inputs, const Entry& a, const Entry& b) {
  return inputs[a.input].open.run.id == inputs[b.input].open.run.id || a.stored_us == b.stored_us;
}

void add_attempts(const Record& failed, Record& kept) {
  kept.completion.attempts += failed.completion.attempts;
  if (failed.usd) kept.usd = kept.usd.value_or(0) + *failed.usd;
  if (kept.judge_answers.empty()) {
    kept.judge_answers = failed.judge_answers;
    return;
  }
  for (const JudgeAnswer& answer : failed.judge_answers) {
    JudgeAnswer& first = kept.judge_answers.front();
    first.completion.attempts += answer.completion.attempts;
    if (answer.usd) first.usd = first.usd.value_or(0) + *answer.usd;
  }
}

/// What goes through all runs in the order of their keys, and makes one record of each key.
class Merge {
 public:
  Merge(std::vector<MergeInput>& inputs, const MergedContext& merged, const std::function<bool()>& is_stopped)
      : inputs_(inputs), merged_(merged), is_stopped_(is_stopped), totals_(merged.results.size()) {}

  void run(Database& target) {
    RecordWriter writer(target, question_sets(merged_.results), true);
    std::vector<std::unique_ptr<Source>> waiting;  // a heap: the smallest key in front
    const auto later = [](const auto& a, const auto& b) { return a->key() > b->key(); };
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      auto source = std::make_unique<Source>(inputs_[i], i, merged_);
      if (advance(i, *source)) waiting.push_back(std::move(source));
    }
    std::make_heap(waiting.begin(), waiting.end(), later);
    std::vector<Entry> entries;  // of one key
    while (!waiting.empty()) {
      const std::int64_t key = waiting.front()->key();
      entries.clear();
      while (!waiting.empty() && waiting.front()->key() == key) {
        std::pop_heap(waiting.begin(), waiting.end(), later);
        const std::size_t input = entries.emplace_back(read(*waiting.back())).input;
        if (advance(input, *waiting.back())) {
          std::push_heap(waiting.begin(), waiting.end(), later);
        } else {
          waiting.pop_back();
        }
      }
      const Entry entry = combined(entries);
      count(entry.record);
      writer.insert(entry.record, entry.session, entry.stored_us);
      constexpr std::int64_t kLook = 256;
      if (outcome_.records % kLook == 0 && is_stopped_()) throw Stopped{};
    }
  }

  /// Of the merged run; its numbers of items grow to what its records show.
  MergeOutcome finish(std::vector<ResultInfo>& results) {
    bool is_whole = merged_.part.is_whole();
    bool is_answered = true;
    bool is_recorded = true;
    for (std::size_t i = 0; i < results.size(); ++i) {
      const Totals& totals = totals_[i];
      if (totals.items > results[i].items) is_whole = false;
      results[i].items = std::max(results[i].items, totals.items);
      const std::int64_t samples = results[i].items * results[i].samples;
      is_answered = is_answered && totals.answered == samples;
      is_recorded = is_recorded && totals.answered + totals.failed == samples;
    }
    // Failed ones that their own runs put up with (--max-error-rate) are put up with here.
    const bool is_tolerated = std::all_of(merged_.cover.begin(), merged_.cover.end(),
                                          [&](std::size_t i) { return inputs_[i].open.run.state == "complete"; });
    const bool is_complete = is_whole && (is_answered || (is_recorded && is_tolerated));
    outcome_.state = is_complete ? "complete" : "incomplete";
    if (!merged_.part.is_whole()) outcome_.part = part_text(merged_.part);
    return outcome_;
  }

 private:
  struct Totals {
    std::int64_t items = 0;
    std::int64_t answered = 0;
    std::int64_t failed = 0;
    std::int64_t last_order = -1;
  };

  /// Everything that reads an input: what is wrong names its file.
  template <class Work>
  auto reading(std::size_t input, Work work) {
    try {
      return work();
    } catch (const StorageFailure&) {
      throw StorageFailure{reading_failure(inputs_[input].path)};
    }
  }
  bool advance(std::size_t input, Source& source) {
    return reading(input, [&] { return source.next(); });
  }
  Entry read(Source& source) {
    return reading(source.position(), [&] { return source.read(); });
  }

  void count(const Record& record) {
    Totals& totals = totals_[static_cast<std::size_t>(record.result)];
    if (record.item.order != totals.last_order) ++totals.items;
    totals.last_order = record.item.order;
    ++(record.score ? totals.answered : totals.failed);
    ++outcome_.records;
    if (!record.score) ++outcome_.failed;
  }

  Entry combined(std::vector<Entry>& entries) {
    if (entries.size() == 1) return std::move(entries.front());
    // Copies first: each thing that happened counts once.
    std::vector<Entry> distinct;
    for (Entry& entry : entries) {
      const auto found = std::find_if(distinct.begin(), distinct.end(),
                                      [&](const Entry& other) { return are_copies(inputs_, entry, other); });
      if (found == distinct.end()) {
        distinct.push_back(std::move(entry));
      } else if (entry.record.score && found->record.score) {
        check_same(*found, entry);
        ++outcome_.repeated;
      } else if (entry.record.score ||
                 (!found->record.score && entry.record.completion.attempts > found->record.completion.attempts)) {
        *found = std::move(entry);
      }
    }
    const auto answered = [](const Entry& entry) { return entry.record.score.has_value(); };
    auto kept = std::find_if(distinct.begin(), distinct.end(), answered);
    if (kept == distinct.end()) kept = distinct.end() - 1;
    for (auto other = distinct.begin(); other != distinct.end(); ++other) {
      if (other == kept) continue;
      if (answered(*other)) {
        check_same(*kept, *other);
        ++outcome_.repeated;
        continue;
      }
      if (answered(*kept)) ++outcome_.superseded;
      add_attempts(other->record, kept->record);
    }
    return std::move(*kept);
  }

  void check_same(const Entry& kept, const Entry& other) const {
    const std::string difference = difference_of(kept.record, other.record);
    if (difference.empty()) return;
    fail(inputs_[other.input].path + ": cannot be merged with " + inputs_[kept.input].path + ": they hold another " +
         difference + " each of " + kept.record.item.id + " (" +
         merged_.results[static_cast<std::size_t>(kept.record.result)].model.name + ", sample " +
         std::to_string(kept.record.request.sample) + ")");
  }

  std::vector<MergeInput>& inputs_;
  const MergedContext& merged_;
  const std::function<bool()>& is_stopped_;
  std::vector<Totals> totals_;
  MergeOutcome outcome_;
};

/// SQLite puts its log, and a run its lock, beside the name that it is given: a link would hide both.
std::string followed(const std::string& path) {
  std::error_code error;
  if (!fs::is_symlink(path, error)) return path;
  const fs::path real = fs::canonical(path, error);
  return error ? path : real.string();
}

MergeInput open_input(const std::string& name) {
  const auto refuse_live = [&](const std::string& path) {
    if (RunLock::held(path)) fail(name + ": it is being written to; merge it when that run is done or stopped");
  };
  try {
    const std::string path = followed(name);
    refuse_live(path);
    auto database = open_database(path);
    database->execute("PRAGMA cache_size = -256");
    database->execute("BEGIN");  // what it holds now, whatever a run adds while we read
    OpenRun open = read_context(std::move(database), false);
    refuse_live(path);
    return merge_input(name, std::move(open));
  } catch (...) {
    throw StorageFailure{reading_failure(name)};
  }
}

/// A run is a file or, after a crash, three: many shards are more than the usual limit. Best effort.
void allow_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void check_target(const std::vector<std::string>& runs, const std::string& target) {
  std::error_code error;
  for (const std::string& run : runs) {
    if (fs::equivalent(run, target, error)) fail(target + ": is one of the runs to merge; choose another with -o");
  }
  if (fs::exists(fs::symlink_status(target, error))) fail(target + ": is there already; choose another with -o");
}

MergeOutcome merged(const std::vector<std::string>& runs, const std::string& target,
                    const std::function<bool()>& is_stopped) {
  check_target(runs, target);
  allow_open_files();
  std::vector<MergeInput> inputs;
  for (const std::string& run : runs) inputs.push_back(open_input(run));
  MergedContext context = merged_context(inputs);
  auto lock = RunLock::take(target);
  if (!lock) throw StorageFailure{lock.error()};
  MergeOutcome outcome;
  make_file(target, [&](Database& database) {
    database.execute("BEGIN IMMEDIATE");
    migrate(database);
    write_run(database, context.run);
    write_results(database, context.results);
    for (const SessionInfo& session : context.sessions) write_session(database, session);
    Merge merge(inputs, context, is_stopped);
    merge.run(database);
    outcome = merge.finish(context.results);
    Statement items(database, "UPDATE results SET items = ? WHERE id = ?");
    for (const ResultInfo& result : context.results) items.bind(1, result.items).bind(2, result.id).run();
    context.run.state = outcome.state;
    finish_run(database, context.run);
    database.execute("COMMIT");
  });
  return outcome;
}

}  // namespace
}  // namespace run_file

Result<MergeOutcome> merge_runs(const std::vector<std::string>& runs, const std::string& target,
                                const std::function<bool()>& is_stopped) {
  try {
    return run_file::merged(runs, target, is_stopped);
  } catch (const run_file::Stopped&) {
    MergeOutcome outcome;
    outcome.interrupted = true;
    return outcome;
  } catch (const run_file::StorageFailure& failure) {
    return tl::make_unexpected(failure.error);
  } catch (const std::exception& failure) {
    return internal_error(target + ": the runs cannot be merged: " + failure.what());
  }
}

}  // namespace assay
