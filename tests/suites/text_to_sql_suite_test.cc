// The suite as a whole: data sets, prompts, extraction, scores.
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "harness/core/hash.h"
#include "suites/reading/line_reader.h"
#include "suites/text_to_sql/prompt/extraction.h"
#include "suites/text_to_sql/prompt/schema_text.h"
#include "suites/text_to_sql/text_to_sql.h"
#include "tests/suites/suite_checks.h"
#include "tests/suites/text_to_sql_fixture.h"

namespace assay::text_to_sql {
namespace {

using test::items_of;

SuiteOptions with(std::vector<std::pair<std::string, std::string>> extra, std::string data_dir = "") {
  SuiteOptions options;
  options.data_dir = std::move(data_dir);
  options.extra = std::move(extra);
  options.extra.emplace_back("worker_program", ASSAY_SQL_WORKER);
  options.extra.emplace_back("workers", "2");
  return options;
}

Completion answer(std::string text) {
  Completion completion;
  completion.text = std::move(text);
  return completion;
}

/// How many gold queries fail or change; the others are listed for information.
std::size_t failing(const std::vector<ItemDefect>& defects) {
  std::size_t count = 0;
  for (const ItemDefect& one : defects) {
    if (one.defect.kind > GoldDefectKind::kChanges) continue;
    UNSCOPED_INFO(one.item << ": " << one.defect.why);
    ++count;
  }
  return count;
}

std::unique_ptr<Suite> starter() {
  SuiteOptions options = with({});
  options.starter = true;
  auto suite = make_text_to_sql(options);
  if (!suite) FAIL(suite.error().message);
  return std::move(*suite);
}

TEST_CASE("the query is read out of an answer by named rules", "[text_to_sql]") {
  const auto sql = [](std::string_view text) { return extract_query(text, false).sql; };
  const auto rule = [](std::string_view text) { return extract_query(text, false).rule; };
  CHECK(sql("SELECT 1") == "SELECT 1");
  CHECK(rule("  SELECT 1 ") == "whole answer");
  CHECK(sql("SELECT 1; DROP TABLE t") == "SELECT 1; DROP TABLE t");
  CHECK(sql("DROP TABLE t") == "DROP TABLE t");
  CHECK(sql("SELECT 1;\nThis query returns one.") == "SELECT 1;");
  CHECK(sql("SELECT a\n\nFROM t") == "SELECT a\n\nFROM t");
  CHECK(sql("SELECT a FROM t\n\nThis returns a.") == "SELECT a FROM t");
  CHECK(sql("Sure!\n```sql\nSELECT a\nFROM t;\n```\nDone.") == "SELECT a\nFROM t;");
  CHECK(sql("First ```SELECT 1``` or rather\n```sql\nSELECT 2\n```") == "SELECT 2");
  CHECK(sql("```sql\nSELECT 1; SELECT 2;\n```") == "SELECT 1;");
  CHECK(rule("```sql\nSELECT 1; SELECT 2;\n```") == "last fenced block, first statement");
  CHECK(sql("Here it is:\n~~~sql\nSELECT 1\n~~~\nDone.") == "SELECT 1");
  CHECK(sql("~~~\nSELECT `a`, '```' FROM t\n~~~") == "SELECT `a`, '```' FROM t");
  CHECK(sql("The query is `SELECT name FROM t` as you asked.") == "SELECT name FROM t");
  CHECK(sql("Use `name`: `SELECT `name` FROM t`.") == "SELECT `name` FROM t");
  CHECK(rule("It is `SELECT 1; SELECT 2`") == "query in backquotes, first statement");
  CHECK(sql("SELECT `name` FROM t") == "SELECT `name` FROM t");
  CHECK(sql("```sql\nSELECT a FROM t") == "SELECT a FROM t");
  CHECK(sql("<SQL>SELECT 3</sql> and more") == "SELECT 3");
  CHECK(sql("[SQL] SELECT 4 [/SQL]") == "SELECT 4");
  CHECK(sql("I put it in `<sql>` tags: <sql>SELECT 5</sql>") == "SELECT 5");
  CHECK(sql("I will use <sql> tags. <sql>SELECT 5</sql>") == "SELECT 5");
  CHECK(sql("SELECT a FROM t WHERE b = '<sql>'") == "SELECT a FROM t WHERE b = '<sql>'");
  CHECK(rule("SELECT a FROM t WHERE b = '<sql>SELECT 1</sql>'") == "whole answer");
  CHECK(sql("```sql\nSELECT a FROM t WHERE b LIKE '%[SQL]%' -- <sql>\n```") ==
        "SELECT a FROM t WHERE b LIKE '%[SQL]%' -- <sql>");
  CHECK(sql("<sql>SELECT '</sql>', 6</sql>") == "SELECT '</sql>', 6");
  CHECK(sql("<sql>SELECT 'unclosed</sql> and") == "SELECT 'unclosed");
  CHECK(sql("<sql>SHOW TABLES</sql>") == "SHOW TABLES");
  CHECK(sql("The query is:\nSELECT a FROM t;\nIt works.") == "SELECT a FROM t;");
  CHECK(sql("SQL: SELECT a FROM t") == "SELECT a FROM t");
  CHECK(sql("You could use SELECT a FROM t for this") == "SELECT a FROM t for this");
  CHECK(sql("I cannot answer that.").empty());
  CHECK(sql("With these tables it cannot be done.").empty());
  CHECK(sql("WITH x AS (SELECT 1) SELECT * FROM x") == "WITH x AS (SELECT 1) SELECT * FROM x");
  CHECK(rule("   ") == "empty answer");
  CHECK(extract_query(" name FROM t", true).sql == "SELECT name FROM t");
  CHECK(extract_query("SELECT name FROM t", true).sql == "SELECT name FROM t");
  std::string many_tags = "SELECT '";
  for (int i = 0; i < 50'000; ++i) many_tags += i % 2 == 0 ? "<sql>" : "</sql>";
  (void)extract_query(many_tags, false);
  (void)extract_query("<sql>" + many_tags, false);
  for (const std::string& odd :
       {std::string("```"), std::string("<sql>"), std::string("'"), std::string("--"), std::string("/*"),
        std::string("SELECT '"), std::string("(((("), std::string("``````")}) {
    (void)extract_query(odd, false);
    (void)extract_query(odd, true);
  }
}

TEST_CASE("a blank line ends a query only where the query can end", "[text_to_sql]") {
  for (const char* const whole :
       {"WITH a AS (\n  SELECT id FROM t\n),\n\nb AS (\n  SELECT count(*) c FROM a\n)\n\nSELECT c FROM b",
        "SELECT\n\ncount(*)\n\nFROM\n\nt", "SELECT 1 FROM t AS\n\nx", "SELECT 1 FROM t WHERE\n\nid>0",
        "SELECT id IN (1,\n\n2,3,4) FROM t", "SELECT 1 FROM t WHERE name <> 'x\n\ny'", "SELECT 1 FROM\n-- comment\n\nt",
        "SELECT a,\n\n\n\nb FROM t"}) {
    INFO(whole);
    CHECK(extract_query(whole, false).sql == whole);
  }
  CHECK(extract_query("SELECT count(*)\nFROM t\n\nThis counts the rows.", false).sql == "SELECT count(*)\nFROM t");
  CHECK(extract_query("SELECT id FROM (SELECT 1 id)\n \t\nIt's short", false).sql == "SELECT id FROM (SELECT 1 id)");

  const ExtractedQuery fenced = extract_query("SELECT count(*) FROM t;\n```\n\nThis counts the rows.", false);
  CHECK(fenced.sql == "SELECT count(*) FROM t;");
  CHECK(fenced.rule == "whole answer, up to the closing fence");
  CHECK(extract_query("count(*) FROM t\n```", true).sql == "SELECT count(*) FROM t");

  const std::string lines(1 << 20, '\n');  // in linear time
  CHECK(extract_query("SELECT 1" + lines + "FROM t", false).sql == "SELECT 1" + lines + "FROM t");
}

TEST_CASE("starter items are asked and scored", "[text_to_sql]") {
  const auto suite = starter();
  const std::vector<Item> items = items_of(*suite);
  CHECK(items.size() >= 20);
  std::set<std::string> ids;
  for (const Item& item : items) ids.insert(item.id);
  CHECK(ids.size() == items.size());
  CHECK(items[0].id == "text_to_sql/starter/0");
  CHECK(items[0].cluster == "harbour");
  const auto defects = gold_defects(*suite);
  REQUIRE(defects);
  CHECK(failing(*defects) == 0);
  for (const Item& item : items) CHECK(suite->score(item, answer(item.target)).value == 1);

  const Request request = suite->ask(items[0], 0);
  const auto& body = std::get<GenerateRequest>(request.body);
  REQUIRE(body.messages.size() == 2);
  CHECK_THAT(body.messages[1].content, ContainsSubstring("CREATE TABLE port (\n  port_id INTEGER PRIMARY KEY"));
  CHECK_THAT(body.messages[1].content, ContainsSubstring("FOREIGN KEY (home_port_id) REFERENCES port (port_id)"));
  CHECK_THAT(body.messages[1].content, ContainsSubstring(items[0].question));

  const Score right = suite->score(items[0], answer("```sql\nSELECT COUNT(port_id) FROM port\n```"));
  CHECK(right.value == 1);
  CHECK_THAT(right.why, ContainsSubstring("last fenced block"));
  const Score wrong = suite->score(items[0], answer("SELECT 7"));
  CHECK(wrong.value == 0);
  CHECK(wrong.values[1] == std::pair<std::string, double>("valid_sql", 1));
  CHECK_THAT(wrong.why, ContainsSubstring("rows differ"));
  CHECK_THAT(wrong.detail, ContainsSubstring("returned:\n7\n7\ngold:\ncount(*)\n6\n"));
  const Score none = suite->score(items[0], answer("I do not know"));
  CHECK(none.value == 0);
  CHECK(none.why == "no query found");
  CHECK(none.values[1].second == 0);
  CHECK_THAT(suite->score(items[0], answer("DELETE FROM port")).why, ContainsSubstring("refused: DELETE FROM port"));
  CHECK_THAT(suite->score(items[0], answer("SELECT x FROM port")).why, ContainsSubstring("no such column: x"));
  CHECK(*suite->data_sha256() == *starter()->data_sha256());
}

TEST_CASE("hostile answers are wrong, and the record names what they tried", "[text_to_sql]") {
  const TemporaryFolder folder;
  setenv("XDG_CACHE_HOME", folder.file("cache").c_str(), 1);
  SuiteOptions options = with({{"timeout_ms", "300"}, {"max_rows", "50000"}});
  options.starter = true;
  auto suite = make_text_to_sql(options);
  if (!suite) FAIL(suite.error().message);
  const Item item = items_of(**suite).front();
  const std::string& file = item.fields.back();
  const std::string before = *sha256_file(file);
  const std::string numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) ";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
       "timeout: stopped after 300 ms"},
      {numbers + "SELECT count(*) FROM n a, n b, n c", "timeout: stopped after 300 ms"},
      {numbers + "SELECT a.i FROM n a, n b, n c", "too large: more than 50000 rows"},
      {"SELECT randomblob(2000000000)", "memory: "},
      {"SELECT zeroblob(2000000000)", "memory: "},
      // a loop within one step: its memory or its time, whichever limit a machine comes to first
      {"SELECT printf('%.*c', 40000000, 'x')", "killed|memory: "},
      {"SELECT replace(hex(zeroblob(10000000)), '0', 'xxxxxxxxxx')", "memory: "},
      {"ATTACH '" + folder.file("new.sqlite") + "' AS n", "refused: ATTACH"},
      {"PRAGMA journal_mode = DELETE", "refused: PRAGMA journal_mode"},
      {"PRAGMA user_version = 7", "refused: PRAGMA user_version"},
      {"SELECT load_extension('x')", "refused: the function load_extension"},
      {"INSERT INTO port VALUES (7, 'x', 'y', 1)", "refused: INSERT INTO port"},
      {"REPLACE INTO port VALUES (1, 'x', 'y', 1)", "refused: "},
      {"INSERT INTO port VALUES (1, 'x', 'y', 1) ON CONFLICT DO UPDATE SET name = 'z'", "refused: "},
      {"UPDATE port SET name = 'x'", "refused: UPDATE port"},
      {"DELETE FROM port", "refused: DELETE FROM port"},
      {"DROP TABLE port", "refused: "},
      {"CREATE TRIGGER x AFTER INSERT ON port BEGIN DELETE FROM ship; END", "refused: "},
      {"CREATE VIEW x AS SELECT 1", "refused: "},
      {"CREATE VIRTUAL TABLE x USING fts5 (a)", "refused: "},
      {"CREATE INDEX x ON port (name)", "refused: "},
      {"ANALYZE", "refused: "},
      {"VACUUM INTO '" + folder.file("copy.sqlite") + "'", "refused: "},
      {"SAVEPOINT x", "refused: a transaction"},
      {"```sql\nSELECT 1\n;DROP TABLE port\n```", "rows differ"},
      {std::string("SELECT 1\0", 9) + "; DROP TABLE port", "NUL"},
      {"SELECT " + std::string(499'000, '(') + "1" + std::string(499'000, ')'), "error: "},
  };
  for (const auto& [text, named] : cases) {
    const Score score = (*suite)->score(item, answer(text));
    INFO(text.substr(0, 200));
    CHECK(score.value == 0);
    CHECK(score.not_judged.empty());
    const std::size_t bar = named.find('|');
    CHECK_THAT(score.why, ContainsSubstring(named.substr(0, bar)) || ContainsSubstring(named.substr(bar + 1)));
    CHECK((*suite)->score(item, answer(item.target)).value == 1);
  }
  CHECK(*sha256_file(file) == before);
  CHECK_FALSE(std::filesystem::exists(folder.file("new.sqlite")));
  CHECK_FALSE(std::filesystem::exists(folder.file("copy.sqlite")));
  CHECK_FALSE(std::filesystem::exists(file + "-journal"));
}

TEST_CASE("gold queries that are not fixed are told apart", "[text_to_sql]") {
  const TemporaryFolder folder;
  setenv("XDG_CACHE_HOME", folder.file("cache").c_str(), 1);
  const std::string database =
      make_database(folder, "a.sqlite", "CREATE TABLE t (id, v); INSERT INTO t VALUES (1, 5), (2, 5), (3, 7)");
  const std::string questions = folder.write("q.csv",
                                             "question,query\na,SELECT id FROM t ORDER BY id\n"
                                             "b,SELECT random()\nc,SELECT id FROM t ORDER BY v LIMIT 1\n"
                                             "d,\"SELECT date('now'), id FROM t\"\ne,SELECT x FROM t\n"
                                             "f,SELECT v FROM t LIMIT 1\n");
  auto suite =
      make_text_to_sql(with({{"dataset", "own"}, {"db", database}, {"questions", questions}, {"gold_check", "list"}}));
  if (!suite) FAIL(suite.error().message);
  const auto defects = gold_defects(**suite);
  REQUIRE(defects);
  std::vector<std::pair<std::string, GoldDefectKind>> found;
  for (const ItemDefect& one : *defects) found.emplace_back(one.item.substr(one.item.rfind('/') + 1), one.defect.kind);
  using Kind = GoldDefectKind;
  CHECK(found == std::vector<std::pair<std::string, Kind>>{{"1", Kind::kChanges},
                                                           {"2", Kind::kTies},
                                                           {"3", Kind::kToday},
                                                           {"4", Kind::kFails},
                                                           {"5", Kind::kReadOrder}});
  CHECK((*suite)->info().warnings ==
        std::vector<std::string>{
            "text_to_sql: the gold query of 1 of 6 items fails: text_to_sql/own/q/4",
            "text_to_sql: the gold query of 1 of 6 items changes from run to run: text_to_sql/own/q/1"});
  REQUIRE((*suite)->info().notes.size() == 5);
  CHECK((*suite)->info().notes[0] ==
        std::pair<std::string, std::string>("text_to_sql gold query fails", "1 of 6: text_to_sql/own/q/4"));
}

TEST_CASE("the schema is cut to its budget by relevance, and says what is left out", "[text_to_sql]") {
  Schema schema;
  for (const char* name : {"airports", "people", "orders"}) {
    SchemaTable& table = schema.tables.emplace_back();
    table.name = name;
    for (int c = 0; c < 8; ++c) {
      SchemaColumn& column = table.columns.emplace_back();
      column.name = std::string(name) + "_" + std::to_string(c);
      column.type = "INTEGER";
    }
    table.sample_rows = {{"1", "2 */ x"}};
  }
  const SchemaText whole = schema_text(schema, "", {.sample_rows = 1});
  CHECK(whole.left_out.empty());
  CHECK_THAT(whole.text, ContainsSubstring("1 | 2  / x"));
  const SchemaText cut = schema_text(schema, "Who are the people?", {.sample_rows = 1, .max_chars = 300});
  CHECK(cut.text.size() <= 300);
  CHECK_THAT(cut.text, ContainsSubstring("CREATE TABLE people"));
  CHECK(cut.left_out == "sample rows; tables airports, orders");
}

TEST_CASE("options are checked", "[text_to_sql]") {
  const auto message = [](std::vector<std::pair<std::string, std::string>> extra) {
    auto suite = make_text_to_sql(with(std::move(extra), "/nowhere"));
    REQUIRE_FALSE(suite);
    return suite.error().message;
  };
  CHECK_THAT(message({{"dataset", "spidre"}}), ContainsSubstring("did you mean 'spider'"));
  CHECK_THAT(message({{"compare", "exact"}}), ContainsSubstring("spider_ex"));
  CHECK_THAT(message({{"timeout_ms", "0"}}), ContainsSubstring("timeout_ms"));
  CHECK_THAT(message({{"sampel_rows", "3"}}), ContainsSubstring("sample_rows"));
  CHECK_THAT(message({{"dataset", "own"}}), ContainsSubstring("needs db=FILE"));
  CHECK_THAT(message({{"dataset", "spider"}}), ContainsSubstring("/nowhere"));
}

TEST_CASE("own questions are checked before anything is asked", "[text_to_sql]") {
  const TemporaryFolder folder;
  setenv("XDG_CACHE_HOME", folder.file("cache").c_str(), 1);
  const std::string database =
      make_database(folder, "shop.sqlite", "CREATE TABLE item (id, price); INSERT INTO item VALUES (1, 5), (2, 7)");
  const std::string good = folder.write("good.csv",
                                        "question,query,category\nHow many items?,SELECT count(*) FROM item,count\n"
                                        "\"Prices, please\",SELECT price FROM item,list\n");
  auto suite = make_text_to_sql(with({{"dataset", "own"}, {"db", database}, {"questions", good}}));
  if (!suite) FAIL(suite.error().message);
  const std::vector<Item> items = items_of(**suite);
  REQUIRE(items.size() == 2);
  CHECK(items[1].id == "text_to_sql/own/good/1");
  CHECK(items[1].groups == std::vector<Group>{{"category", "list"}, {"database", "shop"}});
  CHECK((*suite)->score(items[1], answer("SELECT price FROM item ORDER BY price DESC")).value == 1);

  const std::string bad = folder.write("bad.jsonl",
                                       "{\"question\": \"a\", \"query\": \"SELECT count(*) FROM item\"}\n"
                                       "{\"question\": \"b\", \"sql\": \"SELECT cost FROM item\"}\n");
  auto refused = make_text_to_sql(with({{"dataset", "own"}, {"db", database}, {"questions", bad}, {"name", "x"}}));
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, ContainsSubstring("text_to_sql/own/x/1"));
  CHECK_THAT(refused.error().message, ContainsSubstring("no such column: cost"));
  auto rest =
      make_text_to_sql(with({{"dataset", "own"}, {"db", database}, {"questions", bad}, {"gold_check", "leave_out"}}));
  REQUIRE(rest);
  CHECK(items_of(**rest).size() == 1);
  CHECK_THAT((*rest)->info().title, ContainsSubstring("1 left out: gold query"));
  const std::string none = folder.write("none.csv", "question,query\n,\n");
  CHECK_FALSE(make_text_to_sql(with({{"dataset", "own"}, {"db", database}, {"questions", none}})));
}

