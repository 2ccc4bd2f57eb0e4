#include "results/site/question_store.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "harness/core/text.h"
#include "results/report/record_view.h"
#include "results/site/script_file.h"

namespace assay::site {
namespace {

constexpr std::size_t kStoreBytes = 256 << 10;
constexpr std::size_t kStoreItems = 512;
constexpr std::size_t kSnippetBytes = 140;

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

std::string valid(std::string text) {
  return invalid_utf8_at(text) == std::string::npos ? std::move(text) : repaired_utf8(text);
}

}  // namespace

std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (const char byte : text) {
    if (!continues(byte)) units += static_cast<unsigned char>(byte) >= 0xf0 ? 2 : 1;
  }
  return units;
}

SharedBeginning shared_beginning(std::string_view a, std::string_view b) {
  const std::size_t most = std::min(a.size(), b.size());
  auto bytes = static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most), b.begin()).first - a.begin());
  while (bytes > 0 && ((bytes < a.size() && continues(a[bytes])) || (bytes < b.size() && continues(b[bytes])))) --bytes;
  return {bytes, utf16_length(a.substr(0, bytes))};
}

std::string snippet_of(std::string_view prompt) {
  constexpr std::size_t kShort = 24;
  while (!prompt.empty() && (prompt.back() == '\n' || prompt.back() == ' ')) prompt.remove_suffix(1);
  std::size_t begin = prompt.size();
  do {
    const std::size_t found = begin < 2 ? std::string_view::npos : prompt.rfind("\n\n", begin - 2);
    begin = found == std::string_view::npos ? 0 : found;
  } while (begin > 0 && prompt.size() - begin < kShort);
  std::string_view text = prompt.substr(begin);
  while (!text.empty() && (text.front() == '\n' || text.front() == ' ')) text.remove_prefix(1);
  std::size_t end = std::min(text.size(), kSnippetBytes);
  while (end > 0 && end < text.size() && continues(text[end])) --end;
  return on_one_line(std::string(text.substr(0, end)));
}

QuestionStore::QuestionStore(std::string folder, std::size_t number)
    : folder_(std::move(folder)), name_("q" + std::to_string(number)) {
  for (JsonText* column : {&chunk_, &ids_, &orders_, &snippets_, &groups_}) column->begin_array();
}

Result<void> QuestionStore::add(const Record& record) {
  const std::int64_t order = record.item.order;
  if (prompts_.contains(order)) return {};
  const std::string prompt = valid(report::prompt_text(record.request));
  prompts_.emplace(order, std::hash<std::string>{}(prompt));
  if (chunk_items_ == 0) {
    chunk_begins_.push_back(prompts_.size() - 1);
    previous_prompt_.clear();
  }
  const SharedBeginning shared = shared_beginning(previous_prompt_, prompt);
  chunk_.begin_object().key("prompt").begin_array();
  chunk_.integer(static_cast<std::int64_t>(shared.utf16_units)).text(std::string_view(prompt).substr(shared.bytes));
  chunk_.end_array();
  const std::vector<std::string> choices = report::shown_choices(record);
  if (!choices.empty()) {
    chunk_.key("choices").begin_array();
    for (const std::string& choice : choices) chunk_.text(choice);
    chunk_.end_array();
  }
  chunk_.key("target").text_or_null(record.item.target).end_object();
  ++chunk_items_;

  ids_.text(record.item.id);
  orders_.integer(order);
  snippets_.text(snippet_of(prompt));
  groups_.begin_array();
  for (const Group& group : record.item.groups) {
    const auto [found, fresh] = group_numbers_.try_emplace(group.level + "\x1f" + group.name, group_names_.size());
    if (fresh) group_names_.push_back(found->first);
    groups_.integer(static_cast<std::int64_t>(found->second));
  }
  groups_.end_array();
  previous_prompt_ = prompt;
  return chunk_items_ == kStoreItems || chunk_.size() >= kStoreBytes ? write_chunk() : Result<void>{};
}

bool QuestionStore::asked_alike(const Record& record) const {
  return prompts_.at(record.item.order) == std::hash<std::string>{}(valid(report::prompt_text(record.request)));
}

Result<void> QuestionStore::write_chunk() {
  if (chunk_items_ == 0) return {};
  const std::string name = name_ + "/" + std::to_string(chunk_begins_.size() - 1);
  auto written = write_script(folder_, name, chunk_.str() + "]");
  chunk_.clear();
  chunk_.begin_array();
  chunk_items_ = 0;
  return written;
}

Result<void> QuestionStore::finish() {
  if (auto written = write_chunk(); !written) return written;
  JsonText index;
  index.begin_object();
  index.key("ids").raw(ids_.str() + "]");
  index.key("orders").raw(orders_.str() + "]");
  index.key("snippets").raw(snippets_.str() + "]");
  index.key("groups").raw(groups_.str() + "]");
  index.key("group_names").begin_array();
  for (const std::string& group : group_names_) index.text(group);
  index.end_array().key("chunks").begin_array();
  for (const std::size_t begin : chunk_begins_) index.integer(static_cast<std::int64_t>(begin));
  index.end_array().end_object();
  return write_script(folder_, name_ + "/index", index.str());
}

}  // namespace assay::site
