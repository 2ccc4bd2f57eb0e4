#include "adapters/llama/llama_options.h"

#include <llama.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>

#include "adapters/llama/machine.h"
#include "harness/core/text.h"

namespace assay {
namespace llama {
namespace {

constexpr int kMostSequences = 32;
constexpr int kLeastBatch = 8;

Result<int> whole_number(const ModelRef& ref, const std::string& key, const std::string& value, int least, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < least || number > most) {
    return usage_error("model '" + ref.text + "': " + key + "=" + value + " is not a whole number from " +
                       std::to_string(least) + " to " + std::to_string(most));
  }
  return number;
}

/// PATH or PATH:SCALE; a colon that no number follows is the path's own.
LoraOption lora_option(const std::string& value) {
  const std::size_t colon = value.rfind(':');
  if (colon != std::string::npos && colon + 1 < value.size()) {
    float scale = 0;
    const char* const begin = value.data() + colon + 1;
    const auto [end, error] = std::from_chars(begin, value.data() + value.size(), scale);
    if (error == std::errc() && end == value.data() + value.size() && std::isfinite(scale)) {
      return {value.substr(0, colon), scale};
    }
  }
  return {value, 1};
}

/// An option that takes a whole number.
struct NumberOption {
  std::string key;
  int* number;
  int least;
  int most;
};

/// An option that takes one of a few words.
struct WordOption {
  std::string key;
  std::vector<std::string> words;
  std::function<void(std::size_t word)> take;
};

Result<void> take_word(const ModelRef& ref, const WordOption& option, const std::string& value) {
  const auto word = std::find(option.words.begin(), option.words.end(), value);
  if (word == option.words.end()) {
    return usage_error("model '" + ref.text + "': " + option.key + "=" + value + " is not one of " +
                       listed(option.words));
  }
  option.take(static_cast<std::size_t>(word - option.words.begin()));
  return {};
}

Result<void> check_together(const ModelRef& ref, AdapterOptions& options) {
  ModelOptions& model = options.model;
  if (model.exclusive) {
    const bool several = std::any_of(ref.options.begin(), ref.options.end(),
                                     [](const auto& option) { return option.first == "seqs" && option.second != "1"; });
    if (model.share == Sharing::kOn || several) {
      return usage_error("model '" + ref.text + "': exclusive=on asks one request at a time and shares nothing; " +
                         "leave share=on and seqs= out");
    }
    model.share = Sharing::kOff;
    model.sequences = 1;
  }
  if (model.flash == FlashAttention::kOff && model.kv_type != "f16" && model.kv_type != "f32" &&
      model.kv_type != "bf16") {
    return usage_error("model '" + ref.text + "': kv=" + model.kv_type + " wants flash attention; leave flash=off out");
  }
  return {};
}

}  // namespace

Result<AdapterOptions> read_options(const ModelRef& ref) {
  AdapterOptions options;
  ModelOptions& model = options.model;
  model.path = ref.model;
  model.threads = physical_cores();
  model.gpu_layers = llama_supports_gpu_offload() ? -1 : 0;
  if (ref.model.empty()) {
    return usage_error("model '" + ref.text + "': no model file is named; write llama:PATH.gguf");
  }
  if (!ref.url.empty()) {
    return usage_error("model '" + ref.text + "': a local model has no URL");
  }
  const std::vector<NumberOption> numbers = {
      {"threads", &model.threads, 1, 512},         {"ctx", &model.max_context, 8, 1 << 24},
      {"gpu_layers", &model.gpu_layers, -1, 4096}, {"seqs", &model.sequences, 1, kMostSequences},
      {"batch", &model.batch, kLeastBatch, 8192},  {"main_gpu", &model.main_gpu, 0, 63},
  };
  const std::vector<WordOption> words = {
      {"share", {"auto", "on", "off"}, [&](std::size_t word) { model.share = static_cast<Sharing>(word); }},
      {"exclusive", {"off", "on"}, [&](std::size_t word) { model.exclusive = word == 1; }},
      {"chat", {"off", "on", "auto"}, [&](std::size_t word) { options.chat = static_cast<ChatMode>(word); }},
      {"flash", {"auto", "on", "off"}, [&](std::size_t word) { model.flash = static_cast<FlashAttention>(word); }},
      {"attention", {"auto", "ggml"}, [&](std::size_t word) { model.attention = static_cast<AttentionBy>(word); }},
      {"split", {"none", "layer", "row"}, [&](std::size_t word) { model.split = static_cast<Split>(word); }},
      {"kv", kv_types(), [&](std::size_t word) { model.kv_type = kv_types()[word]; }},
  };
  for (const auto& [key, value] : ref.options) {
    const auto is_this = [&, name = &key](const auto& option) { return option.key == *name; };
    const auto number = std::find_if(numbers.begin(), numbers.end(), is_this);
    const auto word = std::find_if(words.begin(), words.end(), is_this);
    if (number != numbers.end()) {
      auto read = whole_number(ref, key, value, number->least, number->most);
      if (!read) {
        return forward_error(read);
      }
      *number->number = *read;
    } else if (word != words.end()) {
      if (auto taken = take_word(ref, *word, value); !taken) {
        return forward_error(taken);
      }
    } else if (key == "lora") {
      model.lora = lora_option(value);
    } else {
      return usage_error("model '" + ref.text + "': a local model has no option '" + key + "'");
    }
  }
  if (auto together = check_together(ref, options); !together) {
    return forward_error(together);
  }
  return options;
}

}  // namespace llama
}  // namespace assay
