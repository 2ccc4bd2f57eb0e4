#include "suites/custom/passage_finder.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <string_view>

#include "harness/core/text.h"
#include "suites/reading/python_text.h"
#include "suites/retrieval/passages.h"

namespace assay::custom {
namespace {

using retrieval::Gold;
using retrieval::Hit;
using retrieval::is_blank;
using retrieval::Ranking;

// Texts that are handed to the embedder together: all of them twice in memory would be too much.
constexpr std::size_t kTextsAtOnce = 1024;

// What all vectors may take.
constexpr std::size_t kMostIndexBytes = std::size_t{2} << 30;

// Different words that are counted once; a text may have any number of them.
constexpr std::size_t kMostRemembered = 1'000'000;

// The end of `words` where they begin at `at` of the text, any white space standing for any other; npos: they do not.
std::size_t end_of_match(std::string_view text, std::size_t at, std::string_view words) {
  for (std::size_t i = 0; i < words.size();) {
    if (at == text.size()) return std::string_view::npos;
    if (!is_blank(words[i])) {
      if (words[i++] != text[at++]) return std::string_view::npos;
      continue;
    }
    if (!is_blank(text[at])) return std::string_view::npos;
    while (i < words.size() && is_blank(words[i])) ++i;
    while (at < text.size() && is_blank(text[at])) ++at;
  }
  return at;
}

// A byte in the middle of where words stand in a text; each such byte is part of some passage.
Result<std::size_t> place_of(std::string_view text, std::string_view words) {
  std::optional<std::size_t> place;
  for (std::size_t at = text.find(words.front()); at != std::string_view::npos; at = text.find(words.front(), at + 1)) {
    const std::size_t end = end_of_match(text, at, words);
    if (end == std::string_view::npos) continue;
    if (place) return usage_error("stands there more than once; give more of it");
    place = at + (end - at) / 2;
    while (is_blank(text[*place]) || retrieval::continues_character(text[*place])) --*place;
  }
  if (!place) return usage_error("does not stand there");
  return *place;
}

std::string score_text(double score) {
  char text[48];
  std::snprintf(text, sizeof text, "%.4f", score);
  return text;
}

bool is_empty(const std::string& text) { return std::all_of(text.begin(), text.end(), is_blank); }

}  // namespace

Result<std::unique_ptr<PassageFinder>> PassageFinder::make(const RagRules& rules, const EmbedderMaker& make,
                                                           bool is_dry_run) {
  std::unique_ptr<PassageFinder> finder(new PassageFinder(rules));
  finder->is_dry_run_ = is_dry_run;
  SuiteRetrieval& retrieval = finder->retrieval_;
  retrieval.retriever = rules.embedding.text;
  if (!rules.is_lexical()) {
    retrieval.model = rules.embedding.text;
    if (!make && !is_dry_run) {
      return usage_error(rules.embedding.where + ": no embedding model can be asked here; bm25 needs none");
    }
    if (make) {
      auto embedder = make(rules.embedding.text);
      if (!embedder) return usage_error(rules.embedding.where + ": " + embedder.error().message);
      finder->embedder_ = std::move(*embedder);
      retrieval.retriever = finder->embedder_->identity();
      const int most = finder->embedder_->most_tokens();
      if (most > 0 && rules.passages.size > most) {
        return usage_error(rules.embedding.where + ": passages of " + std::to_string(rules.passages.size) +
                           " tokens are too long for this model, which reads " + std::to_string(most) +
                           "; give a smaller size");
      }
    }
  }
  auto documents = retrieval::read_documents(rules.documents, rules.where);
  if (!documents) return forward_error(documents);
  finder->documents_ = std::move(*documents);
  std::unordered_map<std::string, int> counted;
  const auto tokens = [&](std::string_view word) {
    if (finder->embedder_ == nullptr) return estimated_tokens(word);
    const std::string key(word);
    if (const auto known = counted.find(key); known != counted.end()) return known->second;
    const int count = finder->embedder_->tokens_of(word);
    if (counted.size() < kMostRemembered) counted.emplace(key, count);
    return count;
  };
  auto passages = retrieval::cut(finder->documents_, rules.passages, tokens);
  if (!passages) return usage_error(rules.where + ": " + passages.error().message);
  if (passages->empty()) return usage_error(rules.where + ": its documents hold no word");
  finder->passages_ = std::move(*passages);
  retrieval.documents = static_cast<std::int64_t>(finder->documents_.size());
  retrieval.passages = static_cast<std::int64_t>(finder->passages_.size());
  return finder;
}

Result<void> PassageFinder::find(const std::vector<std::pair<std::int64_t, std::string>>& questions) {
  std::vector<std::string_view> texts;
  for (const retrieval::Passage& passage : passages_) texts.push_back(retrieval::passage_text(documents_, passage));
  const retrieval::Bm25 bm25(texts);
  const bool is_lexical = rules_.is_lexical() || is_dry_run_;
  for (const auto& [item, question] : questions) {
    // A passage without any word of the question was not found.
    Ranking ranking = retrieval::best(bm25.scores(question), static_cast<std::size_t>(rules_.k), 0);
    Found& found = found_[item];
    (is_lexical ? found.hits : found.lexical) = std::move(ranking);
  }
  if (rules_.is_lexical()) return {};
  if (is_dry_run_) {
    estimate_use(questions);
    return {};
  }
  auto embedded = embed(questions);
  retrieval_.use = embedder_->use();
  embedder_.reset();  // a local one holds its model in memory
  return embedded;
}

// What a run would embed; what is in the cache already is not looked up.
void PassageFinder::estimate_use(const std::vector<std::pair<std::int64_t, std::string>>& questions) {
  EmbeddingUse& use = retrieval_.use;
  use.texts = static_cast<std::int64_t>(passages_.size() + questions.size());
  std::int64_t tokens = 0;
  for (const retrieval::Passage& passage : passages_)
    tokens += passage.tokens + estimated_tokens(rules_.passage_prefix);
  for (const auto& [item, question] : questions) tokens += estimated_tokens(rules_.query_prefix + question);
  use.tokens = tokens;
}

Result<retrieval::VectorIndex> PassageFinder::index_passages() {
  std::vector<std::vector<float>> vectors;
  for (std::size_t begin = 0; begin < passages_.size(); begin += kTextsAtOnce) {
    const std::size_t end = std::min(begin + kTextsAtOnce, passages_.size());
    std::vector<std::string> texts;
    for (std::size_t i = begin; i < end; ++i) {
      texts.push_back(rules_.passage_prefix + std::string(retrieval::passage_text(documents_, passages_[i])));
    }
    auto some = embedder_->embed(texts);
    if (!some) return forward_error(some);
    if (some->front().size() * sizeof(float) * passages_.size() > kMostIndexBytes) {
      return usage_error("the vectors of " + std::to_string(passages_.size()) +
                         " passages do not fit 2 GiB; give larger passages (size) or fewer documents");
    }
    std::move(some->begin(), some->end(), std::back_inserter(vectors));
  }
  return retrieval::VectorIndex(std::move(vectors));
}

Result<void> PassageFinder::embed(const std::vector<std::pair<std::int64_t, std::string>>& questions) {
  const auto placed = [&](Error error) {
    error.message = rules_.embedding.where + ": " + error.message;
    return tl::make_unexpected(std::move(error));
  };
  std::vector<std::string> texts;
  std::vector<std::int64_t> items;
  for (const auto& [item, question] : questions) {
    if (is_empty(question)) continue;
    texts.push_back(rules_.query_prefix + question);
    items.push_back(item);
  }
  if (texts.empty()) return {};
  auto index = index_passages();
  if (!index) return placed(std::move(index.error()));
  auto vectors = embedder_->embed(texts);
  if (!vectors) return placed(std::move(vectors.error()));
  for (std::size_t i = 0; i < items.size(); ++i) {
    if ((*vectors)[i].size() != index->dimensions()) {
      return placed({ErrorKind::kUsage, retrieval_.retriever + ": gave vectors of several lengths"});
    }
    found_[items[i]].hits = retrieval::best(index->cosines((*vectors)[i]), static_cast<std::size_t>(rules_.k));
  }
  return {};
}

FoundPassages PassageFinder::at(std::int64_t item, const std::vector<Gold>& gold) const {
  const Found& found = found_.at(item);
  FoundPassages out;
  out.listing = "retrieved by " + (is_dry_run_ ? std::string(kBm25) : retrieval_.retriever) + ":";
  if (found.hits.empty()) out.listing += " nothing";
  int left = rules_.context_tokens.value_or(0);
  int shown = 0;
  int place = 0;
  for (const Hit& hit : found.hits) {
    const retrieval::Passage& passage = passages_[hit.passage];
    const std::string id = retrieval::passage_id(documents_, passage);
    const bool is_gold =
        std::any_of(gold.begin(), gold.end(), [&](const Gold& one) { return retrieval::is_gold(passage, one); });
    const bool fits = !rules_.context_tokens || passage.tokens <= left;  // where one does not, a shorter one may
    out.listing += "\n" + std::to_string(++place) + ". " + id + " " + score_text(hit.score) +
                   (is_gold ? ", gold" : "") + (fits ? "" : ", left out for want of room");
    if (!fits) continue;
    left -= passage.tokens;
    if (shown == 0 && !rules_.instruction.empty()) out.text = rules_.instruction + "\n\n";
    const std::size_t begin = out.text.size();
    out.text += "[" + std::to_string(++shown) + "] " + id + "\n";
    out.text += retrieval::passage_text(documents_, passage);
    out.text += "\n\n";
    out.parts.push_back({begin, out.text.size()});
  }
  if (gold.empty()) return out;
  out.quality = retrieval::quality_of(found.hits, passages_, gold);
  if (!rules_.is_lexical()) out.lexical_quality = retrieval::quality_of(found.lexical, passages_, gold);
  return out;
}

Result<std::vector<Gold>> PassageFinder::gold_of(const std::vector<std::string>& names) const {
  const auto document = [&](std::string_view name) -> std::optional<std::size_t> {
    const auto known = std::find_if(documents_.begin(), documents_.end(),
                                    [&](const retrieval::Document& one) { return one.name == name; });
    if (known == documents_.end()) return std::nullopt;
    return static_cast<std::size_t>(known - documents_.begin());
  };
  std::vector<Gold> gold;
  for (const std::string& given : names) {
    const std::string name(reading::python_strip(given));
    if (name.empty()) continue;
    if (const auto whole = document(name)) {
      gold.push_back({*whole, std::nullopt});
      continue;
    }
    const std::size_t hash = name.find('#');
    const auto known = hash == std::string::npos ? std::nullopt : document(std::string_view(name).substr(0, hash));
    if (!known) {
      std::vector<std::string> all;
      for (const retrieval::Document& one : documents_) all.push_back(one.name);
      const std::string wanted = name.substr(0, hash);
      return usage_error("there is no document '" + on_one_line(wanted) + "'" + did_you_mean(wanted, all));
    }
    const std::string words(reading::python_strip(std::string_view(name).substr(hash + 1)));
    if (words.empty()) {
      gold.push_back({*known, std::nullopt});
      continue;
    }
    auto place = place_of(documents_[*known].text, words);
    if (!place) {
      return usage_error("'" + on_one_line(words.substr(0, 80)) + "' of " + on_one_line(documents_[*known].name) +
                         ": " + place.error().message);
    }
    gold.push_back({*known, *place});
  }
  return gold;
}

}  // namespace assay::custom
