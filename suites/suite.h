// A benchmark: its items, how each is asked, how each answer is scored.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/completion.h"
#include "harness/core/embedder.h"
#include "harness/core/item.h"
#include "harness/core/judge_answer.h"
#include "harness/core/metric.h"
#include "harness/core/request.h"
#include "harness/core/result.h"
#include "harness/core/score.h"
#include "harness/core/stored_answers.h"

namespace assay {

/// What a protocol needs of a model.
enum class Ability { kLoglikelihood, kGenerate, kChat, kTopLogprobs };

/// One way to ask a suite, `METHOD[/VARIANT]`.
struct Protocol {
  std::string name;                ///< "loglikelihood", "generate/cot", …
  std::vector<Ability> needs_any;  ///< the model must have at least one of these
  int max_shots = 1000;            ///< at most so many examples, also where the suite's default is more (0: zero-shot)
  std::optional<int> default_shots = {};  ///< absent: the suite's own
  bool reasons = false;                   ///< the model is to reason before it answers: chain of thought
  bool has_own_examples = false;          ///< the prompt has worked examples of its own, whatever the shots
};

/// The judge of a suite whose answers another model judges.
struct SuiteJudge {
  std::string model;          ///< its reference; empty: the run must name one (`--judge`)
  std::string rubric_sha256;  ///< of what it is asked and how its verdict is read
};

/// Where the passages before a suite's questions come from (strategy `rag`), and what finding them took.
struct SuiteRetrieval {
  std::string retriever;  ///< "bm25", or the embedding model with its hash
  std::string model;      ///< that model's reference; empty: none
  std::int64_t documents = 0;
  std::int64_t passages = 0;  ///< of all documents
  EmbeddingUse use;           ///< nothing before Suite::choose(); in a dry run what a run would take
};

/// What a suite is, as data.
struct SuiteInfo {
  std::string name;
  std::string version;                    ///< bumped by any change of prompt, extraction, scoring or item ids
  std::string title;                      ///< one line for people
  std::vector<Protocol> protocols;        ///< the first that every model of the run can do is the default
  std::vector<MetricSpec> metrics;        ///< of the chosen protocol; exactly one is the headline
  std::vector<std::string> group_levels;  ///< outermost first: {"category", "subject"}
  int default_shots = 0;
  int max_shots = 0;
  int max_turns = 1;  ///< how often a model may answer in an episode; 1: every question is asked once

  /// What else is to be recorded of how answers are scored here, but makes no other suite of it: the isolation in
  /// force, the interpreter.
  std::vector<std::pair<std::string, std::string>> notes = {};

  /// What the user should hear before the run: one line each.
  std::vector<std::string> warnings = {};

  std::optional<SuiteJudge> judge = {};  ///< absent: answers are scored here

  std::optional<SuiteRetrieval> retrieval = {};  ///< where passages stand before questions
};

struct PromptFormat;  // suites/formats/prompt_format.h

/// What a run asks of a suite.
struct SuiteOptions {
  std::string data_dir;  ///< the folder that `--data` names; unused with `starter`
  bool starter = false;  ///< the few items that ship with assay instead of the data set
  std::string protocol;  ///< one of SuiteInfo::protocols
  int shots = 0;
  int samples = 1;                    ///< completions per item
  std::uint64_t sample_seed = 0;      ///< seeds sampling, not the choice of items
  std::optional<double> temperature;  ///< absent: the protocol's own
  std::optional<int> max_tokens;      ///< absent: the protocol's own
  /// Another run's answers to the same items, which a judge compares the model's with (option kAgainstOption).
  std::shared_ptr<const StoredAnswers> against = {};
  /// How questions and options are written; absent: as the suite does. One of formats::prompt_formats(), for suites
  /// whose entry has the option `format`.
  const PromptFormat* format = nullptr;
  /// The suite's own options, `--suite NAME:key=value,…` or YAML keys; lists are comma-separated.
  std::vector<std::pair<std::string, std::string>> extra;
  bool retrieve = false;  ///< passages of the suite's documents are to stand before each question (strategy `rag`)
  EmbedderMaker embedder = {};  ///< of models that find them; empty: none can be asked
  bool is_dry_run = false;      ///< no model may be asked anything
};

/// The key of SuiteOptions::extra that names the run, as RUN or RUN#MODEL, whose answers are SuiteOptions::against.
inline constexpr const char* kAgainstOption = "against";

/// Items in file order, one at a time: memory does not grow with the data set.
class ItemSource {
 public:
  virtual ~ItemSource() = default;

