// Jinja templates over the fields of a row, rendered by llama.cpp's engine in a confined process.
//
// As in the chat templates of models, a block on a line of its own leaves no blank line (trim_blocks, lstrip_blocks).
// Stricter than Jinja: what is undefined, null, or no text where a text is put out is an error, because a prompt with a
// hole in it is one that nobody wanted. There is no include, no import, no file and no clock.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.h"

namespace assay::worker {
class WorkerProcess;
}

namespace assay::templates {

/// A template and what messages call it.
struct NamedTemplate {
  std::string where;   ///< "support.yaml:7: prompt"
  std::string source;  ///< one line end at its end is not part of the output, as in Jinja
};

/// No template may be longer, and none may render to more.
inline constexpr std::size_t kMaxSource = std::size_t{64} << 10;
inline constexpr std::size_t kMaxOutput = std::size_t{4} << 20;

/// Renders a fixed set of templates. Thread-safe; calls wait for one another.
class TemplateEngine {
 public:
  /// Whether this build can render templates (one without a llama.cpp source tree cannot).
  [[nodiscard]] static bool available();

  /// Starts the process and parses the templates. Errors name the template and the place in it; a build that cannot
  /// render says so. `program` calls template_worker_entry() first in its main().
  [[nodiscard]] static Result<std::unique_ptr<TemplateEngine>> start(std::vector<NamedTemplate> templates,
                                                                     std::string program = "/proc/self/exe");

  ~TemplateEngine();

  /// Renders those of the templates, by index, with the members of a JSON object as variables. Errors name the
  /// template: it raises, something is undefined, it takes more than 2 s of processor time (one more for each MiB of
  /// the fields), 512 MiB of memory, or its output is longer than kMaxOutput.
  [[nodiscard]] Result<std::vector<std::string>> render(const std::vector<std::size_t>& which,
                                                        std::string_view fields_json);

 private:
  TemplateEngine(std::vector<NamedTemplate> templates, std::string program);
  Result<void> start_worker();

  std::vector<NamedTemplate> templates_;
  std::string program_;
  std::mutex mutex_;  // of the worker: one request at a time
  std::unique_ptr<worker::WorkerProcess> worker_;
};

}  // namespace assay::templates
