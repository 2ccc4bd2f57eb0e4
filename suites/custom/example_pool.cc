#include "suites/custom/example_pool.h"

#include <algorithm>
#include <utility>

#include "harness/core/random.h"
#include "suites/custom/protocols.h"
#include "suites/scoring/multiple_choice.h"

namespace assay::custom {
namespace {

std::string answered(const RenderedRow& row, const SuiteFile& file, const std::string& protocol) {
  if (protocol == kCot) {
    return file.cot.shown(row.reasoning, file.has_choices() ? scoring::letter(row.target_index) : row.example_answer);
  }
  if (protocol == kLetter) return scoring::letter(row.target_index);
  if (protocol == kLoglikelihood) return row.choices[static_cast<std::size_t>(row.target_index)];
  return row.example_answer;
}

}  // namespace

Result<void> ExamplePool::read(const RowRenderer& renderer) {
  if (shots_ == 0) return {};
  Result<reading::DataFile> data = file_.data;
  if (file_.examples.file) {
    data = example_file(file_);
    if (!data) return forward_error(data);
  }
  auto rows = RowReader::open(*data);
  if (!rows) return forward_error(rows);
  while (true) {
    auto row = (*rows)->next();
    if (!row) return forward_error(row);
    if (!*row) break;
    auto kind = kind_of(**row);
    if (!kind) return forward_error(kind);
    keep(*kind, std::move(**row));
    if (is_complete()) break;
  }
  for (auto& [kind, candidates] : kinds_) {
    for (Candidate& candidate : candidates) {
      auto rendered = renderer.render(candidate.row);
      if (!rendered) return forward_error(rendered);
      candidate.example = {rendered->prompt, answered(*rendered, file_, protocol_), {}};
      if (is_by_letter(file_, protocol_)) candidate.example.choices = rendered->choices;
    }
  }
  return {};
}

Result<std::vector<Example>> ExamplePool::of(const Row& row, const RenderedRow& asked) const {
  std::vector<Example> examples;
  if (shots_ == 0) return examples;
  auto kind = kind_of(row);
  if (!kind) return forward_error(kind);
  if (const auto found = kinds_.find(*kind); found != kinds_.end()) {
    for (const Candidate& candidate : found->second) {
      const bool is_itself = !file_.examples.file && candidate.row.index == row.index;
      const bool asks_the_same = candidate.example.prompt == asked.prompt &&
                                 (!is_by_letter(file_, protocol_) || candidate.example.choices == asked.choices);
      if (is_itself || asks_the_same) continue;
      examples.push_back(candidate.example);
      if (static_cast<int>(examples.size()) == shots_) return examples;
    }
  }
  return usage_error(file_.path + ": examples: " + row.where + ": there are only " + std::to_string(examples.size()) +
                     " other rows" + (file_.examples.same.empty() ? "" : " with its '" + file_.examples.same + "'") +
                     " to be its " + std::to_string(shots_) + " examples");
}

Result<std::string> ExamplePool::kind_of(const Row& row) const {
  if (file_.examples.same.empty()) return std::string();
  return field_text(row, file_.examples.same, file_.path + ": examples: same");
}

// First rows may end the reading early; any other choice has to see all.
bool ExamplePool::is_complete() const {
  return !file_.examples.random && file_.examples.same.empty() && kinds_.begin()->second.size() >= wanted();
}

void ExamplePool::keep(const std::string& kind, Row row) {
  std::vector<Candidate>& candidates = kinds_[kind];
  const std::uint64_t key = file_.examples.random ? random_key(file_.examples.seed, std::to_string(row.index))
                                                  : static_cast<std::uint64_t>(row.index);
  if (candidates.size() == wanted() && key >= candidates.back().key) return;
  const auto place =
      std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& one) { return key < one.key; });
  candidates.insert(place, Candidate{key, std::move(row), {}});
  if (candidates.size() > wanted()) candidates.pop_back();
}

}  // namespace assay::custom
