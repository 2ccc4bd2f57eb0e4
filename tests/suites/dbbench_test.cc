// AgentBench's database tasks: a scripted agent's episodes, how turns and answers are read, the authors' files and
// their hashes, and bad data.
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "suites/dbbench/answer_list.h"
#include "suites/dbbench/table_md5.h"
#include "suites/dbbench/task.h"
#include "suites/dbbench/turn.h"
#include "suites/text_to_sql/execution/worker_pool.h"
#include "tests/catch.h"
#include "tests/suites/shared_data.h"
#include "tests/suites/suite_checks.h"
#include "tests/suites/temporary_folder.h"

using namespace assay;
using assay::test::error_of;
using assay::test::items_of;
using assay::test::options_for;
using assay::test::shared_path;
using assay::test::suite_of;
using assay::test::TemporaryFolder;
using assay::test::value_of;
using assay::test::with_text;
using dbbench::same_answers;
using dbbench::stated_answers;

namespace {

using Texts = std::vector<std::string>;

SuiteOptions with_workers(SuiteOptions options) {
  options.extra.emplace_back("worker_program", ASSAY_SQL_WORKER);
  options.extra.emplace_back("workers", "2");
  return options;
}

std::string operation(const std::string& sql) { return "I look.\nAction: Operation\n```sql\n" + sql + "\n```"; }
std::string answer(const std::string& list) { return "So it is.\nAction: Answer\nFinal Answer: " + list; }

// An agent that says one text a turn; the score of its episode, and the messages of it.
struct Episode {
  Score score;
  std::vector<Message> messages;
};
Episode played(const Suite& suite, const Item& item, const Texts& says) {
  Request request = suite.ask(item, 0);
  std::size_t turn = 0;
  for (; turn + 1 < says.size() && static_cast<int>(turn) + 1 < suite.info().max_turns; ++turn) {
    auto next = suite.next_turn(item, request, with_text(says[turn]));
    if (!next) break;
    request = std::move(*next);
  }
  return {suite.score_episode(item, request, with_text(says[turn])), std::get<GenerateRequest>(request.body).messages};
}

const Item& item_about(const std::vector<Item>& items, const std::string& text) {
  for (const Item& item : items) {
    if (item.question.find(text) != std::string::npos) return item;
  }
  FAIL("no item says " << text);
  return items.front();
}

text_to_sql::ScratchTable small_table() {
  return {"a`b \"t\"", {"x", "Y y"}, {{{"1", false}, {"one", false}}, {{"2", false}, {"", true}}}};
}

}  // namespace

TEST_CASE("a scripted agent that knows dbbench's starter tasks solves them all") {
  const auto suite = suite_of("dbbench", with_workers(options_for("generate", 0, "")));
  const std::vector<Item> items = items_of(*suite);
  REQUIRE(items.size() == 40);
  std::map<std::string, int> kinds;
  for (const Item& item : items) {
    INFO(item.id << " " << item.question);
    ++kinds[item.groups.at(0).name];
    const dbbench::Task task = dbbench::task_of(item);
    std::string list;
    for (const std::string& label : task.labels) list += (list.empty() ? "[\"" : ", \"") + label + "\"";
    const Texts says = task.is_change() ? Texts{operation(task.labels.at(0)), answer("[]")} : Texts{answer(list + "]")};
    const Episode right = played(*suite, item, says);
    CHECK(right.score.value == 1);
    CHECK(value_of(right.score, kTurnsValue) == static_cast<double>(says.size()));
    CHECK(played(*suite, item, {answer("[\"-1\"]")}).score.value == 0);
    CHECK(played(*suite, item, {"I do not know."}).score.value == 0);
  }
  CHECK(kinds == std::map<std::string, int>{{"INSERT", 8}, {"SELECT", 22}, {"UPDATE", 10}});
}

TEST_CASE("an episode goes on while statements are run, and each is told what it gave") {
  const auto suite = suite_of("dbbench", with_workers(options_for("generate", 0, "")));
  const std::vector<Item> items = items_of(*suite);
  const Item& item = item_about(items, "How many seats have all ferries");
  const Episode episode = played(
      *suite, item,
      {operation("SELECT Name, Seats FROM Ferries\nWHERE Built > '2003';"), operation("SELECT wings FROM Ferries"),
       operation("UPDATE Ferries SET Seats = '0'"), operation("SELECT sum(Seats) FROM Ferries"), answer("[2205]")});
  REQUIRE(episode.messages.size() == 9);
  CHECK_THAT(episode.messages[0].content, StartsWith("You work on a SQLite database"));
  CHECK(episode.messages[2].content == "Name | Seats\nHeron | 610\nTern | 505");
  CHECK(episode.messages[4].content == "error: no such column: wings");
  CHECK(episode.messages[6].content == "done");
  CHECK(episode.messages[8].content == "sum(Seats)\n0");  // what it changed stays changed
  CHECK(episode.score.value == 1);
  CHECK(value_of(episode.score, kTurnsValue) == 5);
  CHECK(episode.score.extracted == " [2205]");
}

