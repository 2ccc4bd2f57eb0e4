// `judge:` in a suite's file: what another model is asked about an answer, and what its reply means.
//
// The rubric is a template over the row's fields and the answer: `answer`, or in a pairwise suite `first` and `second`,
// the two answers in the order in which they are shown; `reference` is the target. All of them are data: nothing in an
// answer is a template's. What the judge says is read by the steps of `verdict:` and has to be on the scale, or one of
// the words; anything else is no verdict, and never counted as a bad one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/judge_answer.h"
#include "harness/core/metric.h"
#include "harness/core/request.h"
#include "harness/core/result.h"
#include "harness/core/yaml_tree.h"
#include "suites/custom/answer_reader.h"
#include "suites/custom/yaml_fields.h"
#include "suites/templates/template_engine.h"

namespace assay::custom {

/// What a judge is asked about.
struct JudgedAnswer {
  std::string row_json;                  ///< the row's fields
  std::string answer;                    ///< what `answer:` read of the model's text
  std::optional<std::string> reference;  ///< the first target; absent: the suite has none
  std::string other;                     ///< pairwise: the answer that it is compared with
  std::string seed_key;                  ///< seeds a judge that samples: item and sample
};

/// What a judge's answers come to.
struct JudgeVerdict {
  std::vector<std::pair<std::string, double>> values;  ///< by metric; the first is the headline's
  std::string why;                                     ///< "the judge says 4 (of 1 to 5)"
  std::string missing;                                 ///< why there is no verdict; empty: there is one
};

/// The rules. Thread-safe once started.
class JudgeRules {
 public:
  /// Reads `judge:`; `path` is the file, for messages. Errors name file, line, column and key.
  [[nodiscard]] static Result<JudgeRules> parse(const YamlNode& node, const std::string& path);

  /// Starts what renders the rubric. Errors: as TemplateEngine::start().
  [[nodiscard]] Result<void> start();

  /// The reference of the judge's model; empty where the file names none.
  [[nodiscard]] const std::string& model() const { return model_; }

  /// Whether the answer is compared with another one.
  [[nodiscard]] bool is_pairwise() const { return form_ == Form::kPairwise; }

  /// The place of `judge:`, for messages.
  [[nodiscard]] const std::string& where() const { return where_; }

  [[nodiscard]] std::vector<MetricSpec> metrics() const;

  /// The judge's questions about an answer: one, or two with the answers in both orders. Errors name the template.
  [[nodiscard]] Result<std::vector<Request>> questions(const JudgedAnswer& judged) const;

  /// What the judge said to each of the questions(), read. Values are in 0..1: a grade's place on its scale; pass 1 and
  /// fail 0; won 1, lost 0, 0.5 for a tie and for two orders whose verdicts differ.
  [[nodiscard]] JudgeVerdict verdict(const std::vector<JudgeAnswer>& answers) const;

 private:
  enum class Form { kScale, kPassFail, kPairwise };
  using Words = std::vector<std::string>;

  JudgeRules() : verdict_("last_line") {}
  Result<void> read_form(YamlFields& fields);
  [[nodiscard]] Result<std::string> word_of(const JudgeAnswer& answer) const;
  [[nodiscard]] Result<double> point(const JudgeAnswer& answer) const;

  std::string where_;
  std::string model_;
  std::optional<Placed> system_;
  Placed rubric_;
  bool finds_grade_ = false;  // of a scale whose file does not say how verdicts are read
  AnswerReader verdict_;
  int max_tokens_ = 512;
  double temperature_ = 0;
  Form form_ = Form::kScale;
  double least_ = 1;
  double most_ = 5;
  Words high_;  // pass, or that the first answer is better
  Words low_;   // fail, or that the second is
  Words tie_;
  bool swap_ = true;
  std::unique_ptr<templates::TemplateEngine> engine_;
};

}  // namespace assay::custom
