#include "harness/fetch/data_sets.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

namespace assay {
namespace {

constexpr std::string_view kTable =
#include ASSAY_PUBLISHED_FILES
    ;

// The files of a public repository at one commit, as the host that most of the authors use serves them.
constexpr std::string_view kRepositories = "https://raw.githubusercontent.com/";

std::vector<DataSet> empty_sets() {
  return {
      {"mmlu", {"mmlu"}, "MIT; the authors' files, as chain-of-thought-hub holds them", {}},
      {"hellaswag", {"hellaswag"}, "MIT; the authors' repository", {}},
      {"winogrande", {"winogrande"}, "CC BY 2.0; a copy of the authors' validation set", {}},
      {"arc",
       {"arc_easy", "arc_challenge"},
       "CC BY-SA 4.0; copies: llm-foundry's of the easy set, 1,150 of the 1,172 challenge questions",
       {}},
      {"truthfulqa", {"truthfulqa_mc1", "truthfulqa_mc2"}, "Apache-2.0; a fork of the authors' repository", {}},
      {"gsm8k", {"gsm8k"}, "MIT; the authors' repository", {}},
      {"legalbench",
       {"legalbench"},
       "CC BY 4.0, MIT or CC BY-SA 4.0 by task; the authors' prompts, test sets from before the release",
       {}},
      {"humaneval", {"humaneval"}, "MIT; the authors' repository", {}},
      {"spider", {"text_to_sql"}, "CC BY-SA 4.0; questions from the authors, 19 of the 20 databases from a copy", {}},
      {"defog", {"text_to_sql"}, "Apache-2.0; the authors' repositories", {}},
      {"bird", {"text_to_sql"}, "CC BY-SA 4.0; a copy of the authors' questions and tables, no databases", {}},
      {"agentbench", {"dbbench"}, "Apache-2.0; the authors' repository, its database tasks", {}}};
}

std::string_view take_field(std::string_view& line) {
  const std::size_t tab = line.find('\t');
  const std::string_view field = line.substr(0, tab);
  line.remove_prefix(tab == std::string_view::npos ? line.size() : tab + 1);
  return field;
}

// "OWNER/REPOSITORY@COMMIT:PATH".
std::string url_of(std::string_view source) {
  if (source == "-") return "";
  const std::size_t at = source.find('@');
  const std::size_t colon = source.find(':', at);
  std::string url(kRepositories);
  url += source.substr(0, at);
  url += '/';
  url += source.substr(at + 1, colon - at - 1);
  url += '/';
  return url += source.substr(colon + 1);
}

std::vector<DataSet> read_table() {
  std::vector<DataSet> sets = empty_sets();
  std::string_view rest = kTable;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::string_view name = take_field(line);
    PublishedFile file;
    file.path = take_field(line);
    file.bytes = std::strtoull(std::string(take_field(line)).c_str(), nullptr, 10);
    file.sha256 = take_field(line);
    file.url = url_of(take_field(line));
    bool is_known = false;
    for (DataSet& set : sets) {
      if (set.name != name) continue;
      set.files.push_back(file);
      is_known = true;
    }
    // A test reads the whole table, so a defective one never ships.
    if (!is_known) throw std::logic_error("published_files.tsv: no data set " + std::string(name));
  }
  return sets;
}

}  // namespace

const std::vector<DataSet>& data_sets() {
  static const std::vector<DataSet> sets = read_table();
  return sets;
}

}  // namespace assay
