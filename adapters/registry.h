// Which adapters there are, and how one is made from a model reference.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/adapter.h"
#include "adapters/http/limits.h"
#include "adapters/model_ref.h"
#include "harness/core/result.h"
#include "harness/core/stored_answers.h"

namespace assay {

/// What an adapter may need of the world around it; handed in, so that tests can replace it.
struct AdapterContext {
  /// An environment variable's value; keys come from here and nowhere else.
  std::function<std::optional<std::string>(const std::string& name)> environment;

  /// Opens an earlier run's answers: `run` is a path, `model` a model's name or empty where there is only one.
  std::function<Result<std::shared_ptr<StoredAnswers>>(const std::string& run, const std::string& model)>
      stored_answers;

  /// One line for the log (-v): what was loaded, what was noticed. Never a key.
  std::function<void(const std::string& line)> log;

  /// Limits of a remote model as flags and configuration set them; options of its reference win.
  RemoteLimits remote_limits;

  /// The run demands a log-likelihood protocol: a remote adapter asks the server, before the run, whether its
  /// log-probabilities can be used.
  bool loglikelihood_wanted = false;

  /// A dry run: nothing may be sent to any model, so what a server offers is believed unchecked.
  bool is_dry_run = false;
};

/// One kind of adapter.
struct AdapterEntry {
  std::string name;                          ///< the scheme: "llama", "openai", …
  std::string help;                          ///< one line: what it is and what its reference looks like
  std::vector<std::string> options;          ///< keys it knows in `?key=value`
  std::vector<std::string> neutral_options;  ///< those of them that change no answer: speed, where the key is

  /// Makes the adapter: loads the model, checks values. Expensive for local models; called once a run.
  std::function<Result<std::unique_ptr<Adapter>>(const ModelRef&, const AdapterContext&)> make;
};

/// All adapters of this build, in the order in which help shows them.
[[nodiscard]] const std::vector<AdapterEntry>& builtin_adapters();

/// A `llama:` reference with the path of its file: the name of a fetched model becomes that. Error: there is neither.
[[nodiscard]] Result<ModelRef> local_model_file(const ModelRef& ref, const AdapterContext& context);

/// The entry of a reference, its option keys checked. Errors name the reference and suggest the nearest.
[[nodiscard]] Result<const AdapterEntry*> find_adapter(const ModelRef& ref);

}  // namespace assay
