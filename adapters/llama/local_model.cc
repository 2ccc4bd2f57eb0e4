#include "adapters/llama/local_model.h"

#include <ggml.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "adapters/llama/meter.h"

namespace assay::llama {
namespace {

constexpr int kTiledAttention =
    64;  // rows from which attention takes a path that sums in another order (ggml's ops.cpp)
constexpr int kExactBatch = 60;
constexpr int kLargeBatch = 512;
constexpr int kExactSequences = 64;

/// llama.cpp has one log for the whole process: while a model is being loaded its lines go to that load's log, and
/// at all other times nowhere.
class LogCapture {
 public:
  explicit LogCapture(const std::function<void(const std::string&)>& log) : lock_(mutex()), log_(log) {
    llama_log_set(&LogCapture::receive, this);
  }
  ~LogCapture() { llama_log_set(&LogCapture::ignore, nullptr); }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  /// Whether llama.cpp said that it keeps weights in its repacked CPU buffer.
  [[nodiscard]] bool said_repacked() const { return said_repacked_; }

  /// The first error line, without llama.cpp's function name in front.
  [[nodiscard]] const std::string& first_error() const { return first_error_; }

 private:
  static std::mutex& mutex() {
    static std::mutex one;
    return one;
  }

  static void receive(ggml_log_level level, const char* text, void* self) {
    static_cast<LogCapture*>(self)->add(level, text);
  }
  static void ignore(ggml_log_level, const char*, void*) {}

  void add(ggml_log_level level, const char* text) {
    line_ += text;
    if (level == GGML_LOG_LEVEL_ERROR) {
      is_error_ = true;
    }
    if (line_.empty() || line_.back() != '\n') {
      return;
    }
    line_.pop_back();
    // The first error is the reason; those after it say that because of it nothing else worked.
    if (is_error_ && !line_.empty() && first_error_.empty()) {
      const std::size_t colon = line_.find(": ");
      first_error_ = colon == std::string::npos ? line_ : line_.substr(colon + 2);
    }
    said_repacked_ = said_repacked_ || line_.find("CPU_REPACK model buffer size") != std::string::npos;
    if (log_ && !line_.empty()) {
      log_(line_);
    }
    line_.clear();
    is_error_ = false;
  }

  std::lock_guard<std::mutex> lock_;
  const std::function<void(const std::string&)>& log_;
  std::string line_;
  std::string first_error_;
  bool is_error_ = false;
  bool said_repacked_ = false;
};

constexpr std::array<ggml_type, 9> kKvTypes = {GGML_TYPE_F16,  GGML_TYPE_F32,  GGML_TYPE_BF16,
                                               GGML_TYPE_Q8_0, GGML_TYPE_Q4_0, GGML_TYPE_Q4_1,
                                               GGML_TYPE_Q5_0, GGML_TYPE_Q5_1, GGML_TYPE_IQ4_NL};

ggml_type kv_type_of(const std::string& name) {
  const auto found =
      std::find_if(kKvTypes.begin(), kKvTypes.end(), [&](ggml_type type) { return name == ggml_type_name(type); });
  return found == kKvTypes.end() ? GGML_TYPE_F16 : *found;
}

bool should_stop(void* cancelled) {
  return static_cast<std::atomic<bool>*>(cancelled)->load(std::memory_order_relaxed);
}

}  // namespace

const std::vector<std::string>& kv_types() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const ggml_type type : kKvTypes) all.emplace_back(ggml_type_name(type));
    return all;
  }();
  return names;
}

Result<std::shared_ptr<const LocalModel>> LocalModel::load(const ModelOptions& options,
                                                           const std::function<void(const std::string&)>& log) {
  const LogCapture capture(log);
  llama_backend_init();
  llama_model_params parameters = llama_model_default_params();
  parameters.n_gpu_layers = options.gpu_layers;
  parameters.main_gpu = options.main_gpu;
  parameters.split_mode = options.split == Split::kNone  ? LLAMA_SPLIT_MODE_NONE
                          : options.split == Split::kRow ? LLAMA_SPLIT_MODE_ROW
                                                         : LLAMA_SPLIT_MODE_LAYER;
  std::shared_ptr<LocalModel> model(new LocalModel());
  model->options_ = options;
  model->model_.reset(llama_model_load_from_file(options.path.c_str(), parameters));
  if (!model->model_) {
    return usage_error("model file '" + options.path + "' cannot be loaded: " +
                       (capture.first_error().empty() ? "llama.cpp does not say why" : capture.first_error()));
  }
  model->rows_in_groups_ = capture.said_repacked();
  llama_model* loaded = model->model_.get();
  if (llama_model_has_encoder(loaded) || !llama_model_has_decoder(loaded) || llama_model_is_recurrent(loaded) ||
      llama_model_is_hybrid(loaded) || llama_model_is_diffusion(loaded)) {
    return usage_error(
        "model file '" + options.path +
        "' is no decoder with attention only; encoders, recurrent and diffusion models cannot be run yet");
  }
  if (options.lora) {
    model->lora_ = llama_adapter_lora_init(loaded, options.lora->path.c_str());
    if (model->lora_ == nullptr) {
      return usage_error("LoRA adapter '" + options.lora->path + "' does not fit the model: " + capture.first_error());
    }
  }
  model->exact_ = (options.gpu_layers == 0 || !llama_supports_gpu_offload()) && options.batch < kTiledAttention &&
                  options.flash != FlashAttention::kOff;
  if (model->exact_ && options.attention == AttentionBy::kAuto && !llama_supports_gpu_offload()) {
    model->attention_ = make_attention();
  }
  model->tokenizer_ = std::make_unique<Tokenizer>(llama_model_get_vocab(loaded));
  const int trained = llama_model_n_ctx_train(loaded);
  model->max_context_ = options.max_context > 0 ? options.max_context : trained;
  return std::shared_ptr<const LocalModel>(std::move(model));
}

