#include "suites/text_to_sql/query_judge.h"

#include <array>
#include <initializer_list>
#include <memory>
#include <utility>

#include "harness/core/ascii.h"
#include "harness/core/text.h"
#include "suites/text_to_sql/comparison/bird_ex.h"
#include "suites/text_to_sql/comparison/defog_match.h"
#include "suites/text_to_sql/comparison/result_preview.h"
#include "suites/text_to_sql/comparison/shuffled_ties.h"
#include "suites/text_to_sql/comparison/spider_ex.h"
#include "suites/text_to_sql/comparison/spider_rewrite.h"

namespace assay::text_to_sql {
namespace {

constexpr std::size_t kGoldCacheBytes = 256U << 20U;
constexpr int kShuffles = 12;  // two rows that tie keep their order in all of them once in 4,096 times
constexpr std::string_view kFirstOfSeveral = " (the first of several statements; the others were not run)";

struct NamedComparison {
  Comparison comparison;
  std::string_view name;
};
constexpr std::array<NamedComparison, 4> kComparisons = {{{Comparison::kSpider, "spider_ex"},
                                                          {Comparison::kBird, "bird_ex"},
                                                          {Comparison::kDefog, "defog"},
                                                          {Comparison::kStrict, "strict"}}};

std::string failure_text(const QueryOutcome& outcome) {
  return std::string(status_name(outcome.status)) + ": " + outcome.message;
}

Judgement gold_failure(const QueryOutcome& gold) {
  Judgement judgement;
  judgement.gold_failed = true;
  judgement.unavailable = gold.status == QueryStatus::kUnavailable;
  judgement.why = "the gold query fails (" + failure_text(gold) + ")";
  return judgement;
}

Judgement prediction_failure(const QueryOutcome& gold, const QueryOutcome& predicted) {
  Judgement judgement;
  judgement.status = predicted.status;
  judgement.unavailable = predicted.status == QueryStatus::kUnavailable;
  judgement.detail = "gold:\n" + result_preview(gold.table);
  judgement.why = failure_text(predicted);
  return judgement;
}

std::string both_results(const ResultTable& gold, const ResultTable& predicted) {
  return "returned:\n" + result_preview(predicted) + "gold:\n" + result_preview(gold);
}

std::string note_of(const ResultTable& gold, const ResultTable& predicted) {
  return gold.repaired_text || predicted.repaired_text ? " (ill-formed UTF-8 left out)" : "";
}

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (c & '\x80') != 0; }

/// Whether a query calls one of these functions; a string that looks like it counts too.
bool mentions_call(std::string_view sql, std::initializer_list<std::string_view> functions) {
  const std::string low = ascii_lower(sql);
  for (const std::string_view name : functions) {
    for (std::size_t at = low.find(name); at != std::string::npos; at = low.find(name, at + 1)) {
      if (at > 0 && is_word(low[at - 1])) continue;
      const std::size_t next = low.find_first_not_of(" \t\r\n", at + name.size());
      if (next != std::string::npos && low[next] == '(') return true;
    }
  }
  return false;
}

bool mentions_today(std::string_view sql) {
  const std::string low = ascii_lower(sql);
  for (const std::string_view word : {"'now'", "\"now\"", "current_date", "current_time", "current_timestamp"}) {
    if (low.find(word) != std::string::npos) return true;
  }
  return mentions_call(sql, {"now", "getdate", "curdate"});
}

}  // namespace

Result<Comparison> comparison_from_name(const std::string& name) {
  std::vector<std::string> names;
  for (const NamedComparison& known : kComparisons) {
    if (known.name == name) return known.comparison;
    names.emplace_back(known.name);
  }
  return usage_error("no comparison '" + name + "'" + did_you_mean(name, names) +
                     "; there are spider_ex, bird_ex, defog, strict");
}

std::string_view comparison_name(Comparison comparison) {
  for (const NamedComparison& known : kComparisons) {
    if (known.comparison == comparison) return known.name;
  }
  return "";
}

