#include "suites/humaneval/problem.h"

#include <utility>

namespace assay::humaneval {

Result<Problem> parse_problem(const reading::JsonObject& row, bool plus) {
  Problem problem;
  struct Part {
    const char* key;
    std::string* value;
  };
  for (const Part& part :
       {Part{"task_id", &problem.task_id}, Part{"prompt", &problem.prompt}, Part{"entry_point", &problem.entry_point},
        Part{"canonical_solution", &problem.canonical_solution}}) {
    Result<std::string> text = row.text(part.key);
    if (!text) return forward_error(text);
    if (text->empty() && part.value != &problem.canonical_solution) {
      return usage_error(row.where() + ": '" + part.key + "' is empty");
    }
    *part.value = std::move(*text);
  }
  if (!plus) {
    Result<std::string> test = row.text("test");
    if (!test) return forward_error(test);
    if (test->empty()) return usage_error(row.where() + ": 'test' is empty");
    problem.test = std::move(*test);
    return problem;
  }
  for (const Part& part : {Part{"base_input", &problem.base_input}, Part{"plus_input", &problem.plus_input},
                           Part{"atol", &problem.atol}}) {
    Result<std::string> json = row.json(part.key);
    if (!json) return forward_error(json);
    *part.value = std::move(*json);
  }
  return problem;
}

Item to_item(const Problem& problem, std::int64_t order) {
  Item item;
  item.id = "humaneval/" + problem.task_id;
  item.order = order;
  item.cluster = item.id;
  item.question = problem.prompt;
  item.target = problem.canonical_solution;
  item.fields = {problem.task_id,    problem.entry_point, problem.test,
                 problem.base_input, problem.plus_input,  problem.atol};
  return item;
}

Problem from_item(const Item& item) {
  const auto field = [&](std::size_t i) { return i < item.fields.size() ? item.fields[i] : std::string(); };
  return {.task_id = field(0),
          .prompt = item.question,
          .entry_point = field(1),
          .canonical_solution = item.target,
          .test = field(2),
          .base_input = field(3),
          .plus_input = field(4),
          .atol = field(5)};
}

}  // namespace assay::humaneval
