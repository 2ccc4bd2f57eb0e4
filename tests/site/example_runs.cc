#include "tests/site/example_runs.h"

#include <cmath>
#include <functional>
#include <stdexcept>

#include "harness/core/hash.h"
#include "harness/core/random.h"
#include "results/run_file/run_file.h"

namespace assay::test {
namespace {

struct ExampleModel {
  const char* name;
  double skill;            ///< chance to be right on a question of medium difficulty
  double milliseconds;     ///< median
  double output_per_mtok;  ///< 0: no price is known
};

const std::vector<ExampleModel>& models() {
  static const std::vector<ExampleModel> kModels{{"openai:atlas-large", 0.86, 1900, 60},
                                                 {"openai:atlas-mini", 0.74, 640, 2.4},
                                                 {"anthropic:heron", 0.845, 1300, 24},
                                                 {"llama:ours-ft.Q4_K_M.gguf", 0.80, 210, 1.1},
                                                 {"baseline:random", 0.25, 0.02, 0}};
  return kModels;
}

/// A number in 0..1 that depends on nothing but what is named.
double chance(const std::string& what) {
  const std::string digest = sha256_hex(what);
  return static_cast<double>(std::stoull(digest.substr(0, 12), nullptr, 16)) / std::pow(2.0, 48);
}

RunInfo run_info(const std::string& name, const std::string& started, const std::string& version) {
  RunInfo run;
  run.id = sha256_hex(name).substr(0, 16);
  run.started = started;
  run.state = "running";
  run.assay_version = version;
  run.config_json = R"({"run":")" + name + R"("})";
  run.config_sha256 = sha256_hex(run.config_json);
  run.host = {{"cpu", "Example CPU"}, {"cores", "8"}, {"gpu", ""}};
  return run;
}

std::string written(const std::string& path, const RunInfo& run, const std::vector<ResultInfo>& results,
                    const std::string& state, const std::function<void(RunWriter&)>& records) {
  auto writer = RunWriter::create(path, run, results, Durability::kGrouped);
  if (!writer) throw std::runtime_error(writer.error().message);
  records(**writer);
  if (auto done = (*writer)->finish(state); !done) throw std::runtime_error(done.error().message);
  return path;
}

void append(RunWriter& writer, const Record& record) {
  if (auto done = writer.append(record); !done) throw std::runtime_error(done.error().message);
}

ResultInfo result_info(const ExampleModel& model, const std::string& suite, const std::string& protocol, int shots,
                       std::int64_t items) {
  ResultInfo info;
  info.model.name = model.name;
  info.model_ref = model.name;
  if (info.model.name.starts_with("llama:")) info.model.sha256 = sha256_hex(model.name);
  info.suite = suite;
  info.suite_version = "1";
  info.data_sha256 = sha256_hex(suite);
  info.protocol = protocol;
  info.shots = shots;
  info.items = items;
  info.metrics = {{suite == "humaneval"     ? "pass@1"
                   : suite == "text_to_sql" ? "execution_accuracy"
                                            : "accuracy",
                   "right", Aggregation::kMean, 0, "", true}};
  if (model.output_per_mtok > 0) {
    Price price;
    price.input_per_mtok = model.output_per_mtok / 4;
    price.output_per_mtok = model.output_per_mtok;
    price.source = "example prices";
    price.as_of = "2026-11-01";
    info.price = price;
  }
  return info;
}

const std::vector<std::pair<std::string, std::string>>& subjects() {
  static const std::vector<std::pair<std::string, std::string>> kSubjects{
      {"stem", "astronomy"},        {"stem", "college_physics"},  {"stem", "machine_learning"},
      {"stem", "abstract_algebra"}, {"humanities", "philosophy"}, {"humanities", "world_religions"},
      {"humanities", "prehistory"}, {"social", "sociology"},      {"social", "econometrics"},
      {"social", "geography"},      {"other", "nutrition"},       {"other", "virology"},
      {"other", "marketing"},       {"other", "global_facts"}};
  return kSubjects;
}

void finish_record(Record& record, const ExampleModel& model, const std::string& place, bool right,
                   std::int64_t prompt_tokens, std::int64_t completion_tokens) {
  record.request.item = record.item.id;
  record.request.order = record.item.order;
  Completion& completion = record.completion;
  completion.usage.prompt = prompt_tokens;
  completion.usage.completion = completion_tokens;
  const double spread = std::exp(0.45 * (chance("time" + place) + chance("more" + place) - 1) * 3);
  completion.timings.total_ms = model.milliseconds * spread;
  if (completion_tokens > 0) completion.timings.first_token_ms = model.milliseconds * spread * 0.2;
  if (model.output_per_mtok > 0) {
    record.usd = (static_cast<double>(prompt_tokens) / 4 + static_cast<double>(completion_tokens)) * 1e-6 *
                 model.output_per_mtok;
  }
  if (!record.score) return;
  record.score->value = right ? 1 : 0;
  record.score->values = {{"right", record.score->value}};
}

/// Models agree on most of what is hard.
bool is_right(const ExampleModel& model, const std::string& item, double harder, const std::string& night) {
  const std::string own = model.name + item + night;
  const double drawn = chance("agrees" + own) < 0.7 ? chance("difficulty" + item) : chance(own);
  return drawn < model.skill - harder;
}

Record choice_record(const ExampleModel& model, std::int64_t order, const std::string& night = "", double harder = 0) {
  const auto& [category, subject] = subjects()[static_cast<std::size_t>(order / 40) % subjects().size()];
  const auto number = order % 40;
  Record record;
  record.item.id = "mmlu/" + subject + "/" + std::to_string(number);
  record.item.order = order;
  record.item.groups = {{"category", category}, {"subject", subject}};
  record.item.cluster = subject;
  record.item.target_index = static_cast<int>(chance("target" + record.item.id) * 4);
  record.item.target = std::string(1, static_cast<char>('A' + record.item.target_index));
  GenerateRequest body;
  body.messages = {
      {Role::kSystem, "Answer with the letter of the right choice."},
      {Role::kUser, "The following is a question about " + subject + ".\n\nWhich of these is said of case " +
                        std::to_string(number) + " in a textbook on " + subject +
                        "?\nA. that it follows from the definition\nB. that it was first observed in the "
                        "field\nC. that no measurement has confirmed it\nD. none of these\nAnswer:"}};
  body.choices = {"A", "B", "C", "D"};
  record.request.body = body;
  const double subject_harder = 0.25 * (chance("subject" + subject) - 0.5);
  const bool right = is_right(model, record.item.id, subject_harder + harder, night);
  const char letter = right ? record.item.target[0] : static_cast<char>('A' + (record.item.target_index + 1) % 4);
  Score score;
  score.extracted = std::string(1, letter);
  score.why =
      right ? "answered " + score.extracted : "answered " + score.extracted + ", right is " + record.item.target;
  record.score = score;
  record.completion.text = "The answer is " + score.extracted + ". It is what the definition in the chapter says.";
  record.completion.finish = FinishReason::kStop;
  record.completion.sent = "<|im_start|>system\n" + body.messages[0].content + "<|im_end|>\n<|im_start|>user\n" +
                           body.messages[1].content + "<|im_end|>\n<|im_start|>assistant\n";
  finish_record(record, model, record.item.id + model.name + night, right, 96, 14);
  return record;
}

Record program_record(const ExampleModel& model, std::int64_t order) {
  Record record;
  record.item.id = "humaneval/HumanEval/" + std::to_string(order);
  record.item.order = order;
  record.item.target = "tests pass";
  GenerateRequest body;
  body.prompt = "def middle_" + std::to_string(order) +
                "(values: list[int]) -> int:\n    \"\"\"Return the middle value of " +
                "the sorted list; of an even number of values, the lower one.\n    >>> middle_" +
                std::to_string(order) + "([3, 1, 2])\n    2\n    \"\"\"\n";
  body.stop = {"\ndef "};
  record.request.body = body;
  const bool right = is_right(model, record.item.id, 0.12, "");
  record.completion.text =
      right ? "    return sorted(values)[(len(values) - 1) // 2]\n" : "    return sorted(values)[len(values) // 2]\n";
  record.completion.finish = FinishReason::kStop;
  Score score;
  score.why = right ? "passed 7 of 7 tests" : "test 4 failed: assert middle([1, 2, 3, 4]) == 2";
  score.detail =
      right ? "" : "Traceback (most recent call last):\n  File \"<test>\", line 9, in <module>\nAssertionError: 3 != 2";
  record.score = score;
  if (order % 41 == 7) {
    record.score.reset();
    record.completion.text.clear();
    record.completion.attempts = 3;
    record.completion.failure = Failure{order % 82 == 7 ? FailureKind::kTimeout : FailureKind::kServerError,
                                        FailureAction::kGiveUpItem, "no answer in 60 s, asked three times", 0};
  }
  finish_record(record, model, record.item.id + model.name, right, 74, 28);
  return record;
}

Record sql_record(const ExampleModel& model, std::int64_t order) {
  static const std::vector<std::string> kHardness{"easy", "medium", "hard", "extra"};
  Record record;
  const std::string& hardness = kHardness[static_cast<std::size_t>(order % 4)];
  record.item.id = "text_to_sql/spider/" + std::to_string(order);
  record.item.order = order;
  record.item.groups = {{"hardness", hardness}};
  record.item.cluster = "db" + std::to_string(order / 20);
  record.item.target = "SELECT name FROM singer WHERE age > " + std::to_string(20 + order % 40);
  GenerateRequest body;
  body.messages = {
      {Role::kUser, "CREATE TABLE singer (id INTEGER, name TEXT, age INTEGER);\n\nNames of the singers older than " +
                        std::to_string(20 + order % 40) + "?"}};
  record.request.body = body;
  const bool right = is_right(model, record.item.id, 0.05 + 0.09 * static_cast<double>(order % 4), "");
  Score score;
  score.extracted =
      right ? record.item.target : "SELECT name FROM singer WHERE age >= " + std::to_string(20 + order % 40);
  score.why = right ? "same rows" : "row 2 differs: ('Ada',) against ('Bo',)";
  if (!right) score.detail = "query        gold\n('Ada',)     ('Bo',)\n('Bo',)      ('Cy',)\n('Cy',)";
  record.score = score;
  record.completion.text = "```sql\n" + score.extracted + "\n```";
  record.completion.finish = FinishReason::kStop;
  finish_record(record, model, record.item.id + model.name, right, 310, 22);
  return record;
}

constexpr std::int64_t kChoices = 560;
constexpr std::int64_t kPrograms = 164;
constexpr std::int64_t kQueries = 240;

std::vector<ResultInfo> three_suites(const ExampleModel& model) {
  std::vector<ResultInfo> infos{result_info(model, "mmlu", "generate", 0, kChoices),
                                result_info(model, "humaneval", "generate/complete", 0, kPrograms),
                                result_info(model, "text_to_sql", "generate", 0, kQueries)};
  infos[0].group_levels = {"category", "subject"};
  infos[2].group_levels = {"hardness"};
  infos[2].options = {{"dataset", "spider"}};
  return infos;
}

/// What a hostile model, data set or configuration might write.
const std::vector<std::string>& hostile_texts() {
  static const std::vector<std::string> kTexts{"</script><script>hostile_executed=1</script>",
                                               "<img src=x onerror=hostile_executed=1>",
                                               "\"><svg onload=hostile_executed=1>",
                                               "javascript:hostile_executed=1",
                                               "');hostile_executed=1;//",
                                               "line\xe2\x80\xa8separator\xe2\x80\xa9;hostile_executed=1",
                                               "\xe2\x80\xaegnp.exe \xe2\x81\xa6x\xe2\x81\xa9",
                                               "\x1b[31m\x07\x01 control",
                                               "\xff\xfe\xc3( broken",
                                               "__proto__",
                                               "{{constructor.constructor('hostile_executed=1')()}}",
                                               "<!--<script>",
                                               "]]>&lt;b&gt;&amp;",
                                               "${hostile_executed=1}`",
                                               "../../etc/passwd",
                                               std::string("nul\0byte", 8)};
  return kTexts;
}

}  // namespace

std::vector<std::string> write_demo_runs(const std::string& folder) {
  std::vector<std::string> paths;
  for (const ExampleModel& model : models()) {
    const bool baseline = std::string(model.name).starts_with("baseline");
    std::vector<ResultInfo> infos = three_suites(model);
    if (baseline) infos.resize(1);
    const std::string name = "demo-" + std::to_string(paths.size());
    paths.push_back(written(folder + "/" + name + ".db", run_info(name, "2026-11-19T08:00:00Z", "0.1.0 (3f2a91c)"),
                            infos, "complete", [&](RunWriter& writer) {
                              for (std::int64_t i = 0; i < kChoices; ++i) append(writer, choice_record(model, i));
                              if (baseline) return;
                              for (std::int64_t i = 0; i < kPrograms; ++i) {
                                Record record = program_record(model, i);
                                if (record.completion.failure && model.skill < 0.85)
                                  record = program_record(model, i + 1000);
                                record.item.order = record.request.order = i;
                                record.result = 1;
                                append(writer, record);
                              }
                              for (std::int64_t i = 0; i < kQueries; ++i) {
                                Record record = sql_record(model, i);
                                record.result = 2;
                                append(writer, record);
                              }
                            }));
  }
  const ExampleModel& ours = models()[3];
  for (int night = 1; night <= 12; ++night) {
    const std::string day = "2026-11-" + std::string(night < 10 ? "0" : "") + std::to_string(night);
    const std::string name = "night-" + std::to_string(night);
    ResultInfo info = three_suites(ours)[0];
    if (night >= 7) info.model.sha256 = sha256_hex("second training");
    RunInfo run = run_info(name, day + "T02:00:00Z", night < 10 ? "0.1.0 (77c01de)" : "0.1.0 (3f2a91c)");
    paths.push_back(written(folder + "/" + name + ".db", run, {info}, "complete", [&](RunWriter& writer) {
      for (std::int64_t i = 0; i < kChoices; ++i) {
        append(writer, choice_record(ours, i, night < 7 ? "first" : "second" + std::to_string(night / 12),
                                     night == 12 ? 0.11
                                     : night < 7 ? 0.03
                                                 : 0));
      }
    }));
  }
  ResultInfo starter = result_info(models()[1], "hellaswag", "generate", 0, 12);
  starter.starter = true;
  paths.push_back(written(folder + "/starter.db", run_info("starter", "2026-11-18T08:00:00Z", "0.1.0 (3f2a91c)"),
                          {starter}, "complete", [&](RunWriter& writer) {
                            for (std::int64_t i = 0; i < 12; ++i) append(writer, choice_record(models()[1], i));
                          }));
  const ExampleModel late{"openai:atlas-next", 0.88, 1500, 40};
  paths.push_back(written(folder + "/part.db", run_info("part", "2026-11-20T08:00:00Z", "0.1.0 (3f2a91c)"),
                          {three_suites(late)[0]}, "incomplete", [&](RunWriter& writer) {
                            for (std::int64_t i = 0; i < 300; ++i) append(writer, choice_record(late, i));
                          }));
  return paths;
}

std::string write_hostile_run(const std::string& folder) {
  const auto& texts = hostile_texts();
  const auto text = [&](std::size_t at) { return texts[at % texts.size()] + " #" + std::to_string(at); };
  RunInfo run = run_info("hostile", text(0), text(1));
  run.id = "../" + text(2);
  run.host = {{text(3), text(4)}};
  std::vector<ResultInfo> infos;
  for (std::size_t i = 0; i < 2; ++i) {
    ResultInfo info;
    info.model.name = text(i);
    info.model.sha256 = text(i + 3);
    info.model.settings = {{text(5), text(6)}};
    info.model_ref = text(7);
    info.suite = text(8);
    info.suite_version = text(9);
    info.data_sha256 = text(10);
    info.protocol = text(11);
    info.items = 32;
    info.metrics = {{text(12), "right", Aggregation::kMean, 0, "", true}};
    info.group_levels = {text(13)};
    info.options = {{text(14), text(15)}};
    Price price;
    price.output_per_mtok = 2;
    price.source = text(0);
    price.as_of = text(6);
    info.price = price;
    infos.push_back(info);
  }
  return written(folder + "/hostile.db", run, infos, "complete", [&](RunWriter& writer) {
    for (std::int64_t result = 0; result < 2; ++result) {
      for (std::int64_t i = 0; i < 32; ++i) {
        const auto at = static_cast<std::size_t>(i);
        Record record;
        record.result = result;
        record.item.id = text(at);
        record.item.order = i;
        record.item.groups = {{infos[0].group_levels[0], text(at / 8)}};
        record.item.cluster = text(at);
        record.item.choices = {text(at + 1), text(at + 2)};
        record.item.target = text(at + 1);
        GenerateRequest body;
        body.messages = {{Role::kUser, text(at + 3) + "\n" + text(at + 4)}};
        body.choices = record.item.choices;
        record.request.body = body;
        record.completion.text = text(at + 5) + text(at + 6);
        record.completion.reasoning = text(at + 7);
        record.completion.sent = "<|user|>" + text(at + 3) + "\n" + text(at + 4) + "<|end|>" + text(at);
        record.completion.note = text(at + 8);
        record.completion.top_logprobs = {{text(at + 9), -0.5}};
        Score score;
        score.extracted = text(at + 5);
        score.why = text(at + 10);
        score.detail = text(at + 11);
        record.score = score;
        finish_record(record, models()[0], text(at), (i + result) % 3 != 0, 10, 5);
        if (i == 30) {
          record.score.reset();
          record.completion.failure = Failure{FailureKind::kServerError, FailureAction::kGiveUpItem, text(at + 12), 0};
        }
        append(writer, record);
      }
    }
  });
}

std::vector<std::string> write_large_runs(const std::string& folder, std::int64_t items, int runs) {
  std::vector<std::string> paths;
  for (int number = 0; number < runs; ++number) {
    const std::string name = "large-" + std::to_string(number);
    const std::string model_name = "openai:model-" + std::to_string(number);
    const ExampleModel model{model_name.c_str(), 0.5 + 0.02 * number, 300.0 + 50 * number, 2.0};
    ResultInfo info = result_info(model, "mmlu", "generate", 0, items);
    info.group_levels = {"subject"};
    const std::string filler(600, 'x');
    paths.push_back(written(
        folder + "/" + name + ".db", run_info(name, "2026-11-19T08:00:00Z", "0.1.0 (3f2a91c)"), {info}, "complete",
        [&](RunWriter& writer) {
          for (std::int64_t i = 0; i < items; ++i) {
            // Cheaper than choice_record(): no digests.
            Record record;
            const std::string place = std::to_string(i);
            record.item.id = "mmlu/subject_" + std::to_string(i / 250) + "/" + place;
            record.item.order = i;
            record.item.groups = {{"subject", "subject_" + std::to_string(i / 250)}};
            record.item.cluster = record.item.groups[0].name;
            record.item.target = "B";
            GenerateRequest body;
            body.prompt = "Question " + place + " of a long test.\n\nWhat is said in paragraph " + place + "? " +
                          filler + "\nAnswer:";
            record.request.body = body;
            const bool right =
                (static_cast<std::uint64_t>(i) * 2654435761U + static_cast<std::uint64_t>(number) * 40503U) % 1000 <
                500U + 20U * static_cast<unsigned>(number);
            Score score;
            score.extracted = right ? "B" : "C";
            score.why = right ? "answered B" : "answered C, right is B";
            record.score = score;
            record.completion.text = "It is " + score.extracted + ". " + filler.substr(0, 300);
            record.request.item = record.item.id;
            record.request.order = i;
            record.completion.timings.total_ms = 100 + static_cast<double>(i % 977);
            record.completion.usage.prompt = 300;
            record.completion.usage.completion = 80;
            record.usd = 0.0002;
            record.score->value = right ? 1 : 0;
            record.score->values = {{"right", record.score->value}};
            append(writer, record);
          }
        }));
  }
  return paths;
}

}  // namespace assay::test
