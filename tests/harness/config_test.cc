#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "harness/config/canonical_config.h"
#include "harness/config/config_file.h"
#include "harness/config/run_flags.h"
#include "harness/config/run_settings.h"
#include "harness/config/suite_flag.h"
#include "harness/core/yaml_tree.h"
#include "tests/catch.h"

using namespace assay;

namespace {

const std::vector<SuiteEntry>& suites() {
  static const std::vector<SuiteEntry> entries{
      {"mmlu", "", {{"loglikelihood", {}}}, {"subjects"}, 5, 5, {}, nullptr},
      {"hellaswag", "", {{"loglikelihood", {}}}, {}, 0, 10, {}, nullptr},
  };
  return entries;
}

std::optional<std::string> environment(const std::string& name) {
  if (name == "HOME") return "/home/user";
  return std::nullopt;
}

// A file of its own, gone at the end.
class TextFile {
 public:
  explicit TextFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() / ("assay_config_" + std::to_string(::getpid()) + ".yaml")) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TextFile() { std::filesystem::remove(path_); }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

Result<RunConfig> made(const RunFlags& flags) {
  return make_run_config(flags, {environment, std::chrono::system_clock::time_point{}, &suites()});
}

RunConfig config_of(const RunFlags& flags) {
  Result<RunConfig> config = made(flags);
  INFO((config ? "" : config.error().message));
  REQUIRE(config);
  return *config;
}

std::string refused(const RunFlags& flags) {
  const Result<RunConfig> config = made(flags);
  REQUIRE_FALSE(config);
  CHECK(config.error().kind == ErrorKind::kUsage);
  return config.error().message;
}

RunFlags some_flags() {
  RunFlags flags;
  flags.models = {"baseline:first"};
  flags.suites = {"mmlu"};
  return flags;
}

std::string refused_file(const std::string& text) {
  const auto file = config::parse_config(text, "c.yaml", suites(), environment);
  REQUIRE_FALSE(file);
  return file.error().message;
}

constexpr const char* kWhole = R"(schema: 1
data: ~/data/evals
run: runs/{date}.db
seed: 7
budget_usd: 25
items: ["mmlu/*", hellaswag/1]
models:
  - ref: baseline:random?seed=3
    name: dice
    price: {usd_per_hour: 1.10}
  - ref: baseline:first
    max_in_flight: 64
    rpm: 500
    price: {input_per_mtok: 30, output_per_mtok: 60, as_of: 2026-11-01, source: "price page"}
suites:
  - mmlu: {shots: 5, subjects: [astronomy, college_physics], limit: 400}
  - hellaswag: {limit: 1000}
gate:
  baseline: baselines/2026-11-01.db
  margin: 0.03
  must_not_fall: [mmlu]
  on_undecided: pass
  max_p95_ratio: 1.25
)";

}  // namespace

TEST_CASE("a whole configuration file") {
  const TextFile file(kWhole);
  RunFlags flags;
  flags.config_path = file.path();
  const RunConfig config = config_of(flags);
  CHECK(config.data_dir == "/home/user/data/evals");
  CHECK(config.run_path == "runs/1970-01-01.db");
  CHECK(config.seed == 7);
  CHECK(config.budget_usd == 25);
  CHECK(config.items == std::vector<std::string>{"mmlu/*", "hellaswag/1"});
  REQUIRE(config.models.size() == 2);
  CHECK(config.models[0].name == "dice");
  CHECK(config.models[0].price.value().usd_per_hour == 1.10);
  CHECK(config.models[1].max_in_flight == 64);
  CHECK(config.models[1].price.value().as_of == "2026-11-01");
  REQUIRE(config.suites.size() == 2);
  CHECK(config.suites[0].shots == 5);
  CHECK(config.suites[0].limit == 400);
  CHECK(config.suites[0].extra ==
        std::vector<std::pair<std::string, std::string>>{{"subjects", "astronomy,college_physics"}});
  REQUIRE(config.gate);
  CHECK(config.gate->margin == 0.03);
  CHECK(config.gate->alpha == 0.05);
  CHECK(config.gate->on_undecided == OnUndecided::kPass);
  CHECK(config.gate->must_not_fall == std::vector<std::string>{"mmlu"});
}

