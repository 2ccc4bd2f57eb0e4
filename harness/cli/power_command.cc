// `assay power`: what difference a suite can show, and how many items a margin needs, before a run.
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/cli/command.h"
#include "harness/cli/named_suite.h"
#include "harness/config/paths.h"
#include "harness/config/setting.h"
#include "results/report/text.h"
#include "results/statistics/power.h"

namespace assay::cli {
namespace {

using statistics::PowerPlan;

/// A suite's size.
struct Size {
  std::string suite;
  std::int64_t items = 0;
  std::int64_t clusters = 0;  ///< that items share; 0: they are independent
};

Result<Size> size_of(const std::string& flag, const std::string& data, bool starter) {
  auto named = make_named_suite(flag, data, starter);
  if (!named) return forward_error(named);
  auto source = named->suite->load();
  if (!source) return forward_error(source);
  Size size{std::move(named->name), 0, 0};
  std::set<std::string> clusters;
  while (true) {
    auto item = (*source)->next();
    if (!item) return forward_error(item);
    if (!*item) break;
    ++size.items;
    if (!(*item)->cluster.empty()) clusters.insert((*item)->cluster);
  }
  size.clusters = static_cast<std::int64_t>(clusters.size());
  if (size.clusters == size.items) size.clusters = 0;
  return size;
}

constexpr double kMostItems = 1e12;  // more than anyone has; said as such

/// One line of the answer.
struct Row {
  double flip_rate = 0;
  std::optional<double> detectable;  ///< the smallest drop that the suite's items catch
  std::optional<double> to_catch;    ///< items that catch a drop of the margin
  std::optional<double> to_show;     ///< items that show "not worse" of two equal models
};

std::vector<Row> rows(const Size& size, PowerPlan plan, const std::vector<double>& flip_rates, double margin) {
  std::vector<Row> out;
  for (const double rate : flip_rates) {
    plan.flip_rate = rate;
    out.push_back({rate, statistics::detectable_difference(plan, static_cast<double>(size.items)),
                   statistics::items_for_difference(plan, margin), statistics::items_for_margin(plan, margin)});
  }
  return out;
}

std::string points(const std::optional<double>& fraction) {
  if (!fraction) return "–";
  return report::exact_text(std::round(*fraction * 1000) / 10);
}

std::string whole(const std::optional<double>& items) {
  if (!items) return "–";
  return *items > kMostItems ? "over 10^12" : std::to_string(static_cast<std::int64_t>(std::ceil(*items)));
}

void write_text(std::ostream& out, const Size& size, const std::vector<Row>& rows, double margin) {
  out << size.suite << ": " << size.items << " items";
  if (size.clusters > 0) out << " in " << size.clusters << " clusters (figures are for independent items)";
  out << "\n  " << report::left("flips", 8) << report::right("smallest drop caught", 22)
      << report::right("items to catch -" + points(margin), 22) << report::right("items to show", 18) << "\n  "
      << report::left("", 8) << report::right("points", 22) << report::right("", 22)
      << report::right("\"not worse\"", 18) << "\n";
  for (const Row& row : rows) {
    out << "  " << report::left(points(row.flip_rate) + " %", 8) << report::right(points(row.detectable), 22)
        << report::right(whole(row.to_catch), 22) << report::right(whole(row.to_show), 18) << "\n";
  }
}

void write_json(std::ostream& out, const std::vector<std::pair<Size, std::vector<Row>>>& answers, const PowerPlan& plan,
                double margin) {
  using Json = nlohmann::ordered_json;
  const auto items = [](const std::optional<double>& value) {
    return value && *value <= kMostItems ? Json(static_cast<std::int64_t>(std::ceil(*value))) : Json(nullptr);
  };
  Json json{{"schema", 1}, {"margin", margin}, {"alpha", plan.alpha}, {"power", plan.power}};
  json["suites"] = Json::array();
  for (const auto& [size, rows] : answers) {
    Json suite{{"suite", size.suite}, {"items", size.items}, {"clusters", size.clusters}};
    suite["by_flip_rate"] = Json::array();
    for (const Row& row : rows) {
      suite["by_flip_rate"].push_back(
          {{"flip_rate", row.flip_rate},
           {"detectable_difference", row.detectable ? Json(*row.detectable) : Json(nullptr)},
           {"items_to_catch_margin", items(row.to_catch)},
           {"items_to_show_not_worse", items(row.to_show)}});
    }
    json["suites"].push_back(suite);
  }
  out << json.dump(2) << "\n";
}

Result<int> power(const Arguments& arguments, Program& program) {
  const std::string format = arguments.value("--format").value_or("text");
  if (format != "text" && format != "json") return usage_error("--format: '" + format + "' is not text or json");
  PowerPlan plan;
  double margin = 0.02;
  std::vector<double> flip_rates{0.05, 0.1, 0.2};
  const auto read = [&](const char* flag, double least, double most, double& value) -> Result<void> {
    const auto text = arguments.value(flag);
    if (!text) return {};
    auto number = config::decimal_number({*text, flag}, least, most, config::Least::kAbove);
    if (!number) return forward_error(number);
    value = *number;
    return {};
  };
  if (auto done = read("--margin", 0, 1, margin); !done) return forward_error(done);
  if (auto done = read("--alpha", 0, 0.5, plan.alpha); !done) return forward_error(done);
  if (auto done = read("--power", 0.5, 0.9999, plan.power); !done) return forward_error(done);
  if (const auto text = arguments.value("--design-effect")) {
    auto effect = config::decimal_number({*text, "--design-effect"}, 1, 10'000);
    if (!effect) return forward_error(effect);
    plan.design_effect = *effect;
  }
  if (arguments.has("--flip-rate")) {
    flip_rates = {0};
    if (auto done = read("--flip-rate", 0, 1, flip_rates.front()); !done) return forward_error(done);
  }
  const std::string data = arguments.value("--data").value_or(default_data_folder(program.environment));
  std::vector<std::pair<Size, std::vector<Row>>> answers;
  for (const std::string& flag : arguments.positionals) {
    auto size = size_of(flag, data, arguments.has("--starter"));
    if (!size) return forward_error(size);
    answers.emplace_back(*size, rows(*size, plan, flip_rates, margin));
  }
  if (format == "json") {
    write_json(program.out, answers, plan, margin);
    return 0;
  }
  for (const auto& [size, lines] : answers) write_text(program.out, size, lines, margin);
  program.out << "one-sided alpha " << report::exact_text(plan.alpha) << ", power " << report::exact_text(plan.power)
              << "; flips: items that one of the two has right and the other has not\n";
  return 0;
}

}  // namespace

Command power_command() {
  return {"power",
          "what difference a suite can show, and how many items a margin needs",
          {{"SUITE", "a suite, NAME[:key=value,…]", true, true, {}}},
          {{"--margin", "M", "the drop to be caught, a fraction; default 0.02", false, {}},
           {"--alpha", "A", "one-sided error probability; default 0.05", false, {}},
           {"--power", "P", "chance of catching it; default 0.8", false, {}},
           {"--flip-rate", "R", "share of items whose outcome changes; default 0.05, 0.1 and 0.2", false, {}},
           {"--design-effect", "D", "clustered items that say as much as one; default 1", false, {}},
           {"--data", "DIR", "where the data sets are", false, {}},
           {"--starter", "", "the items that ship with assay", false, {}},
           {"--format", "text|json", "of the output", false, {"text", "json"}}},
          {"assay power humaneval mmlu --data DIR --margin 0.02"},
          "",
          power};
}

}  // namespace assay::cli
