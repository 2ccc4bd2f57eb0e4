#include "adapters/llama/llama_adapter.h"

#include <ggml.h>
#include <llama.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <utility>

#include "adapters/llama/chat_template.h"
#include "adapters/llama/engine.h"
#include "adapters/llama/file_hash.h"
#include "adapters/llama/gguf_header.h"
#include "adapters/llama/llama_options.h"
#include "adapters/llama/machine.h"
#include "harness/core/droppable.h"

namespace assay {
namespace llama {
namespace {

constexpr int kInFlight = 512;  // how far the engine sees ahead: prefixes are shared among so many requests

/// A request that cannot be answered, thrown within this file.
struct Unanswerable {
  Failure failure;
};

[[noreturn]] void give_up(FailureKind kind, std::string message) {
  throw Unanswerable{{kind, FailureAction::kGiveUpItem, std::move(message)}};
}

std::string joined(const std::vector<TextPart>& parts) {
  std::string text;
  for (const TextPart& part : parts) {
    text += part.text;
  }
  return text;
}

/// Keeps the last `most` elements. Returns how many went.
std::size_t keep_last(std::vector<Token>& tokens, std::size_t most) {
  const std::size_t cut = tokens.size() > most ? tokens.size() - most : 0;
  tokens.erase(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(cut));
  return cut;
}

class LlamaAdapter final : public Adapter {
 public:
  LlamaAdapter(std::shared_ptr<const LocalModel> model, std::optional<ChatTemplate> chat, bool chat_around_scores,
               ModelIdentity identity, std::function<void(const std::string&)> log)
      : model_(std::move(model)),
        chat_(std::move(chat)),
        chat_around_scores_(chat_around_scores),
        identity_(std::move(identity)),
        log_(std::move(log)),
        engine_(make_engine(model_)) {}

  ~LlamaAdapter() override {
    for (const std::string& line : engine_->close()) {
      if (log_) log_(line);
    }
  }
  LlamaAdapter(const LlamaAdapter&) = delete;
  LlamaAdapter& operator=(const LlamaAdapter&) = delete;

  [[nodiscard]] Capabilities capabilities() const override {
    Capabilities can;
    can.loglikelihood = true;
    can.generate = true;
    can.chat = chat_.has_value();
    can.top_logprobs = true;
    can.max_context_tokens = model_->max_context();
    can.preferred_in_flight = model_->options().exclusive ? 1 : kInFlight;
    can.occupies_machine = true;
    return can;
  }

  [[nodiscard]] ModelIdentity identity() const override { return identity_; }

  void answer(Request request, std::function<void(Completion)> done) override {
    Completion failed;
    try {
      if (const auto* score = std::get_if<LoglikelihoodRequest>(&request.body)) {
        answer_score(request.order, *score, done);
      } else {
        answer_generate(request.order, std::get<GenerateRequest>(request.body), done);
      }
      return;
    } catch (const Unanswerable& cannot) {
      failed.failure = cannot.failure;
    } catch (const std::exception& error) {
      failed.failure = Failure{FailureKind::kModel, FailureAction::kGiveUpItem, error.what()};
    }
    done(std::move(failed));
  }

  void drain() override { engine_->drain(); }
  void cancel() override { engine_->cancel(); }

 private:
  [[nodiscard]] std::vector<TextPart> rendered(const std::vector<Message>& messages) const {
    if (!chat_) {
      give_up(FailureKind::kUnsupported, "the model has no chat template that this build can render");
    }
    auto parts = chat_->render(messages);
    if (!parts) {
      give_up(FailureKind::kUnsupported, parts.error().message);
    }
    return std::move(*parts);
  }

  [[nodiscard]] std::vector<TextPart> context_parts(const std::string& context) const {
    if (chat_around_scores_) {
      return rendered({{Role::kUser, context}});
    }
    return {{context, true}};
  }