TEST_CASE("flags win, also over what the file says of single suites and models") {
  const TextFile file(kWhole);
  RunFlags flags;
  flags.config_path = file.path();
  flags.settings = {{"seed", "8"}, {"shots", "0"}, {"rpm", "10"}};
  flags.items = {"hellaswag/2"};
  flags.suites = {"mmlu:limit=3"};
  flags.models = {"dice", "baseline:longest"};
  const RunConfig config = config_of(flags);
  CHECK(config.seed == 8);
  CHECK(config.items == std::vector<std::string>{"hellaswag/2"});
  REQUIRE(config.suites.size() == 1);
  CHECK_FALSE(config.suites[0].shots);
  CHECK(config.shots == 0);
  CHECK(config.suites[0].limit == 3);
  CHECK(config.suites[0].extra.size() == 1);
  REQUIRE(config.models.size() == 2);
  CHECK(config.models[0].name == "dice");
  CHECK(config.models[0].price);
  CHECK(config.models[1].ref.text == "baseline:longest");
  CHECK(config.rpm == 10);
}

TEST_CASE("defaults") {
  const RunConfig config = config_of(some_flags());
  CHECK(config.data_dir == "/home/user/.cache/assay/data");
  CHECK(config.run_path.empty());
  CHECK(config.max_error_rate == 0);
  CHECK(config.shard.count == 1);
  RunFlags starter;
  starter.models = {"baseline:first"};
  starter.settings = {{"starter", "true"}};
  CHECK(config_of(starter).suites.size() == suites().size());
}

TEST_CASE("every value is checked, and every message says where, what and what would do") {
  const std::vector<std::pair<std::pair<std::string, std::string>, std::string>> cases{
      {{"limit", "0"}, "--limit: '0' is not a whole number from 1 to 1000000000"},
      {{"limit", "ten"}, "--limit: 'ten' is not a whole number from 1 to 1000000000"},
      {{"limit", "1e3"}, "--limit: '1e3' is not a whole number from 1 to 1000000000"},
      {{"shots", "-1"}, "--shots: '-1' is not a whole number from 0 to 1000"},
      {{"seed", "-1"}, "--seed: '-1' is not a whole number from 0 to 18446744073709551615"},
      {{"shard", "3/2"}, "--shard: '3/2' is not a shard I/N with 1 <= I <= N, as 2/8"},
      {{"shard", "0/2"}, "--shard: '0/2' is not a shard I/N with 1 <= I <= N, as 2/8"},
      {{"shard", "1"}, "--shard: '1' is not a shard I/N with 1 <= I <= N, as 2/8"},
      {{"max_in_flight", "0"}, "--max-in-flight: '0' is not a whole number from 1 to 100000"},
      {{"rpm", "0"}, "--rpm: '0' is not a number above 0, at most 1e+12"},
      {{"timeout", "inf"}, "--timeout: 'inf' is not a number above 0, at most 86400"},
      {{"budget_usd", "nan"}, "--budget: 'nan' is not a number above 0, at most 1e+09"},
      {{"max_error_rate", "2"}, "--max-error-rate: '2' is not a number from 0 to 1"},
      {{"format", "yaml"}, "--format: 'yaml' is not text or json"},
      {{"run", "runs/{dat}.db"},
       "--run: unknown placeholder '{dat}' (did you mean 'date'?); there are {date} and {commit}"},
      {{"data", ""}, "--data: is empty"},
  };
  for (const auto& [setting, message] : cases) {
    RunFlags flags = some_flags();
    flags.settings = {setting};
    CHECK(refused(flags) == message);
  }
}

