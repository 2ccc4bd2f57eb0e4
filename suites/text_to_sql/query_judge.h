// Runs a predicted query beside the gold one and says whether it is right, by one of the field's rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.h"
#include "suites/text_to_sql/execution/query_outcome.h"
#include "suites/text_to_sql/execution/result_cache.h"
#include "suites/text_to_sql/execution/worker_pool.h"
#include "suites/text_to_sql/question.h"

namespace assay::text_to_sql {

enum class Comparison : std::uint8_t {
  kSpider,  ///< `spider_ex`: test-suite-sql-eval
  kBird,    ///< `bird_ex`: sets of rows
  kDefog,   ///< `defog`: sql-eval's exact or subset match over all acceptable golds
  kStrict,  ///< `strict`: identical results
};

/// The comparison of that name; the error lists them.
[[nodiscard]] Result<Comparison> comparison_from_name(const std::string& name);
[[nodiscard]] std::string_view comparison_name(Comparison comparison);

struct JudgeRules {
  Comparison comparison = Comparison::kSpider;
  bool keep_distinct = false;  ///< spider_ex: leave DISTINCT in both queries
  QueryLimits limits;
};

/// What came of one prediction.
struct Judgement {
  bool match = false;
  bool exact = false;                       ///< defog: the exact match, without the subset rule
  bool gold_failed = false;                 ///< the gold query does not run: nothing can be right
  bool unavailable = false;                 ///< no worker or no database: says nothing about the query
  QueryStatus status = QueryStatus::kRows;  ///< of the predicted query
  std::string why;                          ///< one line
  std::string detail;                       ///< the first rows of what the query and the gold returned
};

/// What can be wrong with a gold query, the gravest first.
enum class GoldDefectKind : std::uint8_t {
  kFails,      ///< it does not run
  kChanges,    ///< two runs differ, or it calls random()
  kReadOrder,  ///< LIMIT without ORDER BY: the result depends on the order in which rows are read
  kTies,       ///< rows that tie in its ORDER BY decide what is returned, or in which order
  kToday,      ///< it asks for the current date or time
};

/// Its name in notes and messages: "fails", "changes from run to run", ….
[[nodiscard]] std::string_view defect_name(GoldDefectKind kind);

struct GoldDefect {
  GoldDefectKind kind = GoldDefectKind::kFails;
  std::string why;
};

/// Judges predictions. Thread-safe; blocks while a query runs. Gold results are kept, bounded.
class QueryJudge {
 public:
  QueryJudge(WorkerPool& pool, const JudgeRules& rules);

  [[nodiscard]] Judgement judge(const Question& question, std::string_view sql);

  /// Runs the gold query (each of its alternatives) against itself, again with rows read in another order and with ties
  /// in other orders. Nothing: it runs, matches, and depends on neither these nor the day; otherwise the gravest of
  /// what is wrong.
  [[nodiscard]] std::optional<GoldDefect> gold_defect(const Question& question);

  [[nodiscard]] const JudgeRules& rules() const { return rules_; }

 private:
  /// How a prediction is run.
  enum class ReadOrder : std::uint8_t { kUsual, kReversed };

  Judgement judge(const Question& question, std::string_view sql, ReadOrder order);
  Judgement judge_spider(const Question& question, std::string_view sql, ReadOrder order);
  Judgement judge_plain(const Question& question, std::string_view sql, ReadOrder order);
  Judgement judge_defog(const Question& question, std::string_view sql, ReadOrder order);
  /// How the gold query's result differs when rows that tie come in another order; empty: it does not.
  std::string difference_by_ties(const Question& question, std::string_view gold);
  QueryOutcome run(const std::string& file, std::string_view sql, ReadOrder order);

  WorkerPool& pool_;
  JudgeRules rules_;
  ResultCache gold_;
};

}  // namespace assay::text_to_sql
