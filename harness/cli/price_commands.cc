// `assay price list` and `assay price import`: what models cost, with dates and sources.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/cli/command.h"
#include "harness/cli/output_file.h"
#include "harness/config/paths.h"
#include "harness/core/clock.h"
#include "harness/core/text.h"
#include "results/cost/litellm_prices.h"
#include "results/cost/price_table.h"
#include "results/report/text.h"

namespace assay::cli {
namespace {

std::string today() { return utc_text(std::chrono::system_clock::now()).substr(0, 10); }

// The shortest text that is this number: "2.5", not "2.500000".
std::string price_text(const std::optional<double>& value) {
  if (!value) return "–";
  std::ostringstream text;
  text << *value;
  return text.str();
}

// The entries of models that match; with `all` earlier prices too, else those in force.
std::vector<PriceEntry> chosen_entries(const PriceTable& table, const std::string& glob, bool all) {
  const std::string date = today();
  std::vector<PriceEntry> chosen;
  for (const PriceEntry& entry : table.entries()) {
    if (!glob_match(glob, entry.model)) continue;
    // Of one model and date the last line counts; entries are by model, then by date.
    const bool is_newer = !chosen.empty() && chosen.back().model == entry.model &&
                          (chosen.back().price.as_of == entry.price.as_of || (!all && entry.price.as_of <= date));
    if (is_newer) chosen.pop_back();
    if (all || entry.price.as_of <= date) chosen.push_back(entry);
  }
  return chosen;
}

void write_prices(std::ostream& out, const std::vector<PriceEntry>& entries) {
  using report::left;
  using report::right;
  std::size_t width = 10;
  for (const PriceEntry& entry : entries) width = std::max(width, entry.model.size() + 2);
  width = std::min<std::size_t>(width, 50);
  out << "US dollars per million tokens\n"
      << left("model", width) << left("as of", 12) << right("input", 9) << right("output", 9) << right("cached", 9)
      << right("written", 9) << right("reason", 9) << right("batch", 7) << "  source\n";
  for (const PriceEntry& entry : entries) {
    const Price& price = entry.price;
    const auto shown = [](const std::string& text) { return report::neutralised(text, report::Lines::kEscape); };
    out << left(report::shortened(shown(entry.model), width - 1), width) << left(price.as_of, 12)
        << right(price_text(price.input_per_mtok), 9) << right(price_text(price.output_per_mtok), 9)
        << right(price_text(price.cached_input_per_mtok), 9) << right(price_text(price.cache_write_per_mtok), 9)
        << right(price_text(price.reasoning_per_mtok), 9) << right(price_text(price.batch_factor), 7) << "  "
        << shown(price.source) << "\n";
  }
}

void write_prices_json(std::ostream& out, const std::vector<PriceEntry>& entries) {
  using Json = nlohmann::ordered_json;
  const auto number = [](const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); };
  Json prices = Json::array();
  for (const PriceEntry& entry : entries) {
    const Price& price = entry.price;
    prices.push_back({{"model", entry.model},
                      {"as_of", price.as_of},
                      {"input_per_mtok", number(price.input_per_mtok)},
                      {"output_per_mtok", number(price.output_per_mtok)},
                      {"cached_input_per_mtok", number(price.cached_input_per_mtok)},
                      {"cache_write_per_mtok", number(price.cache_write_per_mtok)},
                      {"reasoning_per_mtok", number(price.reasoning_per_mtok)},
                      {"batch_factor", number(price.batch_factor)},
                      {"source", price.source}});
  }
  out << Json{{"schema", 1}, {"prices", prices}}.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

Result<int> list_prices(const Arguments& arguments, Program& program) {
  const std::string format = arguments.value("--format").value_or("text");
  if (format != "text" && format != "json") return usage_error("--format: '" + format + "' is not text or json");
  auto table = PriceTable::built_in().with_file(imported_prices_file(program.environment));
  if (!table) return forward_error(table);
  const std::string glob = arguments.positionals.empty() ? "*" : arguments.positionals.front();
  const std::vector<PriceEntry> entries = chosen_entries(*table, glob, arguments.has("--all"));
  if (entries.empty()) {
    std::vector<std::string> models;
    for (const PriceEntry& entry : table->entries()) models.push_back(entry.model);
    return usage_error("no price of '" + glob + "' is known" + did_you_mean(glob, models) +
                       "; models are named as in openai:gpt-4");
  }
  if (format == "json") {
    write_prices_json(program.out, entries);
  } else {
    write_prices(program.out, entries);
  }
  return 0;
}

bool is_date(const std::string& text) {
  int year = 0;
  int month = 0;
  int day = 0;
  int end = 0;
  if (text.size() != 10 || std::sscanf(text.c_str(), "%4d-%2d-%2d%n", &year, &month, &day, &end) != 3 || end != 10) {
    return false;
  }
  return std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day)))
      .ok();
}

Result<int> import_prices(const Arguments& arguments, Program& program) {
  const std::string& path = arguments.positionals.front();
  const std::string as_of = arguments.value("--as-of").value_or(today());
  if (!is_date(as_of)) return usage_error("--as-of: '" + as_of + "' is not a date as 2026-11-21");
  std::ifstream file(path, std::ios::binary);
  if (!file) return usage_error(path + ": cannot be read: " + std::strerror(errno));
  std::ostringstream text;
  text << file.rdbuf();
  auto entries = parse_litellm_prices(text.str(), path, as_of);
  if (!entries) return forward_error(entries);
  const std::string target = imported_prices_file(program.environment);
  if (target.empty()) return usage_error("no place for prices: set HOME or XDG_CACHE_HOME");
  const PriceTable table(std::move(*entries));
  const std::string csv = table.csv();
  // Names come from a file that others wrote: what cannot be read back must not be kept.
  if (auto read_back = PriceTable::parse(csv, path); !read_back) return forward_error(read_back);
  if (auto written = replace_file(target, csv); !written) return forward_error(written);
  program.err << "prices of " << table.entries().size() << " models, as of " << as_of << ", are now in " << target
              << std::endl;
  return 0;
}

}  // namespace

Command price_list_command() {
  return {"price list",
          "lists what models cost, with dates and sources",
          {{"MODEL", "only these: openai:gpt-4, or a glob", false, false, {}}},
          {{"--all", "", "earlier prices too, not only those in force", false, {}},
           {"--format", "text|json", "of the output", false, {"text", "json"}}},
          {"assay price list 'openai:gpt-4*'"},
          "A price in a configuration (price:) wins over these. Models that are not listed have no\n"
          "known price: their cost is shown as unknown, never as 0.\n",
          list_prices};
}

Command price_import_command() {
  return {"price import",
          "takes prices over from LiteLLM's price file",
          {{"FILE", "model_prices_and_context_window.json", true, false, {}}},
          {{"--as-of", "DATE", "since when they hold: YYYY-MM-DD; default today", false, {}}},
          {"assay price import model_prices_and_context_window.json --as-of 2026-11-01"},
          "Prices of OpenAI, Anthropic and Gemini models; they replace an earlier import and stand\n"
          "beside those that ship with assay, the newer one counting.\n",
          import_prices};
}

}  // namespace assay::cli
