// What the dispatcher makes of a suite whose answers another model judges.
#include <algorithm>
#include <set>

#include "tests/catch.h"
#include "tests/harness/echo_run.h"

using namespace assay;
using namespace assay::test;

namespace {

// Each answer is judged twice; it is right when the judge says both times what it was asked. Item 7's answer can be
// scored without a judge, item 11's has nothing to be judged by.
class JudgedSuite : public NumberSuite {
 public:
  explicit JudgedSuite(std::int64_t count) : NumberSuite(count) { info_.judge = SuiteJudge{"", "rubric"}; }
  Result<std::vector<Request>> judge_questions(const Item& item, int, const Completion& completion) const override {
    if (item.order == 11) return usage_error("no answer to compare with");
    std::vector<Request> questions;
    if (item.order == 7) return questions;
    for (const char* order : {"first ", "second "}) {
      GenerateRequest body;
      body.prompt = order + completion.text;
      body.max_tokens = 10;
      questions.emplace_back().body = body;
    }
    return questions;
  }
  Score score_judged(const Item& item, const Completion& completion,
                     const std::vector<JudgeAnswer>& answers) const override {
    Score score;
    if (answers.empty()) return score;
    if (item.order == 13) {
      score.not_judged = "no verdict";
      return score;
    }
    score.value = answers.at(0).completion.text == "first " + completion.text &&
                          answers.at(1).completion.text == "second " + completion.text
                      ? 1
                      : 0;
    return score;
  }
};

Price dollars_per_thousand() {
  Price price;
  price.input_per_mtok = 1000;
  price.output_per_mtok = 1000;
  return price;
}

// One model, one judge, one suite of `items`.
struct JudgedRun : Fixture {
  JudgedRun(std::int64_t items, int in_flight, std::unique_ptr<EchoAdapter> model, std::unique_ptr<EchoAdapter> judge) {
    candidate = &add_model(std::move(model), in_flight);
    judging = judge.get();
    PlannedJudge& planned_judge = plan.judges.emplace_back();
    planned_judge.config.ref.text = "echo:judge";
    planned_judge.identity.name = "echo:judge";
    planned_judge.price = dollars_per_thousand();
    planned_judge.adapter = std::move(judge);
    PlannedResult& planned = add_suite(0, items);
    planned.suite = std::make_shared<JudgedSuite>(items);
    planned.judge = 0;
    planned.info.judge.emplace().model.name = "echo:judge";
    planned.info.price = dollars_per_thousand();
  }

  EchoAdapter* candidate = nullptr;
  EchoAdapter* judging = nullptr;
};

std::unique_ptr<EchoAdapter> echo(bool occupies_machine = false, EchoAdapter::Fail fail = {}) {
  return std::make_unique<EchoAdapter>(occupies_machine, std::move(fail));
}

EchoAdapter::Fail failing(const std::string& prompt, FailureKind kind, FailureAction action) {
  return [=](const std::string& asked) -> std::optional<Failure> {
    if (asked.find(prompt) == std::string::npos) return std::nullopt;
    return Failure{kind, action, "gone"};
  };
}

// Of the records, those that fail whatever happens to the run: items 11 and 13, where the judge was asked all of it.
std::int64_t failing_by_themselves(const std::vector<Record>& records) {
  return std::count_if(records.begin(), records.end(), [](const Record& one) {
    return one.item.order == 11 ||
           (one.item.order == 13 && one.judge_answers.size() == 2 && !one.judge_answers[1].completion.failure);
  });
}

}  // namespace

TEST_CASE("every answer is judged, in order, and what the judge takes is counted apart") {
  for (const bool occupies_machine : {false, true}) {
    JudgedRun run(10, 2, echo(occupies_machine), echo());
    MemoryWriter writer;
    const DispatchOutcome outcome = run.run(writer);
    CHECK(outcome.answered == 10);
    CHECK(outcome.failed == 0);
    CHECK(outcome.unanswered == 0);
    CHECK(run.candidate->most_held() <= 2);
    REQUIRE(writer.committed.size() == 10);
    for (const Record& record : writer.committed) {
      INFO(record.item.id);
      REQUIRE(record.score);
      CHECK(record.score->value == (record.item.order == 7 ? 0 : 1));
      CHECK(record.completion.usage.prompt == 1000);
      CHECK(record.completion.attempts == 1);
      CHECK(record.usd.value() == Approx(1.01));
      REQUIRE(record.judge_answers.size() == (record.item.order == 7 ? 0U : 2U));
      CHECK(judge_usd(record).value() == Approx(record.item.order == 7 ? 0 : 2.02));
      for (std::size_t i = 0; i < record.judge_answers.size(); ++i) {
        CHECK(record.judge_answers[i].request.item == record.item.id);
        CHECK(record.judge_answers[i].request.sample == static_cast<int>(i));
      }
    }
    CHECK(run.budget->spent_usd() == Approx(1.01 * 10 + 2.02 * 9));
    CHECK(run.observer.last.at(0).usd.value() == Approx(1.01 * 10 + 2.02 * 9));
  }
}

