// suites/scoring, class metrics and the template engine against the packages whose values they promise:
// tests/conformance/metrics has the cases and the calls that made them.
#include <cmath>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "results/statistics/metric_accumulator.h"
#include "suites/reading/data_file.h"
#include "suites/reading/line_reader.h"
#include "suites/scoring/bleu.h"
#include "suites/scoring/json_schema.h"
#include "suites/scoring/rouge.h"
#include "suites/scoring/token_f1.h"
#include "suites/templates/template_engine.h"
#include "tests/catch.h"

using namespace assay;
using Json = nlohmann::json;

namespace {

// Calls `judge` for each case of a part and returns their number.
int for_each_case(const std::string& part, const std::function<void(const Json&)>& judge) {
  const char* source = std::getenv("ASSAY_SOURCE_DIR");
  REQUIRE(source != nullptr);
  const auto file = reading::file_at(std::string(source) + "/tests/conformance/metrics/" + part + ".jsonl.gz");
  REQUIRE(file);
  auto lines = reading::LineReader::open(*file);
  REQUIRE(lines);
  REQUIRE(lines->next());  // what made them
  int cases = 0;
  while (true) {
    auto line = lines->next();
    REQUIRE(line);
    if (!*line) return cases;
    ++cases;
    const Json one = Json::parse(**line);
    INFO(one.dump());
    judge(one);
  }
}

bool is_near(double a, double b) { return std::fabs(a - b) < 1e-9; }

}  // namespace

TEST_CASE("texts score as rouge_score, sacrebleu and SQuAD's script score them") {
  scoring::BleuCounts corpus;
  int corpora = 0;
  const int cases = for_each_case("texts", [&](const Json& one) {
    const auto targets = one.at("targets").get<std::vector<std::string>>();
    const std::string answer = one.at("answer");
    const scoring::Rouge rouge = scoring::rouge_l(targets[0], answer);
    CHECK(is_near(rouge.precision, one.at("rouge")[0]));
    CHECK(is_near(rouge.recall, one.at("rouge")[1]));
    CHECK(is_near(rouge.f1, one.at("rouge")[2]));
    CHECK(is_near(scoring::sentence_bleu(targets, answer), one.at("bleu")));
    CHECK(scoring::normalised(answer, {}) == one.at("normalised").get<std::string>());
    CHECK(is_near(scoring::token_f1(targets[0], answer), one.at("f1")));
    corpus += scoring::bleu_counts(targets, answer);
    if (one.contains("corpus_bleu")) {
      CHECK(is_near(scoring::corpus_bleu(corpus), one.at("corpus_bleu")));
      corpus = {};
      ++corpora;
    }
  });
  CHECK(cases >= 1000);
  CHECK(corpora >= 50);
}

TEST_CASE("classes score as scikit-learn scores them") {
  const int cases = for_each_case("classes", [&](const Json& one) {
    statistics::MetricAccumulator accuracy({"accuracy", "exact_match", Aggregation::kMean, 0, "", true});
    statistics::MetricAccumulator balanced({"balanced", "exact_match", Aggregation::kBalancedAccuracy, 0, "", false});
    for (std::size_t i = 0; i < one.at("gold").size(); ++i) {
      Item item;
      item.target = one.at("gold")[i];
      const bool right = one.at("predicted")[i] == one.at("gold")[i];
      accuracy.add(item, {right ? 1.0 : 0.0, 1, right ? 1 : 0});
      balanced.add(item, {right ? 1.0 : 0.0, 1, right ? 1 : 0});
    }
    CHECK(is_near(accuracy.estimate().value.value(), one.at("accuracy")));
    CHECK(is_near(balanced.estimate().value.value(), one.at("balanced")));
  });
  CHECK(cases >= 1000);
}

TEST_CASE("values are valid by a JSON Schema where jsonschema says so") {
  int valid = 0;
  const int cases = for_each_case("schemas", [&](const Json& one) {
    const auto schema = scoring::JsonSchema::parse(one.at("schema").get<std::string>(), "test");
    INFO((schema ? "" : schema.error().message));
    REQUIRE(schema);
    const std::string violation = schema->violation(one.at("value").get<std::string>());
    INFO(violation);
    CHECK(violation.empty() == one.at("valid").get<bool>());
    valid += violation.empty() ? 1 : 0;
  });
  CHECK(cases >= 1000);
  CHECK(valid > 200);
  CHECK(valid < cases - 200);
}

TEST_CASE("templates render as jinja2 renders them") {
  if (!templates::TemplateEngine::available()) {
    WARN("this build has no template engine");
    return;
  }
  std::vector<templates::NamedTemplate> sources;
  std::vector<std::pair<std::size_t, Json>> uses;
  const int cases = for_each_case("templates", [&](const Json& one) {
    const std::string source = one.at("template");
    std::size_t index = 0;
    while (index < sources.size() && sources[index].source != source) ++index;
    if (index == sources.size()) sources.push_back({"template " + std::to_string(index), source});
    uses.emplace_back(index, one);
  });
  CHECK(cases >= 1000);
  auto engine = templates::TemplateEngine::start(sources);
  INFO((engine ? "" : engine.error().message));
  REQUIRE(engine);
  for (const auto& [index, one] : uses) {
    INFO(one.dump());
    const auto texts = (*engine)->render({index}, one.at("fields").get<std::string>());
    INFO((texts ? "" : texts.error().message));
    REQUIRE(texts);
    CHECK(texts->front() == one.at("text").get<std::string>());
  }
}
