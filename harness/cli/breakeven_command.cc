// `assay breakeven`: API against own machines against a fine-tuned model, by day and by year.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/compared_runs.h"
#include "harness/config/paths.h"
#include "harness/config/setting.h"
#include "harness/core/clock.h"
#include "harness/core/text.h"
#include "results/cost/break_even.h"
#include "results/cost/price_table.h"
#include "results/report/text.h"
#include "results/statistics/summary.h"

namespace assay::cli {
namespace {

constexpr double kMost = 1e12;
constexpr double kSecondsPerDay = 86'400;

/// A number that a flag gives.
Result<std::optional<double>> number(const Arguments& arguments, const std::string& flag, config::Least least) {
  const auto text = arguments.value(flag);
  if (!text) return std::nullopt;
  auto value = config::decimal_number({*text, flag}, 0, kMost, least);
  if (!value) return forward_error(value);
  return *value;
}

/// What a run measured of one model: tokens and requests a second.
struct Measured {
  std::optional<double> input_tokens;
  std::optional<double> output_tokens;
  std::optional<double> requests_per_s;
};

Result<Measured> measured_by(const std::string& reference) {
  auto run = open_run(reference);
  if (!run) return forward_error(run);
  auto summary = summarize(*run->reader);
  if (!summary) return forward_error(summary);
  const ResultSummary* found = nullptr;
  for (const ResultSummary& result : summary->results) {
    if (!run->model.empty() && run->model != result.info.model.name && run->model != result.info.model_ref) continue;
    if (found != nullptr) {
      return usage_error(reference + ": holds several models or suites; measure one suite with one model, RUN#MODEL");
    }
    found = &result;
  }
  if (found == nullptr) return usage_error(reference + ": has no such model; `assay show` names those there are");
  Measured measured;
  const auto answered = static_cast<double>(found->scored);
  if (found->tokens.prompt && answered > 0) {
    measured.input_tokens = static_cast<double>(*found->tokens.prompt) / answered;
  }
  if (found->tokens.completion && answered > 0) {
    measured.output_tokens = static_cast<double>(*found->tokens.completion) / answered;
  }
  measured.requests_per_s = found->throughput.items_per_s;
  return measured;
}

/// The price that a pair of flags gives, or else the price table's of the model that another flag names.
Result<std::optional<Price>> price_of(const Arguments& arguments, const std::string& prefix, Program& program) {
  auto input = number(arguments, "--" + prefix + "-input-price", config::Least::kIncluded);
  if (!input) return forward_error(input);
  auto output = number(arguments, "--" + prefix + "-output-price", config::Least::kIncluded);
  if (!output) return forward_error(output);
  if (input->has_value() != output->has_value()) {
    return usage_error("--" + prefix + "-input-price and --" + prefix + "-output-price go together");
  }
  Price price;
  if (*input) {
    price.input_per_mtok = **input;
    price.output_per_mtok = **output;
    return price;
  }
  const auto model = arguments.value("--" + prefix);
  if (!model) return std::nullopt;
  auto table = PriceTable::built_in().with_file(imported_prices_file(program.environment));
  if (!table) return forward_error(table);
  const auto found = table->find(*model, utc_text(std::chrono::system_clock::now()).substr(0, 10));
  if (!found) {
    return usage_error("--" + prefix + ": no price of '" + on_one_line(*model) + "' is known; give --" + prefix +
                       "-input-price and --" + prefix + "-output-price (US dollars per million tokens)");
  }
  return *found;
}

std::string name_of(const Arguments& arguments, const std::string& prefix, const std::string& otherwise) {
  const auto model = arguments.value("--" + prefix);
  return model ? otherwise + " " + on_one_line(*model) : otherwise;
}

Result<std::vector<ServingOption>> read_options(const Arguments& arguments, const Workload& workload,
                                                const Measured& measured, Program& program) {
  std::vector<ServingOption> options;
  auto api = price_of(arguments, "api", program);
  if (!api) return forward_error(api);
  if (*api) options.push_back({name_of(arguments, "api", "API"), *request_cost_usd(**api, workload), 0, {}, 0});

  auto hour = number(arguments, "--usd-per-hour", config::Least::kIncluded);
  if (!hour) return forward_error(hour);
  auto rate = number(arguments, "--requests-per-second", config::Least::kAbove);
  if (!rate) return forward_error(rate);
  auto load = number(arguments, "--load", config::Least::kAbove);
  if (!load) return forward_error(load);
  if (*load && **load > 1) return usage_error("--load: the share of a machine's time that is used, above 0 up to 1");
  if (*hour) {
    const std::optional<double> per_second = *rate ? *rate : measured.requests_per_s;
    if (!per_second || !(*per_second > 0)) {
      return usage_error("--usd-per-hour needs what a machine answers: --requests-per-second, or --measured RUN");
    }
    options.push_back({"own machines", 0, 0, **hour, *per_second * kSecondsPerDay * load->value_or(1)});
  }

  auto tuned = price_of(arguments, "finetuned", program);
  if (!tuned) return forward_error(tuned);
  if (*tuned) {
    auto training = number(arguments, "--training-usd", config::Least::kIncluded);
    if (!training) return forward_error(training);
    auto runs = number(arguments, "--trainings-per-year", config::Least::kIncluded);
    if (!runs) return forward_error(runs);
    options.push_back({name_of(arguments, "finetuned", "fine-tuned"),
                       *request_cost_usd(**tuned, workload),
                       training->value_or(0) * runs->value_or(1),
                       {},
                       0});
  }
  if (options.empty()) {
    return usage_error("nothing to compare: give --api, --usd-per-hour or --finetuned; see 'assay breakeven --help'");
  }
  return options;
}

std::string dollars(double value) {
  std::string text = report::usd_text(value);
  if (value < 1000) return "$" + text;
  text = std::to_string(static_cast<std::int64_t>(std::llround(value)));
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return "$" + text;
}

std::string volume_text(double requests) { return dollars(std::max(requests, 1000.0)).substr(1); }

std::string whole_text(double requests) {
  return requests < 1000 ? std::to_string(std::llround(requests)) : volume_text(requests);
}

/// Cost a day against volume, both on logarithmic axes: a line a volume, a letter an option.
void write_chart(std::ostream& out, const std::vector<ServingOption>& options) {
  constexpr std::size_t kColumns = 56;
  constexpr double kLeast = 100;
  constexpr double kMostVolume = 1e8;
  double low = 1e300;
  double high = 0;
  for (const ServingOption& option : options) {
    low = std::min(low, serving_cost(option, kLeast).usd_per_day);
    high = std::max(high, serving_cost(option, kMostVolume).usd_per_day);
  }
  low = std::max(low, 1e-6);
  if (high <= low) return;
  out << "\nrequests/day  cost a day, " << dollars(low) << " to " << dollars(high) << " (each step right costs more)\n";
  for (double volume = kLeast; volume <= kMostVolume * 1.01; volume *= std::sqrt(10.0)) {
    std::string line(kColumns, ' ');
    for (std::size_t i = options.size(); i-- > 0;) {
      const double cost = std::max(serving_cost(options[i], volume).usd_per_day, low);
      const double place = std::log(cost / low) / std::log(high / low) * static_cast<double>(kColumns - 1);
      line[static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(kColumns - 1)))] =
          static_cast<char>('A' + static_cast<int>(i));
    }
    out << report::right(whole_text(std::round(volume)), 12) << "  " << line.substr(0, line.find_last_not_of(' ') + 1)
        << "\n";
  }
}