  /// The pairs of an item, without the last of its droppable parts until they fit. Says in `note` how many went.
  [[nodiscard]] std::vector<EncodedPair> encoded(const LoglikelihoodRequest& request, std::string& sent,
                                                 std::string& note) const {
    const auto limit = static_cast<std::size_t>(request.max_context_tokens > 0
                                                    ? std::min(request.max_context_tokens, model_->max_context())
                                                    : model_->max_context());
    LoglikelihoodRequest fitting = request;
    while (true) {
      std::vector<TextPart> parts = context_parts(fitting.context);
      std::vector<std::string> texts = request.continuations;
      for (std::string& text : texts) {
        // Under a template a continuation begins the assistant's turn: the reference drops the delimiter's blank.
        if (chat_around_scores_ && !text.empty() && text.front() == ' ') text.erase(0, 1);
      }
      std::vector<EncodedPair> pairs;
      if (request.openings.empty()) {
        pairs = model_->tokenizer().encode_pairs(parts, texts);
      }
      for (std::size_t i = 0; i < request.openings.size(); ++i) {
        parts = context_parts(fitting.context + request.openings[i]);
        pairs.push_back(model_->tokenizer().encode_pair(parts, texts[i]));
      }
      const bool fits = std::all_of(pairs.begin(), pairs.end(), [limit](const EncodedPair& pair) {
        return pair.context.size() + pair.continuation.size() <= limit;
      });
      if (!fits && drop_last_part(fitting)) continue;
      if (chat_around_scores_) {
        sent = joined(parts);
      }
      note = dropped_note(request.droppable.size() - fitting.droppable.size());
      return pairs;
    }
  }

  void answer_score(std::int64_t order, const LoglikelihoodRequest& request, std::function<void(Completion)>& done) {
    if (request.continuations.empty()) {
      give_up(FailureKind::kInvalidRequest, "there is no continuation to score");
    }
    if (!request.openings.empty() && request.openings.size() != request.continuations.size()) {
      give_up(FailureKind::kInvalidRequest, "there are not as many openings as continuations");
    }
    Completion completion;
    const std::vector<EncodedPair> pairs = encoded(request, completion.sent, completion.note);
    const auto limit = static_cast<std::size_t>(model_->max_context());
    ScoreJob job;
    job.order = order;
    std::size_t most_cut = 0;
    std::int64_t prompt_tokens = 0;
    for (const EncodedPair& pair : pairs) {
      if (pair.continuation.empty()) {
        give_up(FailureKind::kInvalidRequest, "a continuation has no token of its own after this context");
      }
      if (pair.continuation.size() > limit) {
        give_up(FailureKind::kContextTooLong, "a continuation of " + std::to_string(pair.continuation.size()) +
                                                  " tokens is longer than the context of " + std::to_string(limit) +
                                                  "; give a larger ?ctx=");
      }
      ScoredSequence sequence;
      sequence.target = pair.continuation;
      sequence.input = pair.context;
      sequence.input.insert(sequence.input.end(), pair.continuation.begin(), pair.continuation.end());
      // The reference keeps the last limit + 1 tokens, of which the last is never an input.
      most_cut = std::max(most_cut, keep_last(sequence.input, limit + 1));
      sequence.input.pop_back();
      prompt_tokens = std::max(prompt_tokens, static_cast<std::int64_t>(pair.context.size()));
      job.sequences.push_back(std::move(sequence));
    }
    if (most_cut > 0) {
      completion.note +=
          (completion.note.empty() ? "" : ", ") + ("left-truncated " + std::to_string(most_cut) + " tokens");
    }
    completion.usage.prompt = prompt_tokens;
    completion.usage.completion = 0;
    job.done = [completion = std::move(completion), done = std::move(done)](ScoreOutcome outcome) mutable {
      completion.continuations = std::move(outcome.scores);
      completion.usage.evaluated = outcome.evaluated;
      completion.timings = outcome.timings;
      completion.failure = std::move(outcome.failure);
      if (completion.failure) {
        completion.continuations.clear();
      }
      done(std::move(completion));
    };
    engine_->score(std::move(job));
  }

