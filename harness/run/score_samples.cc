#include "harness/run/score_samples.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "harness/run/plan.h"
#include "harness/run/run_plan.h"
#include "harness/run/samples_adapter.h"
#include "results/run_file/run_file.h"
#include "suites/registry.h"

namespace assay {
namespace {

/// How many samples the items have.
struct Counts {
  int least = std::numeric_limits<int>::max();
  int most = 0;
  std::string least_item;
};

Counts count(const SampleTable& table) {
  Counts counts;
  for (const std::string& item : table.items) {  // in file order, so that a message always names the same item
    const int samples = static_cast<int>(table.by_item.at(item).size());
    counts.most = std::max(counts.most, samples);
    if (samples < counts.least) {
      counts.least = samples;
      counts.least_item = item;
    }
  }
  return counts;
}

bool has_option(const SuiteConfig& suite, const std::string& key) {
  return std::any_of(suite.extra.begin(), suite.extra.end(), [&](const auto& option) { return option.first == key; });
}

bool knows_option(const SuiteEntry& entry, const std::string& key) {
  return std::find(entry.options.begin(), entry.options.end(), key) != entry.options.end();
}

// What the samples themselves say of how the suite is to be made.
Result<void> adapt(const SampleTable& table, const Counts& counts, const SuiteEntry& entry, SuiteConfig& suite) {
  suite.samples = counts.most;
  if (counts.least != counts.most && knows_option(entry, "k") && !has_option(suite, "k")) {
    std::string ks;
    for (const int k : {1, 10, 100}) {
      if (k <= counts.least) ks += (ks.empty() ? "" : ",") + std::to_string(k);
    }
    suite.extra.emplace_back("k", ks);
  }
  const bool whole = table.samples.front().whole_program;
  for (const reading::Sample& sample : table.samples) {
    if (sample.whole_program != whole) {
      return usage_error(sample.where + ": some lines have a completion, others a solution; score them apart");
    }
  }
  if (!whole) return {};
  if (!knows_option(entry, "whole_program")) {
    return usage_error(table.samples.front().where + ": 'completion' is missing; " + entry.name +
                       " knows no 'solution'");
  }
  if (!has_option(suite, "whole_program")) suite.extra.emplace_back("whole_program", "true");
  return {};
}

// Only the items that have samples, and of them only the samples that are there.
Result<void> choose(const SampleTable& table, int most, PlannedResult& planned, std::vector<std::string>& chosen,
                    std::vector<std::string>& messages) {
  Result<std::unique_ptr<ItemSource>> source = planned.suite->load();
  if (!source) return forward_error(source);
  std::map<std::int64_t, int> samples_of;
  std::int64_t all = 0;
  for (;;) {
    Result<std::optional<Item>> item = (*source)->next();
    if (!item) return forward_error(item);
    if (!*item) break;
    ++all;
    const auto found = table.by_item.find((*item)->id);
    if (found == table.by_item.end() || planned.todo.position((*item)->order) < 0) continue;
    samples_of[(*item)->order] = static_cast<int>(found->second.size());
    chosen.push_back((*item)->id);
  }
  if (chosen.size() < table.by_item.size()) {
    std::vector<std::string> sorted = chosen;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < table.samples.size(); ++i) {
      if (std::binary_search(sorted.begin(), sorted.end(), table.items[i])) continue;
      return usage_error(table.samples[i].where + ": " + planned.info.suite + " has no item '" +
                         table.samples[i].task_id + "' among those to score");
    }
  }
  std::vector<std::int64_t> orders;
  for (const auto& [order, samples] : samples_of) orders.push_back(order);
  planned.todo = TodoList(std::move(orders), most);
  for (const auto& [order, samples] : samples_of) {
    for (int sample = samples; sample < most; ++sample) planned.todo.mark_done(order, sample);
  }
  planned.info.items = static_cast<std::int64_t>(samples_of.size());
  if (planned.info.items < all) {
    messages.push_back(std::to_string(all - planned.info.items) + " of " + std::to_string(all) + " items of " +
                       planned.info.suite + " have no sample and are left out");
  }
  return {};
}

Result<void> check_ks(const PlannedResult& planned, const Counts& counts) {
  for (const MetricSpec& metric : planned.info.metrics) {
    if (metric.aggregation == Aggregation::kPassAtK && metric.k > counts.least) {
      return usage_error(metric.name + " needs " + std::to_string(metric.k) + " samples of every item; " +
                         counts.least_item + " has " + std::to_string(counts.least));
    }
  }
  return {};
}

Result<void> write_results(const SampleTable& table, const std::string& run_path, const std::string& results_path) {
  Result<std::unique_ptr<RunReader>> reader = RunReader::open(run_path);
  if (!reader) return forward_error(reader);
  std::vector<reading::Verdict> verdicts(table.samples.size(), reading::Verdict::kUnknown);
  std::vector<std::string> reasons(table.samples.size(), "not scored yet");
  const Result<void> read = (*reader)->for_each(true, [&](const Record& record) {
    const auto found = table.by_item.find(record.item.id);
    const auto sample = static_cast<std::size_t>(record.request.sample);
    if (found == table.by_item.end() || sample >= found->second.size()) return true;
    const std::size_t at = found->second[sample];
    if (record.score) {
      verdicts[at] = record.score->value >= 1 ? reading::Verdict::kPassed : reading::Verdict::kFailed;
      reasons[at] = record.score->why;
    } else if (record.completion.failure) {
      reasons[at] = record.completion.failure->message;
    }
    return true;
  });
  if (!read) return tl::make_unexpected(read.error());
  const std::string partial = results_path + ".part";
  {
    std::ofstream out(partial, std::ios::binary);
    for (std::size_t i = 0; i < table.samples.size(); ++i) {
      out << reading::result_line(table.samples[i].line, verdicts[i], reasons[i]) << '\n';
    }
    out.flush();
    if (!out) {
      const std::string why = std::strerror(errno);
      out.close();
      std::remove(partial.c_str());
      return usage_error(results_path + ": cannot be written: " + why + "; name another with --results");
    }
  }
  if (std::rename(partial.c_str(), results_path.c_str()) != 0) {
    return usage_error(results_path + ": cannot be written: " + std::strerror(errno) + "; name another with --results");
  }
  return {};
}

}  // namespace