void write_text(std::ostream& out, const std::vector<ServingOption>& options, const Workload& workload,
                double requests_per_day) {
  out << whole_text(requests_per_day) << " requests a day of " << report::exact_text(workload.input_tokens) << " + "
      << report::exact_text(workload.output_tokens) << " tokens\n"
      << report::left("", 34) << report::right("a request", 12) << report::right("a day", 14)
      << report::right("a year", 16) << "\n";
  for (std::size_t i = 0; i < options.size(); ++i) {
    const ServingCost cost = serving_cost(options[i], requests_per_day);
    std::string name = std::string(1, static_cast<char>('A' + static_cast<int>(i))) + "  " +
                       report::neutralised(options[i].name, report::Lines::kEscape);
    if (cost.machines > 0) name += " (" + std::to_string(cost.machines) + ")";
    out << report::left(report::shortened(name, 33), 34) << report::right(dollars(cost.usd_per_request), 12)
        << report::right(dollars(cost.usd_per_day), 14) << report::right(dollars(cost.usd_per_year), 16) << "\n";
  }
  const std::vector<CheapestFrom> ranges = cheapest_by_volume(options);
  constexpr std::size_t kShown = 12;
  out << "\ncheapest\n";
  for (std::size_t i = 0; i < std::min(kShown, ranges.size()); ++i) {
    out << "  from " << report::right(whole_text(ranges[i].requests_per_day), 13)
        << " requests a day: " << report::neutralised(options[ranges[i].option].name, report::Lines::kEscape) << "\n";
  }
  if (ranges.size() > kShown) out << "  … and " << ranges.size() - kShown << " more flips (--format json)\n";
  write_chart(out, options);
}

