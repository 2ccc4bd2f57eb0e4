// Files and answers that were made to cost time, or to say more than they seem to: what reads them stays fast and names
// what is wrong.
#include <string>
#include <vector>

#include "harness/core/yaml_tree.h"
#include "suites/custom/lm_eval_task.h"
#include "suites/custom/row_reader.h"
#include "suites/custom/suite_file.h"
#include "suites/custom/yaml_fields.h"
#include "suites/reading/data_file.h"
#include "suites/scoring/json_schema.h"
#include "tests/catch.h"
#include "tests/suites/temporary_folder.h"

using namespace assay;

namespace {

constexpr const char* kGivenUp = "the schema's check of this answer was given up after 1,000,000 steps";

// A term of a language of filters, whose forms differ by a key that is looked at last.
constexpr const char* kTerms = R"({"$defs": {"node": {"oneOf": [
  {"properties": {"type": {"const": "not"}, "args": {"items": {"$ref": "#/$defs/node"}}}, "required": ["type", "args"]},
  {"properties": {"type": {"const": "and"}, "args": {"items": {"$ref": "#/$defs/node"}}}, "required": ["type", "args"]},
  {"properties": {"type": {"const": "field"}}, "required": ["type", "name"]}]}}, "$ref": "#/$defs/node"})";

std::string nested_term(int depth) {
  std::string term = R"({"type": "field", "name": "x"})";
  for (int i = 0; i < depth; ++i) term = R"({"type": "not", "args": [)" + term + "]}";
  return term;
}

std::string violation(const std::string& schema, const std::string& json) {
  const auto read = scoring::JsonSchema::parse(schema, "s.json");
  return read ? read->violation(json) : read.error().message;
}

std::string many_names(const std::string& between, const std::string& behind) {
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += (i == 0 ? "" : between) + ("k" + std::to_string(i)) + behind;
  return text;
}

// A task in a folder with its data; `keys` are further lines.
class Task {
 public:
  Task() { folder_.write("d.csv", "q,a\n1,2\n"); }

  std::string import(const std::string& keys) const {
    const std::string path =
        folder_.write("t.yaml",
                      "task: demo\ndataset_path: csv\ndataset_kwargs: {data_files: {test: d.csv}}\ntest_split: test\n"
                      "doc_to_text: \"{{ q }}\"\ndoc_to_target: \"{{ a }}\"\n" +
                          keys);
    const auto text = custom::import_lm_eval_task(path, folder_.path());
    return text ? *text : text.error().message;
  }

  /// What the written suite says to generate; the import must succeed and its text be a suite.
  custom::GenerateRules generate(const std::string& keys) const {
    const std::string text = import(keys);
    INFO(text);
    const auto suite = custom::read_suite_file(folder_.write("s.yaml", text));
    INFO((suite ? "" : suite.error().message));
    REQUIRE(suite);
    return suite->generate;
  }

