#include "adapters/registry.h"

#include <algorithm>

#include "adapters/baseline/baseline_adapter.h"
#include "adapters/replay/replay_adapter.h"
#include "adapters/scripted/scripted_adapter.h"
#include "harness/core/text.h"
#if defined(ASSAY_LLAMA)
#include <unistd.h>

#include "adapters/llama/llama_adapter.h"
#include "adapters/model_store/model_store.h"
#endif
#include "adapters/anthropic/anthropic_adapter.h"
#include "adapters/azure/azure_adapter.h"
#include "adapters/gemini/gemini_adapter.h"
#include "adapters/openai/openai_adapter.h"

namespace assay {
namespace {

Result<std::unique_ptr<Adapter>> make_llama(const ModelRef& ref, const AdapterContext& context) {
  auto file = local_model_file(ref, context);
#if defined(ASSAY_LLAMA)
  if (file) return make_llama_adapter(*file, context);
#endif
  return forward_error(file);
}

}  // namespace

const std::vector<AdapterEntry>& builtin_adapters() {
  static const std::vector<AdapterEntry> adapters{
      {"llama",
       "llama:PATH.gguf or llama:NAME of a fetched model: a local quantized model, in this process",
       {"threads", "ctx", "gpu_layers", "seqs", "lora", "chat", "share", "exclusive", "batch", "kv", "flash", "split",
        "main_gpu", "attention"},
       {"threads", "seqs", "attention"},
       make_llama},
      openai_adapter(),
      azure_adapter(),
      anthropic_adapter(),
      gemini_adapter(),
      {"replay",
       "replay:RUN.db[#MODEL]: answers from an earlier run's records, without asking",
       {},
       {},
       make_replay_adapter},
      {"baseline",
       "baseline:random|first|longest: trivial models that every real one must beat",
       {"seed"},
       {},
       [](const ModelRef& ref, const AdapterContext&) { return make_baseline_adapter(ref); }},
      {"scripted",
       "scripted:FILE: answers, delays and faults from a file, for tests and dry runs",
       {},
       {},
       [](const ModelRef& ref, const AdapterContext&) { return make_scripted_adapter(ref); }},
  };
  return adapters;
}

Result<ModelRef> local_model_file(const ModelRef& ref, const AdapterContext& context) {
#if defined(ASSAY_LLAMA)
  ModelRef file = ref;
  if (ref.model.starts_with("~/") && context.environment) {  // no shell expands it behind 'llama:'
    file.model = context.environment("HOME").value_or("~") + ref.model.substr(1);
  }
  if (access(file.model.c_str(), F_OK) == 0 || !context.environment) return file;
  const ModelStore store(context.environment);
  if (const std::optional<std::string> path = store.find(ref.model)) {
    file.model = *path;
    return file;
  }
  const bool is_name = ref.model.find('/') == std::string::npos;
  return usage_error("model '" + ref.text + "': no such file" +
                     (is_name ? ", and no such model in " + store.folder() : std::string()) +
                     "; 'assay model fetch smollm2-135m' brings a small one, 'assay model list' shows those there are");
#else
  static_cast<void>(context);
  return usage_error("model '" + ref.text +
                     "': this assay was built without local models; build it with -DASSAY_LLAMA=ON");
#endif
}

Result<const AdapterEntry*> find_adapter(const ModelRef& ref) {
  std::vector<std::string> names;
  for (const AdapterEntry& entry : builtin_adapters()) {
    names.push_back(entry.name);
    if (entry.name != ref.adapter) continue;
    for (const auto& [key, value] : ref.options) {
      if (std::find(entry.options.begin(), entry.options.end(), key) != entry.options.end()) continue;
      const std::string known = listed(entry.options);
      return usage_error("model '" + ref.text + "': " + entry.name + " has no option '" + key + "'" +
                         did_you_mean(key, entry.options) + (known.empty() ? "; it has none" : "; it has " + known));
    }
    return &entry;
  }
  return usage_error("model '" + ref.text + "': no adapter '" + ref.adapter + "'" + did_you_mean(ref.adapter, names) +
                     "; there are " + listed(names));
}

}  // namespace assay
