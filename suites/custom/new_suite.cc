#include "suites/custom/new_suite.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "harness/core/text.h"
#include "suites/custom/row_reader.h"
#include "suites/reading/data_file.h"
#include "suites/reading/python_text.h"

namespace assay::custom {
namespace {

std::vector<reading::EmbeddedFile> embedded() {
  return {
#include "suites/custom_new.inc"
  };
}

// Text that may stand in a template and in a list of YAML as it is.
bool is_plain(const std::string& label) {
  constexpr std::size_t kMostBytes = 40;
  return !label.empty() && label.size() <= kMostBytes && label == on_one_line(label) &&
         invalid_utf8_at(label) == std::string::npos && label.find_first_of("{}%#\"\\") == std::string::npos;
}

std::string as_choices(const std::vector<std::string>& labels) {
  std::string text;
  for (const std::string& label : labels) text += (text.empty() ? "[\"" : ", \"") + label + "\"";
  return text + "]";
}

}  // namespace

const std::vector<NewKind>& new_kinds() {
  static const std::vector<NewKind> kinds{
      {"labels", "a question with one right label", "", "new/suite.yaml", "new/data.csv"},
      {"summarisation", "a summary, by ROUGE-L and its length", "", "new/summarisation.yaml", "new/articles.csv"},
      {"consistency", "which of two summaries fits the article", ":order=rotate,samples=2", "new/consistency.yaml",
       "new/articles.csv"},
  };
  return kinds;
}

std::vector<std::string> labels_in(const std::string& path) {
  constexpr std::size_t kMostLabels = 20;
  std::vector<std::string> labels;
  const auto file = reading::file_at(path);
  if (!file) return {};
  auto rows = RowReader::open(*file);
  if (!rows) return {};
  while (true) {
    auto row = (*rows)->next();
    if (!row) return {};
    if (!*row) return labels;
    const auto label = field_text(**row, "category", path);
    if (!label || !is_plain(*label)) return {};
    if (std::find(labels.begin(), labels.end(), *label) != labels.end()) continue;
    if (labels.size() == kMostLabels) return {};
    labels.push_back(*label);
  }
}

NewSuite new_suite(const NewKind& kind, const std::string& file, const std::string& name, const std::string& data_file,
                   std::vector<std::string> labels) {
  if (labels.empty()) labels = {"billing", "shipping", "account", "other"};
  NewSuite made;
  for (const reading::EmbeddedFile& one : embedded()) {
    if (one.name == kind.yaml) made.yaml = std::string(one.bytes);
    if (one.name == kind.data) made.data = std::string(one.bytes);
  }
  for (const auto& [mark, text] : {std::pair{"@SUITE@", file},
                                   {"@NAME@", name},
                                   {"@DATA@", data_file},
                                   {"@LABELS@", listed(labels)},
                                   {"@CHOICES@", as_choices(labels)}}) {
    made.yaml = reading::python_replace(made.yaml, mark, text);
  }
  return made;
}

std::string name_from_file(const std::string& path) {
  std::string name;
  for (const char c : std::filesystem::path(path).stem().string()) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (plain) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  while (name.ends_with('-')) name.pop_back();
  name = name.substr(0, 64);
  return name.empty() ? "suite" : name;
}

}  // namespace assay::custom