 private:
  test::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("the check of an answer by a schema that refers to itself ends") {
  CHECK(violation(kTerms, nested_term(8)).empty());
  CHECK(violation(kTerms, nested_term(60)) == kGivenUp);
  CHECK(violation(R"({"anyOf": [{"$ref": "#"}, {"$ref": "#"}]})", "1") == kGivenUp);
  CHECK(violation(R"({"not": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}})", "1") == kGivenUp);
  CHECK(violation(R"({"$ref": "#"})", "1") == "the value: the schema refers to itself without end");
  std::string items;
  for (int i = 0; i < 5'000; ++i) items += "[1],";
  CHECK(violation(R"({"items": {"anyOf": [{"type": "string"}, {"items": {"enum": [0, 1]}}]}})", "[" + items + "[1]]")
            .empty());
}

TEST_CASE("a schema's reference names a schema") {
  CHECK(violation(R"({"const": {"type": 5}, "$ref": "#/const"})", "1") ==
        R"(s.json: JSON schema #: $ref "#/const" is no schema (#/$defs/name))");
  CHECK(violation(R"({"default": {"pattern": "a"}, "$ref": "#/default"})", "\"a\"") ==
        R"(s.json: JSON schema #: $ref "#/default" is no schema (#/$defs/name))");
}

TEST_CASE("a schema's violation names its place, at any depth and however long a key is") {
  CHECK(violation(R"({"properties": {"a": {"items": {"type": "integer"}}}})", R"({"a": [1, "x"]})") ==
        R"(/a/1: "x" is not of type "integer")");
  const std::string key(100'000, 'k');
  const std::string wrong = violation(R"({"additionalProperties": {"type": "null"}})", R"({")" + key + R"(": 1})");
  CHECK(wrong == "/" + key.substr(0, 60) + "…: 1 is not of type \"null\"");
}

TEST_CASE("a YAML file of many keys is read in time") {
  const std::string keys = many_names("\n", ": 1");
  const auto root = parse_yaml(keys, "s.yaml");
  REQUIRE(root);
  CHECK(root->entries.size() == 30'000);
  const auto twice = parse_yaml(keys + "\nk7: 2\n", "s.yaml");
  REQUIRE_FALSE(twice);
  CHECK(twice.error().message == "s.yaml:30001:1: key 'k7' is given twice; first on line 8");
  auto fields = custom::YamlFields::of(*root, "s.yaml", "the file");
  REQUIRE(fields);
  CHECK(fields->names().size() == 1000);
  const test::TemporaryFolder folder;
  const auto suite = custom::read_suite_file(folder.write("s.yaml", "assay_suite: 1\n" + keys));
  REQUIRE_FALSE(suite);
  CHECK_THAT(suite.error().message, ContainsSubstring("name: is missing"));
}

TEST_CASE("a key as long as its file is no suggestion's business") {
  const test::TemporaryFolder folder;
  folder.write("d.csv", "q,a\n1,2\n");
  const auto suite = custom::read_suite_file(
      folder.write("s.yaml", "assay_suite: 1\nname: x\ndata: d.csv\nprompt: \"{{ q }}\"\ntarget: \"{{ a }}\"\n? " +
                                 std::string(500'000, 'k') + "\n: 1\n"));
  REQUIRE_FALSE(suite);
  CHECK(suite.error().message.size() < 2000);
}

TEST_CASE("a CSV file of many columns is read in time, and messages name the first") {
  const test::TemporaryFolder folder;
  const std::string header = many_names(",", "");
  auto file = reading::file_at(folder.write("wide.csv", header + "\n" + many_names(",", "") + "\n"));
  REQUIRE(file);
  auto rows = custom::RowReader::open(*file);
  REQUIRE(rows);
  const auto row = (*rows)->next();
  REQUIRE(row);
  REQUIRE(*row);
  const auto missing = custom::field_text(**row, "k30000", "s.yaml:1: id");
  REQUIRE_FALSE(missing);
  CHECK_THAT(missing.error().message, ContainsSubstring("has no field 'k30000' (did you mean 'k10000'?); it has k0, "));
  CHECK_THAT(missing.error().message, ContainsSubstring(", … (30000 in all)"));
  CHECK(missing.error().message.size() < 1000);
  auto twice = reading::file_at(folder.write("twice.csv", header + ",k5\n"));
  REQUIRE(twice);
  const auto refused = custom::RowReader::open(*twice);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, ContainsSubstring("two columns are called 'k5'"));
}

TEST_CASE("an imported task's numbers are read as numbers") {
  const Task task;
  const auto keys = [](const std::string& kwargs) { return "generation_kwargs: {" + kwargs + "}\n"; };
  CHECK_THAT(task.import(keys(R"(max_gen_toks: "9\nscore: {contains: {}}")")),
             ContainsSubstring("line 7: max_gen_toks is '9 score: {contains: {}}' where a whole number from 1 to"));
  CHECK_THAT(task.import(keys(R"(do_sample: true, temperature: "0\nrag: x")")),
             ContainsSubstring("line 7: temperature is '0 rag: x' where a number from 0 to 10 is expected"));
  CHECK_THAT(task.import(keys(R"(top_p: "1\nrag: x")")),
             ContainsSubstring("line 7: top_p is '1 rag: x' where a number from 0 to 1 is expected"));
  CHECK_THAT(task.import(keys("max_gen_toks: [9]")), ContainsSubstring("max_gen_toks is a list where a whole number"));
  CHECK_THAT(task.import(keys("max_gen_toks: 010")), ContainsSubstring("max_gen_toks is '010' where a whole number"));
  CHECK_THAT(task.import(keys("temperature: nan")), ContainsSubstring("temperature is 'nan' where a number"));
  CHECK_THAT(task.import("num_fewshot: abc\n"),
             ContainsSubstring("line 7: num_fewshot is 'abc' where a whole number from 0 to 1000 is expected"));
  CHECK_THAT(task.import("num_fewshot: 3.5\n"), ContainsSubstring("num_fewshot is '3.5' where a whole number"));
  CHECK(task.generate(keys("max_gen_toks: 9")).max_tokens == 9);
}

TEST_CASE("an imported task samples when lm-evaluation-harness does") {
  const Task task;
  CHECK(task.generate("").temperature == 0);
  CHECK(task.generate("generation_kwargs: {temperature: 0.0}\n").temperature == 0);
  CHECK(task.generate("generation_kwargs: {do_sample: false, temperature: 0.7}\n").temperature == 0);
  for (const char* kwargs : {"{do_sample: true, temperature: 0.7, top_p: 0.9}", "{temperature: 0.7, top_p: 0.9}"}) {
    const auto generate = task.generate(std::string("generation_kwargs: ") + kwargs + "\n");
    CHECK(generate.temperature == 0.7);
    CHECK(generate.top_p == 0.9);
  }
  CHECK_THAT(task.import("generation_kwargs: {do_sample: true}\n"), ContainsSubstring("do_sample is true and the"));
  CHECK_THAT(task.import("generation_kwargs: {do_sample: true, temperature: 0}\n"),
             ContainsSubstring("do_sample is true and the temperature 0"));
}

TEST_CASE("what an imported task says as text stays text") {
  const Task task;
  // every code point that could end a line or a quote, and one of each length
  std::string every;
  for (int c = 1; c < 0x80; ++c) {
    if (c != '{' && c != '%' && c != '#') every += static_cast<char>(c);
  }
  every += "\u0085\u00a0\u2028\u2029\ufeff\U0001f600";
  std::string escaped;
  for (const char c : every) {
    const auto byte = static_cast<unsigned char>(c);
    constexpr const char* kDigits = "0123456789abcdef";
    if (byte < 0x20 || byte == 0x7f || c == '"' || c == '\\') {
      escaped += std::string("\\x") + kDigits[byte / 16] + kDigits[byte % 16];
    } else {
      escaped += c;
    }
  }
  const auto generate = task.generate("generation_kwargs: {until: [\"" + escaped +
                                      "\", \"a\\nscore: x\"]}\n"
                                      "target_delimiter: \"\\nrag: x\"\n"
                                      "task_alias: \"\\nrag: x\"\n");
  REQUIRE(generate.stop);
  CHECK(*generate.stop == std::vector<std::string>{every, "a\nscore: x"});
}

TEST_CASE("keys of another kind than they need are refused, not passed over") {
  const Task task;
  for (const auto& [keys, problem] : std::vector<std::pair<std::string, std::string>>{
           {"include: base.yaml\n", "line 7: include is not supported; write the keys of 'base.yaml'"},
           {"generation_kwargs: [a]\n", "generation_kwargs is a list where a map of keys is expected"},
           {"generation_kwargs: {until: {a: b}}\n", "until is a map of keys where a single value is expected"},
           {"generation_kwargs: {until: [[a]]}\n", "until is a list where a single value is expected"},
           {"fewshot_config: first_n\n", "fewshot_config is a single value where a map of keys is expected"},
           {"metric_list: exact_match\n", "metric_list is a single value where a list is expected"},
           {"metric_list: [{metric: exact_match, ignore_case: maybe}]\n", "ignore_case is neither true nor false"},
           {"filter_list: regex\n", "filter_list is a single value where a list is expected"},
           {"filter_list: [{name: x, filter: regex}]\n", "filter_list: filter is a single value where a list"},
           {"filter_list: [{filter: [{function: regex, regex_pattern: [a]}]}]\n", "regex_pattern is a list where"},
           {"description: [a]\n", "description is a list where a text is expected"},
           {"target_delimiter: [a]\n", "target_delimiter is a list where a text is expected"},
           {"fewshot_delimiter: {a: b}\n", "fewshot_delimiter is a map of keys where a text is expected"}}) {
    CHECK_THAT(task.import(keys), ContainsSubstring(problem));
  }
  CHECK_THAT(task.import("include: base.yaml\n"), !ContainsSubstring("has no 'task'"));
}

TEST_CASE("a task's file that is all problems is answered in time, with the first") {
  const Task task;
  const std::string message = task.import(many_names("\n", ": 1"));
  CHECK_THAT(message, ContainsSubstring(" more"));
  CHECK(message.size() < 20'000);
}
