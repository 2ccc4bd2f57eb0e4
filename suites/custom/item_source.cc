#include "suites/custom/item_source.h"

#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>

#include "harness/core/random.h"
#include "harness/core/text.h"
#include "suites/custom/example_pool.h"
#include "suites/custom/item_extra.h"
#include "suites/custom/protocols.h"
#include "suites/scoring/multiple_choice.h"

namespace assay::custom {
namespace {

class Source : public ItemSource {
 public:
  Source(const SuiteFile& file, const RowRenderer& renderer, std::string protocol, std::unique_ptr<RowReader> rows,
         ExamplePool pool, const PassageFinder* finder)
      : file_(file),
        renderer_(renderer),
        protocol_(std::move(protocol)),
        rows_(std::move(rows)),
        pool_(std::move(pool)),
        finder_(finder) {}

  Result<std::optional<Item>> next() override {
    auto row = rows_->next();
    if (!row) return forward_error(row);
    if (!*row) return std::optional<Item>();
    auto item = make_item(**row);
    if (!item) return forward_error(item);
    return std::optional<Item>(std::move(*item));
  }

 private:
  Result<Item> make_item(const Row& row) {
    auto rendered = renderer_.render(row);
    if (!rendered) return forward_error(rendered);
    Item item;
    item.order = row.index;
    auto id = id_of(row);
    if (!id) return forward_error(id);
    item.id = file_.name + "/" + *id;
    for (const Placed& column : file_.group_columns) {
      auto name = field_text(row, column.text, column.where);
      if (!name) return forward_error(name);
      item.groups.push_back({column.text, name->empty() ? "(empty)" : on_one_line(*name)});
    }
    if (file_.cluster_column) {
      auto cluster = field_text(row, file_.cluster_column->text, file_.cluster_column->where);
      if (!cluster) return forward_error(cluster);
      item.cluster = std::move(*cluster);
    }
    item.question = rendered->prompt;
    Extra extra;
    extra.own = places_of_values(row, item.question);
    extra.system = std::move(rendered->system);
    auto examples = pool_.of(row, *rendered);
    if (!examples) return forward_error(examples);
    extra.examples = std::move(*examples);
    if (finder_ != nullptr) {
      if (auto added = add_passages(row, item, extra); !added) return forward_error(added);
    }
    if (file_.judge) {
      extra.row_json = row.json;
      if (auto checked = check_rubric(row, rendered->expected); !checked) return forward_error(checked);
    }
    const bool by_choice = protocol_ == kLoglikelihood || is_by_letter(file_, protocol_);
    if (by_choice) {
      item.choices = std::move(rendered->choices);
      item.target_index = rendered->target_index;
      item.target = scoring::letter(item.target_index);
    } else {
      extra.expected = std::move(rendered->expected);
      item.target = !extra.expected.targets.empty() ? extra.expected.targets.front()
                    : extra.expected.tests.empty()  ? extra.expected.pattern
                                                    : extra.expected.tests;
    }
    item.fields = {to_text(extra)};
    return item;
  }

  // That the judge can be asked about the row's answer, before anybody is asked anything.
  Result<void> check_rubric(const Row& row, const Expected& expected) const {
    JudgedAnswer judged{row.json, "an answer", std::nullopt, "another answer", ""};
    if (!expected.targets.empty()) judged.reference = expected.targets.front();
    auto questions = file_.judge->questions(judged);
    if (!questions) return usage_error(with_suggestion(questions.error().message, row) + "; at " + row.where);
    return {};
  }

  // The gold is looked for in every row, passages are there for those that were chosen.
  Result<void> add_passages(const Row& row, Item& item, Extra& extra) {
    std::vector<retrieval::Gold> gold;
    if (const auto& column = file_.rag->gold) {
      auto names = field_texts(row, column->text, file_.rag->gold_separator, column->where);
      if (!names) return forward_error(names);
      auto known = finder_->gold_of(*names);
      if (!known) return usage_error(column->where + ": " + row.where + ": " + known.error().message);
      gold = std::move(*known);
    }
    if (!finder_->has(row.index)) return {};
    FoundPassages found = finder_->at(row.index, gold);
    item.question = found.text + item.question;
    extra.own = moved(std::move(extra.own), found.text.size());
    extra.retrieved = std::move(found.listing);
    extra.passages = std::move(found.parts);
    for (const auto* quality : {&found.quality, &found.lexical_quality}) {
      if (*quality) extra.retrieval.insert(extra.retrieval.end(), {(*quality)->recall, (*quality)->reciprocal_rank});
    }
    return {};
  }

  Result<std::string> id_of(const Row& row) {
    if (!file_.id_column) return std::to_string(row.index);
    auto id = field_text(row, file_.id_column->text, file_.id_column->where);
    if (!id) return id;
    if (id->empty() || on_one_line(*id) != *id) {
      return usage_error(file_.id_column->where + ": " + row.where + ": an id is one line of text, not empty");
    }
    // 64 bits each: the chance that two of a million ids share them is 1 in 37 million
    if (!ids_.insert(random_key(0, *id)).second) {
      return usage_error(file_.id_column->where + ": " + row.where + ": the id '" + *id + "' is there twice");
    }
    return id;
  }

  const SuiteFile& file_;
  const RowRenderer& renderer_;
  std::string protocol_;
  std::unique_ptr<RowReader> rows_;
  ExamplePool pool_;
  const PassageFinder* finder_;  // null: no passages stand before questions
  std::unordered_set<std::uint64_t> ids_;
};

}  // namespace

Result<std::unique_ptr<ItemSource>> open_items(const SuiteFile& file, const RowRenderer& renderer,
                                               const SuiteOptions& options, const PassageFinder* finder) {
  ExamplePool pool(file, options.shots, options.protocol);
  if (auto read = pool.read(renderer); !read) return forward_error(read);
  auto rows = RowReader::open(file.data);
  if (!rows) return forward_error(rows);
  return std::unique_ptr<ItemSource>(
      new Source(file, renderer, options.protocol, std::move(*rows), std::move(pool), finder));
}

}  // namespace assay::custom