TEST_CASE("a change is judged by the table, whatever is answered, and what is refused changes nothing") {
  SuiteOptions options = with_workers(options_for("generate", 0, ""));
  options.extra.emplace_back("max_rounds", "2");
  const auto suite = suite_of("dbbench", options);
  CHECK(suite->info().max_turns == 3);
  const std::vector<Item> items = items_of(*suite);
  const Item& item = item_about(items, "Heron now goes");
  const std::string right = "UPDATE Ferries SET Route = 'Kiel to Gothenburg' WHERE Name = 'Heron'";
  CHECK(played(*suite, item, {operation(right), "nonsense"}).score.value == 1);
  CHECK(played(*suite, item, {operation(right + ";"), operation("DELETE FROM Ferries"), "x"}).score.value == 0);
  const Episode refused =
      played(*suite, item, {operation("DROP TABLE Ferries"), operation("ATTACH 'x.db' AS x"), "given up"});
  CHECK_THAT(refused.messages.at(2).content, StartsWith("error: ") && ContainsSubstring("is not allowed here"));
  CHECK(refused.messages.at(4).content == "error: ATTACH is not allowed here");
  CHECK(refused.score.why == "the table is not as it should be");
  // The third statement is not run: the turns are used up.
  const Episode late = played(*suite, item, {operation("SELECT 1"), operation("SELECT 2"), operation(right)});
  CHECK(late.score.value == 0);
  CHECK_THAT(late.score.why, StartsWith("the turns are used up; "));
  CHECK(played(*suite, item, {"nothing"}).score.why == "nothing was run");
}

TEST_CASE("a statement that would not end, or grow without end, is stopped and the episode goes on") {
  text_to_sql::WorkerPool pool({ASSAY_SQL_WORKER, 1});
  text_to_sql::QueryLimits limits;
  limits.timeout_ms = 200;
  limits.max_rows = 100;
  const std::string endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) ";
  const auto last = [&](const Texts& statements) { return pool.run_on_scratch(small_table(), statements, limits); };
  CHECK(last({endless + "SELECT max(i) FROM n"}).status == text_to_sql::QueryStatus::kTimeout);
  CHECK(last({endless + "SELECT i FROM n"}).status == text_to_sql::QueryStatus::kTooLarge);
  const auto grown = last({endless + "INSERT INTO \"a`b \"\"t\"\"\" SELECT i, hex(zeroblob(100000)) FROM n"});
  CHECK(grown.status != text_to_sql::QueryStatus::kRows);
  const auto after = last({endless + "SELECT max(i) FROM n", "SELECT count(*) FROM `a``b \"t\"`;"});
  REQUIRE(after.status == text_to_sql::QueryStatus::kRows);
  CHECK(after.table.at(0, 0).as_integer() == 2);
  for (const char* sql :
       {"PRAGMA writable_schema = 1", "CREATE TABLE y (z)", "CREATE TEMP TABLE y (z)", "VACUUM INTO 'f'",
        "SELECT load_extension('x')", "UPDATE sqlite_master SET sql = ''", "ALTER TABLE x ADD y"}) {
    INFO(sql);
    CHECK(last({sql}).status != text_to_sql::QueryStatus::kRows);
  }
  CHECK(last({"SELECT 1; SELECT 2"}).status == text_to_sql::QueryStatus::kRefused);
  CHECK(last({std::string("SELECT 1\0x", 10)}).status == text_to_sql::QueryStatus::kRefused);
  CHECK(last({"BEGIN", "DELETE FROM `a``b \"t\"`", "ROLLBACK", "SELECT count(*) FROM `a``b \"t\"`"})
            .table.at(0, 0)
            .as_integer() == 2);
  CHECK(last({""}).table.column_count() == 0);
}