Result<RunOutcome> score_samples(RunConfig config, const std::string& path, const std::string& results_path,
                                 RunObserver& observer, const StopSignal& stop) {
  SuiteConfig& suite = config.suites.front();
  const auto entry = find_suite(suite.source());
  if (!entry) return tl::make_unexpected(entry.error());
  const Result<SampleTable> table = SampleTable::read(path, suite.name);
  if (!table) return tl::make_unexpected(table.error());
  const Counts counts = count(*table);
  if (Result<void> adapted = adapt(*table, counts, **entry, suite); !adapted) return forward_error(adapted);

  std::vector<PlannedModel> models(1);
  PlannedModel& model = models.front();
  model.adapter = std::make_unique<SamplesAdapter>(*table);
  model.capabilities = model.adapter->capabilities();
  model.max_in_flight = model.capabilities.preferred_in_flight;
  if (!config.models.empty()) model.config.name = config.models.front().name;
  model.config.ref.adapter = "samples";
  model.config.ref.model = path;
  model.config.ref.text = "samples:" + path;
  config.models = {model.config};

  std::vector<std::string> messages;
  Result<Plan> plan = make_plan(config, std::move(models), messages);
  if (!plan) return forward_error(plan);
  PlannedResult& planned = plan->results.front();
  if (planned.suite->info().judge) {
    return usage_error("suite " + planned.info.suite +
                       ": a model judges its answers, and score asks none; give them to `assay run` as a scripted: or "
                       "replay: model");
  }
  if (Result<void> fits = check_ks(planned, counts); !fits) return forward_error(fits);
  config.items.clear();
  if (Result<void> chosen = choose(*table, counts.most, planned, config.items, messages); !chosen) {
    return forward_error(chosen);
  }
  for (const std::string& message : messages) observer.on_message(message);

  const ReusableAnswers nothing(1);
  Result<RunOutcome> outcome = run_plan(config, *plan, nothing, observer, stop);
  if (!outcome || outcome->run_path.empty()) return outcome;
  if (Result<void> written = write_results(*table, outcome->run_path, results_path); !written) {
    return forward_error(written);
  }
  return outcome;
}

}  // namespace assay
