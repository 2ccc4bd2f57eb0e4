#include "suites/registry.h"

#include "harness/core/text.h"
#include "suites/hellaswag/hellaswag_suite.h"
#include "suites/humaneval/humaneval_suite.h"
#include "suites/mbpp/mbpp_suite.h"
#include "suites/mmlu/mmlu_suite.h"
#include "suites/text_to_sql/text_to_sql.h"

namespace assay {

const std::vector<SuiteEntry>& builtin_suites() {
  static const std::vector<SuiteEntry> suites{
      mmlu::entry(), hellaswag::entry(), humaneval::entry(), mbpp::entry(), text_to_sql::entry(),
  };
  return suites;
}

Result<const SuiteEntry*> find_suite(const std::string& name) {
  std::vector<std::string> names;
  std::string list;
  for (const SuiteEntry& entry : builtin_suites()) {
    if (entry.name == name) return &entry;
    names.push_back(entry.name);
    list += (list.empty() ? "" : ", ") + entry.name;
  }
  return usage_error("unknown suite '" + name + "'" + did_you_mean(name, names) + "; there are " + list);
}

}  // namespace assay