TEST_CASE("models, suites and items that are not there") {
  RunFlags flags = some_flags();
  flags.models = {"basline:first"};
  CHECK_THAT(refused(flags),
             StartsWith("--model: model 'basline:first': no adapter 'basline' (did you mean 'baseline'?)"));
  flags.models = {};
  CHECK_THAT(refused(flags), StartsWith("no model to ask: give --model REF"));
  flags = some_flags();
  flags.suites = {"mlmu"};
  CHECK(refused(flags) ==
        "--suite: no suite 'mlmu' (did you mean 'mmlu'?); there are mmlu, hellaswag; a suite of your own "
        "is named by its file (support.yaml)");
  flags.suites = {};
  CHECK_THAT(refused(flags), StartsWith("no suite to run: give --suite NAME"));
  flags.suites = {"mmlu", "mmlu"};
  CHECK_THAT(refused(flags), StartsWith("suite mmlu is given twice"));
  flags.suites = {"mmlu:subject=x"};
  CHECK(refused(flags) ==
        "--suite 'mmlu:subject=x': suite mmlu has no option 'subject' (did you mean 'subjects'?); it has protocol, "
        "shots, limit, samples, temperature, max_tokens, strategy, subjects");
  flags.suites = {"mmlu:shots=x"};
  CHECK(refused(flags) == "--suite 'mmlu:shots=x': shots: 'x' is not a whole number from 0 to 1000");
  flags = some_flags();
  flags.items = {"@/nonexistent/ids"};
  CHECK(refused(flags) == "--items: /nonexistent/ids cannot be read: No such file or directory");
  flags = some_flags();
  flags.config_path = "/nonexistent/c.yaml";
  CHECK(refused(flags) == "/nonexistent/c.yaml: cannot be read: No such file or directory");
  flags.config_path = "/tmp";
  CHECK(refused(flags) == "/tmp: is a directory; expected a YAML file");
}

TEST_CASE("items come from a file too, one a line") {
  const TextFile file("# ids\n\n  mmlu/a/1  \r\nhellaswag/[0-4]\n");
  RunFlags flags = some_flags();
  flags.items = {"mmlu/b/*", "@" + file.path()};
  CHECK(config_of(flags).items == std::vector<std::string>{"mmlu/b/*", "mmlu/a/1", "hellaswag/[0-4]"});
}

TEST_CASE("commas in --suite separate options or list elements") {
  const auto flag = config::parse_suite_flag("mmlu:subjects=astronomy,anatomy,shots=5");
  REQUIRE(flag);
  CHECK(flag->name == "mmlu");
  CHECK(flag->options ==
        std::vector<std::pair<std::string, std::string>>{{"subjects", "astronomy,anatomy"}, {"shots", "5"}});
  CHECK(config::parse_suite_flag("mmlu:x").error().message == "--suite 'mmlu:x': 'x' is not key=value");
  CHECK(config::parse_suite_flag(":x=1").error().message ==
        "--suite ':x=1': names no suite; expected NAME[:key=value,…]");
  CHECK(config::parse_suite_flag("m:a=1,a=2").error().message == "--suite 'm:a=1,a=2': 'a' is given twice");
}

