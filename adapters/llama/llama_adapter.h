// Local quantized models in this process, by llama.cpp: `llama:PATH.gguf?threads=…&ctx=…`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/adapter.h"
#include "adapters/model_ref.h"
#include "adapters/registry.h"
#include "harness/core/result.h"

namespace assay {

/// Loads the model of a reference. Options:
///   threads=N      cores to use; default: the physical ones
///   ctx=N          tokens of prompt and answer together; default: what the model was trained for. Memory is taken
///                  as prompts need it, not for all of it
///   gpu_layers=N   layers on the GPU, -1 for all; default: all where this build has a GPU back end
///   seqs=N         texts generated at once, 1 to 32; default 8
///   batch=N        tokens of a physical batch, from 8; default 60 on a CPU, 512 on a GPU. From 64 on nothing is exact
///   kv=TYPE        how keys and values are kept: f16 (default), f32, bf16, q8_0, q4_0, q4_1, q5_0, q5_1, iq4_nl
///   flash=auto|on|off  flash attention; without it nothing is exact
///   attention=auto|ggml  whose kernel computes attention in exact runs on a CPU; the numbers are the same
///   split=layer|row|none, main_gpu=N  several GPUs: how the model is spread, and which holds the rest
///   share=auto|on|off, exclusive=on|off  see docs/local_models.md
///   lora=PATH[:S]  a LoRA adapter and its scale; default 1
///   chat=on|off|auto  the model's template around log-likelihood prompts; default off. auto: on where there is one
/// Errors are usage errors of one line: a bad value, a file that is no model, more than memory holds.
[[nodiscard]] Result<std::unique_ptr<Adapter>> make_llama_adapter(const ModelRef& ref, const AdapterContext& context);

}  // namespace assay
