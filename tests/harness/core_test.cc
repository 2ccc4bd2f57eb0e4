#include <array>
#include <string>

#include "harness/core/completion.h"
#include "harness/core/cut_name.h"
#include "harness/core/hash.h"
#include "harness/core/late_library.h"
#include "harness/core/price.h"
#include "harness/core/random.h"
#include "harness/core/text.h"
#include "tests/catch.h"

using namespace assay;

TEST_CASE("SHA-256 agrees with FIPS 180-4's examples") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Sha256 parts;
  parts.update("a");
  parts.update("bc");
  CHECK(parts.hex_digest() == sha256_hex("abc"));
  const Result<std::string> missing = sha256_file("/nonexistent/file");
  REQUIRE_FALSE(missing);
  CHECK_THAT(missing.error().message, StartsWith("/nonexistent/file: cannot be read"));
}

TEST_CASE("SplitMix64 gives the published sequence for seed 1234567") {
  Random random(1234567);
  const std::array<std::uint64_t, 5> expected{6457827717110365317ULL, 3203168211198807973ULL, 9817491932198370423ULL,
                                              4593380528125082431ULL, 16408922859458223821ULL};
  for (const std::uint64_t value : expected) CHECK(random.next() == value);
}

TEST_CASE("bounded draws stay in range and reach every value") {
  Random random(7);
  std::array<int, 6> seen{};
  for (int i = 0; i < 6000; ++i) ++seen.at(random.below(6));
  for (const int count : seen) CHECK(count > 850);
}

TEST_CASE("a random key depends on seed and text alone") {
  CHECK(random_key(1, "mmlu/astronomy/1") == random_key(1, "mmlu/astronomy/1"));
  CHECK(random_key(1, "mmlu/astronomy/1") != random_key(2, "mmlu/astronomy/1"));
  CHECK(random_key(1, "mmlu/astronomy/1") != random_key(1, "mmlu/astronomy/2"));
}

TEST_CASE("ill-formed UTF-8 is found where it starts") {
  CHECK(invalid_utf8_at("plain") == std::string_view::npos);
  CHECK(invalid_utf8_at("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80") == std::string_view::npos);
  CHECK(invalid_utf8_at("ab\xff") == 2);
  CHECK(invalid_utf8_at("\xc0\x80") == 0);          // overlong
  CHECK(invalid_utf8_at("\xed\xa0\x80") == 0);      // surrogate
  CHECK(invalid_utf8_at("\xf4\x90\x80\x80") == 0);  // above U+10FFFF
  CHECK(invalid_utf8_at("a\xe2\x82") == 1);         // cut off
  CHECK(repaired_utf8("a\xff"
                      "b") ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(on_one_line("a\nb\x1b[31m\xc3\xa9") == "a b [31m\xc3\xa9");
  CHECK(code_point_count("\xc3\xa9"
                         "a\xf0\x9f\x98\x80") == 3);
}

TEST_CASE("long names are cut in the middle and stay different") {
  CHECK(cut_name("gpt-4", 60) == "gpt-4");
  CHECK(cut_name(std::string(60, 'x'), 60) == std::string(60, 'x'));
  const std::string ends(300, 'x');
  const std::string one = cut_name("first" + ends + "1" + ends + "last", 60);
  const std::string other = cut_name("first" + ends + "2" + ends + "last", 60);
  CHECK(code_point_count(one) == 60);
  CHECK(one.substr(0, 5) == "first");
  CHECK(one.substr(one.size() - 4) == "last");
  CHECK(one != other);
  std::string wide;
  for (int i = 0; i < 100; ++i) wide += "\xe2\x82\xac\xff";
  CHECK(code_point_count(cut_name(wide, 40)) == 40);
  CHECK(invalid_utf8_at(cut_name(wide, 40)) == std::string::npos);
}

TEST_CASE("globs") {
  CHECK(glob_match("mmlu/*/1?", "mmlu/astronomy/17"));
  CHECK(glob_match("*", ""));
  CHECK(glob_match("hellaswag/[0-4]", "hellaswag/3"));
  CHECK_FALSE(glob_match("hellaswag/[0-4]", "hellaswag/7"));
  CHECK(glob_match("[!a]b", "cb"));
  CHECK_FALSE(glob_match("mmlu/a", "mmlu/ab"));
  CHECK(glob_match("a[b", "a[b"));
  CHECK_FALSE(glob_match("", "x"));
}

TEST_CASE("near misses are suggested, far ones are not") {
  const std::vector<std::string> names{"mmlu", "hellaswag", "humaneval"};
  CHECK(closest("mlmu", names) == "mmlu");
  CHECK(closest("helaswag", names) == "hellaswag");
  CHECK(closest("gsm8k", names).empty());
  CHECK(did_you_mean("humanevel", names) == " (did you mean 'humaneval'?)");
}

TEST_CASE("every failure has a name that leads back to it") {
  for (const char* name :
       {"rate_limited", "timeout", "server_error", "connection", "bad_response", "invalid_request", "context_too_long",
        "refused", "authentication", "not_found", "unsupported", "missing_answer", "model", "cancelled"}) {
    const auto kind = failure_from_name(name);
    REQUIRE(kind);
    CHECK(failure_name(*kind) == name);
  }
  CHECK_FALSE(failure_from_name("fine"));
}

TEST_CASE("costs come from prices per million tokens, and are unknown where something is") {
  Price gpt4{};
  gpt4.input_per_mtok = 30;
  gpt4.output_per_mtok = 60;
  Usage usage{};
  usage.prompt = 1000;
  usage.completion = 500;
  CHECK(token_cost_usd(gpt4, usage).value() == Approx(0.06));
  usage.cached = 400;
  gpt4.cached_input_per_mtok = 15;
  CHECK(token_cost_usd(gpt4, usage).value() == Approx(0.054));
  usage.completion.reset();
  CHECK_FALSE(token_cost_usd(gpt4, usage));
  CHECK_FALSE(token_cost_usd(Price{}, Usage{}));
  Price hourly{};
  hourly.usd_per_hour = 3.6;
  CHECK(time_cost_usd(hourly, 1000).value() == Approx(0.001));
  CHECK_FALSE(time_cost_usd(hourly, std::nullopt));
}

TEST_CASE("a late library gives its functions, and says what is missing") {
  const LateLibrary library("libc.so.6");
  std::size_t (*length)(const char*) = nullptr;
  library.find("strlen", length);
  REQUIRE(length != nullptr);
  CHECK(length("assay") == 5);
  CHECK_THROWS_WITH(library.find("no_such_function", length),
                    ContainsSubstring("libc.so.6 has no function no_such_function"));
  CHECK_THROWS_WITH(LateLibrary("libnot-there.so.1"), ContainsSubstring("libnot-there.so.1 cannot be loaded"));

  CHECK(try_library([] { return LateLibrary("libc.so.6"); }));
  const Result<void> missing = try_library([] { return LateLibrary("libnot-there.so.1"); });
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::kUsage);
  CHECK_THAT(missing.error().message, EndsWith("install the package that has it"));
}
