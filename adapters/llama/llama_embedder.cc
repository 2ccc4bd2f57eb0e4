#include "adapters/llama/llama_embedder.h"

#include <llama.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "adapters/llama/batch.h"
#include "adapters/llama/file_hash.h"
#include "adapters/llama/gguf_header.h"
#include "adapters/llama/llama_options.h"
#include "adapters/llama/local_model.h"
#include "harness/core/cache_folder.h"
#include "harness/core/clock.h"

namespace assay {
namespace llama {
namespace {

constexpr int kMostTokens = 8192;
constexpr int kFirstContext = 256;

std::string pooling_name(const llama_context* context) {
  switch (llama_pooling_type(context)) {
    case LLAMA_POOLING_TYPE_CLS:
      return "first";
    case LLAMA_POOLING_TYPE_LAST:
      return "last";
    default:
      return "mean";
  }
}

class LlamaEmbedder final : public Embedder {
 public:
  LlamaEmbedder(std::shared_ptr<const LocalModel> model, EmbeddingContext context, int most, std::string identity)
      : model_(std::move(model)),
        context_(std::move(context)),
        most_(most),
        identity_(std::move(identity)),
        vocabulary_(llama_model_get_vocab(llama_get_model(context_.handle.get()))),
        empty_(static_cast<int>(tokens(" ", true).size()) - static_cast<int>(tokens(" ", false).size())) {}

  [[nodiscard]] std::string identity() const override { return identity_; }
  [[nodiscard]] int most_tokens() const override { return most_ - empty_; }
  [[nodiscard]] std::size_t texts_at_once() const override { return 4; }

  Result<std::vector<std::vector<float>>> embed(const std::vector<std::string>& texts) override {
    const auto begun = MonotonicClock::now();
    std::vector<std::vector<float>> vectors;
    for (const std::string& text : texts) {
      auto vector = embed_one(text);
      if (!vector) return forward_error(vector);
      vectors.push_back(std::move(*vector));
    }
    use_.texts += static_cast<std::int64_t>(texts.size());
    use_.ms += milliseconds_since(begun);
    return vectors;
  }

  [[nodiscard]] int tokens_of(std::string_view word) const override {
    return static_cast<int>(tokens(word, false).size());
  }

  [[nodiscard]] EmbeddingUse use() const override { return use_; }

 private:
  // As the vocabulary cuts the text, whose own special tokens are text; `framed`: between those that it wants around
  // it.
  [[nodiscard]] std::vector<Token> tokens(std::string_view text, bool framed) const {
    std::vector<Token> found(text.size() + 8);
    const auto size = static_cast<std::int32_t>(text.size());
    auto count = llama_tokenize(vocabulary_, text.data(), size, found.data(), static_cast<std::int32_t>(found.size()),
                                framed, false);
    if (count < 0) {  // more than bytes: this many
      found.resize(static_cast<std::size_t>(-count));
      count = llama_tokenize(vocabulary_, text.data(), size, found.data(), -count, framed, false);
    }
    found.resize(static_cast<std::size_t>(std::max(count, 0)));
    return found;
  }

  // A context that takes so many tokens; a larger one than needed would cost memory for each of them.
  Result<void> make_room(int wanted) {
    if (wanted <= context_.tokens) return {};
    auto larger = model_->make_embedding_context(std::min(most_, std::max(wanted, 2 * context_.tokens)));
    if (!larger) return usage_error(identity_ + ": " + larger.error().message);
    context_ = std::move(*larger);
    return {};
  }

  Result<std::vector<float>> embed_one(const std::string& text) {
    std::vector<Token> read = tokens(text, true);
    if (read.empty()) return usage_error(identity_ + ": has no token for a text");
    if (read.size() > static_cast<std::size_t>(most_)) {
      // What the vocabulary puts behind a text stays there.
      const std::vector<Token> bare = tokens(text, false);
      const bool has_end = !bare.empty() && read.back() != bare.back();
      const Token last = read.back();
      read.resize(static_cast<std::size_t>(most_));
      if (has_end) read.back() = last;
    }
    if (auto room = make_room(static_cast<int>(read.size())); !room) return forward_error(room);
    llama_context* const context = context_.handle.get();
    Batch batch(static_cast<int>(read.size()), 1);
    for (std::size_t i = 0; i < read.size(); ++i) {
      batch.add(read[i], static_cast<llama_pos>(i), 0, 0, true);  // every state has a part in the mean
    }
    if (llama_memory_t memory = llama_get_memory(context)) llama_memory_clear(memory, true);
    const int status = llama_decode(context, batch.get());
    const float* const values = status == 0 ? llama_get_embeddings_seq(context, 0) : nullptr;
    if (values == nullptr) {
      return usage_error(identity_ + ": llama.cpp could not embed a text of " + std::to_string(read.size()) +
                         " tokens (status " + std::to_string(status) + ")");
    }
    *use_.tokens += static_cast<std::int64_t>(read.size());
    return std::vector<float>(values, values + llama_model_n_embd_out(llama_get_model(context)));
  }

  std::shared_ptr<const LocalModel> model_;
  EmbeddingContext context_;
  int most_;
  std::string identity_;
  const llama_vocab* vocabulary_;
  int empty_;  // tokens that the vocabulary puts around a text
  EmbeddingUse use_;
};

}  // namespace
}  // namespace llama

Result<std::unique_ptr<Embedder>> make_llama_embedder(const ModelRef& ref, const AdapterContext& context) {
  auto options = llama::read_options(ref);
  if (!options) return forward_error(options);
  if (options->model.lora) return usage_error("model '" + ref.text + "': embeddings are made without lora=");
  auto header = llama::read_gguf_header(ref.model);
  if (!header) return usage_error(header.error().message + "; fetch the file again or take another");
  if (header->type == "adapter")
    return usage_error("model file '" + ref.model + "' is a LoRA adapter, and embeds nothing");
  auto model = llama::LocalModel::load(options->model, context.log);
  if (!model) return usage_error(model.error().message + "; fetch the file again or take another");
  const int most = std::min((*model)->max_context(), llama::kMostTokens);
  auto made = (*model)->make_embedding_context(std::min(most, llama::kFirstContext));
  if (!made) return usage_error("model '" + ref.text + "': " + made.error().message);
  const std::string cache = context.environment ? cache_folder(context.environment) : "";
  auto sha256 = llama::remembered_sha256(ref.model, cache.empty() ? "" : cache + "/hashes");
  if (!sha256) return forward_error(sha256);
  const std::string identity = "llama:" + std::filesystem::path(ref.model).filename().string() + " " +
                               sha256->substr(0, 12) + " (" + llama::pooling_name(made->handle.get()) + ", " +
                               std::to_string(most) + " tokens)";
  return std::make_unique<llama::LlamaEmbedder>(std::move(*model), std::move(*made), most, identity);
}

}  // namespace assay
