#include "results/report/record_view.h"

namespace assay::report {
namespace {

const char* role_name(Role role) {
  switch (role) {
    case Role::kSystem:
      return "system";
    case Role::kUser:
      return "user";
    case Role::kAssistant:
      break;
  }
  return "assistant";
}

}  // namespace

std::string prompt_text(const Request& request) {
  if (const auto* loglikelihood = std::get_if<LoglikelihoodRequest>(&request.body)) return loglikelihood->context;
  const auto& generate = std::get<GenerateRequest>(request.body);
  if (generate.messages.empty()) return generate.prompt;
  std::string text;
  for (const Message& message : generate.messages) {
    if (!text.empty()) text += "\n\n";
    text += std::string("[") + role_name(message.role) + "]\n" + message.content;
  }
  return text;
}

std::vector<std::string> shown_choices(const Record& record) {
  if (const auto* loglikelihood = std::get_if<LoglikelihoodRequest>(&record.request.body)) {
    std::vector<std::string> choices = loglikelihood->continuations;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      std::string& choice = choices[i].insert(0, loglikelihood->opening(i));
      if (!choice.empty() && choice.front() == ' ') choice.erase(0, 1);
    }
    return choices;
  }
  const auto& generate = std::get<GenerateRequest>(record.request.body);
  return generate.choices.empty() ? record.item.choices : generate.choices;
}

}  // namespace assay::report
