// `assay contamination`: which items of a suite stand in a corpus, word for word.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/cli/command.h"
#include "harness/cli/compared_runs.h"
#include "harness/cli/contamination_report.h"
#include "harness/cli/named_suite.h"
#include "harness/config/paths.h"
#include "harness/config/setting.h"
#include "harness/core/clock.h"
#include "harness/core/text.h"
#include "suites/contamination/corpus.h"
#include "suites/contamination/overlap.h"
#include "suites/registry.h"

namespace assay::cli {
namespace {

constexpr int kDefaultNgram = 13;
constexpr int kMostNgram = 100;

/// `visit(item, texts)`: each item and its texts that count.
template <class Visit>
Result<void> for_each_item(const Suite& suite, Visit visit) {
  auto source = suite.load();
  if (!source) return forward_error(source);
  while (true) {
    auto item = (*source)->next();
    if (!item) return forward_error(item);
    if (!*item) return {};
    const auto own = suite.own_texts(**item);
    visit(**item, own ? *own : contamination::texts_of(**item));
  }
}

// --ngram N or auto.
Result<std::optional<int>> ngram_of(const Arguments& arguments) {
  const auto text = arguments.value("--ngram");
  if (!text) return std::optional(kDefaultNgram);
  if (*text == "auto") return std::optional<int>();
  auto number = config::whole_number({*text, "--ngram"}, 1, kMostNgram);
  if (!number) return usage_error(number.error().message + ", or auto");
  return std::optional(static_cast<int>(*number));
}

Result<int> fitted_ngram(const Suite& suite) {
  std::vector<int> lengths;
  auto read = for_each_item(suite, [&lengths](const Item&, const std::vector<std::string>& texts) {
    lengths.push_back(contamination::longest_text(texts));
  });
  if (!read) return forward_error(read);
  if (lengths.empty()) return kDefaultNgram;
  return contamination::fitting_ngram(std::move(lengths));
}

// Says on stderr how far a long reading is: a line every ten seconds.
class ReadingProgress {
 public:
  ReadingProgress(std::ostream& err, const contamination::Overlap& overlap) : err_(err), overlap_(overlap) {}

  void operator()(const contamination::CorpusProgress& read) {
    constexpr double kEachMs = 10'000;
    if (milliseconds_since(said_) < kEachMs) return;
    said_ = MonotonicClock::now();
    err_ << "assay: " << read.bytes / 1'000'000 << " MB of the corpus read, " << overlap_.flagged()
         << " items flagged so far" << std::endl;
  }

 private:
  std::ostream& err_;
  const contamination::Overlap& overlap_;
  MonotonicClock::time_point said_ = MonotonicClock::now();
};

Result<void> add_run(const std::string& reference, LookedUp looked, ContaminationReport& report) {
  for (const contamination::ItemOverlap& item : report.items) looked.standings.emplace(item.id, item.standing());
  auto run = open_run(reference);
  if (!run) return forward_error(run);
  auto results = overlap_of_run(*run, looked);
  if (!results) return forward_error(results);
  report.run = reference;
  report.results = std::move(*results);
  return {};
}

Result<int> look_in_corpus(const Arguments& arguments, Program& program) {
  const std::string format = arguments.value("--format").value_or("text");
  if (format != "text" && format != "json" && format != "csv") {
    return usage_error("--format: '" + on_one_line(format) + "' is not text, json or csv" +
                       did_you_mean(format, {"text", "json", "csv"}));
  }
  const auto path = arguments.value("--corpus");
  if (!path || path->empty())
    return usage_error("assay contamination: --corpus is missing: the file or folder to look in");
  auto ngram = ngram_of(arguments);
  if (!ngram) return forward_error(ngram);
  const std::string data = arguments.value("--data").value_or(default_data_folder(program.environment));
  auto looked = make_named_suite(arguments.positionals[0], data, arguments.has("--starter"));
  if (!looked) return forward_error(looked);
  const auto run_path = arguments.value("--run");
  if (run_path) {
    // before a long reading: is it one at all?
    if (auto run = open_run(*run_path); !run) return forward_error(run);
  }
  auto corpus = contamination::Corpus::open(*path);
  if (!corpus) return forward_error(corpus);
  ContaminationReport report;
  report.is_fitted = !ngram->has_value();
  if (report.is_fitted) {
    auto fitted = fitted_ngram(*looked->suite);
    if (!fitted) return forward_error(fitted);
    report.ngram = *fitted;
  } else {
    report.ngram = **ngram;
  }
  contamination::Overlap overlap(report.ngram);
  auto read = for_each_item(*looked->suite, [&overlap](const Item& item, const std::vector<std::string>& texts) {
    overlap.add(item, texts);
  });
  if (!read) return forward_error(read);
  overlap.close();
  auto hash = looked->suite->data_sha256();
  if (!hash) return forward_error(hash);
  const SuiteInfo& info = looked->suite->info();
  report.suite = info.name;
  report.suite_version = info.version;
  report.data_sha256 = std::move(*hash);
  report.starter = arguments.has("--starter");
  report.group_levels = info.group_levels;
  report.ngrams = overlap.ngrams();
  report.common = overlap.common();
  report.corpus = *path;
  report.files = corpus->files();
  auto done = corpus->read(overlap, ReadingProgress(program.err, overlap));
  if (!done) return forward_error(done);
  report.read = *done;
  report.items = overlap.items();
  if (run_path) {
    if (auto added = add_run(*run_path, {*looked->entry, data, report.starter, {}}, report); !added)
      return forward_error(added);
  }
  if (format == "json") {
    write_contamination_json(program.out, report);
  } else if (format == "csv") {
    write_contamination_csv(program.out, report);
  } else {
    write_contamination_text(program.out, report);
  }
  return 0;
}

}  // namespace

Command contamination_command() {
  Command command;
  command.name = "contamination";
  command.help = "says which items of a suite stand in a corpus, word for word";
  command.positionals = {{"SUITE", "a suite, NAME[:key=value,…], or FILE.yaml of your own", true, false, {}}};
  command.options = {
      {"--corpus", "PATH", "a file or folder of text, JSON Lines and CSV, plain or .gz", false, {}},
      {"--ngram", "N|auto", "words that must stand together; default 13; auto: by the items' lengths", false, {}},
      {"--run", "RUN", "a run, RUN[#MODEL]: its accuracy on clean and on flagged items", false, {}},
      {"--data", "DIR", "where the data sets are", false, {}},
      {"--starter", "", "the items that ship with assay, instead of a data set", false, {}},
      {"--format", "text|json|csv", "of the output; csv: a line an item", false, {"text", "json", "csv"}}};
  command.examples = {"assay contamination mmlu --corpus corpus/ --data DIR --run runs/RUN.db",
                      "assay contamination tickets.yaml --corpus finetuning.jsonl.gz --ngram 8 --format csv"};
  command.notes =
      "After the analysis of GPT-3 (Brown et al. 2020, appendix C): an item is flagged where the corpus has one of\n"
      "its n-grams of words at least, in small letters and without punctuation. The corpus is read once, with memory\n"
      "that does not grow with it. It is a hint and no proof, either way.\n";
  command.run = look_in_corpus;
  return command;
}

}  // namespace assay::cli
