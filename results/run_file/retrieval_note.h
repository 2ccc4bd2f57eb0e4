// What finding passages took, as a run file keeps it: an entry of each session's host, for each suite that retrieves.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "harness/core/embedder.h"
#include "results/run_file/run_file.h"

namespace assay {

/// Of one suite of a run, asked by the strategy `rag`.
struct RetrievalNote {
  std::string retriever;  ///< "bm25", or the embedding model with its hash
  std::int64_t documents = 0;
  std::int64_t passages = 0;
  EmbeddingUse use;
};

/// The entry of RunInfo::host.
[[nodiscard]] std::pair<std::string, std::string> retrieval_entry(const std::string& suite, const RetrievalNote& note);

/// Whether an entry of RunInfo::host is of that kind.
[[nodiscard]] bool is_retrieval_entry(const std::string& key);

/// Whether a result was asked by the strategy `rag`.
[[nodiscard]] bool retrieves(const ResultInfo& result);

/// All sessions together, of a suite; absent where it was never asked so. A note that cannot be read is left out.
[[nodiscard]] std::optional<RetrievalNote> retrieval_of(const RunReader& reader, const std::string& suite);

/// What embedding cost in all sessions, of all suites; what is not known is left out.
[[nodiscard]] double embedding_usd(const RunReader& reader);

/// A result's part of it: in equal parts, all results of the suite that were asked so share. 0 where the result was
/// asked otherwise; absent where it is not known.
[[nodiscard]] std::optional<double> embedding_share_usd(const RunReader& reader, const ResultInfo& result);

}  // namespace assay
