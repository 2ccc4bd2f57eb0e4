// The leaderboard as plain data: which results of which runs stand beside each other, and in what rank.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "results/run_file/run_file.h"
#include "results/site/item_scores.h"
#include "results/site/log_histogram.h"
#include "results/statistics/summary.h"

namespace assay::site {

/// One model x suite of a run, read.
struct SiteResult {
  std::string name;  ///< "r7": of its scripts' folder
  ResultSummary summary;
  ItemScores scores;
  LogHistogram latency;  ///< total milliseconds of answers that were really asked
  std::size_t suite = 0;
};

/// A run, read.
struct SiteRun {
  std::string file;  ///< as it was given
  RunInfo run;
  std::vector<SiteResult> results;
};

/// A suite as it was asked in one way: the only thing within which models are ranked.
struct BoardSuite {
  ResultInfo info;        ///< of the first result; the model in it means nothing
  std::string metric;     ///< the headline's name
  std::string questions;  ///< "q2": of its questions' scripts
};

/// Where a result stands.
struct BoardEntry {
  std::size_t run = 0;
  std::size_t result = 0;  ///< within the run
  std::size_t suite = 0;
  std::size_t model = 0;
  bool shown = false;    ///< it is its model's cell; the others of that model and suite are its history
  std::string unranked;  ///< why it has no rank: "starter items", "incomplete: 12 of 500 items missing", …; or empty
  std::optional<RankRange> ranks;  ///< of shown entries that are ranked
};

/// Suites and models in the order of their first appearance.
struct Board {
  std::vector<BoardSuite> suites;
  std::vector<std::string> models;  ///< ModelIdentity::name
  std::vector<BoardEntry> entries;  ///< by run and result
};

/// What makes two results comparable, as text: suite, version, data, protocol, shots, samples, options, metric,
/// starter.
[[nodiscard]] std::string comparable_key(const ResultInfo& info);

/// Puts runs together. A model's cell is its latest result that can be ranked (by the run's start), else its latest
/// complete one, else its latest; it is ranked among those shown of its suite. Not ranked: starter items, what is
/// incomplete, and runs that stopped once a verdict stood (kDecidedAgainst).
[[nodiscard]] Board make_board(const std::vector<SiteRun>& runs, std::vector<BoardSuite> suites);

}  // namespace assay::site
