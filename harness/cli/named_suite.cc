#include "harness/cli/named_suite.h"

#include <utility>

#include "harness/config/suite_flag.h"

namespace assay::cli {

Result<NamedSuite> make_named_suite(const std::string& flag, const std::string& data_dir, bool starter) {
  auto wanted = config::parse_suite_flag(flag);
  if (!wanted) return forward_error(wanted);
  auto entry = find_suite(wanted->name);
  if (!entry) return forward_error(entry);
  SuiteOptions options;
  options.data_dir = data_dir;
  options.starter = starter;
  options.protocol = (*entry)->protocols.front().name;
  options.extra = wanted->options;
  auto suite = (*entry)->make(options);
  if (!suite) return forward_error(suite);
  return NamedSuite{wanted->name, std::move(*entry), std::move(*suite)};
}

}  // namespace assay::cli