void write_json(std::ostream& out, const std::vector<ServingOption>& options, const Workload& workload,
                double requests_per_day) {
  using Json = nlohmann::ordered_json;
  Json json{{"schema", 1},
            {"requests_per_day", requests_per_day},
            {"input_tokens", workload.input_tokens},
            {"output_tokens", workload.output_tokens}};
  json["options"] = Json::array();
  for (const ServingOption& option : options) {
    const ServingCost cost = serving_cost(option, requests_per_day);
    json["options"].push_back({{"name", option.name},
                               {"usd_per_request", cost.usd_per_request},
                               {"usd_per_day", cost.usd_per_day},
                               {"usd_per_year", cost.usd_per_year},
                               {"machines", cost.machines > 0 ? Json(cost.machines) : Json(nullptr)}});
  }
  json["cheapest"] = Json::array();
  for (const CheapestFrom& range : cheapest_by_volume(options)) {
    json["cheapest"].push_back(
        {{"from_requests_per_day", range.requests_per_day}, {"option", options[range.option].name}});
  }
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

Result<int> breakeven(const Arguments& arguments, Program& program) {
  const std::string format = arguments.value("--format").value_or("text");
  if (format != "text" && format != "json") return usage_error("--format: '" + format + "' is not text or json");
  Measured measured;
  if (const auto run = arguments.value("--measured")) {
    auto read = measured_by(*run);
    if (!read) return forward_error(read);
    measured = *read;
  }
  auto input = number(arguments, "--input-tokens", config::Least::kIncluded);
  if (!input) return forward_error(input);
  auto output = number(arguments, "--output-tokens", config::Least::kIncluded);
  if (!output) return forward_error(output);
  if (!*input) *input = measured.input_tokens;
  if (!*output) *output = measured.output_tokens;
  if (!*input || !*output) {
    return usage_error("tokens of a request are not known: give --input-tokens and --output-tokens, or --measured RUN");
  }
  auto requests = number(arguments, "--requests", config::Least::kAbove);
  if (!requests) return forward_error(requests);
  if (!*requests) return usage_error("--requests is missing: requests a day");
  const Workload workload{**input, **output};
  auto options = read_options(arguments, workload, measured, program);
  if (!options) return forward_error(options);
  (format == "json" ? write_json : write_text)(program.out, *options, workload, **requests);
  return 0;
}

}  // namespace

Command breakeven_command() {
  return {"breakeven",
          "what an API, own machines and a fine-tuned model cost, and where the choice flips",
          {},
          {{"--requests", "N", "requests a day", false, {}},
           {"--input-tokens", "N", "of a request", false, {}},
           {"--output-tokens", "N", "of a request", false, {}},
           {"--measured", "RUN", "takes tokens and requests a second from a run, RUN[#MODEL]", false, {}},
           {"--api", "REF", "an API's model by its listed price, openai:gpt-4", false, {}},
           {"--api-input-price", "USD", "or its prices: per million tokens", false, {}},
           {"--api-output-price", "USD", "", false, {}},
           {"--usd-per-hour", "USD", "own machines: one of them", false, {}},
           {"--requests-per-second", "R", "what one answers; else from --measured", false, {}},
           {"--load", "X", "the share of its time that it is used; default 1", false, {}},
           {"--finetuned", "REF", "a fine-tuned model by its listed price", false, {}},
           {"--finetuned-input-price", "USD", "or its prices: per million tokens", false, {}},
           {"--finetuned-output-price", "USD", "", false, {}},
           {"--training-usd", "USD", "what training it once costs", false, {}},
           {"--trainings-per-year", "N", "default 1", false, {}},
           {"--format", "text|json", "of the output", false, {"text", "json"}}},
          {"assay breakeven --requests 100000 --input-tokens 250 --output-tokens 250 --api openai:gpt-4 \\",
           "                --usd-per-hour 1.10 --requests-per-second 4 --load 0.5"},
          "Machines are paid day and night, in whole numbers; a year has 365 days.\n",
          breakeven};
}

}  // namespace assay::cli
