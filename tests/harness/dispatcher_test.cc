#include "harness/run/dispatcher.h"

#include <algorithm>
#include <cctype>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "harness/core/clock.h"
#include "tests/catch.h"
#include "tests/harness/echo_run.h"

using namespace assay;
using namespace assay::test;

namespace {

// Episodes: the item's number, then with one dot more each turn, as many as its number has over a multiple of five; at
// most four turns.
class DotSuite : public NumberSuite {
 public:
  explicit DotSuite(std::int64_t count) : NumberSuite(count) { info_.max_turns = 4; }
  std::optional<Request> next_turn(const Item& item, const Request& asked, const Completion& answer) const override {
    if (dots(answer.text) == item.order % 5) return std::nullopt;
    Request next = asked;
    std::get<GenerateRequest>(next.body).prompt = answer.text + ".";
    return next;
  }
  Score score_episode(const Item& item, const Request& asked, const Completion& answer) const override {
    Score score;
    const bool whole = answer.text == std::get<GenerateRequest>(asked.body).prompt;
    score.value = whole && dots(answer.text) == item.order % 5 ? 1 : 0;
    score.values = {{kTurnsValue, static_cast<double>(dots(answer.text) + 1)}};
    return score;
  }

 private:
  static std::int64_t dots(const std::string& text) { return std::count(text.begin(), text.end(), '.'); }
};

}  // namespace

TEST_CASE("every sample of every item is asked, scored and stored once") {
  Fixture fixture;
  const EchoAdapter& adapter = fixture.add_model(std::make_unique<EchoAdapter>(), 8);
  fixture.add_suite(0, 300);
  fixture.add_suite(0, 50, 3);
  MemoryWriter writer;
  const DispatchOutcome outcome = fixture.run(writer);
  CHECK(outcome.answered == 450);
  CHECK(outcome.unanswered == 0);
  CHECK(outcome.failed == 0);
  CHECK(adapter.most_held() <= 8);
  std::set<std::tuple<std::int64_t, std::int64_t, int>> keys;
  for (const Record& record : writer.committed) {
    keys.emplace(record.result, record.item.order, record.request.sample);
    REQUIRE(record.score);
    CHECK(record.score->value == 1);
    CHECK(record.request.item == record.item.id);
  }
  CHECK(keys.size() == 450);
  CHECK(fixture.observer.last.at(0).done == 300);
  CHECK(fixture.observer.last.at(1).done == 150);
  CHECK(fixture.observer.last.at(1).headline == 1.0);
}

TEST_CASE("an episode is asked turn by turn and stored once, with what all its turns took") {
  for (const bool occupies_machine : {false, true}) {
    Fixture fixture;
    const EchoAdapter& adapter = fixture.add_model(std::make_unique<EchoAdapter>(occupies_machine), 2);
    PlannedResult& planned = fixture.add_suite(0, 50);
    planned.suite = std::make_shared<DotSuite>(50);
    Price price;
    price.input_per_mtok = 1000;
    price.output_per_mtok = 1000;
    planned.info.price = price;
    MemoryWriter writer;
    const DispatchOutcome outcome = fixture.run(writer);
    CHECK(outcome.answered == 50);
    CHECK(adapter.most_held() <= 2);
    REQUIRE(writer.committed.size() == 50);
    for (const Record& record : writer.committed) {
      INFO(record.item.id);
      const std::int64_t turns = std::min<std::int64_t>(record.item.order % 5 + 1, 4);
      REQUIRE(record.score);
      CHECK(record.score->value == (record.item.order % 5 == 4 ? 0 : 1));  // those need a fifth
      CHECK(record.score->values.at(0).second == static_cast<double>(turns));
      CHECK(record.completion.usage.prompt == 1000 * turns);
      CHECK(record.usd.value() == Approx(1.01 * static_cast<double>(turns)));
      CHECK(record.completion.attempts == 1);
      CHECK(record.request.item == record.item.id);
    }
    CHECK(fixture.budget->spent_usd() == Approx(1.01 * 10 * (1 + 2 + 3 + 4 + 4)));
  }
}

TEST_CASE("an episode whose model fails in its midst has failed, and what it took is known") {
  Fixture fixture;
  fixture.add_model(
      std::make_unique<EchoAdapter>(false,
                                    [](const std::string& prompt) -> std::optional<Failure> {
                                      if (prompt != "13..") return std::nullopt;
                                      return Failure{FailureKind::kServerError, FailureAction::kGiveUpItem, "gone"};
                                    }),
      4);
  fixture.add_suite(0, 20).suite = std::make_shared<DotSuite>(20);
  MemoryWriter writer;
  const DispatchOutcome outcome = fixture.run(writer);
  CHECK(outcome.failed == 1);
  CHECK(outcome.answered == 19);
  for (const Record& record : writer.committed) {
    if (record.item.order != 13) continue;
    CHECK_FALSE(record.score);
    CHECK(record.completion.usage.prompt == 3000);
  }
}

