#include "suites/scoring/lettered_question.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "harness/core/random.h"
#include "suites/formats/prompt_format.h"
#include "suites/scoring/multiple_choice.h"

namespace assay::scoring {
namespace {

constexpr int kMaxTokens = 32;

// "A, B or C".
std::string enumerated(const std::vector<std::string>& labels) {
  std::string text;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (i > 0) text += i + 1 == labels.size() ? " or " : ", ";
    text += labels[i];
  }
  return text;
}

}  // namespace

Item rotated_choices(Item item, int by) {
  const auto count = static_cast<int>(item.choices.size());
  if (count == 0) return item;
  std::rotate(item.choices.begin(), item.choices.begin() + by % count, item.choices.end());
  item.target_index = (item.target_index - by % count + count) % count;
  item.target = letter(item.target_index);
  return item;
}

LetteredQuestion::LetteredQuestion(std::string instruction) : instruction_(std::move(instruction)) {
  for (int count = 2; count <= kMost; ++count) answers_.emplace_back(count);
}

GenerateRequest LetteredQuestion::ask(const Item& item, const SuiteOptions& options, int sample) const {
  GenerateRequest body;
  body.choices = letters(static_cast<int>(item.choices.size()));
  std::string text = instruction_ + " Reply with the letter of the right answer (" + enumerated(body.choices) +
                     ") and nothing else.\n\n";
  if (options.format != nullptr) {
    text.append(formats::written_question(*options.format, item.question, item.choices)).append(options.format->answer);
  } else {
    text += item.question;
    for (std::size_t i = 0; i < item.choices.size(); ++i) {
      text.append("\n").append(body.choices[i]).append(". ").append(item.choices[i]);
    }
    text += "\nAnswer:";
  }
  body.messages = {{Role::kUser, std::move(text)}};
  body.max_tokens = options.max_tokens.value_or(kMaxTokens);
  body.temperature = options.temperature.value_or(0);
  body.seed = random_key(options.sample_seed, item.id + "#" + std::to_string(sample));
  return body;
}

Score LetteredQuestion::score(const Item& item, const Completion& completion) const {
  return answers_.at(item.choices.size() - 2).score(item, completion);
}

std::vector<MetricSpec> LetteredQuestion::metrics() {
  return {{"accuracy", "accuracy", Aggregation::kMean, 0, "", true},
          {"accuracy_flexible", "accuracy_flexible", Aggregation::kMean, 0, "", false}};
}

}  // namespace assay::scoring
