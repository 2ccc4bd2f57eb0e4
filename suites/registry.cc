#include "suites/registry.h"

#include <algorithm>

#include "harness/core/text.h"
#include "suites/arc/arc_suite.h"
#include "suites/custom/custom_suite.h"
#include "suites/custom/protocols.h"
#include "suites/dbbench/dbbench_suite.h"
#include "suites/formats/formatted_suite.h"
#include "suites/gsm8k/gsm8k_suite.h"
#include "suites/hellaswag/hellaswag_suite.h"
#include "suites/humaneval/humaneval_suite.h"
#include "suites/legalbench/legalbench_suite.h"
#include "suites/mbpp/mbpp_suite.h"
#include "suites/mmlu/mmlu_suite.h"
#include "suites/orders/ordered_suite.h"
#include "suites/text_to_sql/text_to_sql.h"
#include "suites/truthfulqa/truthfulqa_suite.h"
#include "suites/winogrande/winogrande_suite.h"

namespace assay {

const std::vector<SuiteEntry>& builtin_suites() {
  using formats::with_formats;
  using orders::with_orders;
  static const std::vector<SuiteEntry> suites{
      with_formats(with_orders(mmlu::entry())),
      with_orders(hellaswag::entry()),
      with_formats(with_orders(winogrande::entry())),
      with_formats(with_orders(arc::easy_entry())),
      with_formats(with_orders(arc::challenge_entry())),
      with_formats(with_orders(truthfulqa::mc1_entry())),
      truthfulqa::mc2_entry(),
      gsm8k::entry(),
      legalbench::entry(),
      humaneval::entry(),
      mbpp::entry(),
      text_to_sql::entry(),
      dbbench::entry(),
  };
  return suites;
}

bool is_suite_file(const std::string& name) {
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.find('/') != std::string::npos;
}

Result<std::shared_ptr<const SuiteEntry>> find_suite(const std::string& name) {
  if (is_suite_file(name)) {
    Result<SuiteEntry> entry = custom::entry(name);
    if (!entry) return forward_error(entry);
    for (const SuiteEntry& one : builtin_suites()) {
      if (one.name == entry->name)
        return usage_error(name + ": name: '" + one.name + "' is a suite of assay's own; choose another");
    }
    const bool has_letters = std::any_of(entry->protocols.begin(), entry->protocols.end(),
                                         [](const Protocol& protocol) { return protocol.name == custom::kLetter; });
    if (has_letters) entry = formats::with_formats(orders::with_orders(std::move(*entry)));
    return std::make_shared<const SuiteEntry>(std::move(*entry));
  }
  std::vector<std::string> names;
  std::string list;
  for (const SuiteEntry& entry : builtin_suites()) {
    if (entry.name == name) return std::shared_ptr<const SuiteEntry>(std::shared_ptr<void>(), &entry);  // not owned
    names.push_back(entry.name);
    list += (list.empty() ? "" : ", ") + entry.name;
  }
  return usage_error("unknown suite '" + name + "'" + did_you_mean(name, names) + "; there are " + list +
                     "; a suite of your own is named by its file (support.yaml)");
}

}  // namespace assay