  /// The next item, or nothing after the last. An error names file, line and what is wrong.
  virtual Result<std::optional<Item>> next() = 0;
};

/// One benchmark with its options. Immutable after construction but for choose(); const functions are thread-safe.
class Suite {
 public:
  virtual ~Suite() = default;
  [[nodiscard]] virtual const SuiteInfo& info() const = 0;

  /// Opens the items anew, from the first; may be called several times. Reading all of a source once validates
  /// the data set.
  [[nodiscard]] virtual Result<std::unique_ptr<ItemSource>> load() const = 0;

  /// Called once, before the load() whose items are asked: which they are, by Item::order, ascending. A suite that has
  /// to do something for each (embed it) does it here, and only for these; it may ask an embedding model, and wait.
  [[nodiscard]] virtual Result<void> choose(const std::vector<std::int64_t>& orders) {
    static_cast<void>(orders);
    return {};
  }

  /// The files the items come from, in a fixed order: path relative to the data folder, and where it is.
  /// The data set's hash is made of these. Starter items: name and an embedded text's hash.
  [[nodiscard]] virtual Result<std::string> data_sha256() const = 0;

  /// The question as the protocol asks it. `sample` counts from 0; only the request's seed depends on it.
  [[nodiscard]] virtual Request ask(const Item& item, int sample) const = 0;

  /// Judges a completion without a failure. Pure: the same answer always gets the same score.
  [[nodiscard]] virtual Score score(const Item& item, const Completion& completion) const = 0;

  /// The item with its choices in another order, moved on by `by` places (from 0; round the end), as the protocol would
  /// ask it then. Nothing: the protocol has no order of choices, since it compares them apart from one another.
  [[nodiscard]] virtual std::optional<Item> rotated(const Item& item, int by) const {
    static_cast<void>(item), static_cast<void>(by);
    return std::nullopt;
  }

  /// The texts of an item that somebody could have learnt by heart, without what the suite's own wording puts around
  /// them. Nothing: they are the item's members as they stand (contamination::texts_of()).
  [[nodiscard]] virtual std::optional<std::vector<std::string>> own_texts(const Item& item) const {
    static_cast<void>(item);
    return std::nullopt;
  }

  /// The next turn of an episode: what is asked now that `completion` answered `asked`, whose messages hold the turns
  /// before. Nothing: the episode is over. Called at most SuiteInfo::max_turns - 1 times an episode, for answers
  /// without a failure. Pure, as ask(); may work for a while (run a query), but waits for no model.
  [[nodiscard]] virtual std::optional<Request> next_turn(const Item& item, const Request& asked,
                                                         const Completion& completion) const {
    static_cast<void>(item), static_cast<void>(asked), static_cast<void>(completion);
    return std::nullopt;
  }

  /// Judges an episode whose last request was `asked` and its answer `completion`, with the usage of all turns. Pure.
  [[nodiscard]] virtual Score score_episode(const Item& item, const Request& asked,
                                            const Completion& completion) const {
    static_cast<void>(asked);
    return score(item, completion);
  }

  /// What the judge is asked about an answer without a failure; empty where it can be scored without (an empty answer).
  /// Pure but for SuiteOptions::against, which is read; waits for no model. Error: there is nothing to judge it by.
  [[nodiscard]] virtual Result<std::vector<Request>> judge_questions(const Item& item, int sample,
                                                                     const Completion& completion) const {
    static_cast<void>(item), static_cast<void>(sample), static_cast<void>(completion);
    return std::vector<Request>();
  }

  /// Judges an answer by what the judge said to each of judge_questions(), none of it a failure. Score::not_judged is
  /// set where no verdict can be read. Pure.
  [[nodiscard]] virtual Score score_judged(const Item& item, const Completion& completion,
                                           const std::vector<JudgeAnswer>& judge_answers) const {
    static_cast<void>(judge_answers);
    return score(item, completion);
  }
};

}  // namespace assay
