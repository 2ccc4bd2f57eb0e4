// A user's PostgreSQL database, on a real server that tests/conformance/text_to_sql/with_postgres starts.
#include <libpq-fe.h>

#include <chrono>
#include <thread>

#include "suites/text_to_sql/text_to_sql.h"
#include "tests/suites/text_to_sql_fixture.h"

namespace assay::text_to_sql {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The reading role's URL; empty, with a warning, where no server was started for the test.
std::string reader_url() {
  std::string url = variable("ASSAY_POSTGRES_URL");
  if (url.empty()) WARN("skipped: no PostgreSQL (ASSAY_POSTGRES_URL; tests/conformance/text_to_sql/with_postgres)");
  return url;
}

/// What a statement of the administrator returns, as one text.
std::string as_admin(const std::string& sql) {
  PGconn* connection = PQconnectdb(variable("ASSAY_POSTGRES_ADMIN_URL").c_str());
  PGresult* result = PQexec(connection, sql.c_str());
  std::string text = PQresultStatus(result) == PGRES_TUPLES_OK ? "" : PQresultErrorMessage(result);
  for (int r = 0; r < PQntuples(result); ++r) {
    for (int c = 0; c < PQnfields(result); ++c) text += std::string(PQgetvalue(result, r, c)) + "|";
  }
  PQclear(result);
  PQfinish(connection);
  return text;
}

TEST_CASE("PostgreSQL: values, names and errors come as they are", "[postgres]") {
  const std::string url = reader_url();
  if (url.empty()) return;
  WorkerPool pool(test_workers());
  const QueryOutcome outcome =
      pool.query(url,
                 "SELECT id, name, since, vip, 1.50::numeric, 3::numeric, 0.1::float8, NULL, '\\x00ff'::bytea, "
                 "'NaN'::float8 FROM customer ORDER BY id",
                 {});
  INFO(outcome.message);
  REQUIRE(outcome.status == QueryStatus::kRows);
  REQUIRE(outcome.table.row_count == 3);
  CHECK(outcome.table.columns[1] == "name");
  CHECK(outcome.table.at(0, 0).as_integer() == 1);
  CHECK(outcome.table.at(2, 1).as_bytes() == "Çem");
  CHECK(outcome.table.at(0, 2).as_bytes() == "2020-01-02");
  CHECK(outcome.table.at(0, 3).as_integer() == 1);
  CHECK(outcome.table.at(0, 4).as_real() == 1.5);
  CHECK(outcome.table.at(0, 5).as_integer() == 3);
  CHECK(outcome.table.at(0, 6).as_real() == 0.1);
  CHECK(outcome.table.at(0, 7).kind() == CellKind::kNull);
  CHECK(outcome.table.at(0, 8).as_bytes() == std::string_view("\0\xff", 2));
  CHECK(outcome.table.at(0, 9).as_bytes() == "NaN");
  CHECK(pool.query(url, "SELECT absent FROM customer", {}).message == "column \"absent\" does not exist");
  CHECK(pool.query(url, "SELECT 1 WHERE false", {}).table.row_count == 0);
  CHECK(pool.query(url, "SELECT 1; -- done", {}).status == QueryStatus::kRows);
  const Result<Schema> schema = pool.describe(url, 1);
  REQUIRE(schema);
  REQUIRE(schema->tables.size() == 2);
  CHECK(schema->tables[1].columns[2].type == "numeric(10,2)");
  CHECK(schema->tables[1].columns[0].key_position == 1);
  REQUIRE(schema->tables[1].foreign_keys.size() == 1);
  CHECK(schema->tables[1].foreign_keys[0].table == "customer");
  CHECK(schema->tables[0].sample_rows == std::vector<std::vector<std::string>>{{"1", "Ada", "2020-01-02", "t"}});
}

TEST_CASE("PostgreSQL: hostile queries are contained and named, and nothing changes", "[postgres]") {
  const std::string url = reader_url();
  if (url.empty()) return;
  const std::string state =
      "SELECT md5(string_agg(c::text, ',' ORDER BY c.id)) FROM customer c UNION ALL "
      "SELECT md5(string_agg(p::text, ',' ORDER BY p.id)) FROM purchase p UNION ALL "
      "SELECT count(*)::text FROM pg_class UNION ALL SELECT count(*)::text FROM pg_largeobject_metadata UNION ALL "
      "SELECT count(*)::text FROM pg_roles UNION ALL SELECT count(*)::text FROM pg_proc";
  const std::string before = as_admin(state);
  WorkerPool pool(test_workers());
  QueryLimits limits;
  limits.timeout_ms = 500;
  limits.max_rows = 10'000;
  limits.max_bytes = 8U << 20U;
  const std::string deep = "SELECT " + std::string(400'000, '(') + "1" + std::string(400'000, ')');
  const std::vector<std::tuple<std::string, QueryStatus, std::string>> cases = {
      {"SELECT pg_sleep(60)", QueryStatus::kTimeout, "500 ms"},
      {"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", QueryStatus::kTimeout,
       "500 ms"},
      {"SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b", QueryStatus::kTimeout,
       "500 ms"},
      {"SELECT generate_series(1, 1000000000)", QueryStatus::kTooLarge, "10000 rows"},
      {"SELECT repeat('x', 1000000) FROM generate_series(1, 100)", QueryStatus::kTooLarge, "bytes of result"},
      {"COPY customer TO PROGRAM 'touch /tmp/assay-was-here'", QueryStatus::kRefused, "COPY is not a query"},
      {"COPY customer TO STDOUT", QueryStatus::kRefused, "COPY is not a query"},
      {"COPY (SELECT 1) TO '/tmp/assay-was-here'", QueryStatus::kRefused, "COPY is not a query"},
      {"SELECT pg_read_file('/etc/passwd')", QueryStatus::kRefused, "permission denied for function pg_read_file"},
      {"SELECT pg_ls_dir('/')", QueryStatus::kRefused, "permission denied"},
      {"SET statement_timeout = 0", QueryStatus::kRefused, "SET is not a query"},
      {"SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", QueryStatus::kRefused, "SET is not a query"},
      {"SET ROLE admin", QueryStatus::kRefused, "SET is not a query"},
      {"SELECT set_config('role', 'admin', false)", QueryStatus::kRefused, "permission denied"},
      {"SELECT set_config('temp_file_limit', '-1', false)", QueryStatus::kRefused, "permission denied"},
      {"SELECT lo_create(0)", QueryStatus::kRefused, "permission denied for function lo_create"},
      {"SELECT lo_from_bytea(0, 'x')", QueryStatus::kRefused, "permission denied"},
      {"SELECT lo_import('/etc/passwd')", QueryStatus::kRefused, "permission denied"},
      {"NOTIFY x, 'y'", QueryStatus::kRefused, "NOTIFY is not a query"},
      {"LISTEN x", QueryStatus::kRefused, "LISTEN is not a query"},
      {"SELECT pg_notify('x', 'y')", QueryStatus::kRefused, "permission denied"},
      {"LOCK TABLE customer", QueryStatus::kRefused, "LOCK is not a query"},
      {"SELECT * FROM customer FOR UPDATE", QueryStatus::kRefused, ""},
      {"INSERT INTO customer VALUES (9, 'x')", QueryStatus::kRefused, "is not a query"},
      {"INSERT INTO customer VALUES (9, 'x') RETURNING id", QueryStatus::kRefused, ""},
      {"WITH d AS (DELETE FROM purchase RETURNING id) SELECT * FROM d", QueryStatus::kRefused, ""},
      {"EXPLAIN ANALYZE DELETE FROM purchase", QueryStatus::kRefused, ""},
      {"TRUNCATE purchase", QueryStatus::kRefused, "TRUNCATE is not a query"},
      {"CREATE TABLE x (a int)", QueryStatus::kRefused, "CREATE is not a query"},
      {"CREATE TEMP TABLE x AS SELECT 1", QueryStatus::kRefused, "CREATE is not a query"},
      {"SELECT * INTO x FROM customer", QueryStatus::kRefused, "SELECT is not a query"},
      {"DO $$ BEGIN EXECUTE 'DROP TABLE purchase'; END $$", QueryStatus::kRefused, "DO is not a query"},
      {"VACUUM", QueryStatus::kRefused, "VACUUM is not a query"},
      {"COMMIT", QueryStatus::kRefused, "COMMIT is not a query"},
      {"ROLLBACK", QueryStatus::kRefused, "ROLLBACK is not a query"},
      {"ALTER SYSTEM SET fsync = off", QueryStatus::kRefused, "ALTER is not a query"},
      {"SELECT 1; DROP TABLE purchase", QueryStatus::kRefused, "several statements"},
      {"SELECT 1; -- \nDELETE FROM purchase", QueryStatus::kRefused, "several statements"},
      {"SELECT 1 /* ; */; COMMIT; DROP TABLE purchase", QueryStatus::kRefused, "several statements"},
      {std::string("SELECT 1\0; DROP TABLE purchase", 30), QueryStatus::kRefused, "NUL"},
      {"SELECT '" + std::string(1'100'000, 'x') + "'", QueryStatus::kRefused, "longer than"},
      {deep, QueryStatus::kError, "exhausted"},
      {"SELECT pg_terminate_backend(pid) FROM pg_stat_activity", QueryStatus::kRefused, "permission denied"},
      {"SELECT $1::text", QueryStatus::kError, "parameters"},
      {"SELECT dblink('dbname=shop', 'SELECT 1')", QueryStatus::kError, "does not exist"},
  };
  for (const auto& [sql, status, named] : cases) {
    const QueryOutcome outcome = pool.query(url, sql, limits);
    INFO(sql.substr(0, 200));
    INFO(status_name(outcome.status) << ": " << outcome.message);
    CHECK(outcome.status == status);
    CHECK_THAT(outcome.message, ContainsSubstring(named));
    const QueryOutcome next = pool.query(url, "SELECT count(*) FROM customer", limits);
    REQUIRE(next.status == QueryStatus::kRows);
    CHECK(next.table.at(0, 0).as_integer() == 3);
  }
  CHECK_FALSE(std::filesystem::exists("/tmp/assay-was-here"));
  CHECK(as_admin(state) == before);
}

TEST_CASE("PostgreSQL: nothing of one query is there for the next", "[postgres]") {
  const std::string url = reader_url();
  if (url.empty()) return;
  WorkerPool pool({ASSAY_SQL_WORKER, 1});
  QueryLimits limits;
  limits.timeout_ms = 500;
  const auto text = [&](const std::string& sql) {
    const QueryOutcome outcome = pool.query(url, sql, limits);
    return outcome.status == QueryStatus::kRows && outcome.table.row_count > 0
               ? python_text(outcome.table.at(0, 0))
               : std::string(status_name(outcome.status)) + ": " + outcome.message;
  };
  const std::string normal = text("SELECT current_setting('work_mem') || current_setting('search_path')");
  CHECK(text("SELECT set_config('work_mem', '1234kB', false)") == "1234kB");
  CHECK(text("SELECT set_config('search_path', 'nowhere', false)") == "nowhere");
  CHECK(text("SELECT current_setting('work_mem') || current_setting('search_path')") == normal);
  // a deadline that a query takes off for its session is not the one that holds
  CHECK(text("SELECT set_config('statement_timeout', '0', false)") == "0");
  CHECK_THAT(text("SELECT pg_sleep(60)"), ContainsSubstring("timeout"));
  CHECK(text("SELECT pg_try_advisory_lock(7)::text") == "true");
  CHECK(as_admin("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "0|");
  CHECK(as_admin("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active' "
                 "AND pid <> pg_backend_pid()") == "0|");
}

TEST_CASE("PostgreSQL: a value larger than the worker's memory costs the worker its connection, not more",
          "[postgres]") {
  const std::string url = reader_url();
  if (url.empty()) return;
  WorkerPool pool({ASSAY_SQL_WORKER, 1});
  QueryLimits limits;
  limits.timeout_ms = 20'000;
  const QueryOutcome outcome = pool.query(url, "SELECT repeat('x', 300000000)", limits);
  INFO(status_name(outcome.status) << ": " << outcome.message);
  CHECK(outcome.status != QueryStatus::kRows);
  CHECK(pool.query(url, "SELECT 1", limits).status == QueryStatus::kRows);
}

TEST_CASE("PostgreSQL: a role that can do more than read is turned away", "[postgres]") {
  if (reader_url().empty()) return;
  WorkerPool pool(test_workers());
  const QueryOutcome outcome = pool.query(variable("ASSAY_POSTGRES_ADMIN_URL"), "SELECT 1", {});
  CHECK(outcome.status == QueryStatus::kUnavailable);
  CHECK_THAT(outcome.message, ContainsSubstring("is a superuser") && ContainsSubstring("scripts/postgres-role"));
  CHECK(pool.query("postgresql://reader@/nowhere?host=/nowhere", "SELECT 1", {}).status == QueryStatus::kUnavailable);
}

TEST_CASE("PostgreSQL: own questions are checked, asked and scored", "[postgres]") {
  const std::string url = reader_url();
  if (url.empty()) return;
  const TemporaryFolder folder;
  const std::string questions = folder.write(
      "shop.jsonl",
      "{\"question\": \"How many customers?\", \"query\": \"SELECT count(*) FROM customer\", \"category\": \"count\"}\n"
      "{\"question\": \"Names by price?\", \"query\": \"SELECT name FROM customer JOIN purchase ON customer.id = "
      "customer_id ORDER BY price\", \"category\": \"join\"}\n");
  SuiteOptions options;
  options.extra = {{"dataset", "own"}, {"db", url}, {"questions", questions}, {"worker_program", ASSAY_SQL_WORKER}};
  auto suite = make_text_to_sql(options);
  if (!suite) FAIL(suite.error().message);
  auto source = (*suite)->load();
  const Item item = **(*source)->next();
  CHECK(item.groups == std::vector<Group>{{"category", "count"}, {"database", "shop"}});
  const auto body = std::get<GenerateRequest>((*suite)->ask(item, 0).body);
  CHECK_THAT(body.messages.back().content, ContainsSubstring("price numeric(10,2)"));
  CHECK_THAT(body.messages.front().content, ContainsSubstring("PostgreSQL"));
  Completion completion;
  completion.text = "SELECT 3";
  CHECK((*suite)->score(item, completion).value == 1);
  completion.text = "SELECT lo_create(0)";
  CHECK_THAT((*suite)->score(item, completion).why, ContainsSubstring("refused"));
  options.extra[1].second = "postgresql://reader:secret@localhost/shop";
  const auto refused = make_text_to_sql(options);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, ContainsSubstring("PGPASSWORD"));
  CHECK(refused.error().message.find("secret") == std::string::npos);
}

}  // namespace
}  // namespace assay::text_to_sql
