// Judges pairs of queries, one JSON object a line on standard input, one verdict a line on standard output: what
// the conformance scripts compare with other implementations, and what the speed of scoring is measured with.
//
//   sql_judge --compare spider_ex|bird_ex|defog|strict [--keep-distinct] [--workers N] [--rewrite]
//   {"db": "path.sqlite", "gold": "…", "pred": "…", "question": "…", "category": "…"}
//     -> {"match": true, "exact": true, "status": "rows", "why": "…"}
// With --rewrite nothing is run: "pred" without DISTINCT, as the Spider evaluator runs it, comes back as {"sql": …}.
#include <atomic>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "suites/text_to_sql/comparison/spider_rewrite.h"
#include "suites/text_to_sql/execution/sql_worker.h"
#include "suites/text_to_sql/query_judge.h"

namespace {

struct Arguments {
  assay::text_to_sql::JudgeRules rules;
  std::size_t workers = 0;
  bool rewrite = false;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--keep-distinct") {
      arguments.rules.keep_distinct = true;
    } else if (name == "--rewrite") {
      arguments.rewrite = true;
    } else if (name == "--workers" && i + 1 < argc) {
      arguments.workers = std::stoul(argv[++i]);
    } else if (name == "--timeout-ms" && i + 1 < argc) {
      arguments.rules.limits.timeout_ms = static_cast<std::uint32_t>(std::stoul(argv[++i]));
    } else if (name == "--compare" && i + 1 < argc) {
      auto comparison = assay::text_to_sql::comparison_from_name(argv[++i]);
      if (!comparison) {
        std::cerr << comparison.error().message << '\n';
        std::exit(2);
      }
      arguments.rules.comparison = *comparison;
    }
  }
  return arguments;
}

}  // namespace

int main(int argc, char** argv) {
  if (const int code = assay::sql_worker_entry(argc, argv); code >= 0) return code;
  const Arguments arguments = parse(argc, argv);
  std::ios::sync_with_stdio(false);
  std::vector<nlohmann::json> pairs;
  for (std::string line; std::getline(std::cin, line);) pairs.push_back(nlohmann::json::parse(line));
  if (arguments.rewrite) {
    for (const nlohmann::json& pair : pairs) {
      const auto sql = pair.at("pred").get<std::string>();
      std::cout << nlohmann::json{{"sql", assay::text_to_sql::first_statement_without_distinct(sql).sql}}.dump()
                << '\n';
    }
    return 0;
  }
  assay::text_to_sql::WorkerPool pool({"/proc/self/exe", arguments.workers});
  assay::text_to_sql::QueryJudge judge(pool, arguments.rules);
  std::vector<assay::text_to_sql::Judgement> verdicts(pairs.size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < std::max(1U, std::thread::hardware_concurrency()); ++t) {
    threads.emplace_back([&] {
      for (std::size_t i = next++; i < pairs.size(); i = next++) {
        assay::text_to_sql::Question question;
        question.files = {pairs[i].at("db").get<std::string>()};
        question.gold = pairs[i].at("gold").get<std::string>();
        question.text = pairs[i].value("question", "");
        question.category = pairs[i].value("category", "");
        verdicts[i] = judge.judge(question, pairs[i].at("pred").get<std::string>());
      }
    });
  }
  threads.clear();
  for (const auto& verdict : verdicts) {
    std::cout << nlohmann::json{{"match", verdict.match},
                                {"exact", verdict.exact},
                                {"gold_failed", verdict.gold_failed},
                                {"status", assay::text_to_sql::status_name(verdict.status)},
                                {"why", verdict.why}}
                     .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
              << '\n';
  }
  return 0;
}