ContextHandle LocalModel::make_context(int cells, int streams, Meter& meter, std::atomic<bool>& cancelled) const {
  llama_context_params parameters = llama_context_default_params();
  parameters.n_ctx = static_cast<std::uint32_t>(cells);
  parameters.n_seq_max = static_cast<std::uint32_t>(streams == 0 ? shared_sequences() : streams);
  parameters.kv_unified = streams == 0;
  parameters.n_ubatch = static_cast<std::uint32_t>(streams == 0 ? scoring_rows() : batch_tokens());
  parameters.n_batch = std::max(parameters.n_ubatch, parameters.n_seq_max);  // llama.cpp asks for a row a sequence
  parameters.n_threads = options_.threads;
  parameters.n_threads_batch = options_.threads;
  parameters.flash_attn_type = options_.flash == FlashAttention::kOff            ? LLAMA_FLASH_ATTN_TYPE_DISABLED
                               : exact_ || options_.flash == FlashAttention::kOn ? LLAMA_FLASH_ATTN_TYPE_ENABLED
                                                                                 : LLAMA_FLASH_ATTN_TYPE_AUTO;
  const ggml_type kv = kv_type_of(options_.kv_type);
  parameters.type_k = kv;
  parameters.type_v = kv;
  parameters.swa_full = true;  // a smaller cache reuses cells, and their order is the order of sums
  parameters.no_perf = true;
  parameters.abort_callback = should_stop;
  parameters.abort_callback_data = &cancelled;
  std::vector<std::string> lines;
  const std::function<void(const std::string&)> keep = [&lines](const std::string& line) { lines.push_back(line); };
  const LogCapture capture(keep);  // and nobody else makes a context meanwhile
  const std::unique_ptr<Attention::Offer> offer = attention_ ? attention_->offer() : nullptr;
  ContextHandle context(llama_init_from_model(model_.get(), parameters));
  meter.context_made(streams == 0 ? "scoring" : "generation", lines);
  if (context && lora_ != nullptr) {
    std::array<llama_adapter_lora*, 1> adapters = {lora_};
    std::array<float, 1> scales = {options_.lora->scale};
    if (llama_set_adapters_lora(context.get(), adapters.data(), adapters.size(), scales.data()) != 0) {
      return nullptr;
    }
  }
  return context;
}

Result<EmbeddingContext> LocalModel::make_embedding_context(int tokens) const {
  llama_context_params parameters = llama_context_default_params();
  parameters.n_ctx = static_cast<std::uint32_t>(tokens);
  parameters.n_batch = parameters.n_ctx;
  parameters.n_ubatch = parameters.n_ctx;  // a text is pooled over one physical batch
  parameters.n_seq_max = 1;
  parameters.n_threads = options_.threads;
  parameters.n_threads_batch = options_.threads;
  parameters.embeddings = true;
  parameters.no_perf = true;
  const std::function<void(const std::string&)> drop = [](const std::string&) {};
  const LogCapture capture(drop);
  EmbeddingContext made{ContextHandle(llama_init_from_model(model_.get(), parameters)), tokens};
  if (made.handle && llama_pooling_type(made.handle.get()) == LLAMA_POOLING_TYPE_NONE) {
    parameters.pooling_type = LLAMA_POOLING_TYPE_MEAN;
    made.handle.reset(llama_init_from_model(model_.get(), parameters));
  }
  if (!made.handle) return usage_error("no context for embeddings could be made; is there memory enough?");
  if (llama_pooling_type(made.handle.get()) == LLAMA_POOLING_TYPE_RANK) {
    return usage_error("it ranks pairs of texts, and embeds none");
  }
  return made;
}

bool LocalModel::shares_prompts() const {
  return options_.share == Sharing::kOn || (options_.share == Sharing::kAuto && !(exact_ && rows_in_groups_));
}

RowRule LocalModel::row_rule() const {
  if (!exact_) {
    return {};
  }
#if defined(__x86_64__)
  const bool in_groups = rows_in_groups_;
#else
  const bool in_groups = true;  // some kernels of other processors take rows in pairs or fours for any weights
#endif
  return in_groups ? RowRule{4, 4} : RowRule{1, 2};
}

int LocalModel::batch_tokens() const {
  const int wanted = options_.batch > 0 ? options_.batch : exact_ ? kExactBatch : kLargeBatch;
  return wanted - wanted % row_rule().multiple;
}

int LocalModel::shared_sequences() const {
  return exact_ ? kExactSequences : std::min(kMostSharedSequences, static_cast<int>(llama_max_parallel_sequences()));
}

std::string LocalModel::chat_template_source() const {
  const char* source = llama_model_chat_template(model_.get(), nullptr);
  return source == nullptr ? std::string() : std::string(source);
}

}  // namespace assay::llama
