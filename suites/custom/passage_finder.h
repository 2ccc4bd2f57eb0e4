// The passages that stand before each question of a suite by the strategy `rag`, and how good they are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/core/embedder.h"
#include "harness/core/request.h"
#include "harness/core/result.h"
#include "suites/custom/rag_rules.h"
#include "suites/retrieval/documents.h"
#include "suites/retrieval/ranking.h"
#include "suites/suite.h"

namespace assay::custom {

/// What was found for one question.
struct FoundPassages {
  std::string text;             ///< the instruction and the passages, as they stand before the prompt; may be empty
  std::vector<TextSpan> parts;  ///< of `text`: each passage with its heading
  std::string listing;          ///< what was retrieved, for a person: a line a passage, with its id and score
  std::optional<retrieval::Quality> quality;  ///< where gold is given
  std::optional<retrieval::Quality>
      lexical_quality;  ///< of BM25's passages for it; absent where those are all there are
};

/// Documents, cut into passages, with what was found for the questions. Immutable but for find(); const functions are
/// thread-safe.
class PassageFinder {
 public:
  /// Reads the documents and cuts them; makes the embedder, and asks it nothing. In a dry run (`is_dry_run`) no model
  /// is ever asked, and BM25 stands in for it; `make` may be empty then, and with bm25. Errors: those of reading and of
  /// making, a passage size that the model cannot take.
  [[nodiscard]] static Result<std::unique_ptr<PassageFinder>> make(const RagRules& rules, const EmbedderMaker& make,
                                                                   bool is_dry_run);

  /// Looks for the passages of questions, each with the number of its item; embeds them and the passages. Called once,
  /// before at(). A question of blanks finds nothing. Errors: those of embedding.
  [[nodiscard]] Result<void> find(const std::vector<std::pair<std::int64_t, std::string>>& questions);

  /// Whether find() was given that item.
  [[nodiscard]] bool has(std::int64_t item) const { return found_.contains(item); }

  /// What stands before the question of an item, which find() was given.
  [[nodiscard]] FoundPassages at(std::int64_t item, const std::vector<retrieval::Gold>& gold) const;

  /// What "document" and "document#words of it" name. The errors, without a place: there is no such document (suggests
  /// the nearest); the words do not stand in it, or more than once. White space in them is any white space.
  [[nodiscard]] Result<std::vector<retrieval::Gold>> gold_of(const std::vector<std::string>& names) const;

  /// For the record: what finds, and what it took so far.
  [[nodiscard]] const SuiteRetrieval& retrieval() const { return retrieval_; }

 private:
  struct Found {
    retrieval::Ranking hits;
    retrieval::Ranking lexical;  // BM25's, where `hits` are not
  };

  explicit PassageFinder(RagRules rules) : rules_(std::move(rules)) {}
  Result<void> embed(const std::vector<std::pair<std::int64_t, std::string>>& questions);
  [[nodiscard]] Result<retrieval::VectorIndex> index_passages();
  void estimate_use(const std::vector<std::pair<std::int64_t, std::string>>& questions);

  RagRules rules_;
  bool is_dry_run_ = false;
  std::vector<retrieval::Document> documents_;
  std::vector<retrieval::Passage> passages_;
  std::unique_ptr<Embedder> embedder_;  // null with bm25, and in a dry run without a maker
  std::unordered_map<std::int64_t, Found> found_;
  SuiteRetrieval retrieval_;
};

}  // namespace assay::custom
