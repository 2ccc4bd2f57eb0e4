// A folder of pages about runs: leaderboard, explorer, nights and comparisons, that works from the disk and from any
// web server. README.md beside this file says what is in it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/core/result.h"
#include "results/site/board.h"
#include "results/site/gate_history.h"
#include "results/site/question_store.h"
#include "results/verdict/comparison.h"

namespace assay::site {

/// Writes a site and keeps what a later change of it needs. Not thread-safe.
class Site {
 public:
  /// `folder` is made where it is missing; what has one of the site's names in it is replaced.
  explicit Site(std::string folder);

  /// Reads a run file once, from its beginning to its end, and writes its records. A file that was added before is read
  /// again and replaces what it was. Memory: a few dozen bytes an item. Errors: those of reading and writing; the same
  /// run under another path (names both).
  [[nodiscard]] Result<void> add_run(const std::string& path);

  /// Takes a run away, if it is there; its records' files stay, unused.
  void remove_run(const std::string& path);

  /// Shows a comparison: on its own page, beside those that were added before.
  void add_comparison(const Comparison& comparison);

  /// Shows the nights of a gate, in the file's order.
  void set_history(const std::vector<GateNight>& nights);

  /// The pages ask every other second whether something has changed.
  void mark_live() { live_ = true; }

  /// Writes the pages, leaderboard.json and leaderboard.md of what was added so far. Errors: those of writing.
  [[nodiscard]] Result<void> finish();

  [[nodiscard]] const std::vector<SiteRun>& runs() const { return runs_; }

 private:
  std::size_t suite_of(const ResultInfo& info);

  std::string folder_;
  bool live_ = false;
  std::vector<SiteRun> runs_;
  std::vector<BoardSuite> suites_;
  std::vector<std::unique_ptr<QuestionStore>> questions_;       ///< by suite
  std::unordered_map<std::string, std::size_t> suite_numbers_;  ///< by comparable_key()
  std::unordered_map<std::string, std::string> result_names_;   ///< by path and result's number
  std::vector<std::string> comparisons_;                        ///< as JSON
  std::string history_ = "[]";                                  ///< likewise
};

/// What a site is made of.
struct SiteContent {
  std::vector<std::string> runs;  ///< paths
  std::vector<Comparison> comparisons;
  std::vector<GateNight> nights;
};

/// Writes a whole site into `folder` (`assay leaderboard`). It is made beside what is there and
/// put in place at the end, so that a failure leaves the old site; files that are none of a site's stay. Errors: those
/// of Site; `folder` has other files under a site's names.
[[nodiscard]] Result<void> write_site(const SiteContent& content, const std::string& folder);

}  // namespace assay::site
