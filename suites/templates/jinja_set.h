// A set of parsed templates, inside the worker.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "harness/core/result.h"

namespace assay::templates {

/// Parses and renders without any limit of its own: only for a process that has limits.
class JinjaSet {
 public:
  JinjaSet();
  JinjaSet(JinjaSet&&) noexcept;
  JinjaSet& operator=(JinjaSet&&) noexcept;
  ~JinjaSet();

  /// Whether this build has the engine.
  [[nodiscard]] static bool available();

  /// Adds a template. Errors: a syntax error, with line and column; a filter that does not do what Jinja's does.
  [[nodiscard]] Result<void> add(std::string source);

  /// The variables of the next render() calls: the members of a JSON object.
  void set_fields(std::string json);

  /// Renders the template of that index. Numbers of the fields are put out as Python prints them after json.loads.
  [[nodiscard]] Result<std::string> render(std::size_t index) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::templates
