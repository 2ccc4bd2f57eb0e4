#include "suites/legalbench/prompt_template.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "harness/core/text.h"

namespace assay::legalbench {

Result<PromptTemplate> PromptTemplate::parse(const std::string& text, const std::string& shown) {
  PromptTemplate made;
  made.shown_ = shown;
  std::string_view rest = text;
  while (true) {
    const std::size_t open = rest.find("{{");
    if (open == std::string_view::npos) break;
    const std::size_t close = rest.find("}}", open);
    if (close == std::string_view::npos) return usage_error(shown + ": a {{ of the prompt is not closed by }}");
    made.texts_.emplace_back(rest.substr(0, open));
    made.columns_.emplace_back(rest.substr(open + 2, close - open - 2));
    rest.remove_prefix(close + 2);
  }
  if (made.columns_.empty()) return usage_error(shown + ": the prompt has no {{column}}, so all items would be alike");
  made.texts_.emplace_back(rest);
  return made;
}

Result<std::vector<std::size_t>> PromptTemplate::places(const std::vector<std::string>& columns) const {
  std::vector<std::size_t> places;
  for (const std::string& column : columns_) {
    const auto found = std::find(columns.begin(), columns.end(), column);
    if (found == columns.end()) {
      return usage_error(shown_ + ": the prompt asks for {{" + on_one_line(column) +
                         "}}, a column that the task's file has not" + did_you_mean(column, columns));
    }
    places.push_back(static_cast<std::size_t>(found - columns.begin()));
  }
  return places;
}

std::string PromptTemplate::filled(const std::vector<std::size_t>& places,
                                   const std::vector<std::string>& fields) const {
  std::string text = texts_.front();
  for (std::size_t i = 0; i < columns_.size(); ++i) text.append(fields[places[i]]).append(texts_[i + 1]);
  return text;
}

}  // namespace assay::legalbench
