// The part of a configuration that changes an answer or a score, in one form: what a resumed run must agree in.
#pragma once

#include <string>

#include "harness/config/run_config.h"

namespace assay {

/// Canonical JSON (keys sorted, no blanks) of:
///   models       reference without options that change no answer (threads, …), name; in order
///   suites       name, protocol, shots, samples, temperature, max_tokens, own options; in order; null where the
///                suite's own value holds; strategies, where there are any
///   items        globs and ids, sorted, each once
///   seed, sample_seed, starter
///   shard        "I/N", only where there is more than one; then a suite has its limit too
/// Left out, because they change neither an answer nor a score: limits (a larger --limit goes on), speed, budget,
/// timeouts, prices, output, places of data and run files (a data set is known by its hash), reuse, gate.
[[nodiscard]] std::string canonical_config_json(const RunConfig& config);

}  // namespace assay