TEST_CASE("what is wrong in a file is named by line and column") {
  CHECK(refused_file("") == "c.yaml: is empty; a configuration starts with 'schema: 1'");
  CHECK(refused_file("- a\n") == "c.yaml:1:1: expected keys (schema: 1, models:, suites:, …), not a list");
  CHECK(refused_file("seed: 1\n") == "c.yaml:1:1: no 'schema'; a configuration starts with 'schema: 1'");
  CHECK(refused_file("schema: 2\n") ==
        "c.yaml:1:9: schema: '2' is not a configuration schema that this assay knows (1)");
  CHECK(refused_file("schema: 1\nsed: 1\n") == "c.yaml:2:1: unknown key 'sed' (did you mean 'seed'?)");
  CHECK(refused_file("schema: 1\nseed: [1]\n") == "c.yaml:2:7: seed: expected a single value, not a list");
  CHECK(refused_file("schema: 1\ndata: \"abc\nseed: x\n") == "c.yaml:5:1: a quote opened above is not closed");
  CHECK(refused_file("schema: 1\nsuites:\n- mmlu: {shots: [1]}\n") ==
        "c.yaml:3:17: shots: expected a single value, not a list");
  CHECK(refused_file("schema: 1\nseed: 1\nseed: 2\n") == "c.yaml:3:1: key 'seed' is given twice; first on line 2");
  CHECK(refused_file("schema: 1\nmodels: x\n") ==
        "c.yaml:2:9: models: expected a list of '- ref: …', not a single value");
  CHECK(refused_file("schema: 1\nmodels: [{reff: x}]\n") == "c.yaml:2:11: unknown key 'reff' (did you mean 'ref'?)");
  CHECK(refused_file("schema: 1\nsuites: {mmlu: 1}\n") ==
        "c.yaml:2:9: suites: expected a list of '- NAME: {…}', not a map of keys");
  CHECK(refused_file("schema: 1\ngate: [1]\n") == "c.yaml:2:7: gate: expected keys (margin: 0.02), not a list");
  CHECK(refused_file("schema: 1\nsuites:\n  - mmlu: [5]\n") ==
        "c.yaml:3:11: mmlu: expected keys ({shots: 5}), not a list");
  CHECK(refused_file("schema: 1\nmodels:\n  - ref: baseline:first\n    price: 3\n") ==
        "c.yaml:4:12: price: expected keys (input_per_mtok: …), not a single value");
  CHECK(refused_file("schema: 1\nmodels:\n  - name: x\n") ==
        "c.yaml:3:5: a model needs a 'ref', as in ref: llama:model.gguf");
  CHECK(refused_file("schema: 1\nmodels:\n  - ref: baseline:first\n    rmp: 3\n") ==
        "c.yaml:4:5: unknown key 'rmp' (did you mean 'rpm'?)");
  CHECK_THAT(refused_file("schema: 1\nmodels:\n  - ref: baseline:first\n    price: {dollars: 3}\n"),
             StartsWith("c.yaml:4:13: unknown key 'dollars'; there are input_per_mtok, output_per_mtok, "));
  CHECK_THAT(refused_file("schema: 1\nmodels:\n  - ref: baseline:first\n    price: {input_per_mtok: 3}\n"),
             StartsWith("c.yaml:4:5: price: input_per_mtok and output_per_mtok go together"));
  CHECK(refused_file("schema: 1\nmodels:\n  - ref: baseline:first\n    price: {as_of: yesterday}\n") ==
        "c.yaml:4:20: as_of: 'yesterday' is not a date like 2026-11-01");
  CHECK_THAT(refused_file("schema: 1\nmodels:\n  - ref: basline:first\n"),
             StartsWith("c.yaml:3:10: ref: model 'basline:first': no adapter 'basline'"));
  CHECK(refused_file("schema: 1\nsuites:\n  - mlmu: {shots: 5}\n") ==
        "c.yaml:3:5: no suite 'mlmu' (did you mean 'mmlu'?); there are mmlu, hellaswag; a suite of your own "
        "is named by its file (support.yaml)");
  CHECK_THAT(refused_file("schema: 1\nsuites:\n  - mmlu: {shot: 5}\n"),
             StartsWith("c.yaml:3:12: suite mmlu has no option 'shot' (did you mean 'shots'?)"));
  CHECK(refused_file("schema: 1\ngate: {alpha: 0.9}\n") ==
        "c.yaml:2:15: alpha: '0.9' is not a number from 1e-09 to 0.5");
  CHECK_THAT(refused_file("schema: 1\na: {b\n"), StartsWith("c.yaml:"));
  CHECK(refused_file("schema: 1\nseed: \xff\n") == "c.yaml:2:1: not UTF-8 text; is this a YAML file?");
  CHECK_THAT(refused_file("schema: 1\n---\nschema: 1\n"), ContainsSubstring("a second document"));
}

