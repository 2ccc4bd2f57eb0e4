#include "adapters/embedding/cached_embedder.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unordered_map>
#include <utility>

#include "harness/core/hash.h"
#include "harness/core/price.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChecksum = 64;  // hex digits in front of the numbers
constexpr std::size_t kMostFileBytes = std::size_t{1} << 20;

// The vector in a file; nothing where there is none, or it is damaged.
std::optional<std::vector<float>> read_vector(const std::string& path) {
  std::error_code unknown;
  const auto size = fs::file_size(path, unknown);
  if (unknown || size <= kChecksum || size > kMostFileBytes || (size - kChecksum) % sizeof(float) != 0) {
    return std::nullopt;
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size()))) return std::nullopt;
  const std::string_view bytes = std::string_view(text).substr(kChecksum);
  if (sha256_hex(bytes) != std::string_view(text).substr(0, kChecksum)) return std::nullopt;
  std::vector<float> vector(bytes.size() / sizeof(float));
  std::memcpy(vector.data(), bytes.data(), bytes.size());
  return vector;
}

// Whole or not at all; where it cannot be written the next run computes it again.
void write_vector(const std::string& path, const std::vector<float>& vector) {
  std::string bytes(vector.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), vector.data(), bytes.size());
  const std::string temporary = path + "." + std::to_string(::getpid());
  std::error_code failed;
  fs::create_directories(fs::path(path).parent_path(), failed);
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file << sha256_hex(bytes) << bytes;
  file.close();
  if (file) fs::rename(temporary, path, failed);
  if (!file || failed) fs::remove(temporary, failed);
}

std::string dollars(double usd) {
  char text[48];
  std::snprintf(text, sizeof text, "$%.4f", usd);
  return text;
}

class CachedEmbedder final : public Embedder {
 public:
  CachedEmbedder(std::unique_ptr<Embedder> inner, const std::string& folder, EmbeddingTerms terms)
      : inner_(std::move(inner)), terms_(std::move(terms)) {
    if (!folder.empty()) folder_ = folder + "/" + sha256_hex(inner_->identity()).substr(0, 16);
  }

  [[nodiscard]] std::string identity() const override { return inner_->identity(); }
  [[nodiscard]] int tokens_of(std::string_view word) const override { return inner_->tokens_of(word); }
  [[nodiscard]] int most_tokens() const override { return inner_->most_tokens(); }
  [[nodiscard]] std::size_t texts_at_once() const override { return inner_->texts_at_once(); }