TEST_CASE("an answer that the judge does not judge is stored with what is known, and never scored") {
  JudgedRun run(16, 4, echo(), echo(false, failing("second 5", FailureKind::kServerError, FailureAction::kGiveUpItem)));
  MemoryWriter writer;
  const DispatchOutcome outcome = run.run(writer);
  CHECK(outcome.answered == 13);
  CHECK(outcome.failed == 3);
  CHECK(outcome.unreadable == 1);
  REQUIRE(writer.committed.size() == 16);
  for (const Record& record : writer.committed) {
    const std::int64_t number = record.item.order;
    INFO(number);
    const bool fails = number == 5 || number == 11 || number == 13;
    CHECK(record.score.has_value() == !fails);
    CHECK(record.completion.text == std::to_string(number));
    if (!fails) continue;
    CHECK(lacks_verdict_only(record.completion));
    CHECK(record.completion.failure->action == FailureAction::kGiveUpItem);
    CHECK(record.usd.value() == Approx(1.01));
    const std::string& message = record.completion.failure->message;
    if (number == 5) {
      CHECK(message == "the judge echo:judge gave no answer: server_error: gone");
      REQUIRE(record.judge_answers.size() == 2);
      CHECK_FALSE(record.judge_answers[0].completion.failure);
      CHECK(record.judge_answers[1].completion.failure->kind == FailureKind::kServerError);
    } else if (number == 11) {
      CHECK(message == "no answer to compare with");
      CHECK(record.judge_answers.empty());
    } else {
      CHECK(record.completion.failure->kind == FailureKind::kUnreadableVerdict);
      CHECK(record.judge_answers.size() == 2);
    }
  }
}

TEST_CASE("an answer that failed is not judged") {
  JudgedRun run(4, 4, echo(false, failing("2", FailureKind::kServerError, FailureAction::kGiveUpItem)), echo());
  MemoryWriter writer;
  CHECK(run.run(writer).failed == 1);
  for (const Record& record : writer.committed) {
    if (record.item.order != 2) continue;
    CHECK(record.judge_answers.empty());
    CHECK(record.completion.failure->kind == FailureKind::kServerError);
  }
}

TEST_CASE("a judge that refuses its key ends the asking, and no answer is lost") {
  JudgedRun run(500, 4, echo(), echo(false, failing("first", FailureKind::kAuthentication, FailureAction::kEndModel)));
  MemoryWriter writer;
  const DispatchOutcome outcome = run.run(writer);
  CHECK(outcome.model_error == "judge echo:judge: gone");
  CHECK(outcome.answered <= 1);  // item 7 at most
  CHECK(outcome.unanswered + outcome.failed + outcome.answered == 500);
  CHECK(writer.committed.size() < 50);  // what was under way; no more is paid for
  for (const Record& record : writer.committed) CHECK(record.completion.text == std::to_string(record.item.order));
  CHECK(run.budget->spent_usd() >= 1.01 * static_cast<double>(writer.committed.size()) - 0.001);
}

TEST_CASE("the budget counts judges, and what was answered before it ended is stored") {
  JudgedRun run(300, 3, echo(), echo());
  run.budget = std::make_unique<Budget>(40, 0);
  MemoryWriter writer;
  const DispatchOutcome outcome = run.run(writer);
  CHECK(outcome.budget_exhausted);
  CHECK(outcome.failed == failing_by_themselves(writer.committed));
  CHECK(outcome.unanswered == 300 - outcome.answered - outcome.failed);
  double spent = 0;
  for (const Record& record : writer.committed) {
    CHECK(record.completion.text == std::to_string(record.item.order));
    CHECK((record.score || lacks_verdict_only(record.completion)));
    spent += record.usd.value() + judge_usd(record).value();
  }
  CHECK(run.budget->spent_usd() == Approx(spent));
  CHECK(spent <= 40 + 3 * 1.01);  // estimates are learnt from the first answers
  CHECK(outcome.answered > 5);
}

TEST_CASE("a run that is stopped keeps what it was answered, judged or not") {
  for (const int level : {1, 2}) {
    JudgedRun run(2000, 8, echo(), echo());
    MemoryWriter writer;
    std::thread stopping([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(60));
      run.stop.level = level;
    });
    const DispatchOutcome outcome = run.run(writer);
    stopping.join();
    CHECK(outcome.interrupted);
    CHECK(outcome.failed == failing_by_themselves(writer.committed));
    CHECK(outcome.unanswered == 2000 - outcome.answered - outcome.failed);
    CHECK(outcome.unanswered > 0);
    std::set<std::int64_t> orders;
    for (const Record& record : writer.committed) {
      CHECK(orders.insert(record.item.order).second);
      CHECK(record.completion.text == std::to_string(record.item.order));
      CHECK((record.score || lacks_verdict_only(record.completion)));
    }
    // Each answer that was paid for is there.
    CHECK(run.budget->spent_usd() >= 1.01 * static_cast<double>(orders.size()) - 0.001);
  }
}

TEST_CASE("what a judge said in an earlier run is not asked again") {
  class Said final : public StoredAnswers {
   public:
    const ModelIdentity& model() const override { return model_; }
    std::optional<Completion> find(const Request& request) const override {
      const std::string& prompt = std::get<GenerateRequest>(request.body).prompt;
      if (prompt.rfind("first", 0) != 0) return std::nullopt;
      Completion completion;
      completion.text = prompt;
      completion.usage.prompt = 5;
      return completion;
    }

   private:
    ModelIdentity model_;
  };
  JudgedRun run(6, 4, echo(), echo(false, failing("first", FailureKind::kServerError, FailureAction::kGiveUpItem)));
  run.plan.judges[0].stored.push_back(std::make_shared<Said>());
  MemoryWriter writer;
  CHECK(run.run(writer).answered == 6);
  for (const Record& record : writer.committed) {
    REQUIRE(record.judge_answers.size() == 2);
    CHECK(record.judge_answers[0].completion.reused);
    CHECK(record.judge_answers[0].completion.attempts == 0);
    CHECK(record.judge_answers[0].usd.value() == 0);
    CHECK_FALSE(record.judge_answers[1].completion.reused);
    CHECK(record.judge_answers[1].usd.value() == Approx(1.01));
  }
}
