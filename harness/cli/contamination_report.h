// What `assay contamination` writes.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "harness/cli/contamination_run.h"
#include "suites/contamination/corpus.h"
#include "suites/contamination/overlap.h"

namespace assay::cli {

/// All that was found.
struct ContaminationReport {
  std::string suite;
  std::string suite_version;
  std::string data_sha256;
  bool starter = false;
  std::vector<std::string> group_levels;
  int ngram = 0;
  bool is_fitted = false;   ///< `ngram` was chosen by the items' lengths
  std::int64_t ngrams = 0;  ///< different ones that count
  std::int64_t common = 0;  ///< that do not: Overlap::common()
  std::string corpus;       ///< as the user named it
  std::vector<std::string> files;
  contamination::CorpusProgress read;
  std::vector<contamination::ItemOverlap> items;
  std::string run;  ///< as the user named it; empty: none
  std::vector<ResultOverlap> results;
};

/// What the answer is worth: in every form of it.
inline constexpr const char* kContaminationHint =
    "a hint, no proof: an item whose words stand in the corpus may still not have been learnt, and one that was "
    "learnt in other words, in translation or from elsewhere is not found";

void write_contamination_text(std::ostream& out, const ContaminationReport& report);
void write_contamination_json(std::ostream& out, const ContaminationReport& report);

/// One line an item: item, a column a group level, ngrams, found, share, standing, file, line.
void write_contamination_csv(std::ostream& out, const ContaminationReport& report);

}  // namespace assay::cli
