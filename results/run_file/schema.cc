#include "results/run_file/schema.h"

#include <array>
#include <string>

namespace assay::run_file {
namespace {

// Step n brings a file from user_version n to n + 1. Steps are never changed once released, only added.
// Rarely read, large columns come last: SQLite reads a row from its front.
constexpr std::array<const char*, 3> kSteps = {R"sql(
CREATE TABLE run (
  id TEXT NOT NULL, started TEXT NOT NULL, finished TEXT NOT NULL, state TEXT NOT NULL, assay_version TEXT NOT NULL,
  config_json TEXT NOT NULL, config_sha256 TEXT NOT NULL, host BLOB NOT NULL) STRICT;

CREATE TABLE sessions (
  id INTEGER PRIMARY KEY, started TEXT NOT NULL, finished TEXT NOT NULL, state TEXT NOT NULL, program TEXT NOT NULL,
  host BLOB NOT NULL) STRICT;

CREATE TABLE results (
  id INTEGER PRIMARY KEY, question_set INTEGER NOT NULL, model TEXT NOT NULL, model_sha256 TEXT,
  model_ref TEXT NOT NULL, suite TEXT NOT NULL, suite_version TEXT NOT NULL, data_sha256 TEXT NOT NULL,
  starter INTEGER NOT NULL, protocol TEXT NOT NULL, shots INTEGER NOT NULL, samples INTEGER NOT NULL,
  items INTEGER NOT NULL, price BLOB, model_settings BLOB NOT NULL, model_details BLOB NOT NULL,
  metrics BLOB NOT NULL, group_levels BLOB NOT NULL, options BLOB NOT NULL) STRICT;

CREATE TABLE questions (
  key INTEGER PRIMARY KEY, item TEXT NOT NULL, cluster TEXT NOT NULL, target_index INTEGER NOT NULL,
  target TEXT NOT NULL, groups BLOB NOT NULL, choices BLOB NOT NULL, request BLOB NOT NULL,
  base INTEGER,             -- key of a question whose text begins alike
  shared INTEGER NOT NULL,  -- bytes that the text has in common with its base's
  text TEXT NOT NULL        -- the rest
  ) STRICT;
CREATE INDEX questions_by_item ON questions (item);

CREATE TABLE records (
  key INTEGER PRIMARY KEY, session INTEGER NOT NULL,
  stored_us INTEGER NOT NULL,  -- microseconds since 1970
  failure TEXT, score REAL, "values" BLOB, attempts INTEGER NOT NULL, reused INTEGER NOT NULL, usd REAL,
  prompt_tokens INTEGER, completion_tokens INTEGER, reasoning_tokens INTEGER, cached_tokens INTEGER,
  cache_write_tokens INTEGER, evaluated_tokens INTEGER,
  queue_ms REAL, first_token_ms REAL, total_ms REAL, compute_ms REAL,
  finish TEXT NOT NULL, seed INTEGER NOT NULL, billed_usd REAL, failure_action INTEGER, failure_message TEXT,
  extracted TEXT NOT NULL, why TEXT NOT NULL, note TEXT NOT NULL, served_model TEXT NOT NULL,
  continuations BLOB NOT NULL, top_logprobs BLOB NOT NULL, text TEXT NOT NULL, reasoning TEXT NOT NULL,
  sent TEXT NOT NULL,
  request BLOB,      -- where this sample was asked otherwise than its question says
  request_text TEXT  -- likewise
  ) STRICT;

CREATE VIEW record_keys AS
  SELECT key, key >> 48 AS result, (key >> 16) & 4294967295 AS item_order, key & 65535 AS sample FROM records;
)sql",
                                               R"sql(
ALTER TABLE run ADD COLUMN records INTEGER;    -- rows of that table when the last session ended; NULL before
ALTER TABLE run ADD COLUMN questions INTEGER;  -- likewise
ALTER TABLE run ADD COLUMN checksum INTEGER;
ALTER TABLE sessions ADD COLUMN checksum INTEGER;
ALTER TABLE results ADD COLUMN checksum INTEGER;
ALTER TABLE questions ADD COLUMN checksum INTEGER;
ALTER TABLE records ADD COLUMN checksum INTEGER;
)sql",
                                               R"sql(
CREATE TABLE judges (
  result INTEGER PRIMARY KEY, model TEXT NOT NULL, model_sha256 TEXT, model_ref TEXT NOT NULL,
  rubric_sha256 TEXT NOT NULL, price BLOB, model_settings BLOB NOT NULL, model_details BLOB NOT NULL,
  checksum INTEGER) STRICT;

CREATE TABLE judge_answers (
  key INTEGER PRIMARY KEY,  -- of the record that is judged
  usd REAL,                 -- what is known of what they cost, together
  answers BLOB NOT NULL, checksum INTEGER) STRICT;
)sql"};

