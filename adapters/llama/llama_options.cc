#include "adapters/llama/llama_options.h"

#include <llama.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "adapters/llama/llama_adapter.h"
#include "adapters/llama/machine.h"
#include "harness/core/text.h"

namespace assay {

const std::vector<std::string>& llama_options() {
  static const std::vector<std::string> keys = {"threads", "ctx",  "gpu_layers", "seqs",
                                                "lora",    "chat", "share",      "exclusive"};
  return keys;
}

namespace llama {
namespace {

constexpr int kMostSequences = 32;

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
  for (const auto& [key, value] : ref.options) {
    int* number = nullptr;
    int least = 1;
    int most = 0;
    if (key == "threads") {
      number = &model.threads;
      most = 512;
    } else if (key == "ctx") {
      number = &model.max_context;
      least = 8;
      most = 1 << 24;
    } else if (key == "gpu_layers") {
      number = &model.gpu_layers;
      least = -1;
      most = 4096;
    } else if (key == "seqs") {
      number = &model.sequences;
      most = kMostSequences;
    }
    if (number != nullptr) {
      auto read = whole_number(ref, key, value, least, most);
      if (!read) {
        return forward_error(read);
      }
      *number = *read;
    } else if (key == "lora") {
      model.lora = lora_option(value);
    } else if (key == "share") {
      if (value != "on" && value != "off" && value != "auto") {
        return usage_error("model '" + ref.text + "': share=" + value + " is not one of auto, on, off");
      }
      model.share = value == "on" ? Sharing::kOn : value == "off" ? Sharing::kOff : Sharing::kAuto;
    } else if (key == "exclusive") {
      if (value != "on" && value != "off") {
        return usage_error("model '" + ref.text + "': exclusive=" + value + " is not one of on, off");
      }
      model.exclusive = value == "on";
    } else if (key == "chat") {
      if (value != "on" && value != "off" && value != "auto") {
        return usage_error("model '" + ref.text + "': chat=" + value + " is not one of auto, on, off");
      }
      options.chat = value == "on" ? ChatMode::kOn : value == "auto" ? ChatMode::kAuto : ChatMode::kOff;
    } else {
      return usage_error("model '" + ref.text + "': unknown option '" + key + "'" + did_you_mean(key, llama_options()));
    }
  }
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
  return options;
}

}  // namespace llama
}  // namespace assay