TEST_CASE("Spider: items, hardness, gold queries and published predictions", "[text_to_sql]") {
  const auto data = shared_data();
  if (!data) return;
  auto suite = make_text_to_sql(with({{"dataset", "spider"}}, *data));
  if (!suite) FAIL(suite.error().message);
  const std::vector<Item> items = items_of(**suite);
  CHECK(items.size() == 972);
  CHECK_THAT((*suite)->info().title, ContainsSubstring("972 of 1034"));
  // the official evaluator's hardness
  std::map<std::string, std::string> hardness;
  std::ifstream verdicts(*data + "/spider/reference/official_exec_verdicts.tsv");
  for (std::string line; std::getline(verdicts, line);) {
    std::istringstream fields(line);
    std::string index;
    std::string database;
    std::string level;
    if (fields >> index >> database >> level) hardness["text_to_sql/spider/" + index] = level;
  }
  std::size_t differing = 0;
  for (const Item& item : items) differing += item.groups[0].name != hardness[item.id] ? 1U : 0U;
  CHECK(differing == 0);
  const auto defects = gold_defects(**suite);
  REQUIRE(defects);
  CHECK(failing(*defects) == 0);
  WARN("Spider: " << defects->size() << " gold results depend on the order in which rows are read");
  // DAIL-SQL's published predictions: 809 right by the official evaluator
  std::vector<std::string> predictions;
  std::ifstream file(*data + "/spider/reference/dail-sql/DAIL-SQL+GPT-4.txt");
  for (std::string line; std::getline(file, line);) predictions.push_back(line);
  std::size_t next = 0;
  double right = 0;
  std::size_t seen = 0;
  score_stream(
      **suite,
      [&]() -> std::optional<Prediction> {
        if (next == items.size()) return std::nullopt;
        const Item& item = items[next++];
        return Prediction{item, answer(predictions.at(static_cast<std::size_t>(item.order)))};
      },
      [&](const Prediction& prediction, const Score& score) {
        CHECK(prediction.item.id == items[seen++].id);
        right += score.value;
      });
  CHECK(seen == 972);
  CHECK(right == 809);
}