struct Columns {
  Table table;
  const char* name;
  const char* columns;  ///< joined by ", "
};

constexpr std::array<Columns, 7> kColumns = {{
    {Table::kRun, "run",
     "id, started, finished, state, assay_version, config_json, config_sha256, host, records, questions"},
    {Table::kSessions, "sessions", "id, started, finished, state, program, host"},
    {Table::kResults, "results",
     "id, question_set, model, model_sha256, model_ref, suite, suite_version, data_sha256, starter, protocol, shots, "
     "samples, items, price, model_settings, model_details, metrics, group_levels, options"},
    {Table::kQuestions, "questions",
     "key, item, cluster, target_index, target, groups, choices, request, base, shared, text"},
    {Table::kRecords, "records",
     "key, session, stored_us, failure, score, \"values\", attempts, reused, usd, prompt_tokens, completion_tokens, "
     "reasoning_tokens, cached_tokens, cache_write_tokens, evaluated_tokens, queue_ms, first_token_ms, total_ms, "
     "compute_ms, finish, seed, billed_usd, failure_action, failure_message, extracted, why, note, served_model, "
     "continuations, top_logprobs, text, reasoning, sent, request, request_text"},
    {Table::kJudges, "judges",
     "result, model, model_sha256, model_ref, rubric_sha256, price, model_settings, model_details"},
    {Table::kJudgeAnswers, "judge_answers", "key, usd, answers"},
}};

const Columns& of(Table table) { return kColumns[static_cast<std::size_t>(table)]; }

}  // namespace

const char* table_name(Table table) { return of(table).name; }

std::string columns_of(Table table, const std::string& prefix) {
  std::string columns = prefix;
  for (const char* c = of(table).columns; *c != 0; ++c) {
    columns += *c;
    if (*c == ' ') columns += prefix;
  }
  return columns;
}

std::string checksum_of(Table table, const std::string& prefix) {
  return "row_checksum(" + columns_of(table, prefix) + ")";
}

std::string sealed(Table table, const std::string& prefix) {
  return "(" + prefix + "checksum IS " + checksum_of(table, prefix) + ")";
}

std::int64_t schema_version() { return static_cast<std::int64_t>(kSteps.size()); }

void check_schema(Database& database) {
  if (database.integer("PRAGMA application_id") != kApplicationId) {
    fail(database.path() +
         ": not an assay run file (an SQLite database of another program); give a file that "
         "`assay run` wrote");
  }
  const std::int64_t version = database.integer("PRAGMA user_version");
  if (version > schema_version()) {
    fail(database.path() + ": the run file has schema " + std::to_string(version) + ", this assay knows up to " +
         std::to_string(schema_version()) + "; use a newer assay");
  }
  if (version < 1) fail(database.path() + ": the run file is corrupted (it has no schema version); restore a copy");
}

void migrate(Database& database) {
  const std::int64_t version = database.integer("PRAGMA user_version");
  for (auto step = static_cast<std::size_t>(version); step < kSteps.size(); ++step) database.execute(kSteps[step]);
  if (version == 1) {
    for (const Columns& table : kColumns) {
      database.execute("UPDATE " + std::string(table.name) + " SET checksum = " + checksum_of(table.table));
    }
  }
  if (version < schema_version()) {
    database.execute("PRAGMA application_id = " + std::to_string(kApplicationId));
    database.execute("PRAGMA user_version = " + std::to_string(schema_version()));
  }
}

void check_integrity(Database& database, std::int64_t most_bytes) {
  const std::int64_t bytes = database.integer("PRAGMA page_count") * database.integer("PRAGMA page_size");
  if (bytes > most_bytes) return;
  const std::string verdict = database.text("PRAGMA quick_check(1)");
  if (verdict != "ok") {
    // The first of several lines only says "in database main".
    const std::size_t second = verdict.find('\n') == std::string::npos ? 0 : verdict.find('\n') + 1;
    const std::string detail = verdict.substr(second, verdict.find('\n', second) - second);
    fail(database.path() + ": the run file is corrupted (" + detail + "); restore a copy of it or start a new run");
  }
}

}  // namespace assay::run_file
