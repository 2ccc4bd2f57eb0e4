#include "harness/cli/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "results/report/text.h"

namespace assay::cli {
namespace {

constexpr std::size_t kBarCells = 16;
constexpr std::size_t kMostBars = 20;     // a screen has few lines: those under way are shown
constexpr double kMsBetweenDraws = 100;   // as often as an eye follows
constexpr double kMsBetweenLines = 5000;  // in a log, now and then

std::string percent(double fraction) {
  char text[16];
  std::snprintf(text, sizeof text, "%3.0f%%", std::floor(100 * fraction));
  return text;
}

double fraction_of(const RunProgress& progress) {
  if (progress.total <= 0) return 1;
  return std::min(1.0, static_cast<double>(progress.done + progress.failed) / static_cast<double>(progress.total));
}

bool at_end(const RunProgress& progress) { return progress.done + progress.failed >= progress.total; }

std::string name_of(const RunPlanSummary::Line& line) {
  return report::neutralised(line.suite + (line.starter ? " (starter)" : "") +
                                 (line.strategy.empty() ? "" : " · " + line.strategy) + " · " + line.model,
                             report::Lines::kEscape);
}

std::string headline_text(const RunProgress& progress) {
  if (!progress.headline) return "";
  char text[16];
  std::snprintf(text, sizeof text, "%.3f", *progress.headline);
  return text;
}

}  // namespace

std::string duration_text(double seconds) {
  constexpr double kLongest = 3600.0 * 24 * 365;
  if (!(seconds >= 0) || seconds > kLongest) return "?";
  const auto whole = static_cast<long>(std::ceil(seconds));
  char text[32];
  if (whole < 60) {
    std::snprintf(text, sizeof text, "%ld s", whole);
  } else if (whole < 3600) {
    std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return text;
}

void Progress::on_plan(const RunPlanSummary& plan) {
  plan_ = plan;
  lines_.clear();
  ended_.assign(plan.lines.size(), false);
  std::int64_t already = 0;
  for (std::size_t i = 0; i < plan.lines.size(); ++i) {
    RunProgress progress;
    progress.line = i;
    progress.done = plan.lines[i].already_done;
    progress.total = plan.lines[i].samples;
    already += progress.done;
    lines_.push_back(progress);
  }
  if (style_.quiet || plan.run_path.empty()) return;
  err_ << (plan.resumed ? "going on with " : "run file ") << plan.run_path;
  if (already > 0) err_ << " (" << already << " answers are there already)";
  err_ << std::endl;
  last_ = MonotonicClock::now();
  if (style_.bars) draw();
}

void Progress::on_progress(const RunProgress& progress) {
  if (progress.line >= lines_.size()) return;
  lines_[progress.line] = progress;
  if (style_.quiet) return;
  const bool ends = at_end(progress) && !ended_[progress.line];
  if (style_.bars) {
    if (!ends && milliseconds_since(last_) < kMsBetweenDraws) return;
    ended_[progress.line] = at_end(progress);
    erase();
    draw();
  } else {
    if (!ends && milliseconds_since(last_) < kMsBetweenLines) return;
    ended_[progress.line] = at_end(progress);
    err_ << plain_line(progress.line) << std::endl;
  }
  last_ = MonotonicClock::now();
}

void Progress::on_message(const std::string& line) {
  if (style_.quiet) return;
  erase();
  err_ << line << std::endl;
  if (style_.bars) draw();
}

void Progress::finish() {
  if (style_.quiet || !style_.bars) return;
  erase();
  draw();
  drawn_ = 0;
}

std::string Progress::bar_line(std::size_t line) const {
  const RunProgress& progress = lines_[line];
  const double fraction = fraction_of(progress);
  const auto full = static_cast<std::size_t>(std::floor(fraction * static_cast<double>(kBarCells)));
  std::string bar;
  for (std::size_t i = 0; i < kBarCells; ++i) bar += i < full ? "━" : (style_.colour ? "━" : "─");
  if (style_.colour) {
    // A cell of the bar takes three bytes.
    bar = "\x1b[32m" + bar.substr(0, 3 * full) + "\x1b[90m" + bar.substr(3 * full) + "\x1b[0m";
  }
  std::string after = " " + percent(fraction) + " " + std::to_string(progress.done + progress.failed) + "/" +
                      std::to_string(progress.total);
  const bool goes_on = plan_.lines[line].already_done > 0;  // the score is this session's alone
  if (const std::string headline = headline_text(progress); !headline.empty()) {
    after += (goes_on ? "  new " : "  ") + headline;
  }
  if (progress.failed > 0) after += "  " + std::to_string(progress.failed) + " failed";
  if (at_end(progress)) {
    if (progress.elapsed_s > 0) after += "  " + duration_text(progress.elapsed_s);
  } else if (progress.eta_s) {
    after += "  ETA " + duration_text(*progress.eta_s);
  }
  const std::size_t taken = kBarCells + report::display_width(after) + 2;
  const std::size_t room = style_.columns > taken + 8 ? style_.columns - taken : 8;
  return report::left(report::shortened(name_of(plan_.lines[line]), room), room) + " " + bar + after;
}

std::string Progress::plain_line(std::size_t line) const {
  const RunProgress& progress = lines_[line];
  std::string text = name_of(plan_.lines[line]) + ": " + std::to_string(progress.done + progress.failed) + "/" +
                     std::to_string(progress.total) + " (" +
                     std::to_string(static_cast<int>(100 * fraction_of(progress))) + " %)";
  const bool goes_on = plan_.lines[line].already_done > 0;  // the score is this session's alone
  if (const std::string headline = headline_text(progress); !headline.empty()) {
    text += (goes_on ? ", score of the new " : ", score ") + headline;
  }
  if (progress.failed > 0) text += ", " + std::to_string(progress.failed) + " failed";
  if (at_end(progress)) {
    text += ", " + duration_text(progress.elapsed_s);
  } else if (progress.eta_s) {
    text += ", " + duration_text(*progress.eta_s) + " left";
  }
  return text;
}

// One line a result; where there are more than fit, those under way come first.
void Progress::draw() {
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < lines_.size(); ++i) shown.push_back(i);
  if (shown.size() > kMostBars) {
    std::stable_partition(shown.begin(), shown.end(),
                          [&](std::size_t i) { return lines_[i].elapsed_s > 0 && !at_end(lines_[i]); });
    shown.resize(kMostBars);
  }
  for (const std::size_t i : shown) err_ << bar_line(i) << "\n";
  err_.flush();
  drawn_ = shown.size();
}

void Progress::erase() {
  if (drawn_ > 0) err_ << "\x1b[" << drawn_ << "A\x1b[J";
  drawn_ = 0;
}

}  // namespace assay::cli
