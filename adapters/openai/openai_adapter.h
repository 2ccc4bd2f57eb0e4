// openai:NAME[@URL] — OpenAI, and any server that speaks its format.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/registry.h"

namespace assay {

/// OpenAI's own host.
inline constexpr const char* kOpenAiHost = "api.openai.com";

/// The base URL of a reference's: OpenAI's where it has none, "/v1" where it has no path, without an endpoint's own
/// path where that was pasted with it.
[[nodiscard]] std::string openai_base_url(std::string url);

/// This adapter's line of the registry.
[[nodiscard]] AdapterEntry openai_adapter();

/// Makes it from a reference. Where log-likelihoods are asked for (option loglikelihood=on, or the run demands such a
/// protocol), the server is asked a few short questions to check that its log-probabilities are right; where they are
/// not, that is the error. Otherwise nothing is sent.
[[nodiscard]] Result<std::unique_ptr<Adapter>> make_openai_adapter(const ModelRef& ref, const AdapterContext& context);

}  // namespace assay
