#include "suites/custom/new_suite.h"

#include <filesystem>
#include <vector>

#include "suites/reading/data_file.h"
#include "suites/reading/python_text.h"

namespace assay::custom {
namespace {

std::vector<reading::EmbeddedFile> embedded() {
  return {
#include "suites/custom_new.inc"
  };
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

NewSuite new_suite(const NewKind& kind, const std::string& file, const std::string& name,
                   const std::string& data_file) {
  NewSuite made;
  for (const reading::EmbeddedFile& one : embedded()) {
    if (one.name == kind.yaml) made.yaml = std::string(one.bytes);
    if (one.name == kind.data) made.data = std::string(one.bytes);
  }
  for (const auto& [mark, text] : {std::pair{"@SUITE@", file}, {"@NAME@", name}, {"@DATA@", data_file}}) {
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
