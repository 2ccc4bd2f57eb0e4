#include "harness/cli/contamination_report.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <utility>

#include "harness/core/strategy.h"
#include "results/report/csv_line.h"
#include "results/report/json_dump.h"
#include "results/report/text.h"

namespace assay::cli {
namespace {

using contamination::ItemOverlap;
using contamination::Standing;
using OverlapJson = nlohmann::ordered_json;
using report::fraction_text;
using report::left;
using report::or_null;
using report::plain;
using report::right;

/// How many items are what.
struct Counts {
  std::int64_t clean = 0;
  std::int64_t flagged = 0;
  std::int64_t too_short = 0;

  void add(Standing standing) {
    ++(standing == Standing::kClean ? clean : standing == Standing::kFlagged ? flagged : too_short);
  }
  [[nodiscard]] std::int64_t items() const { return clean + flagged + too_short; }
  /// Of those of which something can be said.
  [[nodiscard]] std::optional<double> share() const {
    if (clean + flagged == 0) return std::nullopt;
    return static_cast<double>(flagged) / static_cast<double>(clean + flagged);
  }
};

Counts counts_of(const std::vector<ItemOverlap>& items) {
  Counts counts;
  for (const ItemOverlap& item : items) counts.add(item.standing());
  return counts;
}

/// The groups of a level, in the order of their first items.
using Groups = std::vector<std::pair<std::string, Counts>>;

Groups groups_of(const ContaminationReport& report, const std::string& level) {
  Groups groups;
  std::map<std::string, std::size_t> places;
  for (const ItemOverlap& item : report.items) {
    for (const Group& group : item.groups) {
      if (group.level != level) continue;
      const auto [place, is_new] = places.emplace(group.name, groups.size());
      if (is_new) groups.emplace_back(group.name, Counts());
      groups[place->second].second.add(item.standing());
    }
  }
  return groups;
}

std::optional<double> share_of(const ItemOverlap& item) {
  if (item.ngrams == 0) return std::nullopt;
  return static_cast<double>(item.found) / static_cast<double>(item.ngrams);
}

std::string place_text(const ContaminationReport& report, const ItemOverlap& item) {
  return item.first ? report.files.at(item.first->file) + ":" + std::to_string(item.first->line) : "";
}

std::string size_text(std::int64_t bytes) {
  constexpr double kThousand = 1000;
  double value = static_cast<double>(bytes);
  const char* const units[] = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (value >= kThousand && unit + 1 < std::size(units)) {
    value /= kThousand;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}

std::string percent_text(const std::optional<double>& share) {
  if (!share) return "–";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", *share * 100);
  return text;
}

std::string with_interval(const std::optional<double>& value, const std::optional<statistics::Interval>& interval) {
  std::string text = fraction_text(value);
  if (interval) text += " [" + fraction_text(interval->low) + ", " + fraction_text(interval->high) + "]";
  return text;
}

constexpr std::size_t kCount = 10;
constexpr std::size_t kName = 26;

// A sentence on lines of a terminal's usual width.
std::string on_lines(const std::string& text) {
  constexpr std::size_t kColumns = 80;
  std::string lines = text;
  for (std::size_t begin = 0; lines.size() - begin > kColumns;) {
    const std::size_t blank = lines.rfind(' ', begin + kColumns);
    if (blank == std::string::npos || blank <= begin) break;  // one word
    lines[blank] = '\n';
    begin = blank + 1;
  }
  return lines + "\n";
}

void write_counts(std::ostream& out, const std::string& name, const Counts& counts) {
  out << "  " << left(report::shortened(plain(name), kName), kName) << right(std::to_string(counts.items()), kCount)
      << right(std::to_string(counts.flagged), kCount) << right(percent_text(counts.share()), kCount)
      << right(std::to_string(counts.clean), kCount) << right(std::to_string(counts.too_short), kCount + 2) << "\n";
}

void write_most_overlap(std::ostream& out, const ContaminationReport& report) {
  constexpr std::size_t kShown = 10;
  std::vector<const ItemOverlap*> flagged;
  for (const ItemOverlap& item : report.items) {
    if (item.found > 0) flagged.push_back(&item);
  }
  if (flagged.empty()) return;
  std::stable_sort(flagged.begin(), flagged.end(),
                   [](const ItemOverlap* a, const ItemOverlap* b) { return *share_of(*a) > *share_of(*b); });
  out << "\n  " << left("most overlap", kName) << right("n-grams", kCount) << right("found", kCount) << "  first at\n";
  for (std::size_t i = 0; i < std::min(kShown, flagged.size()); ++i) {
    const ItemOverlap& item = *flagged[i];
    out << "  " << left(report::shortened(plain(item.id), kName), kName) << right(std::to_string(item.ngrams), kCount)
        << right(std::to_string(item.found), kCount) << "  " << plain(place_text(report, item)) << "\n";
  }
  if (flagged.size() > kShown) {
    out << "  … " << flagged.size() - kShown << " more; --format csv or json has them all\n";
  }
}

void write_results(std::ostream& out, const ContaminationReport& report) {
  for (const ResultOverlap& result : report.results) {
    const std::string strategy = strategy_of(result.options);
    out << "\n  " << plain(result.model) << ", " << (strategy.empty() ? "" : plain(strategy) + ": ")
        << plain(result.protocol) << ", " << result.shots << (result.shots == 1 ? " shot" : " shots");
    if (result.samples > 1) out << ", " << result.samples << " samples";
    out << ": " << plain(result.metric) << " [95 %]\n";
    const auto line = [&out](const char* name, const StandingScore& score) {
      out << "    " << left(name, 18) << right(std::to_string(score.items) + " items", 14) << "  "
          << with_interval(score.estimate.value, score.estimate.ci95) << "\n";
    };
    line("clean", result.clean);
    line("flagged", result.flagged);
    line("too short", result.too_short);
    if (result.difference) {
      out << "    " << left("flagged - clean", 18) << right("", 14) << "  "
          << with_interval(result.difference, result.difference_ci95) << "\n";
    }
    if (result.failed > 0) out << "    " << result.failed << " items have no answer and are in none of these\n";
  }
}

OverlapJson counts_json(const Counts& counts) {
  return {{"items", counts.items()},
          {"flagged", counts.flagged},
          {"clean", counts.clean},
          {"too_short", counts.too_short},
          {"share_flagged", or_null(counts.share())}};
}

OverlapJson interval_json(const std::optional<statistics::Interval>& interval) {
  return interval ? OverlapJson::array({interval->low, interval->high}) : OverlapJson(nullptr);
}

OverlapJson score_json(const StandingScore& score) {
  return {{"items", score.items},
          {"value", or_null(score.estimate.value)},
          {"stderr", or_null(score.estimate.standard_error)},
          {"ci95", interval_json(score.estimate.ci95)},
          {"interval", score.estimate.interval.empty() ? OverlapJson(nullptr) : OverlapJson(score.estimate.interval)}};
}

OverlapJson run_json(const ContaminationReport& report) {
  if (report.run.empty()) return nullptr;
  OverlapJson json{{"path", report.run}, {"results", OverlapJson::array()}};
  for (const ResultOverlap& result : report.results) {
    OverlapJson options = OverlapJson::object();
    for (const auto& [key, value] : result.options) options[key] = value;
    json["results"].push_back({{"model", result.model},
                               {"protocol", result.protocol},
                               {"shots", result.shots},
                               {"samples", result.samples},
                               {"options", options},
                               {"metric", result.metric},
                               {"clean", score_json(result.clean)},
                               {"flagged", score_json(result.flagged)},
                               {"too_short", score_json(result.too_short)},
                               {"failed", result.failed},
                               {"difference", or_null(result.difference)},
                               {"ci95", interval_json(result.difference_ci95)}});
  }
  return json;
}

}  // namespace

void write_contamination_text(std::ostream& out, const ContaminationReport& report) {
  out << plain(report.suite) << (report.starter ? " (starter items)" : "") << ": " << report.items.size()
      << " items with " << report.ngrams << " different " << report.ngram << "-grams of words"
      << (report.is_fitted ? " (n by the items' lengths)" : "") << "\n";
  if (report.common > 0) {
    out << "  " << report.common << " more stand in over a tenth of the items: the suite's own wording, not counted\n";
  }
  out << "  corpus " << plain(report.corpus) << ": " << report.read.files
      << (report.read.files == 1 ? " file, " : " files, ") << size_text(report.read.bytes) << ", " << report.read.words
      << " words\n\n  " << left("", kName) << right("items", kCount) << right("flagged", kCount)
      << right("share", kCount) << right("clean", kCount) << right("too short", kCount + 2) << "\n";
  const Counts all = counts_of(report.items);
  write_counts(out, "all", all);
  for (const std::string& level : report.group_levels) {
    const Groups groups = groups_of(report, level);
    if (!groups.empty()) out << "  " << plain(level) << "\n";
    for (const auto& [name, counts] : groups) write_counts(out, "  " + name, counts);
  }
  write_most_overlap(out, report);
  write_results(out, report);
  out << "\nflagged: the corpus has one of the item's " << report.ngram
      << "-grams at least\ntoo short: the item has no " << report.ngram << "-gram of its own\n"
      << (all.too_short * 4 > all.items() ? "of many items nothing can be said: --ngram auto or a smaller N\n" : "")
      << on_lines(kContaminationHint);
}

void write_contamination_json(std::ostream& out, const ContaminationReport& report) {
  const Counts all = counts_of(report.items);
  OverlapJson json{{"schema", 1},
                   {"note", kContaminationHint},
                   {"suite", report.suite},
                   {"suite_version", report.suite_version},
                   {"data_sha256", report.data_sha256},
                   {"starter", report.starter},
                   {"ngram", report.ngram},
                   {"ngram_fitted", report.is_fitted},
                   {"ngrams", report.ngrams},
                   {"common_ngrams", report.common},
                   {"corpus",
                    {{"path", report.corpus},
                     {"files", report.read.files},
                     {"bytes", report.read.bytes},
                     {"words", report.read.words}}}};
  json["summary"] = counts_json(all);
  json["groups"] = OverlapJson::object();
  for (const std::string& level : report.group_levels) {
    for (const auto& [name, counts] : groups_of(report, level)) {
      // as in the summary of a run: two levels may have groups of one name
      const std::string key = json["groups"].contains(name) ? level + "/" + name : name;
      json["groups"][key] = counts_json(counts);
      json["groups"][key]["level"] = level;
    }
  }
  json["run"] = run_json(report);
  json["items"] = OverlapJson::array();
  for (const ItemOverlap& item : report.items) {
    OverlapJson one{{"item", item.id},
                    {"standing", contamination::standing_name(item.standing())},
                    {"ngrams", item.ngrams},
                    {"found", item.found},
                    {"share", or_null(share_of(item))},
                    {"first", nullptr}};
    if (item.first) one["first"] = {{"file", report.files.at(item.first->file)}, {"line", item.first->line}};
    json["items"].push_back(std::move(one));
  }
  out << report::dumped(json, 2) << "\n";
}

void write_contamination_csv(std::ostream& out, const ContaminationReport& report) {
  {
    report::CsvLine head(out);
    head.text("item");
    for (const std::string& level : report.group_levels) head.text(level);
    for (const char* name : {"ngrams", "found", "share", "standing", "file", "line"}) head.text(name);
  }
  for (const ItemOverlap& item : report.items) {
    report::CsvLine line(out);
    line.text(item.id);
    for (const std::string& level : report.group_levels) {
      const auto group = std::find_if(item.groups.begin(), item.groups.end(),
                                      [&level](const Group& one) { return one.level == level; });
      line.text(group == item.groups.end() ? "" : group->name);
    }
    line.number(item.ngrams).number(item.found).number(share_of(item));
    line.text(contamination::standing_name(item.standing()));
    line.text(item.first ? report.files.at(item.first->file) : "");
    line.number(item.first ? std::optional(item.first->line) : std::nullopt);
  }
}

}  // namespace assay::cli
