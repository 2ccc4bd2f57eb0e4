#include "adapters/baseline/baseline_adapter.h"

#include <array>
#include <memory>
#include <string>

#include "tests/adapters/answering.h"
#include "tests/catch.h"

using namespace assay;

namespace {

std::unique_ptr<Adapter> baseline(const std::string& text) {
  const Result<ModelRef> ref = parse_model_ref(text);
  REQUIRE(ref);
  Result<std::unique_ptr<Adapter>> adapter = make_baseline_adapter(*ref);
  INFO((adapter ? "" : adapter.error().message));
  REQUIRE(adapter);
  return std::move(*adapter);
}

}  // namespace

TEST_CASE("first takes the first, longest the longest in code points") {
  const auto first = baseline("baseline:first");
  CHECK(chosen(answered(*first, comparing("i", {"aaa", "b", "cc"}))) == 0);
  CHECK(answered(*first, generating("i", {"A", "B"})).text == "A");
  CHECK(first->identity().name == "baseline:first");

  const auto longest = baseline("baseline:longest");
  CHECK(chosen(answered(*longest, comparing("i", {"a", "bbb", "ccc"}))) == 1);
  // four code points against seven bytes of three
  CHECK(chosen(answered(*longest, comparing("i", {"\xe2\x82\xac\xe2\x82\xac"
                                                  "x",
                                                  "abcd"}))) == 1);
}

TEST_CASE("longest counts what stands before a continuation, which tells the choices apart where they end alike") {
  Request request = comparing("i", {" won", " won"});
  std::get<LoglikelihoodRequest>(request.body).openings = {"Ann", "Barbara"};
  CHECK(chosen(answered(*baseline("baseline:longest"), request)) == 1);
}

TEST_CASE("the pick wins under every length normalisation") {
  const auto random = baseline("baseline:random");
  const std::vector<std::string> continuations{" a", " a very much longer continuation", " b"};
  for (int i = 0; i < 100; ++i) {
    const Completion completion = answered(*random, comparing("item/" + std::to_string(i), continuations));
    const std::size_t pick = chosen(completion);
    for (std::size_t k = 0; k < continuations.size(); ++k) {
      const double normalised = completion.continuations[k].logprob / static_cast<double>(continuations[k].size());
      CHECK((k == pick) == (normalised == 0));
      CHECK(completion.continuations[k].is_greedy == (k == pick));
    }
  }
}

TEST_CASE("random is even, and depends on item, sample and seed alone") {
  const auto seven = baseline("baseline:random?seed=7");
  const auto eight = baseline("baseline:random?seed=8");
  std::array<int, 4> counts{};
  int same = 0;
  for (int i = 0; i < 4000; ++i) {
    const Request request = comparing("item/" + std::to_string(i), {"A", "B", "C", "D"});
    const std::size_t pick = chosen(answered(*seven, request));
    CHECK(pick == chosen(answered(*seven, request)));
    ++counts.at(pick);
    same += pick == chosen(answered(*eight, request)) ? 1 : 0;
  }
  for (const int count : counts) CHECK(std::abs(count - 1000) < 130);  // five standard deviations
  CHECK(std::abs(same - 1000) < 130);
  CHECK(seven->identity().settings.at(0) == std::pair<std::string, std::string>("seed", "7"));
}

TEST_CASE("without choices the text is empty, and a cancelled baseline answers no more") {
  const auto random = baseline("baseline:random");
  const Completion open = answered(*random, generating("i"));
  CHECK_FALSE(open.failure);
  CHECK(open.text.empty());
  CHECK(open.timings.total_ms.value() < 50);
  CHECK_FALSE(open.usage.prompt);
  random->cancel();
  CHECK(answered(*random, generating("i")).failure.value().kind == FailureKind::kCancelled);
}

TEST_CASE("what is no baseline is refused") {
  const auto refused = [](const std::string& text) {
    const auto adapter = make_baseline_adapter(*parse_model_ref(text));
    REQUIRE_FALSE(adapter);
    return adapter.error().message;
  };
  CHECK(refused("baseline:randon") ==
        "model 'baseline:randon': no baseline 'randon' (did you mean 'random'?); there are random, first and longest");
  CHECK(refused("baseline:random?seed=-1") ==
        "model 'baseline:random?seed=-1': seed '-1' is not a whole number from 0");
  CHECK_THAT(refused("baseline:random?seed=1x"), ContainsSubstring("'1x' is not a whole number"));
}