TEST_CASE("what is answered already is not asked again") {
  Fixture fixture;
  fixture.add_model(std::make_unique<EchoAdapter>(), 4);
  PlannedResult& planned = fixture.add_suite(0, 10, 2);
  for (int i = 0; i < 10; ++i) planned.todo.mark_done(i, 1);
  planned.todo.mark_done(3, 0);
  MemoryWriter writer;
  const DispatchOutcome outcome = fixture.run(writer);
  CHECK(outcome.answered == 9);
  CHECK(outcome.unanswered == 0);
  for (const Record& record : writer.committed) {
    CHECK(record.request.sample == 0);
    CHECK(record.item.order != 3);
  }
}

TEST_CASE("a failed item is stored with its failure and never scored") {
  Fixture fixture;
  fixture.add_model(
      std::make_unique<EchoAdapter>(false,
                                    [](const std::string& prompt) -> std::optional<Failure> {
                                      if (prompt != "7") return std::nullopt;
                                      return Failure{FailureKind::kInvalidRequest, FailureAction::kGiveUpItem, "no"};
                                    }),
      4);
  fixture.add_suite(0, 20);
  MemoryWriter writer;
  const DispatchOutcome outcome = fixture.run(writer);
  CHECK(outcome.answered == 19);
  CHECK(outcome.failed == 1);
  CHECK(outcome.unanswered == 0);
  const auto failed = std::find_if(writer.committed.begin(), writer.committed.end(),
                                   [](const Record& record) { return record.item.order == 7; });
  REQUIRE(failed != writer.committed.end());
  CHECK_FALSE(failed->score);
  CHECK(failed->completion.failure->message == "no");
}

TEST_CASE("a model that can answer nothing is given up, the others go on") {
  Fixture fixture;
  fixture.add_model(std::make_unique<EchoAdapter>(
                        false,
                        [](const std::string&) -> std::optional<Failure> {
                          return Failure{FailureKind::kAuthentication, FailureAction::kEndModel, "401: bad key"};
                        }),
                    4);
  fixture.add_model(std::make_unique<EchoAdapter>(), 4);
  fixture.add_suite(0, 5000);
  fixture.add_suite(1, 100);
  MemoryWriter writer;
  const DispatchOutcome outcome = fixture.run(writer);
  CHECK(outcome.answered == 100);
  CHECK(outcome.failed < 300);
  CHECK(outcome.unanswered + outcome.failed == 5000);
  CHECK(outcome.model_error == "echo:0: 401: bad key");
  REQUIRE(fixture.observer.lines.size() == 1);
  CHECK_THAT(fixture.observer.lines[0], ContainsSubstring("nothing is asked of this model"));
}

TEST_CASE("a stop signal finishes what is in flight and asks nothing more") {
  Fixture fixture;
  fixture.add_model(std::make_unique<EchoAdapter>(false, nullptr, 5), 4);
  fixture.add_suite(0, 100000);
  MemoryWriter writer;
  std::thread user([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    fixture.stop.level = 1;
  });
  const DispatchOutcome outcome = fixture.run(writer);
  user.join();
  CHECK(outcome.interrupted);
  CHECK(outcome.answered > 0);
  CHECK(outcome.answered < 10000);
  CHECK(outcome.failed == 0);
  CHECK(outcome.unanswered == 100000 - outcome.answered);
  CHECK(writer.committed.size() == static_cast<std::size_t>(outcome.answered));
}

TEST_CASE("models that occupy the machine are asked one after the other") {
  Fixture fixture;
  const EchoAdapter& first = fixture.add_model(std::make_unique<EchoAdapter>(true), 4);
  const EchoAdapter& second = fixture.add_model(std::make_unique<EchoAdapter>(true), 4);
  fixture.add_suite(0, 60);
  fixture.add_suite(1, 60);
  MemoryWriter writer;
  const DispatchOutcome outcome = fixture.run(writer);
  CHECK(outcome.answered == 120);
  CHECK(first.last_answered() <= second.first_asked());
}

TEST_CASE("a machine's next model is asked even if the first has nothing to do") {
  Fixture fixture;
  fixture.add_model(std::make_unique<EchoAdapter>(true), 4);
  fixture.add_model(std::make_unique<EchoAdapter>(true), 4);
  PlannedResult& done = fixture.add_suite(0, 2);
  done.todo.mark_done(0, 0);
  done.todo.mark_done(1, 0);
  fixture.add_suite(1, 10);
  MemoryWriter writer;
  CHECK(fixture.run(writer).answered == 10);
}

TEST_CASE("a run file that cannot be written ends the run with its message") {
  Fixture fixture;
  fixture.add_model(std::make_unique<EchoAdapter>(), 4);
  fixture.add_suite(0, 10000);
  MemoryWriter writer(50);
  const DispatchOutcome outcome = fixture.run(writer);
  CHECK(outcome.store_error == "run.db: disk full");
  CHECK(outcome.answered <= 50);
  CHECK(outcome.answered + outcome.unanswered == 10000);
}

