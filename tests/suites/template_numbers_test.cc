// Numbers in templates, and how long a template may take.
#include <string>
#include <utility>
#include <vector>

#include "suites/templates/template_engine.h"
#include "tests/catch.h"

namespace assay::templates {
namespace {

bool has_engine() {
  if (TemplateEngine::available()) return true;
  WARN("this build has no template engine");
  return false;
}

// What one template makes of the fields: its text, or "error: " and the message.
std::string rendered(const std::string& source, const std::string& fields = "{}") {
  auto engine = TemplateEngine::start({{"t", source}});
  if (!engine) return "error: " + engine.error().message;
  auto texts = (*engine)->render({0}, fields);
  return texts ? texts->front() : "error: " + texts.error().message;
}

}  // namespace

TEST_CASE("numbers of a row are put out as Python prints them") {
  if (!has_engine()) return;
  const std::vector<std::pair<std::string, std::string>> numbers{
      // as the data have it, and as print(json.loads(...)) does
      {"3.141592653589793", "3.141592653589793"},
      {"1e-10", "1e-10"},
      {"0.000123456789", "0.000123456789"},
      {"0.00001", "1e-05"},
      {"1e22", "1e+22"},
      {"1e16", "1e+16"},
      {"1E15", "1000000000000000.0"},
      {"1.0", "1.0"},
      {"2.50", "2.5"},
      {"-0.0", "-0.0"},
      {"5e-324", "5e-324"},
      {"123456789.5", "123456789.5"},
      {"7", "7"},
      {"-0", "0"},
      {"9007199254740993", "9007199254740993"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"9223372036854775808", "9223372036854775808"},
      {"18446744073709551615", "18446744073709551615"},
      {"-9223372036854775809", "-9223372036854775809"},
      {"12345678901234567890123", "12345678901234567890123"}};
  auto engine = TemplateEngine::start({{"t", "{{ x }}"},
                                       {"t", "{{ x ~ ';' }}"},
                                       {"t", "{{ x | string }} {{ x | tojson }}"},
                                       {"t", "{{ list | join(', ') }}"},
                                       {"t", "{{ list | tojson }} {{ list | string }}"}});
  REQUIRE(engine);
  for (const auto& [written, printed] : numbers) {
    INFO(written);
    const auto texts =
        (*engine)->render({0, 1, 2, 3, 4}, R"({"x": )" + written + R"(, "list": [)" + written + ", 0.1]}");
    REQUIRE(texts);
    const std::string list = "[" + printed + ", 0.1]";
    CHECK(*texts == std::vector<std::string>{printed, printed + ";", printed + " " + printed, printed + ", 0.1",
                                             list + " " + list});
  }
}

TEST_CASE("numbers of a row can be computed with and compared") {
  if (!has_engine()) return;
  const std::string fields = R"({"x": 2.5, "y": 2.50, "a": 12345678901234567890123, "b": 12345678901234567890124})";
  CHECK(rendered("{{ x == y }} {{ x != y }} {{ x == 2.5 }} {{ x in [1, 2.5] }} {{ x > 1 }} {{ x < y }}", fields) ==
        "True False True True True False");
  CHECK(rendered("{{ {2.5: 'found'}[x] }} {{ x is float }} {{ x | int }} {{ -x }} {{ x + 1 }}", fields) ==
        "found True 2 -2.5 3.5");
  CHECK(rendered("{{ a == b }} {{ a == a }} {{ a > 5 }} {{ [a, b] | tojson }} {{ a + 0 }}", fields) ==
        "False True True [12345678901234567890123, 12345678901234567890124] 1.2345678901234568e+22");
  CHECK(rendered("{{ 0.1 + 0.2 }} {{ 1 / 3 }} {{ [1 / 3] | tojson }}") ==
        "0.30000000000000004 0.3333333333333333 [0.3333333333333333]");
}

TEST_CASE("what no number came out of is not put out as one") {
  if (!has_engine()) return;
  const std::string none = "a division by zero, or a number that is too large to compute with, is put out here";
  for (const char* source : {"{{ 1 / 0 }}", "{{ 1 % 0 }}", "{{ 9223372036854775807 + 1 }}", "{{ 0.0 / 0 }}"}) {
    INFO(source);
    CHECK_THAT(rendered(source), ContainsSubstring(none));
  }
  CHECK(rendered("{{ range(99999999999999999999) }}") == "error: t: a number is too large");
  CHECK_THAT(rendered("{{ '%s' | format(1) }}"), ContainsSubstring("the filter 'format' is not supported"));
  CHECK_THAT(rendered("{{ [1, 2] | select('odd') | list | tojson }}"), ContainsSubstring("if x is odd"));
  CHECK(rendered("{{ [1, 2] | select('equalto', 2) | list | tojson }}") == "[2]");
}

TEST_CASE("a template can change nothing that another one sees") {
  if (!has_engine()) return;
  auto engine = TemplateEngine::start({{"a", "{{ list.append(2.5) | length }}"}, {"b", "{{ list | tojson }}"}});
  REQUIRE(engine);
  const auto texts = (*engine)->render({0, 1, 1}, R"({"list": [1.5]})");
  REQUIRE(texts);
  CHECK(*texts == std::vector<std::string>{"2", "[1.5]", "[1.5]"});
}

TEST_CASE("each template has its processor time, however much the worker has used before, and a large row its own") {
  if (!has_engine()) return;
  const std::string endless_loop = "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}";
  auto engine = TemplateEngine::start({{"t", "{{ row.x | length }}"}, {"endless", endless_loop}});
  REQUIRE(engine);
  const std::string large = R"({"row": {"x": ")" + std::string(2 << 20, 'a') + R"("}})";
  for (int i = 0; i < 2; ++i) {
    const auto texts = (*engine)->render({0, 0}, large);
    INFO((texts ? "" : texts.error().message));
    REQUIRE(texts);
    CHECK(texts->back() == std::to_string(2 << 20));
  }
  const auto endless = (*engine)->render({1}, "{}");
  REQUIRE_FALSE(endless);
  CHECK(endless.error().message == "endless: a template does not come to an end within 2 s of processor time");
  std::string members = R"({"row": {"x": "abc")";
  for (int i = 0; i < 5'000; ++i) members += ", \"k" + std::to_string(i) + "\": " + std::to_string(i);
  const auto texts = (*engine)->render({0}, members + "}}");
  INFO((texts ? "" : texts.error().message));
  REQUIRE(texts);
  CHECK(texts->front() == "3");
}

}  // namespace assay::templates