  /// The tokens of a prompt, at least one; `sent` is what a chat template made of the messages.
  [[nodiscard]] std::vector<Token> encoded(const GenerateRequest& request, std::string& sent) const {
    std::vector<Token> tokens;
    if (request.messages.empty()) {
      tokens = model_->tokenizer().encode({{request.prompt, true}});
    } else {
      const std::vector<TextPart> parts = rendered(request.messages);
      tokens = model_->tokenizer().encode(parts);
      sent = joined(parts);
    }
    if (tokens.empty()) {
      tokens = model_->tokenizer().encode_pair({}, "").context;
    }
    return tokens;
  }

  void answer_generate(std::int64_t order, const GenerateRequest& request, std::function<void(Completion)>& done) {
    Completion completion;
    GenerateJob job;
    job.order = order;
    const int limit = model_->max_context();
    if (request.max_tokens < 1 || request.max_tokens >= limit) {
      give_up(FailureKind::kContextTooLong, "an answer of " + std::to_string(request.max_tokens) +
                                                " tokens does not fit a context of " + std::to_string(limit) +
                                                "; give a larger ?ctx=");
    }
    const auto room = static_cast<std::size_t>(limit - request.max_tokens);
    GenerateRequest fitting = request;
    job.prompt = encoded(fitting, completion.sent);
    while (job.prompt.size() > room && drop_last_part(fitting)) {
      job.prompt = encoded(fitting, completion.sent);
    }
    completion.note = dropped_note(request.droppable.size() - fitting.droppable.size());
    if (!completion.note.empty() && completion.sent.empty()) {
      completion.sent = fitting.prompt;
    }
    completion.usage.prompt = static_cast<std::int64_t>(job.prompt.size());
    if (!request.messages.empty() && job.prompt.size() > room) {
      // A conversation without its beginning has no system prompt, no question, and half a template.
      give_up(FailureKind::kContextTooLong, "a conversation of " + std::to_string(job.prompt.size()) +
                                                " tokens and an answer of " + std::to_string(request.max_tokens) +
                                                " do not fit a context of " + std::to_string(limit) +
                                                "; give a larger ?ctx=");
    }
    const std::size_t cut = keep_last(job.prompt, room);
    if (cut > 0) {
      completion.note += (completion.note.empty() ? "" : ", ") + ("left-truncated " + std::to_string(cut) + " tokens");
    }
    job.max_tokens = request.max_tokens;
    job.temperature = request.temperature;
    job.top_p = request.top_p;
    job.seed = request.seed;
    job.stop = request.stop;
    job.top_logprobs = request.top_logprobs;
    job.done = [completion = std::move(completion), done = std::move(done)](GenerateOutcome outcome) mutable {
      completion.text = std::move(outcome.text);
      completion.top_logprobs = std::move(outcome.top_logprobs);
      completion.finish = outcome.finish;
      completion.usage.completion = outcome.tokens;
      completion.usage.evaluated = outcome.evaluated;
      completion.timings = outcome.timings;
      completion.failure = std::move(outcome.failure);
      done(std::move(completion));
    };
    engine_->generate(std::move(job));
  }

