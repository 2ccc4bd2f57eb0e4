// `assay doctor`: what works on this machine and what does not, each with how to mend it.
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "adapters/model_store/model_store.h"
#include "adapters/model_store/pinned_models.h"
#include "harness/cli/command.h"
#include "harness/cli/data_folder.h"
#include "harness/config/paths.h"
#include "harness/run/host.h"
#include "suites/registry.h"
#include "suites/sandbox/sandbox.h"
#include "suites/templates/template_engine.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;

/// One thing that was looked at.
struct Check {
  std::string area;  ///< "data", "models", "machine", "sandbox", "keys", "gpu"
  std::string name;
  bool good = false;
  std::string detail;
  std::string mend;  ///< what to do where it is not good
};

void check_data(const Program& program, std::vector<Check>& checks) {
  const std::string folder = default_data_folder(program.environment);
  for (const SuiteEntry& suite : builtin_suites()) {
    const DataFiles found = find_data_files(suite, folder);
    const bool good = found.missing.empty();
    checks.push_back(
        {"data", suite.name, good,
         good ? std::to_string(found.files) + " files in " + folder : "no " + found.missing.front() + " in " + folder,
         "put the authors' files there, or name another folder by --data or $ASSAY_DATA; "
         "--starter needs none"});
  }
}

void check_models(const Program& program, std::vector<Check>& checks) {
  const ModelStore store(program.environment);
  for (const PinnedModel& model : pinned_models()) {
    const auto path = store.find(model.name);
    checks.push_back(
        {"models", model.name, path.has_value(), path ? *path : "not fetched", "assay model fetch " + model.name});
  }
#if defined(ASSAY_LLAMA)
  checks.push_back({"models", "local engine", true, "llama.cpp", ""});
#else
  checks.push_back({"models", "local engine", false, "not built", "build with -DASSAY_LLAMA=ON"});
#endif
}

void check_templates(std::vector<Check>& checks) {
  const bool good = templates::TemplateEngine::available();
  checks.push_back({"suites", "suites of your own", good,
                    good ? "prompt templates by llama.cpp's engine" : "no template engine",
                    "build with a llama.cpp source tree, which scripts/setup brings"});
}

void check_machine(std::vector<Check>& checks) {
  constexpr long long kWanted = 2LL << 30;
  for (const auto& [name, value] : host_description()) {
    if (name == "cpu" || name == "cores" || name == "os") checks.push_back({"machine", name, true, value, ""});
  }
  const long long page = sysconf(_SC_PAGE_SIZE);
  const long long total = page * sysconf(_SC_PHYS_PAGES);
  const long long available = page * sysconf(_SC_AVPHYS_PAGES);
  std::ostringstream memory;
  memory.precision(1);
  memory << std::fixed << static_cast<double>(total) / (1LL << 30) << " GiB, "
         << static_cast<double>(available) / (1LL << 30) << " free";
  checks.push_back({"machine", "memory", total >= kWanted, memory.str(), "2 GiB let small models run"});
}

std::string mend_layer(const std::string& name) {
  if (name == "namespaces") {
    return "sysctl kernel.unprivileged_userns_clone=1 (Debian), or "
           "kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu); containers may forbid them";
  }
  if (name == "landlock") return "Linux 5.13 or newer with landlock among its security modules (lsm=landlock,…)";
  if (name == "seccomp") return "a kernel with CONFIG_SECCOMP_FILTER";
  if (name == "uid") return "run assay as an ordinary user, or let root change to one";
  if (name == "cgroup") return "not needed; systemd-run --user --scope -p Delegate=yes assay … delegates one";
  return "";
}

// What a suite that executes programs would get: tried, by starting a confined worker that runs nothing.
void check_sandbox(std::vector<Check>& checks) {
  sandbox::SandboxOptions options;
  options.workers = 1;
  options.unsafe = true;  // so that too little isolation is shown layer by layer
  const auto isolation = sandbox::probe(options);
  if (!isolation) {
    checks.push_back(
        {"sandbox", "isolation", false, isolation.error().message, "suites that execute programs need it"});
    return;
  }
  checks.push_back({"sandbox", "isolation", isolation->enough(), isolation->level(),
                    "too little to execute what a model wrote: humaneval refuses to, but for --unsafe-exec"});
  for (const sandbox::Layer& layer : isolation->layers) {
    checks.push_back({"sandbox", layer.name, layer.in_force, layer.detail.empty() ? "in force" : layer.detail,
                      mend_layer(layer.name)});
  }
}

// Names only: a key's value is never shown.
void check_keys(const Program& program, std::vector<Check>& checks) {
  for (const char* name :
       {"OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"}) {
    const auto value = program.environment(name);
    const bool set = value && !value->empty();
    checks.push_back({"keys", name, set, set ? "set" : "not set", "only that provider's models need it"});
  }
}

void check_gpu(std::vector<Check>& checks) {
  std::string devices;
  for (const char* device : {"/dev/nvidia0", "/dev/kfd", "/dev/dri"}) {
    std::error_code ignored;
    if (fs::exists(device, ignored)) devices += (devices.empty() ? "" : ", ") + std::string(device);
  }
  checks.push_back({"gpu", "device", !devices.empty(), devices.empty() ? "none" : devices,
                    "local models run on the CPU; a GPU build needs -DGGML_CUDA=ON, -DGGML_VULKAN=ON or its like"});
}

Result<int> examine(const Arguments& arguments, Program& program) {
  const std::string format = arguments.value("--format").value_or("text");
  if (format != "text" && format != "json") return usage_error("--format: '" + format + "' is not text or json");
  std::vector<Check> checks;
  check_data(program, checks);
  check_models(program, checks);
  check_templates(checks);
  check_machine(checks);
  check_sandbox(checks);
  check_keys(program, checks);
  check_gpu(checks);
  if (format == "json") {
    using Json = nlohmann::ordered_json;
    Json listed = Json::array();
    for (const Check& check : checks) {
      listed.push_back({{"area", check.area},
                        {"name", check.name},
                        {"ok", check.good},
                        {"detail", check.detail},
                        {"mend", check.good || check.mend.empty() ? Json(nullptr) : Json(check.mend)}});
    }
    program.out << Json{{"schema", 1}, {"checks", listed}}.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
    return 0;
  }
  std::string area;
  for (const Check& check : checks) {
    if (check.area != area) program.out << (area.empty() ? "" : "\n") << check.area << "\n";
    area = check.area;
    program.out << (check.good ? "  ok  " : "  --  ") << check.name << ": " << check.detail << "\n";
    if (!check.good && !check.mend.empty()) program.out << "      " << check.mend << "\n";
  }
  return 0;
}

}  // namespace

Command doctor_command() {
  return {"doctor", "says what works on this machine, and how to mend what does not",
          {},       {{"--format", "text|json", "of the output", false, {"text", "json"}}},
          {},       "Exit code 0: what is missing here may not be needed.\n",
          examine};
}

}  // namespace assay::cli