TEST_CASE("turns are read as the reference reads them") {
  const dbbench::TurnReader turns;
  CHECK(turns.operation("Action: Operation\n```sql\nSELECT 1\nFROM t;\n```\n```sql\nx\n```").value() ==
        "SELECT 1 FROM t;");
  CHECK_FALSE(turns.operation("Action: operation\n```sql\nx\n```"));
  CHECK_FALSE(turns.operation("Action: Operation"));
  CHECK_FALSE(turns.operation("Action: Operation\nSELECT 1"));
  CHECK_FALSE(turns.operation("Action: Answer\n```sql\nx\n```"));
  CHECK(turns.final_answer("Action: Answer\nFinal Answer: [1]\nFinal Answer: [2]").value() == " [1]");
  CHECK_FALSE(turns.final_answer("Final Answer: [1]"));  // not at a line's beginning but the text's
  const std::string long_text = "Action: Operation\n" + std::string(1 << 20, '`');
  CHECK_FALSE(turns.operation(long_text));
}

TEST_CASE("answers are compared as the reference compares them") {
  CHECK(stated_answers(R"( ["a", 'b, c', 3, 4.50, None, ("x",), -1] )") ==
        Texts{"a", "b c", "3", "4.50", "0", "x", "-1"});
  CHECK(stated_answers("[\"it's\"]") == Texts{"it's"});
  CHECK(stated_answers("[]").empty());
  CHECK(stated_answers("12 %") == Texts{"12"});
  CHECK(stated_answers("'1,174'") == Texts{"1174"});
  CHECK(stated_answers("[null, undefined]") == Texts{"0", "0"});  // Python knows neither: taken apart at commas
  CHECK(stated_answers("[__import__('os').system('x')]").size() == 1);
  CHECK(stated_answers("[1, [2]]") == Texts{"1", "[2]"});
  CHECK(stated_answers("") == Texts{"0"});
  const auto same = [](const std::string& text, const Texts& gold) {
    return same_answers(stated_answers(text), dbbench::cleaned(gold));
  };
  CHECK(same("[\"17\"]", {"17.0"}));
  CHECK(same("[17.009]", {"17"}));
  CHECK_FALSE(same("[17.02]", {"17"}));
  CHECK(same("[\"b\", \"a\", \"a\"]", {"a", "b"}));
  CHECK(same("[2, 1]", {"1", "2.0"}));
  CHECK_FALSE(same("[1, 1]", {"1", "2"}));
  CHECK_FALSE(same("[1, 2, 2]", {"1", "2"}));
  CHECK(same("[None]", {""}));
  CHECK(same("[\"March 19, 1998\"]", {"March 19, 1998"}));
  CHECK_FALSE(same("[\"march\"]", {"March"}));
}

TEST_CASE("what is told is short and says what was cut") {
  text_to_sql::WorkerPool pool({ASSAY_SQL_WORKER, 1});
  const auto told = [&](const std::string& sql) {
    return dbbench::told(pool.run_on_scratch(small_table(), {sql}, text_to_sql::QueryLimits()));
  };
  CHECK(told("SELECT x, \"Y y\" FROM `a``b \"t\"`") == "x | Y y\n1 | one\n2 | None");
  CHECK(told("SELECT x FROM `a``b \"t\"` WHERE x = '7'") == "x\n(no rows)");
  const std::string cut = told(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) "
      "SELECT i, 'ä' FROM n");
  CHECK(cut.size() < 850);
  CHECK(cut.ends_with("\n[cut; 900 rows in all]"));
}

TEST_CASE("the gold statements of dbbench give the tables whose hashes the authors took from MySQL", "[conformance]") {
  const auto data = shared_path("data/agentbench");
  if (!data) return;
  text_to_sql::WorkerPool pool({ASSAY_SQL_WORKER, 2});
  int changes = 0;
  int same = 0;
  int right = 0;
  for (const char* split : {"standard", "dev"}) {
    SuiteOptions options = with_workers(options_for("generate", 0, *data + "/.."));
    options.extra.emplace_back("split", split);
    const auto suite = suite_of("dbbench", options);
    for (const Item& item : items_of(*suite)) {
      const dbbench::Task task = dbbench::task_of(item);
      if (!task.is_change()) continue;
      ++changes;
      const auto table = dbbench::table_of(task.table_json);
      std::string name = "\"";
      for (const char c : table.name) name += c == '"' ? "\"\"" : std::string(1, c);
      const auto outcome = pool.run_on_scratch(table, {task.labels.at(0), "SELECT * FROM " + name + "\""}, {});
      if (dbbench::table_md5(outcome.table) == task.md5) ++same;
      right += played(*suite, item, {operation(task.labels.at(0)), answer("[]")}).score.value == 1 ? 1 : 0;
    }
  }
  CHECK(changes == 240);
  // The others: three whose texts MySQL reads escapes in, one name that needs quotes in SQLite, one compared loosely.
  CHECK(same == 235);
  CHECK(right >= 239);
}