  std::shared_ptr<const LocalModel> model_;
  std::optional<ChatTemplate> chat_;
  bool chat_around_scores_;
  ModelIdentity identity_;
  std::function<void(const std::string&)> log_;
  std::unique_ptr<Engine> engine_;  ///< last: it is joined before what it uses goes
};

/// Where hashes of model files are remembered; empty where there is no such place.
std::string hash_folder(const AdapterContext& context) {
  if (!context.environment) {
    return {};
  }
  if (const auto cache = context.environment("XDG_CACHE_HOME"); cache && !cache->empty()) {
    return *cache + "/assay/hashes";
  }
  if (const auto home = context.environment("HOME"); home && !home->empty()) {
    return *home + "/.cache/assay/hashes";
  }
  return {};
}

Result<void> check_memory(const std::string& path, std::uint64_t tensor_bytes) {
  const auto available = available_memory();
  if (available && tensor_bytes > *available) {
    return usage_error("model file '" + path + "' needs " + std::to_string(tensor_bytes >> 20U) +
                       " MiB of memory, and " + std::to_string(*available >> 20U) +
                       " MiB are available: take a smaller model or quantization");
  }
  return {};
}

Result<ModelIdentity> identity_of(const LocalModel& model, const GgufHeader& header, bool chat_around_scores,
                                  const AdapterContext& context) {
  const ModelOptions& options = model.options();
  ModelIdentity identity;
  identity.name = "llama:" + std::filesystem::path(options.path).filename().string();
  auto sha256 = remembered_sha256(options.path, hash_folder(context));
  if (!sha256) {
    return forward_error(sha256);
  }
  identity.sha256 = *sha256;
  identity.settings = {{"ctx", std::to_string(model.max_context())},
                       {"chat", chat_around_scores ? "on" : "off"},
                       {"kv_cache", options.kv_type},
                       {"flash_attention", options.flash == FlashAttention::kOff                   ? "off"
                                           : model.exact() || options.flash == FlashAttention::kOn ? "on"
                                                                                                   : "auto"},
                       {"reproducible", model.exact() ? "exact" : "statistical"},
                       {"share", model.shares_prompts() ? "on" : "off"}};
  if (options.exclusive) identity.settings.emplace_back("exclusive", "on");
  if (options.lora) {
    auto lora = remembered_sha256(options.lora->path, hash_folder(context));
    if (!lora) {
      return forward_error(lora);
    }
    identity.settings.emplace_back("lora", *lora);
    identity.settings.emplace_back("lora_scale", std::to_string(options.lora->scale));
  }
  if (!model.exact()) {
    identity.settings.emplace_back("gpu_layers", std::to_string(options.gpu_layers));
    identity.settings.emplace_back("batch", std::to_string(model.batch_tokens()));
  }
  identity.details = {{"model_name", header.name},
                      {"architecture", header.architecture},
                      {"quantization", header.quantization},
                      {"parameters", std::to_string(header.parameters)},
                      {"threads", std::to_string(options.threads)},
                      {"sequences", std::to_string(options.sequences)},
                      {"batch_tokens", std::to_string(model.batch_tokens())},
                      {"engine", std::string("llama.cpp ") + llama_version() + ", ggml " + ggml_version()},
                      {"system", llama_print_system_info()}};
  return identity;
}

}  // namespace
}  // namespace llama

Result<std::unique_ptr<Adapter>> make_llama_adapter(const ModelRef& ref, const AdapterContext& context) {
  auto options = llama::read_options(ref);
  if (!options) {
    return forward_error(options);
  }
  auto header = llama::read_gguf_header(ref.model);
  if (!header) {
    return usage_error(header.error().message + "; fetch the file again or take another");
  }
  if (header->type == "adapter") {
    return usage_error("model file '" + ref.model + "' is a LoRA adapter: name the model, and this with ?lora=");
  }
  if (const auto fits = llama::check_memory(ref.model, header->tensor_bytes); !fits) {
    return tl::make_unexpected(fits.error());
  }
  if (const auto& lora = options->model.lora) {
    auto lora_header = llama::read_gguf_header(lora->path);
    if (!lora_header) {
      return forward_error(lora_header);
    }
  }
  auto model = llama::LocalModel::load(options->model, context.log);
  if (!model) {
    return usage_error(model.error().message + "; fetch the file again or take another");
  }
  const std::string source = (*model)->chat_template_source();
  std::optional<llama::ChatTemplate> chat;
  std::string why_not = "the model has no chat template";
  if (!source.empty()) {
    auto parsed =
        llama::ChatTemplate::parse(source, (*model)->tokenizer().bos_text(), (*model)->tokenizer().eos_text());
    if (parsed) {
      chat = std::move(*parsed);
    } else {
      why_not = parsed.error().message;
    }
  }
  if (!chat) {
    if (options->chat == llama::ChatMode::kOn) {
      return usage_error("model '" + ref.text + "': chat=on is not possible: " + why_not);
    }
    if (context.log) {
      context.log("no chat: " + why_not);
    }
  }
  const bool around_scores = chat.has_value() && options->chat != llama::ChatMode::kOff;
  auto identity = llama::identity_of(**model, *header, around_scores, context);
  if (!identity) {
    return forward_error(identity);
  }
  return std::make_unique<llama::LlamaAdapter>(std::move(*model), std::move(chat), around_scores, std::move(*identity),
                                               context.log);
}

}  // namespace assay
