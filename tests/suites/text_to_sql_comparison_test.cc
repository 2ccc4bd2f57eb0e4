// The comparisons by the rules of the references; whole data sets are compared by scripts/parity/sql_*.py.
#include <chrono>

#include "harness/core/random.h"
#include "suites/text_to_sql/comparison/bird_ex.h"
#include "suites/text_to_sql/comparison/defog_match.h"
#include "suites/text_to_sql/comparison/shuffled_ties.h"
#include "suites/text_to_sql/comparison/spider_ex.h"
#include "suites/text_to_sql/comparison/spider_rewrite.h"
#include "tests/suites/text_to_sql_fixture.h"

namespace assay::text_to_sql {
namespace {

bool spider(const ResultTable& gold, const ResultTable& predicted, bool ordered = false) {
  return compare_spider(gold, predicted, ordered).match;
}

TEST_CASE("spider_ex compares bags of rows under any order of the columns", "[text_to_sql]") {
  CHECK(spider(table({{1, "x"}, {2, "y"}}), table({{"y", 2}, {"x", 1}})));
  CHECK_FALSE(spider(table({{1, "x"}, {2, "y"}}), table({{"x", 2}, {"y", 1}})));
  CHECK_FALSE(spider(table({{1}, {1}, {2}}), table({{1}, {2}, {2}})));
  CHECK_FALSE(spider(table({{1}, {1}}), table({{1}})));
  CHECK_FALSE(spider(table({{1, 2}}), table({{1, 2, 3}})));
  CHECK(spider(table({}, {"a"}), table({}, {"a", "b"})));
  CHECK_FALSE(spider(table({}, {"a"}), table({{TestValue{}}})));
  CHECK(spider(table({{TestValue{}, 1}}), table({{1, TestValue{}}})));
}

TEST_CASE("spider_ex heeds the order of the rows where the gold query orders", "[text_to_sql]") {
  CHECK(spider(table({{1, 9}, {2, 8}}), table({{9, 1}, {8, 2}}), true));
  CHECK_FALSE(spider(table({{1}, {2}}), table({{2}, {1}}), true));
  CHECK(spider(table({{1}, {2}}), table({{2}, {1}}), false));
  CHECK_THAT(compare_spider(table({{1}, {2}}), table({{2}, {1}}), true).why, ContainsSubstring("another order"));
}

TEST_CASE("spider_ex takes 1 and 1.0 for equal, and keeps the reference's false rejection", "[text_to_sql]") {
  CHECK(spider(table({{1}}), table({{1.0}})));
  CHECK_FALSE(spider(table({{1}}), table({{"1"}})));
  CHECK_FALSE(spider(table({{1.5}}), table({{1}})));
  // sorted by str(): "10.0" < "10.5" < "10<" puts the text on either side of the equal number
  CHECK_FALSE(spider(table({{10, "10.5"}}), table({{10.0, "10.5"}})));
  CHECK(spider(table({{10, "abc"}}), table({{10.0, "abc"}})));
}

TEST_CASE("spider_ex does not blow up on wide symmetric results", "[text_to_sql]") {
  // 12 columns of the same values: a product of all orders has 8.9e12 elements
  std::vector<std::vector<TestValue>> gold;
  std::vector<std::vector<TestValue>> shuffled;
  Random random(1);
  for (int r = 0; r < 300; ++r) {
    std::vector<TestValue> row(12);
    for (TestValue& value : row) value = static_cast<int>(random.below(3));
    gold.push_back(row);
    std::rotate(row.begin(), row.begin() + 5, row.end());
    shuffled.push_back(row);
  }
  std::swap(shuffled[3], shuffled[200]);
  const auto start = std::chrono::steady_clock::now();
  CHECK(spider(table(gold), table(shuffled)));
  shuffled[7][2] = 7;
  CHECK_FALSE(spider(table(gold), table(shuffled)));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("queries are rewritten as test-suite-sql-eval does", "[text_to_sql]") {
  CHECK(with_joined_operators("a > = 1 AND b ! = 2 OR c < = 3") == "a >= 1 AND b != 2 OR c <= 3");
  CHECK(first_statement_without_distinct("SELECT DISTINCT a FROM t").sql == "SELECT  a FROM t");
  CHECK(first_statement_without_distinct("SELECT count(DISTINCT a), 'distinct', \"distinct\" FROM t").sql ==
        "SELECT count( a), 'distinct', \"distinct\" FROM t");
  CHECK(first_statement_without_distinct("SELECT 1; SELECT DISTINCT 2").sql == "SELECT 1; ");
  CHECK(first_statement_without_distinct("SELECT ';' -- ; distinct\n, 2").sql == "SELECT ';' -- ; distinct\n, 2");
  CHECK(first_statement_without_distinct("SELECT (1;) DISTINCT").sql == "SELECT (1;) ");
  CHECK(first_statement_without_distinct("SELECT 1; SELECT 2").dropped_more);
  CHECK(first_statement_without_distinct("SELECT 1;\n; DROP TABLE t").dropped_more);
  CHECK_FALSE(first_statement_without_distinct("SELECT 1; -- the end\n /* ; */ ;").dropped_more);
  CHECK_FALSE(first_statement_without_distinct("SELECT ';x'").dropped_more);
  CHECK(with_fixed_year("x > year ( curdate() )  - 3") == "x > 2020- 3");
  CHECK(with_fixed_year("year(a)") == "year(a)");
  CHECK(mentions_order_by("SELECT a FROM (SELECT a FROM t ORDER BY b)"));
  CHECK_FALSE(mentions_order_by("SELECT a FROM t ORDER  BY b"));
}

TEST_CASE("ties are shuffled by a last key, where ORDER BY belongs to a SELECT", "[text_to_sql]") {
  const auto shuffled = [](const char* sql) { return with_shuffled_ties(sql).value_or("unchanged"); };
  CHECK(shuffled("SELECT a FROM t ORDER BY b DESC LIMIT 1") == "SELECT a FROM t ORDER BY b DESC, random()  LIMIT 1");
  CHECK(shuffled("SELECT a FROM t order by b -- last\n;") == "SELECT a FROM t order by b, random()  -- last\n;");
  CHECK(shuffled("SELECT a FROM (SELECT a FROM t ORDER BY (b) LIMIT 2) WHERE a > 1") ==
        "SELECT a FROM (SELECT a FROM t ORDER BY (b), random()  LIMIT 2) WHERE a > 1");
  CHECK(shuffled("SELECT rank() OVER (ORDER BY b) FROM t") == "unchanged");
  CHECK(shuffled("SELECT group_concat(a ORDER BY b) FROM t") == "unchanged");
  CHECK(shuffled("SELECT 'ORDER BY b', \"order by\" FROM t") == "unchanged");
  CHECK(shuffled("") == "unchanged");
}

TEST_CASE("bird_ex compares sets of rows with their columns in place", "[text_to_sql]") {
  CHECK(compare_bird(table({{1}, {1}, {2}}), table({{2}, {1}})).match);
  CHECK_FALSE(compare_bird(table({{1, 2}}), table({{2, 1}})).match);
  CHECK(compare_bird(table({{1}}), table({{1.0}})).match);
  CHECK(compare_bird(table({}, {"a"}), table({}, {"a", "b"})).match);
  CHECK_FALSE(compare_bird(table({{1}}), table({{1, 1}})).match);
  CHECK_FALSE(compare_bird(table({{TestValue{}}}), table({{0}})).match);
}

TEST_CASE("strict wants identical results", "[text_to_sql]") {
  CHECK(compare_strict(table({{1, "a"}}), table({{1, "a"}})).match);
  CHECK_FALSE(compare_strict(table({{1}}), table({{1.0}})).match);
  CHECK_FALSE(compare_strict(table({{1}, {2}}), table({{2}, {1}})).match);
  CHECK_FALSE(compare_strict(table({}, {"a"}), table({}, {"a", "b"})).match);
}

TEST_CASE("a defog gold cell stands for several queries", "[text_to_sql]") {
  using Queries = std::vector<std::string>;
  CHECK(defog_gold_queries("SELECT 1; SELECT 2;") == Queries{"SELECT 1", "SELECT 2"});
  CHECK(defog_gold_queries("SELECT {a, b} FROM t") ==
        Queries{"SELECT a FROM t", "SELECT  b FROM t", "SELECT a,  b FROM t"});
  CHECK(defog_gold_queries("SELECT {a,b} FROM t GROUP BY {}") ==
        Queries{"SELECT a FROM t GROUP BY a", "SELECT b FROM t GROUP BY b", "SELECT a, b FROM t GROUP BY a, b"});
  CHECK(defog_gold_queries(" ;; ").empty());
  CHECK(defog_is_ordered("order_by", ""));
  CHECK(defog_is_ordered("x", "Sort them."));
  CHECK_FALSE(defog_is_ordered("x", "Which orders were sorted?"));
}

TEST_CASE("defog matches exactly or by a subset of columns", "[text_to_sql]") {
  const auto exact = [](const ResultTable& gold, const ResultTable& predicted, bool ordered = false) {
    return compare_defog(gold, predicted, ordered).exact;
  };
  const auto subset = [](const ResultTable& gold, const ResultTable& predicted, bool ordered = false) {
    return compare_defog(gold, predicted, ordered).subset;
  };
  CHECK(exact(table({{2}, {1}}), table({{1}, {2}, {2}})));
  CHECK_FALSE(exact(table({{2}, {1}}), table({{1}, {2}}), true));
  CHECK(exact(table({{1, "x"}}, {"a", "b"}), table({{"x", 1}}, {"b", "a"})));
  CHECK_FALSE(exact(table({{1, "x"}}, {"a", "b"}), table({{"x", 1}}, {"p", "q"})));
  CHECK(subset(table({{1, "x"}, {2, "y"}}, {"a", "b"}), table({{"y", 5, 2}, {"x", 6, 1}}, {"p", "q", "r"})));
  CHECK_FALSE(subset(table({{1, "x"}, {2, "y"}}, {"a", "b"}), table({{"y", 5, 1}, {"x", 6, 2}}, {"p", "q", "r"})));
  CHECK(subset(table({{0.333333}, {2.5}}), table({{2.5, 1}, {1.0 / 3.0, 2}}, {"p", "q"})));
  CHECK_FALSE(subset(table({}, {"a"}), table({{1}, {2}})));
  // sql-eval compares numpy arrays whatever their shapes: no row and one row are broadcast, and nothing differs
  CHECK(exact(table({}, {"a"}), table({{1}})));
  CHECK(exact(table({{TestValue{}, 1}, {2, 3}}), table({{2, 3}, {TestValue{}, 1}})));
}

}  // namespace
}  // namespace assay::text_to_sql
