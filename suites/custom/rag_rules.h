// `rag:` of a suite's file: which passages of which documents stand before a question, by the strategy `rag`
// (retrieval-augmented generation: P. Lewis et al., NeurIPS 2020).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "harness/core/yaml_tree.h"
#include "suites/custom/yaml_fields.h"
#include "suites/retrieval/passages.h"

namespace assay::custom {

/// What finds passages without a model, by words.
inline constexpr const char* kBm25 = "bm25";

struct RagRules {
  std::string documents;  ///< the folder
  std::string where;      ///< its place in the file, for messages
  retrieval::PassageRules passages;
  int k = 4;                          ///< passages that are retrieved
  Placed embedding;                   ///< a model reference, or kBm25
  std::optional<int> context_tokens;  ///< that the passages before a question have at most; absent: all k
  std::string instruction;            ///< in front of them
  std::optional<Placed> query;        ///< template of what is looked for; absent: the prompt
  std::string query_prefix;           ///< what the embedding model wants before a question
  std::string passage_prefix;         ///< and before a passage
  std::optional<Placed> gold;         ///< a column: where the answer stands, "document" or "document#words of it"
  std::string gold_separator = ";";

  [[nodiscard]] bool is_lexical() const { return embedding.text == kBm25; }

  /// The metrics that retrieval is judged by, apart from answers: recall and mean reciprocal rank of the k passages,
  /// and of those that BM25 finds where an embedding found them.
  [[nodiscard]] std::vector<std::string> quality_names() const;

  /// Reads the section. `path` is the file, for messages; paths in it are relative to `folder`. Errors: no documents:
  /// or embedding:, numbers out of range, an overlap that is not below the size.
  [[nodiscard]] static Result<RagRules> parse(const YamlNode& node, const std::string& path, const std::string& folder);
};

}  // namespace assay::custom
