// The context of a run as rows: what is written before its first record.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "results/run_file/run_file.h"
#include "results/run_file/sqlite.h"

namespace assay::run_file {

/// For each result the id of the first one that asks the same suite in the same way: they share questions.
[[nodiscard]] std::vector<std::int64_t> question_sets(const std::vector<ResultInfo>& results);

void write_run(Database& database, const RunInfo& run);
void write_results(Database& database, const std::vector<ResultInfo>& results);

[[nodiscard]] RunInfo read_run(Database& database);

/// Results in the order of their ids, which are their positions.
[[nodiscard]] std::vector<ResultInfo> read_results(Database& database);

/// Starts a session and gives its id. Afterwards the run's state is "running".
[[nodiscard]] std::int64_t start_session(Database& database, const RunInfo& run);
void finish_session(Database& database, std::int64_t session, const std::string& state);
[[nodiscard]] std::vector<SessionInfo> read_sessions(Database& database);

/// Writes a session that another run file has; its id becomes `session.id`.
void write_session(Database& database, const SessionInfo& session);

/// Writes over a run's entries of the machine and what it is marked by.
void write_host(Database& database, const RunInfo& run);

/// Ends a run that no session wrote: its state and times are those of `run`.
void finish_run(Database& database, const RunInfo& run);

}  // namespace assay::run_file
