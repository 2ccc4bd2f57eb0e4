// A model in memory with its LoRA adapters, and the contexts made from it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/llama/attention/attention.h"
#include "adapters/llama/handles.h"
#include "adapters/llama/tokenizer.h"
#include "harness/core/result.h"

namespace assay::llama {

class Meter;

/// A LoRA adapter as the user asks for it.
struct LoraOption {
  std::string path;
  float scale = 1;
};

/// Whether prompts that begin alike are computed once (the reference's option `share`).
enum class Sharing {
  kAuto,  ///< where that changes no bit: unless the model has kernels that take rows in groups
  kOn,    ///< always; rows are then filled up to whole groups, and the numbers are those of whole groups
  kOff,   ///< never: each prompt whole, alone
};

/// Which attention kernel (the reference's option `flash`). kAuto: flash attention on a CPU, llama.cpp's choice on a
/// GPU.
enum class FlashAttention { kAuto, kOn, kOff };

/// Whose kernel computes attention in exact mode (the reference's option `attention`). kAuto: assay's own where it is
/// ggml's to the last bit (attention/attention.h). A matter of speed alone.
enum class AttentionBy { kAuto, kGgml };

/// How a model is spread over several GPUs (the reference's option `split`).
enum class Split { kNone, kLayer, kRow };

/// The types that keys and values may be kept in (the reference's option `kv`), llama.cpp's names.
[[nodiscard]] const std::vector<std::string>& kv_types();

/// The most sequences that ever share a cache.
inline constexpr int kMostSharedSequences = 256;

/// How a model is loaded and driven.
struct ModelOptions {
  std::string path;
  int threads = 1;      ///< > 0
  int max_context = 0;  ///< tokens a sequence may have; 0: what the model was trained for
  int gpu_layers = 0;   ///< -1: all
  int sequences = 8;    ///< texts generated at once, 1 to 64
  int batch = 0;        ///< most tokens of a physical batch; 0: as many as keep the numbers exact, 512 on a GPU
  int main_gpu = 0;     ///< the GPU that holds what is not split
  Sharing share = Sharing::kAuto;
  FlashAttention flash = FlashAttention::kAuto;
  AttentionBy attention = AttentionBy::kAuto;
  Split split = Split::kLayer;
  std::string kv_type = "f16";  ///< one of kv_types()
  bool exclusive = false;       ///< one request at a time, nothing shared or kept: `sequences` is 1 and `share` kOff
  std::optional<LoraOption> lora;
};

/// How many rows a physical batch, and its part with logits, must have so that a row's numbers do not depend on the
/// others: kernels for repacked weights take rows in groups and treat a remainder otherwise, and a single row goes
/// through other kernels than several do.
struct RowRule {
  int multiple = 1;  ///< a multiple of this
  int least = 1;     ///< and no fewer
  [[nodiscard]] bool met_by(int rows) const { return rows >= least && rows % multiple == 0; }
};

/// A context that gives a vector for a text.
struct EmbeddingContext {
  ContextHandle handle;
  int tokens = 0;  ///< of a text, at most
};

/// A loaded model. Immutable; shared by the engine and the adapter.
class LocalModel {
 public:
  /// Loads the file, which has passed read_gguf_header(). `log` gets llama.cpp's own messages of this model's
  /// loading. Errors name the file and say why llama.cpp would not have it.
  [[nodiscard]] static Result<std::shared_ptr<const LocalModel>> load(
      const ModelOptions& options, const std::function<void(const std::string&)>& log);

  /// A context of `cells` KV cells in all. `streams` = 0: one cache that shared_sequences() sequences share; otherwise
  /// that many sequences with `cells` / `streams` cells each of their own. `cancelled` ends a decode early; `meter` is
  /// told of its buffers. Null where there is not memory enough.
  [[nodiscard]] ContextHandle make_context(int cells, int streams, Meter& meter, std::atomic<bool>& cancelled) const;

  /// A context for texts of up to `tokens` tokens, pooled as the model's file says, by the mean where it says nothing.
  /// Errors, without a place: not memory enough; a model that ranks pairs of texts instead.
  [[nodiscard]] Result<EmbeddingContext> make_embedding_context(int tokens) const;

  [[nodiscard]] const ModelOptions& options() const { return options_; }
  [[nodiscard]] const Tokenizer& tokenizer() const { return *tokenizer_; }
  [[nodiscard]] int max_context() const { return max_context_; }

  /// Whether results do not depend on what else is computed, to the bit: so on CPU with flash attention and
  /// batches of fewer than 64 tokens (docs of scorer.h).
  [[nodiscard]] bool exact() const { return exact_; }

  /// Whether log-likelihood prompts that begin alike share what is computed (options().share decides).
  [[nodiscard]] bool shares_prompts() const;

  /// Whether it has weights repacked for kernels that take rows in groups.
  [[nodiscard]] bool rows_in_groups() const { return rows_in_groups_; }

  /// Rows of a batch in exact mode; anything goes where nothing is exact.
  [[nodiscard]] RowRule row_rule() const;

  /// Tokens in one physical batch; in exact mode a number that row_rule() allows.
  [[nodiscard]] int batch_tokens() const;

  /// Most rows that a context for scoring takes at once: a prompt that is evaluated whole comes in pieces of up to
  /// kWholeBatch, whatever `batch` says, since the pieces have a say in the numbers of repacked weights.
  [[nodiscard]] int scoring_rows() const { return std::max(batch_tokens(), kWholeBatch); }
  static constexpr int kWholeBatch = 48;  ///< the reference's own figure

  /// Attention nodes (one a layer and batch) that assay's own kernel has computed.
  [[nodiscard]] std::int64_t attention_nodes() const { return attention_ ? attention_->nodes() : 0; }

  /// Sequences that share a cache: enough to fill a batch with short ones.
  [[nodiscard]] int shared_sequences() const;

  /// The model's default chat template; empty where it has none.
  [[nodiscard]] std::string chat_template_source() const;

 private:
  LocalModel() = default;

  ModelOptions options_;
  ModelHandle model_;
  llama_adapter_lora* lora_ = nullptr;  ///< freed with the model
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<Attention> attention_;  ///< null: ggml's own
  int max_context_ = 0;
  bool exact_ = true;
  bool rows_in_groups_ = false;
};

}  // namespace assay::llama
