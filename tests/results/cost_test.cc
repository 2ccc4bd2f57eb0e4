#include <cmath>

#include "results/cost/break_even.h"
#include "results/cost/litellm_prices.h"
#include "results/cost/price_table.h"
#include "tests/catch.h"

namespace assay {
namespace {

TEST_CASE("The built-in table has dated prices with their sources") {
  const auto& entries = PriceTable::built_in().entries();
  CHECK(entries.size() > 30);
  for (const PriceEntry& entry : entries) {
    INFO(entry.model);
    CHECK(entry.price.input_per_mtok.value_or(0) > 0);
    const bool writes = entry.model.find("embedding") == std::string::npos;
    CHECK((entry.price.output_per_mtok.value_or(0) > 0) == writes);
    CHECK_FALSE(entry.price.source.empty());
  }
  const auto gpt4 = find_price("openai:gpt-4", "2026-11-21");
  REQUIRE(gpt4);
  CHECK(gpt4->input_per_mtok == 30.0);
  CHECK(gpt4->output_per_mtok == 60.0);
}

TEST_CASE("A price holds from its date on; what is not listed is unknown") {
  CHECK(find_price("openai:gpt-3.5-turbo", "2023-05-01")->input_per_mtok == 2.0);
  CHECK(find_price("openai:gpt-3.5-turbo", "2023-06-13")->input_per_mtok == 1.5);
  CHECK(find_price("openai:gpt-4o-mini?timeout=5", "2026-01-01")->cached_input_per_mtok == 0.075);
  CHECK_FALSE(find_price("openai:gpt-4", "2023-01-01"));
  CHECK_FALSE(find_price("openai:gpt-4@http://localhost:8000/v1", "2026-01-01"));
  CHECK_FALSE(find_price("openai:gpt-", "2026-01-01"));
  CHECK_FALSE(find_price("azure:gpt-4", "2026-01-01"));
}

TEST_CASE("A defective price line is named") {
  const auto message = [](const char* csv) {
    const auto table = PriceTable::parse(csv, "prices.csv");
    return table ? std::string() : table.error().message;
  };
  CHECK(message("# c\n\ngpt-4,2023-01-01,1,2,,,,x\n") ==
        "prices.csv:3: a price needs its model as adapter:name, not 'gpt-4'");
  CHECK_THAT(message("openai:a,yesterday,1,2,,,,x"), ContainsSubstring("not 'yesterday'"));
  CHECK_THAT(message("openai:a,2023-01-01,-1,2,,,,x"), ContainsSubstring("'-1' is no price"));
  CHECK_THAT(message("openai:a,2023-01-01,1e,2,,,,x"), ContainsSubstring("'1e' is no price"));
  CHECK_THAT(message("openai:a,2023-01-01,1,2,,,"), ContainsSubstring("needs its source"));
}

TEST_CASE("LiteLLM's price file is read, per token to per million") {
  const auto entries = parse_litellm_prices(
      R"({"sample_spec": {"input_cost_per_token": "x", "litellm_provider": "openai"},
          "gpt-x": {"litellm_provider": "openai", "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
                    "cache_read_input_token_cost": 3e-07, "input_cost_per_token_batches": 1.5e-06},
          "gemini/gemini-x": {"litellm_provider": "gemini", "input_cost_per_token": 1e-07,
                              "output_cost_per_token": 4e-07},
          "other": {"litellm_provider": "bedrock", "input_cost_per_token": 1, "output_cost_per_token": 1},
          "image": {"litellm_provider": "openai", "output_cost_per_image": 1}})",
      "prices.json", "2026-11-01");
  REQUIRE(entries);
  REQUIRE(entries->size() == 2);
  CHECK((*entries)[0].model == "gemini:gemini-x");
  const Price& price = (*entries)[1].price;
  CHECK((*entries)[1].model == "openai:gpt-x");
  CHECK(price.input_per_mtok == 3.0);
  CHECK(price.output_per_mtok == 15.0);
  CHECK(price.cached_input_per_mtok == 0.3);
  CHECK(price.batch_factor == 0.5);
  CHECK(price.as_of == "2026-11-01");

  CHECK_FALSE(parse_litellm_prices("[]", "prices.json", "2026-11-01"));
  CHECK_FALSE(parse_litellm_prices("{", "prices.json", "2026-11-01"));
  CHECK_FALSE(parse_litellm_prices("{}", "prices.json", "2026-11-01"));
  const auto wrong = parse_litellm_prices(
      R"({"m": {"litellm_provider": "openai", "input_cost_per_token": "free", "output_cost_per_token": 1e-6}})",
      "prices.json", "2026-11-01");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message == "prices.json: m: input_cost_per_token is no price in US dollars per token");
}

TEST_CASE("What requests cost by the day and by the year") {
  // 250 + 250 tokens at $0.02 per 1K: one cent a request, $365,000 a year at 100,000 a day.
  Price price;
  price.input_per_mtok = price.output_per_mtok = 20;
  const auto request = request_cost_usd(price, {250, 250});
  REQUIRE(request);
  CHECK(std::abs(*request - 0.01) < 1e-12);
  const ServingCost cost = serving_cost({"API", *request, 0, {}, 0}, 100'000);
  CHECK(std::abs(cost.usd_per_day - 1000) < 1e-9);
  CHECK(std::abs(cost.usd_per_year - 365'000) < 1e-6);
  // GPT-4 8K: $0.03 and $0.06 per 1K, as the price table has it.
  const auto gpt4 = find_price("openai:gpt-4", "2026-11-21");
  REQUIRE(gpt4);
  CHECK(std::abs(*request_cost_usd(*gpt4, {1000, 0}) - 0.03) < 1e-12);
  CHECK(std::abs(*request_cost_usd(*gpt4, {0, 1000}) - 0.06) < 1e-12);
  CHECK_FALSE(request_cost_usd({}, {1, 1}));
}

TEST_CASE("Machines come in whole numbers, and choices flip where costs cross") {
  // $1 an hour, 1,000 requests a day each: $24 a day for every thousand begun.
  const ServingOption machines{"own", 0, 0, 1.0, 1000};
  CHECK(serving_cost(machines, 1).usd_per_day == 24);
  CHECK(serving_cost(machines, 1000).machines == 1);
  CHECK(serving_cost(machines, 1001).machines == 2);
  CHECK(serving_cost(machines, 2500).usd_per_day == 72);
  CHECK(std::abs(serving_cost(machines, 2000).usd_per_request - 0.024) < 1e-12);

  // An API at 1 cent against a training of $3,650 a year and 0.5 cents: they meet at 2,000 a day.
  const ServingOption api{"API", 0.01, 0, {}, 0};
  const ServingOption tuned{"fine-tuned", 0.005, 3650, {}, 0};
  const auto flips = cheapest_by_volume({api, tuned});
  REQUIRE(flips.size() == 2);
  CHECK(flips[0].option == 0);
  CHECK(flips[1].option == 1);
  CHECK(flips[1].requests_per_day == 2001);
  // A machine for more than it saves is never bought: $24 for 1,000 requests that cost $10.
  CHECK(cheapest_by_volume({api, machines}).size() == 1);
  CHECK(cheapest_by_volume({}).empty());
}

}  // namespace
}  // namespace assay
