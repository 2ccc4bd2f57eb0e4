#include "results/run_file/context.h"

#include <chrono>
#include <limits>
#include <tuple>

#include "harness/core/clock.h"
#include "results/run_file/checksum.h"
#include "results/run_file/encoding.h"
#include "results/run_file/judge_rows.h"
#include "results/run_file/schema.h"

namespace assay::run_file {
namespace {

auto way_of_asking(const ResultInfo& result) {
  return std::tie(result.suite, result.suite_version, result.data_sha256, result.starter, result.protocol, result.shots,
                  result.options);
}

std::string now() { return utc_text(std::chrono::system_clock::now()); }

}  // namespace

std::vector<std::int64_t> question_sets(const std::vector<ResultInfo>& results) {
  std::vector<std::int64_t> sets(results.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    std::size_t first = 0;
    while (way_of_asking(results[first]) != way_of_asking(results[i])) ++first;
    sets[i] = static_cast<std::int64_t>(first);
  }
  return sets;
}

void write_run(Database& database, const RunInfo& run) {
  std::string host;
  encode_pairs(run.host, host);
  Statement(database, ("INSERT INTO run (" + columns_of(Table::kRun) + ") VALUES (?,?,?,?,?,?,?,?,NULL,NULL)"))
      .bind(1, run.id)
      .bind(2, run.started)
      .bind(3, run.finished)
      .bind(4, std::string_view("running"))
      .bind(5, run.assay_version)
      .bind(6, run.config_json)
      .bind(7, run.config_sha256)
      .bind_blob(8, host)
      .run();
}

void write_results(Database& database, const std::vector<ResultInfo>& results) {
  const std::vector<std::int64_t> sets = question_sets(results);
  Statement insert(database, "INSERT INTO results (" + columns_of(Table::kResults) +
                                 ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  std::string price, settings, details, metrics, levels, options;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const ResultInfo& result = results[i];
    encode_pairs(result.model.settings, settings);
    encode_pairs(result.model.details, details);
    encode_metrics(result.metrics, metrics);
    encode_strings(result.group_levels, levels);
    encode_pairs(result.options, options);
    insert.bind(1, static_cast<std::int64_t>(i))
        .bind(2, sets[i])
        .bind(3, result.model.name)
        .bind(4, result.model.sha256)
        .bind(5, result.model_ref)
        .bind(6, result.suite)
        .bind(7, result.suite_version)
        .bind(8, result.data_sha256)
        .bind(9, std::int64_t{result.starter})
        .bind(10, result.protocol)
        .bind(11, std::int64_t{result.shots})
        .bind(12, std::int64_t{result.samples})
        .bind(13, result.items);
    if (result.price) {
      encode_price(*result.price, price);
      insert.bind_blob(14, price);
    } else {
      insert.null(14);
    }
    insert.bind_blob(15, settings).bind_blob(16, details).bind_blob(17, metrics).bind_blob(18, levels);
    insert.bind_blob(19, options).run();
  }
  write_judges(database, results);
  seal_context(database, false);
}

RunInfo read_run(Database& database) {
  Statement row(database,
                "SELECT id, started, finished, state, assay_version, config_json, config_sha256, host FROM run");
  if (!row.step()) fail(database.path() + ": the run file is corrupted (it describes no run); restore a copy of it");
  RunInfo run;
  run.id = row.text(0);
  run.started = row.text(1);
  run.finished = row.text(2);
  run.state = row.text(3);
  run.assay_version = row.text(4);
  run.config_json = row.text(5);
  run.config_sha256 = row.text(6);
  run.host = decode_pairs(row.bytes(7));
  return run;
}

std::vector<ResultInfo> read_results(Database& database) {
  Statement row(database,
                "SELECT id, model, model_sha256, model_ref, suite, suite_version, data_sha256, starter, protocol, "
                "shots, samples, items, price, model_settings, model_details, metrics, group_levels, options "
                "FROM results ORDER BY id");
  std::vector<ResultInfo> results;
  while (row.step()) {
    ResultInfo result;
    result.id = row.integer(0);
    if (result.id != static_cast<std::int64_t>(results.size()) || result.id >= kMaxResults) {
      fail(database.path() + ": the run file is corrupted (its results are not numbered in order); restore a copy");
    }
    result.model.name = row.text(1);
    if (!row.is_null(2)) result.model.sha256 = row.text(2);
    result.model_ref = row.text(3);
    result.suite = row.text(4);
    result.suite_version = row.text(5);
    result.data_sha256 = row.text(6);
    constexpr std::int64_t kMostInt = std::numeric_limits<int>::max();
    if (row.integer(9) < 0 || row.integer(9) > kMostInt || row.integer(10) < 1 || row.integer(10) > kMaxSamples ||
        row.integer(11) < 0 || row.integer(11) > kMaxItems) {
      fail(database.path() + ": the run file is corrupted (a result's shots, samples or items are out of range)");
    }
    result.starter = row.integer(7) != 0;
    result.protocol = row.text(8);
    result.shots = static_cast<int>(row.integer(9));
    result.samples = static_cast<int>(row.integer(10));
    result.items = row.integer(11);
    if (!row.is_null(12)) result.price = decode_price(row.bytes(12));
    result.model.settings = decode_pairs(row.bytes(13));
    result.model.details = decode_pairs(row.bytes(14));
    result.metrics = decode_metrics(row.bytes(15));
    result.group_levels = decode_strings(row.bytes(16));
    result.options = decode_pairs(row.bytes(17));
    results.push_back(std::move(result));
  }
  read_judges(database, results);
  return results;
}

std::int64_t start_session(Database& database, const RunInfo& run) {
  std::string host;
  encode_pairs(run.host, host);
  const std::string started = now();
  Statement(database, "INSERT INTO sessions (started, finished, state, program, host) VALUES (?,'','running',?,?)")
      .bind(1, started)
      .bind(2, run.assay_version)
      .bind_blob(3, host)
      .run();
  database.execute("UPDATE run SET state = 'running', finished = ''");
  seal_context(database, false);
  return database.integer("SELECT max(id) FROM sessions");
}

void finish_session(Database& database, std::int64_t session, const std::string& state) {
  const std::string finished = now();
  Statement(database, "UPDATE sessions SET finished = ?, state = ? WHERE id = ?")
      .bind(1, finished)
      .bind(2, state)
      .bind(3, session)
      .run();
  Statement(database, "UPDATE run SET finished = ?, state = ?").bind(1, finished).bind(2, state).run();
  seal_context(database, true);
}

std::vector<SessionInfo> read_sessions(Database& database) {
  Statement row(database, "SELECT started, finished, state, program, host, id FROM sessions ORDER BY id");
  std::vector<SessionInfo> sessions;
  while (row.step()) {
    sessions.push_back(
        {row.text(0), row.text(1), row.text(2), row.text(3), decode_pairs(row.bytes(4)), row.integer(5)});
  }
  return sessions;
}

void write_session(Database& database, const SessionInfo& session) {
  std::string host;
  encode_pairs(session.host, host);
  Statement(database, "INSERT INTO sessions (id, started, finished, state, program, host) VALUES (?,?,?,?,?,?)")
      .bind(1, session.id)
      .bind(2, session.started)
      .bind(3, session.finished)
      .bind(4, session.state)
      .bind(5, session.program)
      .bind_blob(6, host)
      .run();
}

void write_host(Database& database, const RunInfo& run) {
  std::string host;
  encode_pairs(run.host, host);
  Statement(database, "UPDATE run SET host = ?").bind_blob(1, host).run();
}

void finish_run(Database& database, const RunInfo& run) {
  Statement(database, "UPDATE run SET finished = ?, state = ?").bind(1, run.finished).bind(2, run.state).run();
  seal_context(database, true);
}

}  // namespace assay::run_file
