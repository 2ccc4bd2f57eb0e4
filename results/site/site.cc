#include "results/site/site.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include "results/site/answer_pages.h"
#include "results/site/board_json.h"
#include "results/site/board_markdown.h"
#include "results/site/comparison_json.h"
#include "results/site/pages.h"
#include "results/site/script_file.h"

namespace assay::site {
namespace {

namespace fs = std::filesystem;

std::string headline_name(const ResultInfo& info) {
  for (const MetricSpec& metric : info.metrics) {
    if (metric.headline) return metric.name;
  }
  return info.metrics.empty() ? "" : info.metrics.front().name;
}

/// What lies in a site's folder: "index.html", "assets", "data", …
std::set<std::string> names_of_a_site() {
  std::set<std::string> names{"data", "leaderboard.json", "leaderboard.md"};
  for (const PageFile& file : page_files()) names.emplace(file.name.substr(0, file.name.find('/')));
  return names;
}

bool holds_a_site(const fs::path& folder) {
  std::ifstream file(folder / "leaderboard.json");
  std::string begin(16, '\0');
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  return begin.starts_with("{\"schema\":1,\"run");
}

Result<void> check_target(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error) || holds_a_site(folder)) return {};
  if (!fs::is_directory(folder, error)) return usage_error(folder.string() + ": not a folder; give another -o");
  for (const std::string& name : names_of_a_site()) {
    if (!fs::exists(folder / name, error)) continue;
    return usage_error(folder.string() + ": has a '" + name +
                       "' that no leaderboard wrote, and it would be replaced; give another folder");
  }
  return {};
}

Result<void> put_in_place(const fs::path& made, const fs::path& folder) {
  for (const std::string& name : names_of_a_site()) {
    std::error_code error;
    fs::remove_all(folder / name, error);
    if (!error) fs::rename(made / name, folder / name, error);
    if (error) {
      return usage_error((folder / name).string() + ": cannot be replaced (" + error.message() + "); the new site is " +
                         "in " + made.string());
    }
  }
  std::error_code ignored;
  fs::remove_all(made, ignored);
  return {};
}

}  // namespace

Site::Site(std::string folder) : folder_(std::move(folder)) {}

std::size_t Site::suite_of(const ResultInfo& info) {
  const auto [found, fresh] = suite_numbers_.try_emplace(comparable_key(info), suites_.size());
  if (fresh) {
    questions_.push_back(std::make_unique<QuestionStore>(folder_, suites_.size()));
    suites_.push_back({info, headline_name(info), questions_.back()->name()});
  }
  return found->second;
}

Result<void> Site::add_run(const std::string& path) {
  auto reader = RunReader::open(path);
  if (!reader) return forward_error(reader);
  for (const SiteRun& other : runs_) {
    if (other.file != path && other.run.id == (*reader)->run().id) {
      return usage_error(path + ": is the same run as " + other.file + "; give it once");
    }
  }
  SiteRun run{path, (*reader)->run(), {}};
  std::vector<AnswerPages> pages;
  pages.reserve((*reader)->results().size());
  for (const ResultInfo& info : (*reader)->results()) {
    const std::string place = path + '\x1f' + std::to_string(pages.size());
    const auto name = result_names_.try_emplace(place, "r" + std::to_string(result_names_.size())).first->second;
    SiteResult result;
    result.name = name;
    result.suite = suite_of(info);
    pages.emplace_back(folder_, name, info, *questions_[result.suite]);
    run.results.push_back(std::move(result));
  }
  Summarizer summarizer(**reader);
  Result<void> written;
  auto read = (*reader)->for_each(true, [&](const Record& record) {
    summarizer.add(record);
    written = pages[static_cast<std::size_t>(record.result)].add(record);
    return written.has_value();
  });
  if (!read) return read;
  if (!written) return written;
  auto summary = summarizer.finish();
  if (!summary) return forward_error(summary);
  for (std::size_t i = 0; i < pages.size(); ++i) {
    if (auto finished = pages[i].finish(); !finished) return finished;
    run.results[i].summary = std::move(summary->results[i]);
    run.results[i].scores = pages[i].scores();
    run.results[i].latency = pages[i].latency();
  }
  const auto place = std::find_if(runs_.begin(), runs_.end(), [&](const SiteRun& one) { return one.file == path; });
  if (place == runs_.end()) {
    runs_.push_back(std::move(run));
  } else {
    *place = std::move(run);
  }
  return {};
}

void Site::remove_run(const std::string& path) {
  std::erase_if(runs_, [&](const SiteRun& run) { return run.file == path; });
}

void Site::add_comparison(const Comparison& comparison) { comparisons_.push_back(comparison_json(comparison)); }

void Site::set_history(const std::vector<GateNight>& nights) { history_ = gate_history_json(nights); }

Result<void> Site::finish() {
  for (const auto& questions : questions_) {
    if (auto written = questions->finish(); !written) return written;
  }
  const Board board = make_board(runs_, suites_);
  const std::string json = board_json(runs_, board);
  std::string comparisons = "[";
  for (const std::string& one : comparisons_) comparisons += (comparisons.size() > 1 ? "," : "") + one;
  std::ostringstream markdown;
  write_board_markdown(markdown, runs_, board);
  const std::string live = json.substr(0, json.size() - 1) + R"(,"live":true})";
  if (auto written = write_script(folder_, "board", live_ ? live : json); !written) return written;
  if (auto written = write_script(folder_, "comparisons", comparisons + "]"); !written) return written;
  if (auto written = write_script(folder_, "history", history_); !written) return written;
  if (auto written = write_whole_file(folder_ + "/leaderboard.json", json + "\n"); !written) return written;
  if (auto written = write_whole_file(folder_ + "/leaderboard.md", markdown.str()); !written) return written;
  for (const PageFile& file : page_files()) {
    auto written = write_whole_file(folder_ + "/" + std::string(file.name), file.content);
    if (!written) return written;
  }
  return {};
}

Result<void> write_site(const SiteContent& content, const std::string& folder) {
  if (auto fit = check_target(folder); !fit) return fit;
  const fs::path made = fs::path(folder) / ".being-made";
  std::error_code error;
  fs::remove_all(made, error);
  Site site(made.string());
  const auto write = [&]() -> Result<void> {
    for (const std::string& run : content.runs) {
      if (auto added = site.add_run(run); !added) return added;
    }
    for (const Comparison& comparison : content.comparisons) site.add_comparison(comparison);
    site.set_history(content.nights);
    return site.finish();
  };
  if (auto written = write(); !written) {
    fs::remove_all(made, error);
    return written;
  }
  return put_in_place(made, folder);
}

}  // namespace assay::site
