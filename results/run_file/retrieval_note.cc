#include "results/run_file/retrieval_note.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "harness/core/strategy.h"

namespace assay {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kEnding = "_retrieval";

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

template <class T>
std::optional<T> read(const Json& json, const char* key) {
  const Json& value = json.at(key);
  return value.is_null() ? std::nullopt : std::optional<T>(value.get<T>());
}

std::optional<RetrievalNote> parsed(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  try {
    RetrievalNote note{json.at("retriever"), json.at("documents"), json.at("passages"), {}};
    note.use.texts = json.at("texts");
    note.use.cached = json.at("cached");
    note.use.tokens = read<std::int64_t>(json, "tokens");
    note.use.ms = json.at("ms");
    note.use.usd = read<double>(json, "usd");
    return note;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

template <class T>
void add(std::optional<T>& sum, const std::optional<T>& more) {
  if (!more) sum.reset();
  if (sum) *sum += *more;
}

}  // namespace

std::pair<std::string, std::string> retrieval_entry(const std::string& suite, const RetrievalNote& note) {
  const Json json{{"retriever", note.retriever}, {"documents", note.documents}, {"passages", note.passages},
                  {"texts", note.use.texts},     {"cached", note.use.cached},   {"tokens", or_null(note.use.tokens)},
                  {"ms", note.use.ms},           {"usd", or_null(note.use.usd)}};
  return {suite + std::string(kEnding), json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

bool is_retrieval_entry(const std::string& key) { return key.ends_with(kEnding); }

bool retrieves(const ResultInfo& result) {
  return strategy_of(result.options) == strategy_text({StrategyKind::kRag, 0});
}

std::optional<RetrievalNote> retrieval_of(const RunReader& reader, const std::string& suite) {
  std::optional<RetrievalNote> all;
  for (const SessionInfo& session : reader.sessions()) {
    for (const auto& [key, value] : session.host) {
      if (key != suite + std::string(kEnding)) continue;
      const auto note = parsed(value);
      if (!note) continue;
      EmbeddingUse use = all ? all->use : EmbeddingUse{};
      use.texts += note->use.texts;
      use.cached += note->use.cached;
      use.ms += note->use.ms;
      add(use.tokens, note->use.tokens);
      add(use.usd, note->use.usd);
      all = *note;
      all->use = use;
    }
  }
  return all;
}

double embedding_usd(const RunReader& reader) {
  std::set<std::string> suites;
  for (const ResultInfo& result : reader.results()) {
    if (retrieves(result)) suites.insert(result.suite);
  }
  double usd = 0;
  for (const std::string& suite : suites) {
    if (const auto note = retrieval_of(reader, suite)) usd += note->use.usd.value_or(0);
  }
  return usd;
}

std::optional<double> embedding_share_usd(const RunReader& reader, const ResultInfo& result) {
  if (!retrieves(result)) return 0;
  const auto note = retrieval_of(reader, result.suite);
  if (!note) return 0;
  if (!note->use.usd) return std::nullopt;
  const auto& results = reader.results();
  const auto sharing = std::count_if(results.begin(), results.end(), [&](const ResultInfo& other) {
    return other.suite == result.suite && retrieves(other);
  });
  return *note->use.usd / static_cast<double>(sharing);
}

}  // namespace assay
