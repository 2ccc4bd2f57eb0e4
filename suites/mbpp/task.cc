#include "suites/mbpp/task.h"

#include <utility>

#include "suites/humaneval/python_literal.h"

namespace assay::mbpp {
namespace {

// A test's names are bound before it runs: to a module where Python has one of that name and the tests use it as one
// (some use `math` without importing it, since programs mostly do), else to what stands for the program's function.
constexpr const char* kCheck = R"python(
import ast
import builtins
import importlib


def bind(source, names):
    tree = ast.parse(source)
    stored = {part.id for part in ast.walk(tree) if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)}
    used_as_module = {part.value.id for part in ast.walk(tree)
                      if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name)}
    for part in ast.walk(tree):
        if not isinstance(part, ast.Name) or part.id in names or part.id in stored or hasattr(builtins, part.id):
            continue
        if part.id in used_as_module:
            try:
                names[part.id] = importlib.import_module(part.id)
                continue
            except ImportError:
                pass
        names[part.id] = __candidate__(part.id)


names = {}
exec(SETUP, names)
bind(TESTS, names)
exec(compile(TESTS, "<check>", "exec"), names)
)python";

}  // namespace

Result<Task> parse_task(const reading::JsonObject& row) {
  Task task;
  Result<std::int64_t> id = row.integer_or_digits("task_id");
  if (!id) return forward_error(id);
  task.task_id = *id;
  Result<std::string> text = row.text(row.has("text") ? "text" : "prompt");  // "prompt" in the sanitized edition
  if (!text) return forward_error(text);
  task.text = std::move(*text);
  Result<std::string> code = row.text("code");
  if (!code) return forward_error(code);
  task.code = std::move(*code);
  if (row.has("test_setup_code")) {
    Result<std::string> setup = row.text("test_setup_code");
    if (!setup) return forward_error(setup);
    task.setup = std::move(*setup);
  } else if (row.has("test_imports")) {
    Result<std::vector<std::string>> imports = row.texts("test_imports");
    if (!imports) return forward_error(imports);
    for (const std::string& line : *imports) task.setup += line + "\n";
  }
  Result<std::vector<std::string>> tests = row.texts("test_list");
  if (!tests) return forward_error(tests);
  if (tests->empty()) return usage_error(row.where() + ": 'test_list' is empty");
  task.tests = std::move(*tests);
  return task;
}

Item to_item(const Task& task, std::int64_t order) {
  Item item;
  item.id = "mbpp/" + std::to_string(task.task_id);
  item.order = order;
  item.cluster = item.id;
  item.question = task.text;
  item.target = task.code;
  item.fields = {std::to_string(task.task_id), task.setup};
  item.fields.insert(item.fields.end(), task.tests.begin(), task.tests.end());
  return item;
}

Task from_item(const Item& item) {
  Task task;
  task.text = item.question;
  task.code = item.target;
  if (item.fields.size() < 2) return task;
  task.task_id = std::stoll(item.fields[0]);
  task.setup = item.fields[1];
  task.tests.assign(item.fields.begin() + 2, item.fields.end());
  return task;
}

std::string check_source(const Task& task) {
  std::string tests;
  for (const std::string& test : task.tests) tests += test + "\n";
  return "SETUP = " + humaneval::python_literal(task.setup) + "\nTESTS = " + humaneval::python_literal(tests) + "\n" +
         kCheck;
}

}  // namespace assay::mbpp