TEST_CASE("Spider: few-shot examples come from other databases", "[text_to_sql]") {
  const auto data = shared_data();
  if (!data) return;
  SuiteOptions options = with({{"dataset", "spider"}, {"form", "completion"}}, *data);
  options.shots = 3;
  auto suite = make_text_to_sql(options);
  REQUIRE(suite);
  const std::vector<Item> items = items_of(**suite);
  const auto body = std::get<GenerateRequest>((*suite)->ask(items[0], 0).body);
  CHECK_THAT(body.prompt, EndsWith("\nSELECT"));
  CHECK(body.messages.empty());
  std::size_t examples = 0;
  for (std::size_t at = body.prompt.find("another database"); at != std::string::npos;
       at = body.prompt.find("another database", at + 1)) {
    ++examples;
  }
  CHECK(examples == 3);
  CHECK((*suite)->score(items[0], answer(" count(*) FROM singer")).value == 1);
}

TEST_CASE("BIRD without databases makes prompts only", "[text_to_sql]") {
  const auto data = shared_data();
  if (!data) return;
  const auto refused = make_text_to_sql(with({{"dataset", "bird"}}, *data));
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, ContainsSubstring("without_database=prompt"));
  auto suite = make_text_to_sql(with({{"dataset", "bird"}, {"without_database", "prompt"}}, *data));
  if (!suite) FAIL(suite.error().message);
  const std::vector<Item> items = items_of(**suite);
  CHECK(items.size() == 500);
  const auto body = std::get<GenerateRequest>((*suite)->ask(items[0], 0).body);
  CHECK_THAT(body.messages.back().content, ContainsSubstring("CREATE TABLE customers"));
  CHECK_THAT(body.messages.back().content, ContainsSubstring("ratio of customers who pay in EUR against"));
  CHECK_THAT((*suite)->score(items[0], answer("SELECT 1")).not_judged, ContainsSubstring("prompts only"));
}