TEST_CASE("both splits of dbbench load", "[data]") {
  const auto data = shared_path("data/agentbench");
  if (!data) return;
  const auto standard = items_of(*suite_of("dbbench", with_workers(options_for("generate", 0, *data + "/.."))));
  CHECK(standard.size() == 300);
  SuiteOptions dev = with_workers(options_for("generate", 0, *data + "/.."));
  dev.extra.emplace_back("split", "dev");
  const auto items = items_of(*suite_of("dbbench", dev));
  CHECK(items.size() == 60);
  CHECK(items.front().id == "dbbench/dev/0");
}

TEST_CASE("bad dbbench data and options get one clear line") {
  const TemporaryFolder folder;
  const std::string file = "agentbench/dbbench/standard.jsonl";
  const auto message = [&](const std::string& text) {
    folder.write(file, text);
    return error_of("dbbench", with_workers(options_for("generate", 0, folder.path())));
  };
  const auto row = [](const std::string& rest, const std::string& table) {
    return R"({"description":"d","add_description":"a",)" + rest + R"(,"table":)" + table + "}\n";
  };
  const std::string table = R"({"table_name":"t","table_info":{"columns":[{"name":"x"}],"rows":[["1"],[2],[null]]}})";
  const std::string question = R"("type":["other"],"label":["1"])";
  const std::string good = row(question, table);
  CHECK(message(good).empty());
  CHECK(message(row(R"("type":["INSERT"],"label":["s"],"answer_md5":"[('03b2eddd4fe471e0f29fc9e907fd5a5d',)]")", table))
            .empty());
  CHECK_THAT(message(good + row(R"("type":["INSERT"],"label":["s"])", table)),
             ContainsSubstring(file + ":2: has no key \"answer_md5\""));
  CHECK_THAT(message(row(R"("type":["INSERT"],"label":["s"],"answer_md5":"abc")", table)), ContainsSubstring("no MD5"));
  CHECK_THAT(message(row(R"("type":[],"label":["1"])", table)), ContainsSubstring(":1: \"type\" is empty"));
  CHECK_THAT(message(row(R"("type":["other"],"label":[])", table)),
             ContainsSubstring("\"label\" is not a list of answers"));
  CHECK_THAT(message(row(R"("type":["other"],"label":[["1"]])", table)), ContainsSubstring("neither text nor number"));
  CHECK_THAT(message(row(question, "[]")), ContainsSubstring("\"table\" is not an object"));
  CHECK_THAT(message(row(question, "{}")), ContainsSubstring("\"table\" has no \"table_name\""));
  CHECK_THAT(
      message(row(question, R"({"table_name":"t","table_info":{"columns":[{"name":"x"},{"name":"X"}],"rows":[]}})")),
      ContainsSubstring("has two columns called 'X'"));
  CHECK_THAT(message(row(question, R"({"table_name":"t","table_info":{"columns":[{"name":"x"}],"rows":[["1","2"]]}})")),
             ContainsSubstring("has a row that is not as long as its columns"));
  CHECK_THAT(message(row(question, R"({"table_name":"t","table_info":{"columns":[{"name":"x"}],"rows":[[["1"]]]}})")),
             ContainsSubstring("has a value that is neither text nor number"));
  CHECK_THAT(message(R"({"description":" ","add_description":"a",)" + question + R"(,"table":)" + table + "}"),
             ContainsSubstring("the description is empty"));
  CHECK_THAT(message(good + good.substr(0, 50)), ContainsSubstring(file + ":2: is not JSON"));
  CHECK_THAT(message("\xff\n"), ContainsSubstring(file + ":1: "));
  CHECK_THAT(message(""), ContainsSubstring("the file is empty"));
  const TemporaryFolder empty;
  CHECK_THAT(error_of("dbbench", options_for("generate", 0, empty.path())), ContainsSubstring(file + ": no such file"));
  const auto option = [&](const std::string& key, const std::string& value) {
    SuiteOptions options = options_for("generate", 0, "");
    options.extra = {{key, value}};
    return error_of("dbbench", options);
  };
  CHECK_THAT(option("split", "std"), ContainsSubstring("split is 'std' where standard or dev is expected"));
  CHECK_THAT(option("max_rounds", "0"), ContainsSubstring("max_rounds is '0' where 1 to 100 is expected"));
  CHECK_THAT(option("rounds", "5"), ContainsSubstring("unknown option 'rounds'"));
  CHECK_THAT(option("worker_program", "/nonexistent"), ContainsSubstring("/nonexistent"));
}