TEST_CASE("what could blow up is refused") {
  CHECK_THAT(refused_file("schema: 1\na: &a [x]\nb: [*a, *a]\n"),
             ContainsSubstring("aliases (*name) are not supported"));
  CHECK_THAT(refused_file("schema: 1\na: " + std::string(40, '[') + std::string(40, ']')),
             ContainsSubstring("nested more than 16 deep"));
  CHECK_THAT(refused_file("schema: 1\na: " + std::string(100'000, '[')), StartsWith("c.yaml:"));
  CHECK(refused_file(std::string((1 << 20) + 1, ' ')) == "c.yaml: is larger than 1 MiB; is this a configuration?");
}

TEST_CASE("strategies are given by flag or file, for the run or one suite, each once") {
  using Kind = StrategyKind;
  RunFlags flags = some_flags();
  flags.settings = {{"strategy", "zero_shot, few_shot:3,cot,self_consistency:5,rag"}};
  RunConfig config = config_of(flags);
  const std::vector<Strategy> all{
      {Kind::kZeroShot, 0}, {Kind::kFewShot, 3}, {Kind::kCot, 0}, {Kind::kSelfConsistency, 5}, {Kind::kRag, 0}};
  CHECK(config.suites[0].strategies == all);
  CHECK(config_of(some_flags()).suites[0].strategies.empty());
  for (const Strategy& strategy : all) CHECK(parse_strategy(strategy_text(strategy)).value() == strategy);

  const TextFile file(
      "schema: 1\nmodels: [\"baseline:first\"]\nstrategy: [zero_shot, few_shot: 3, \"self_consistency:5\"]\n"
      "suites: [mmlu, hellaswag: {strategy: [{few_shot: 2}]}]\n");
  RunFlags from_file;
  from_file.config_path = file.path();
  config = config_of(from_file);
  CHECK(config.suites[0].strategies == std::vector<Strategy>{all[0], all[1], all[3]});
  CHECK(config.suites[1].strategies == std::vector<Strategy>{{Kind::kFewShot, 2}});
  from_file.settings = {{"strategy", "cot"}};  // a flag wins over the suite's own, too
  config = config_of(from_file);
  CHECK(config.suites[1].strategies == std::vector<Strategy>{{Kind::kCot, 0}});
  CHECK_THAT(canonical_config_json(config), ContainsSubstring(R"("strategies":["cot"])"));

  const auto with = [](const std::string& text) {
    RunFlags wrong = some_flags();
    wrong.settings = {{"strategy", text}};
    return refused(wrong);
  };
  CHECK(with("zeroshot") ==
        "--strategy: no strategy 'zeroshot' (did you mean 'zero_shot'?); there are zero_shot, few_shot:N, cot, "
        "self_consistency:N, rag");
  CHECK(with("few_shot") == "--strategy: 'few_shot' is not few_shot:N, with N examples from 1 to 1000");
  CHECK(with("few_shot:0") == "--strategy: 'few_shot:0' is not few_shot:N, with N examples from 1 to 1000");
  CHECK(with("self_consistency:1x") ==
        "--strategy: 'self_consistency:1x' is not self_consistency:N, with N answers from 2 to 1000");
  CHECK(with("cot:3") == "--strategy: cot takes no number: 'cot:3'");
  CHECK(with("cot,cot") == "--strategy: cot is given twice");
  CHECK_THAT(with(""), ContainsSubstring("no strategy ''"));
  CHECK(refused_file("schema: 1\nstrategy: [[cot]]\n") ==
        "c.yaml:2:12: strategy: expected 'zero_shot', 'few_shot: 3', …, not a list");
}

TEST_CASE("every setting of a file has a flag") {
  for (const config::RunSetting& setting : config::run_settings()) {
    CHECK_THAT(std::string(setting.flag), ContainsSubstring("--"));
    CHECK(std::string(setting.help).size() > 10);
  }
}

TEST_CASE("a judge is a reference or has a price and limits; another one by flag has neither") {
  const TextFile plain("schema: 1\nmodels: [baseline:random]\nsuites: [mmlu]\njudge: baseline:first\n");
  RunFlags flags;
  flags.config_path = plain.path();
  CHECK(config_of(flags).judge.value().ref.text == "baseline:first");

  const TextFile whole(
      "schema: 1\nmodels: [baseline:random]\nsuites: [mmlu]\n"
      "judge: {ref: baseline:first, name: strict, price: {input_per_mtok: 3, output_per_mtok: 4}, rpm: 5}\n");
  flags.config_path = whole.path();
  const RunConfig config = config_of(flags);
  REQUIRE(config.judge);
  CHECK(config.judge->ref.text == "baseline:first");
  CHECK(config.judge->name == "strict");
  CHECK(config.judge->price.value().output_per_mtok == 4);
  CHECK(config.judge->rpm == 5);
  flags.settings = {{"judge", "baseline:first"}};
  CHECK(config_of(flags).judge.value().name == "strict");
  flags.settings = {{"judge", "baseline:longest"}};
  CHECK(config_of(flags).judge.value().ref.text == "baseline:longest");
  CHECK_FALSE(config_of(flags).judge.value().price);

  CHECK(canonical_config_json(config_of(flags)) != canonical_config_json(config));
  RunFlags none;
  none.models = {"baseline:random"};
  none.suites = {"mmlu"};
  CHECK_FALSE(config_of(none).judge);
  none.settings = {{"judge", "basline:first"}};
  const auto misspelt = made(none);
  REQUIRE_FALSE(misspelt);
  CHECK_THAT(misspelt.error().message, ContainsSubstring("--judge") && ContainsSubstring("baseline"));
  const TextFile wrong("schema: 1\nmodels: [baseline:random]\nsuites: [mmlu]\njudge: {name: strict}\n");
  none.settings.clear();
  none.config_path = wrong.path();
  const auto incomplete = made(none);
  REQUIRE_FALSE(incomplete);
  CHECK_THAT(incomplete.error().message, ContainsSubstring(":4:8: a model needs a 'ref'"));
}

TEST_CASE("the canonical form holds what changes answers, and nothing else") {
  const auto canonical = [](const std::vector<std::pair<std::string, std::string>>& settings, const std::string& model,
                            const std::string& suite) {
    RunFlags flags;
    flags.models = {model};
    flags.suites = {suite};
    flags.settings = settings;
    return canonical_config_json(config_of(flags));
  };
  const std::string base = canonical({}, "baseline:random", "mmlu:shots=5");
  CHECK(base ==
        R"({"items":[],"models":[{"name":"","ref":"baseline:random"}],"sample_seed":0,"seed":0,"starter":false,)"
        R"("suites":[{"max_tokens":null,"name":"mmlu","options":{},"protocol":null,"samples":1,"shots":5,)"
        R"("temperature":null}]})");
  CHECK(canonical({{"limit", "3"},
                   {"rpm", "3"},
                   {"budget_usd", "1"},
                   {"run", "x.db"},
                   {"sync", "true"},
                   {"format", "json"},
                   {"data", "/d"},
                   {"max_in_flight", "3"},
                   {"timeout", "3"},
                   {"rate", "2"}},
                  "baseline:random", "mmlu:shots=5") == base);
  CHECK(canonical({{"shots", "5"}}, "baseline:random", "mmlu") == base);
  for (const auto& changed : std::vector<std::pair<std::string, std::string>>{
           {"seed", "1"}, {"sample_seed", "1"}, {"starter", "true"}, {"protocol", "generate"}, {"shard", "1/2"}}) {
    CHECK(canonical({changed}, "baseline:random", "mmlu:shots=5") != base);
  }
  CHECK(canonical({}, "baseline:random?seed=1", "mmlu:shots=5") != base);
  CHECK(canonical({}, "baseline:random", "mmlu:shots=4") != base);
  CHECK(canonical({}, "llama:a.gguf?threads=2&ctx=512", "mmlu") == canonical({}, "llama:a.gguf?ctx=512", "mmlu"));
  CHECK(canonical({}, "llama:a.gguf?ctx=512", "mmlu") != canonical({}, "llama:a.gguf?ctx=256", "mmlu"));
}