TEST_CASE("defog: every gold query runs and matches itself", "[text_to_sql]") {
  const auto data = shared_data();
  if (!data) return;
  const TemporaryFolder folder;
  setenv("XDG_CACHE_HOME", folder.file("cache").c_str(), 1);
  SuiteOptions options = with({{"dataset", "defog"}}, *data);
  options.protocol = "generate/sqlcoder";
  auto suite = make_text_to_sql(options);
  if (!suite) FAIL(suite.error().message);
  const std::vector<Item> items = items_of(**suite);
  CHECK(items.size() == 210 + 40 + 64);
  CHECK(items[0].id == "text_to_sql/defog/questions_gen_sqlite/0");
  CHECK(items[210].id == "text_to_sql/defog/instruct_basic_sqlite/0");
  const auto defects = gold_defects(**suite);
  REQUIRE(defects);
  CHECK(failing(*defects) == 0);
  const auto body = std::get<GenerateRequest>((*suite)->ask(items[0], 0).body);
  CHECK_THAT(body.prompt, StartsWith("### Task\nGenerate a SQL query to answer [QUESTION]"));
  CHECK_THAT(body.prompt, EndsWith("[SQL]\n"));
  const Score score = (*suite)->score(items[0], answer(items[0].target.substr(0, items[0].target.find(';'))));
  CHECK(score.value == 1);
  CHECK(score.values.back() == std::pair<std::string, double>("exact_match", 1));
}

}  // namespace
}  // namespace assay::text_to_sql