QueryJudge::QueryJudge(WorkerPool& pool, const JudgeRules& rules)
    : pool_(pool), rules_(rules), gold_(pool, rules.limits, kGoldCacheBytes) {}

std::string_view defect_name(GoldDefectKind kind) {
  switch (kind) {
    case GoldDefectKind::kFails:
      return "fails";
    case GoldDefectKind::kChanges:
      return "changes from run to run";
    case GoldDefectKind::kReadOrder:
      return "depends on the order in which rows are read";
    case GoldDefectKind::kTies:
      return "depends on the order of rows that tie";
    case GoldDefectKind::kToday:
      return "depends on the day";
  }
  return "";
}

Judgement QueryJudge::judge(const Question& question, std::string_view sql) {
  return judge(question, sql, ReadOrder::kUsual);
}

Judgement QueryJudge::judge(const Question& question, std::string_view sql, ReadOrder order) {
  switch (rules_.comparison) {
    case Comparison::kSpider:
      return judge_spider(question, sql, order);
    case Comparison::kDefog:
      return judge_defog(question, sql, order);
    case Comparison::kBird:
    case Comparison::kStrict:
      break;
  }
  return judge_plain(question, sql, order);
}

QueryOutcome QueryJudge::run(const std::string& file, std::string_view sql, ReadOrder order) {
  return order == ReadOrder::kReversed ? pool_.query_reversed(file, sql, rules_.limits)
                                       : pool_.query(file, sql, rules_.limits);
}

Judgement QueryJudge::judge_spider(const Question& question, std::string_view sql, ReadOrder order) {
  FirstStatement gold_sql{with_joined_operators(question.gold), false};
  FirstStatement predicted_sql{with_joined_operators(sql), false};
  if (!rules_.keep_distinct) {
    gold_sql = first_statement_without_distinct(gold_sql.sql);
    predicted_sql = first_statement_without_distinct(predicted_sql.sql);
  }
  const bool ordered = mentions_order_by(gold_sql.sql);
  gold_sql.sql = with_fixed_year(gold_sql.sql);
  predicted_sql.sql = with_fixed_year(predicted_sql.sql);
  Judgement judgement;
  for (const std::string& file : question.files) {
    const std::shared_ptr<const QueryOutcome> gold = gold_.outcome(file, gold_sql.sql);
    if (gold->status != QueryStatus::kRows) return gold_failure(*gold);
    const QueryOutcome predicted = run(file, predicted_sql.sql, order);
    if (predicted.status == QueryStatus::kRows) {
      const Verdict verdict = compare_spider(gold->table, predicted.table, ordered);
      judgement.match = verdict.match;
      judgement.why = verdict.why + note_of(gold->table, predicted.table);
      judgement.detail = both_results(gold->table, predicted.table);
    } else {
      judgement = prediction_failure(*gold, predicted);
    }
    if (!judgement.match) break;
  }
  if (predicted_sql.dropped_more) judgement.why += kFirstOfSeveral;
  judgement.exact = judgement.match;
  return judgement;
}

Judgement QueryJudge::judge_plain(const Question& question, std::string_view sql, ReadOrder order) {
  Judgement judgement;
  for (const std::string& file : question.files) {
    const std::shared_ptr<const QueryOutcome> gold = gold_.outcome(file, question.gold);
    if (gold->status != QueryStatus::kRows) return gold_failure(*gold);
    const QueryOutcome predicted = run(file, sql, order);
    if (predicted.status != QueryStatus::kRows) return prediction_failure(*gold, predicted);
    const Verdict verdict = rules_.comparison == Comparison::kBird ? compare_bird(gold->table, predicted.table)
                                                                   : compare_strict(gold->table, predicted.table);
    judgement.match = verdict.match;
    judgement.why = verdict.why + note_of(gold->table, predicted.table);
    judgement.detail = both_results(gold->table, predicted.table);
    if (!verdict.match) break;
  }
  judgement.exact = judgement.match;
  return judgement;
}

