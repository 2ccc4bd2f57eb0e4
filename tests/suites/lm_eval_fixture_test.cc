// Every suite of lm-evaluation-harness's whose starter items are in tests/cases/suites/lm_eval.jsonl, line by line:
// prompts, continuations and stop texts as its task code makes them, scores as it gives them. The file says nothing of
// its own: tests/conformance/lm_eval/fixture.py wrote it with lm-eval 0.4.13.
#include <map>
#include <string>
#include <vector>

#include "suites/reading/data_file.h"
#include "suites/reading/json_object.h"
#include "tests/catch.h"
#include "tests/suites/shared_data.h"
#include "tests/suites/suite_checks.h"

using namespace assay;
using assay::reading::JsonObject;

namespace {

// A suite with its items by id, made once for each way of asking.
struct Asked {
  std::unique_ptr<Suite> suite;
  std::map<std::string, Item> items;
};

std::vector<double> numbers(const std::string& list) {
  std::vector<double> values;
  for (std::size_t at = 1; at < list.size();) {
    std::size_t length = 0;
    values.push_back(std::stod(list.substr(at), &length));
    at = list.find_first_of("-0123456789", at + length);
    if (at == std::string::npos) break;
  }
  return values;
}

// Our name of a metric of theirs.
std::string ours(const std::string& theirs, const std::string& suite) {
  if (theirs == "acc") return suite == "truthfulqa_mc2" ? "mc2" : "accuracy";
  if (theirs == "acc_norm") return "accuracy_norm";
  return theirs == "strict-match" ? "accuracy" : "accuracy_flexible";
}

void check_prompt(const Asked& asked, const Item& item, const JsonObject& row) {
  const std::vector<std::string> given = *row.texts("given");
  const Request request = asked.suite->ask(item, 0);
  if (const auto* scored = std::get_if<LoglikelihoodRequest>(&request.body)) {
    CHECK(scored->continuations == *row.texts("continuations"));
    REQUIRE(scored->continuations.size() == given.size());
    for (std::size_t i = 0; i < given.size(); ++i) CHECK(scored->context + scored->opening(i) == given[i]);
    return;
  }
  const auto& written = std::get<GenerateRequest>(request.body);
  CHECK(written.prompt == given.at(0));
  CHECK(written.stop == *row.texts("stop"));
}

void check_score(const Asked& asked, const Item& item, const JsonObject& row) {
  const Completion answer =
      row.has("text") ? test::with_text(*row.text("text")) : test::with_logprobs(numbers(*row.json("logprobs")));
  const Score score = asked.suite->score(item, answer);
  INFO(answer.text << " | " << score.why);
  if (row.has("extracted")) {
    const std::string extracted = *row.text("extracted");
    CHECK(score.extracted == (extracted == "[invalid]" ? "" : extracted));
  }
  const JsonObject scores = *row.object("scores");
  for (const std::string& name : scores.keys()) {
    INFO(name);
    CHECK(test::value_of(score, ours(name, item.id.substr(0, item.id.find('/')))) ==
          Approx(*scores.number(name)).margin(1e-12).epsilon(1e-12));
  }
}

}  // namespace

TEST_CASE("prompts and scores of the starter items are lm-evaluation-harness's", "[conformance]") {
  const Result<reading::DataFile> file = reading::file_at(test::source_path("tests/cases/suites/lm_eval.jsonl"));
  REQUIRE(file);
  Result<reading::JsonlReader> rows = reading::JsonlReader::open(*file);
  REQUIRE(rows);
  std::map<std::string, Asked> suites;
  int lines = 0;
  while (true) {
    Result<std::optional<JsonObject>> row = rows->next();
    REQUIRE(row);
    if (!*row) break;
    ++lines;
    const std::string suite = *(*row)->text("suite");
    const std::string protocol = *(*row)->text("protocol");
    const int shots = static_cast<int>(*(*row)->integer("shots"));
    Asked& asked = suites[suite + " " + protocol + " " + std::to_string(shots)];
    if (!asked.suite) {
      asked.suite = test::suite_of(suite, test::options_for(protocol, shots, ""));
      for (Item& item : test::items_of(*asked.suite)) asked.items.emplace(item.id, std::move(item));
    }
    const auto found = asked.items.find(*(*row)->text("item"));
    INFO((*row)->where() << " " << *(*row)->text("item"));
    REQUIRE(found != asked.items.end());
    if ((*row)->has("given")) check_prompt(asked, found->second, **row);
    if ((*row)->has("scores")) check_score(asked, found->second, **row);
  }
  CHECK(lines > 1400);
  CHECK(suites.size() >= 9);
}