TEST_CASE("nothing is sent that could exceed the budget") {
  Fixture fixture;
  fixture.add_model(std::make_unique<EchoAdapter>(), 4);
  PlannedResult& planned = fixture.add_suite(0, 1000);
  Price price;
  price.input_per_mtok = 1000;  // an answer costs 1,000 tokens: 1 dollar, and 1 cent for what it says
  price.output_per_mtok = 1000;
  planned.info.price = price;
  fixture.budget = std::make_unique<Budget>(20.0, 5.0);
  MemoryWriter writer;
  const DispatchOutcome outcome = fixture.run(writer);
  CHECK(outcome.budget_exhausted);
  // The prompts are estimated far too low here, so up to the four in flight may pass the limit.
  CHECK(fixture.budget->spent_usd() > 5);
  CHECK(fixture.budget->spent_usd() <= 20 + 4 * 1.01);
  CHECK(outcome.unanswered == 1000 - outcome.answered);
}

TEST_CASE("a budget that ends in the midst of an episode counts its earlier turns once") {
  Fixture fixture;
  fixture.add_model(std::make_unique<EchoAdapter>(), 1);
  PlannedResult& planned = fixture.add_suite(0, 50);
  planned.suite = std::make_shared<DotSuite>(50);
  Price price;
  price.input_per_mtok = 1000;
  price.output_per_mtok = 1000;
  planned.info.price = price;
  fixture.budget = std::make_unique<Budget>(10.0, 0);
  MemoryWriter writer;
  const DispatchOutcome outcome = fixture.run(writer);
  CHECK(outcome.budget_exhausted);
  double recorded = 0;
  for (const Record& record : writer.committed) recorded += record.usd.value_or(0);
  CHECK(fixture.budget->spent_usd() >= recorded - 1e-9);  // the turns of an episode that did not end are not recorded
  // Each turn's share was released once: while one request is in flight, what does not fit still waits for it.
  bool decided = false;
  fixture.budget->reserve(-100, [](bool fits) { CHECK(fits); });
  fixture.budget->reserve(200, [&](bool) { decided = true; });
  CHECK_FALSE(decided);
  fixture.budget->settle(-100, 0);
  CHECK(decided);
}

TEST_CASE("a budget counts what is in flight and what earlier sessions spent") {
  Budget budget(1.0, 0.5);
  std::string decided;
  const auto note = [&](char name) {
    return [&decided, name](bool fits) { decided += fits ? name : static_cast<char>(std::toupper(name)); };
  };
  budget.reserve(0.3, note('a'));
  CHECK(decided == "a");
  budget.reserve(0.4, note('b'));  // only once it is known what the first one cost
  budget.reserve(0.1, note('c'));  // would fit, but is behind it
  CHECK(decided == "a");
  budget.settle(0.3, 0.05);
  CHECK(budget.spent_usd() == Approx(0.55));
  CHECK(decided == "ab");
  budget.settle(0.4, 0.4);  // 0.95 spent, nothing in flight: what does not fit now never will
  CHECK(decided == "abC");
  budget.reserve(0.04, note('d'));
  CHECK(decided == "abCd");
  budget.settle(std::nullopt, 0);  // of a request for which nothing was set aside
  budget.reserve(0.02, note('e'));
  CHECK(decided == "abCd");
  budget.settle(0.04, 0.01);
  CHECK(decided == "abCde");
  Budget(std::nullopt, 100).reserve(1e9, note('f'));
  CHECK(decided == "abCdef");
}

TEST_CASE("a budget decides in turn, however many wait and answer at once") {
  Budget budget(1e6, 0);
  long granted = 0;
  std::function<void(bool)> answer_at_once = [&](bool fits) {
    REQUIRE(fits);
    ++granted;
    budget.settle(9e5, 1e-3);  // must not descend into the next one's decision
  };
  budget.reserve(9e5, [](bool fits) { CHECK(fits); });
  for (int i = 0; i < 200'000; ++i) budget.reserve(9e5, answer_at_once);
  CHECK(granted == 0);
  budget.settle(9e5, 1);
  CHECK(granted == 200'000);
}

TEST_CASE("a budget is spent, although more is set aside for each request than it costs") {
  Fixture fixture;
  fixture.add_model(std::make_unique<EchoAdapter>(), 64);
  PlannedResult& planned = fixture.add_suite(0, 1000);
  Price price;
  price.input_per_mtok = 0;
  price.output_per_mtok = 100'000;  // an answer costs a dollar, and could cost four
  planned.info.price = price;
  fixture.budget = std::make_unique<Budget>(100.0, 0.0);
  MemoryWriter writer;
  const DispatchOutcome outcome = fixture.run(writer);
  CHECK(outcome.budget_exhausted);
  CHECK(fixture.budget->spent_usd() > 96);
  CHECK(fixture.budget->spent_usd() <= 100);
}