  Result<std::vector<std::vector<float>>> embed(const std::vector<std::string>& texts) override {
    std::vector<std::vector<float>> vectors(texts.size());
    std::unordered_map<std::string_view, std::size_t> first;  // places of texts that have to be computed
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      std::optional<std::vector<float>> kept;
      if (!folder_.empty()) kept = read_vector(path_of(texts[i]));
      if (kept && (length_ == 0 || kept->size() == length_)) {
        length_ = kept->size();
        vectors[i] = std::move(*kept);
        ++cached_;
      } else if (first.emplace(texts[i], i).second) {
        missing.push_back(i);
      }
    }
    texts_ += static_cast<std::int64_t>(texts.size());
    if (auto computed = compute(texts, missing, vectors); !computed) return forward_error(computed);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (!vectors[i].empty()) continue;
      vectors[i] = vectors[first.at(texts[i])];  // the same text once more
      ++cached_;
    }
    return vectors;
  }

  [[nodiscard]] EmbeddingUse use() const override {
    EmbeddingUse use = inner_->use();
    use.texts = texts_;
    use.cached = cached_;
    const bool asked = texts_ > cached_;
    if (terms_.is_paid && asked) {
      use.usd.reset();
      if (terms_.usd_per_mtok && use.tokens) use.usd = *terms_.usd_per_mtok * static_cast<double>(*use.tokens) / 1e6;
    }
    return use;
  }

 private:
  [[nodiscard]] std::string path_of(const std::string& text) const {
    const std::string hash = sha256_hex(text);
    return folder_ + "/" + hash.substr(0, 2) + "/" + hash;
  }

  // Asks for the texts at `missing`, a few at a time, and keeps each vector as soon as it is there.
  Result<void> compute(const std::vector<std::string>& texts, const std::vector<std::size_t>& missing,
                       std::vector<std::vector<float>>& vectors) {
    if (missing.empty()) return {};
    if (terms_.asks_nobody && terms_.is_paid) {
      return usage_error(identity() + ": " + std::to_string(missing.size()) +
                         " texts are not in the cache of embeddings any more, and nobody is asked here");
    }
    if (auto affordable = check_budget(texts, missing); !affordable) return affordable;
    if (terms_.tell && !std::exchange(has_told_, true)) terms_.tell("embedding with " + identity());
    const std::size_t step = std::max<std::size_t>(inner_->texts_at_once(), 1);
    for (std::size_t begin = 0; begin < missing.size(); begin += step) {
      if (terms_.is_stopped && terms_.is_stopped()) {
        return tl::make_unexpected(
            Error{ErrorKind::kInterrupted, "interrupted while embedding; what was embedded is kept in the cache"});
      }
      const std::size_t end = std::min(begin + step, missing.size());
      std::vector<std::string> asked;
      for (std::size_t i = begin; i < end; ++i) asked.push_back(texts[missing[i]]);
      auto computed = inner_->embed(asked);
      if (!computed) return forward_error(computed);
      for (std::size_t i = begin; i < end; ++i) {
        std::vector<float>& vector = (*computed)[i - begin];
        if (auto usable = check(vector); !usable) return usable;
        if (!folder_.empty()) write_vector(path_of(texts[missing[i]]), vector);
        vectors[missing[i]] = std::move(vector);
      }
    }
    return {};
  }

  [[nodiscard]] Result<void> check_budget(const std::vector<std::string>& texts,
                                          const std::vector<std::size_t>& missing) const {
    if (!terms_.budget_usd || !terms_.is_paid) return {};
    if (!terms_.usd_per_mtok) {
      return usage_error("--budget cannot be kept: no price of the embedding model " + identity() +
                         " is known; import a price file (assay price import)");
    }
    double bytes = 0;
    for (const std::size_t i : missing) bytes += static_cast<double>(texts[i].size());
    const double usd = bytes / kBytesPerToken * *terms_.usd_per_mtok / 1e6 + use().usd.value_or(0);
    if (usd <= *terms_.budget_usd) return {};
    return usage_error("embedding may cost " + dollars(usd) + " with " + identity() + ", and the budget is " +
                       dollars(*terms_.budget_usd) + "; raise --budget, or take bm25 or a local model");
  }

  Result<void> check(const std::vector<float>& vector) {
    if (length_ == 0) length_ = vector.size();
    if (vector.empty() || vector.size() != length_) {
      return usage_error(identity() + ": gave a vector of " + std::to_string(vector.size()) + " numbers, others of " +
                         std::to_string(length_));
    }
    if (std::all_of(vector.begin(), vector.end(), [](float value) { return std::isfinite(value); })) return {};
    return usage_error(identity() + ": gave a vector with what is no number");
  }

  std::unique_ptr<Embedder> inner_;
  EmbeddingTerms terms_;
  std::string folder_;
  std::size_t length_ = 0;  // of all vectors; 0: none was seen yet
  bool has_told_ = false;
  std::int64_t texts_ = 0;
  std::int64_t cached_ = 0;
};

}  // namespace

std::unique_ptr<Embedder> make_cached_embedder(std::unique_ptr<Embedder> inner, const std::string& folder,
                                               EmbeddingTerms terms) {
  return std::make_unique<CachedEmbedder>(std::move(inner), folder, std::move(terms));
}

}  // namespace assay