Judgement QueryJudge::judge_defog(const Question& question, std::string_view sql, ReadOrder order) {
  const bool ordered = defog_is_ordered(question.category, question.text);
  const std::vector<std::string> golds = defog_gold_queries(question.gold);
  Judgement judgement;
  if (golds.empty()) {
    judgement.gold_failed = true;
    judgement.why = "there is no gold query";
    return judgement;
  }
  for (const std::string& file : question.files) {
    judgement = Judgement{};
    const QueryOutcome predicted = run(file, sql, order);
    for (const std::string& gold_sql : golds) {
      const std::shared_ptr<const QueryOutcome> gold = gold_.outcome(file, gold_sql);
      if (gold->status != QueryStatus::kRows) return gold_failure(*gold);
      if (predicted.status != QueryStatus::kRows) return prediction_failure(*gold, predicted);
      const DefogVerdict verdict = compare_defog(gold->table, predicted.table, ordered);
      if (verdict.reference_fails) {
        judgement.match = judgement.exact = false;
        judgement.why = verdict.why;
        judgement.detail = both_results(gold->table, predicted.table);
        return judgement;
      }
      const bool is_better = (verdict.exact && !judgement.exact) || (verdict.subset && !judgement.match);
      if (judgement.why.empty() || is_better) {
        judgement.why = verdict.why + note_of(gold->table, predicted.table);
        if (golds.size() > 1 && (verdict.exact || verdict.subset)) judgement.why += ", by: " + gold_sql;
        judgement.detail = both_results(gold->table, predicted.table);
      }
      judgement.exact = judgement.exact || verdict.exact;
      judgement.match = judgement.match || verdict.exact || verdict.subset;
      if (judgement.exact) break;
    }
    if (!judgement.match) break;
  }
  return judgement;
}

std::string QueryJudge::difference_by_ties(const Question& question, std::string_view gold) {
  const std::optional<std::string> shuffled = with_shuffled_ties(gold);
  if (!shuffled) return {};
  for (int i = 0; i < kShuffles; ++i) {
    const Judgement judgement = judge(question, *shuffled, ReadOrder::kUsual);
    if (judgement.status != QueryStatus::kRows) return {};
    if (!judgement.match) return judgement.why;
  }
  return {};
}

std::optional<GoldDefect> QueryJudge::gold_defect(const Question& question) {
  std::vector<std::string> golds = {question.gold};
  if (rules_.comparison == Comparison::kDefog) golds = defog_gold_queries(question.gold);
  if (golds.empty()) return GoldDefect{GoldDefectKind::kFails, "there is no gold query"};
  std::optional<GoldDefect> found;
  const auto note = [&found](GoldDefectKind kind, std::string why) {
    if (!found || kind < found->kind) found = GoldDefect{kind, std::move(why)};
  };
  for (const std::string& gold : golds) {
    const Judgement judgement = judge(question, gold, ReadOrder::kUsual);
    if (judgement.gold_failed || judgement.status != QueryStatus::kRows) {
      return GoldDefect{GoldDefectKind::kFails, judgement.why};
    }
    if (!judgement.match) {
      note(GoldDefectKind::kChanges, "two runs differ: " + judgement.why);
      continue;
    }
    if (mentions_call(gold, {"random", "randomblob"})) note(GoldDefectKind::kChanges, "it calls random()");
    const Judgement reversed = judge(question, gold, ReadOrder::kReversed);
    if (!reversed.match) note(GoldDefectKind::kReadOrder, reversed.why);
    if (const std::string tied = difference_by_ties(question, gold); !tied.empty()) note(GoldDefectKind::kTies, tied);
    if (mentions_today(gold)) note(GoldDefectKind::kToday, "it asks for the current date or time");
  }
  return found;
}

}  // namespace assay::text_to_sql
