// What the tests of whole suites share: making one, reading its items, made-up answers.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "suites/registry.h"
#include "suites/suite.h"
#include "tests/catch.h"

namespace assay::test {

/// Starter items where no data folder is named.
inline SuiteOptions options_for(const std::string& protocol, int shots, const std::string& data_dir) {
  SuiteOptions options;
  options.protocol = protocol;
  options.shots = shots;
  options.data_dir = data_dir;
  options.starter = data_dir.empty();
  return options;
}

inline std::unique_ptr<Suite> suite_of(const std::string& name, const SuiteOptions& options) {
  const auto entry = find_suite(name);
  REQUIRE(entry);
  Result<std::unique_ptr<Suite>> suite = (*entry)->make(options);
  INFO((suite ? "" : suite.error().message));
  REQUIRE(suite);
  return std::move(*suite);
}

/// The error of making the suite or of reading all its items; empty where there is none.
inline std::string error_of(const std::string& name, const SuiteOptions& options) {
  const auto entry = find_suite(name);
  REQUIRE(entry);
  Result<std::unique_ptr<Suite>> suite = (*entry)->make(options);
  if (!suite) return suite.error().message;
  Result<std::unique_ptr<ItemSource>> source = (*suite)->load();
  if (!source) return source.error().message;
  while (true) {
    Result<std::optional<Item>> item = (*source)->next();
    if (!item) return item.error().message;
    if (!*item) return "";
  }
}

inline std::vector<Item> items_of(const Suite& suite) {
  std::vector<Item> items;
  Result<std::unique_ptr<ItemSource>> source = suite.load();
  REQUIRE(source);
  while (true) {
    Result<std::optional<Item>> item = (*source)->next();
    INFO((item ? "" : item.error().message));
    REQUIRE(item);
    if (!*item) return items;
    items.push_back(std::move(**item));
  }
}

inline Completion with_logprobs(const std::vector<double>& logprobs) {
  Completion completion;
  for (const double logprob : logprobs) completion.continuations.push_back({logprob, 1, false});
  return completion;
}

inline Completion with_text(std::string text) {
  Completion completion;
  completion.text = std::move(text);
  completion.finish = FinishReason::kStop;
  return completion;
}

inline double value_of(const Score& score, const std::string& key) {
  for (const auto& [name, value] : score.values) {
    if (name == key) return value;
  }
  FAIL("no value " << key);
  return -1;
}

/// Checks a suite's starter items by each of its protocols: enough of them, ids and questions each once, one headline
/// that is the score's own value, all metrics' values there, and that each request can be made.
inline void check_starter_items(const std::string& name, std::size_t least) {
  const auto entry = find_suite(name);
  REQUIRE(entry);
  for (const Protocol& protocol : (*entry)->protocols) {
    INFO(name << " " << protocol.name);
    const int shots = std::min(protocol.default_shots.value_or((*entry)->default_shots), protocol.max_shots);
    const auto suite = suite_of(name, options_for(protocol.name, shots, ""));
    CHECK(suite->data_sha256()->size() == 64);
    const std::vector<Item> items = items_of(*suite);
    CHECK(items.size() >= least);
    std::vector<std::string> ids;
    std::vector<std::string> questions;
    std::vector<std::string> headlines;
    for (const MetricSpec& metric : suite->info().metrics) {
      if (metric.headline) headlines.push_back(metric.value);
    }
    REQUIRE(headlines.size() == 1);
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Item& item = items[i];
      CHECK(item.order == static_cast<std::int64_t>(i));
      ids.push_back(item.id);
      questions.push_back(item.question);
      const Request request = suite->ask(item, 0);
      CHECK(request.item == item.id);
      Completion answer = with_text("B");
      if (const auto* scored = std::get_if<LoglikelihoodRequest>(&request.body)) {
        CHECK(scored->continuations.size() == item.choices.size());
        answer = with_logprobs(std::vector<double>(scored->continuations.size(), -1));
      }
      const Score score = suite->score(item, answer);
      CHECK(score.value == value_of(score, headlines[0]));
      for (const MetricSpec& metric : suite->info().metrics) value_of(score, metric.value);
      CHECK_FALSE(score.why.empty());
    }
    for (std::vector<std::string>* all : {&ids, &questions}) {
      std::sort(all->begin(), all->end());
      CHECK(std::adjacent_find(all->begin(), all->end()) == all->end());
    }
  }
}

}  // namespace assay::test
