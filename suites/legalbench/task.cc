#include "suites/legalbench/task.h"

#include <array>

namespace assay::legalbench {
namespace {

/// What the names of tasks begin with, or are.
struct Kind {
  std::string_view begins;
  std::string_view reasoning;
};

// A name that ends in "_" stands for all that begin so.
constexpr std::array kKinds{
    Kind{"corporate_lobbying", "issue"},
    Kind{"learned_hands_", "issue"},
    Kind{"rule_qa", "rule"},
    Kind{"international_citizenship_questions", "rule"},
    Kind{"nys_judicial_ethics", "rule"},
    Kind{"citation_prediction_", "rule"},
    Kind{"abercrombie", "conclusion"},
    Kind{"diversity_", "conclusion"},
    Kind{"hearsay", "conclusion"},
    Kind{"personal_jurisdiction", "conclusion"},
    Kind{"successor_liability", "conclusion"},
    Kind{"telemarketing_sales_rule", "conclusion"},
    Kind{"ucc_v_common_law", "conclusion"},
    Kind{"consumer_contracts_qa", "interpretation"},
    Kind{"contract_nli_", "interpretation"},
    Kind{"contract_qa", "interpretation"},
    Kind{"cuad_", "interpretation"},
    Kind{"insurance_policy_interpretation", "interpretation"},
    Kind{"jcrew_blocker", "interpretation"},
    Kind{"maud_", "interpretation"},
    Kind{"opp115_", "interpretation"},
    Kind{"privacy_policy_", "interpretation"},
    Kind{"proa", "interpretation"},
    Kind{"ssla_", "interpretation"},
    Kind{"sara_", "interpretation"},
    Kind{"supply_chain_disclosure_", "interpretation"},
    Kind{"unfair_tos", "interpretation"},
    Kind{"canada_tax_court_outcomes", "rhetoric"},
    Kind{"definition_", "rhetoric"},
    Kind{"function_of_decision_section", "rhetoric"},
    Kind{"legal_reasoning_causality", "rhetoric"},
    Kind{"oral_argument_question_purpose", "rhetoric"},
    Kind{"overruling", "rhetoric"},
    Kind{"scalr", "rhetoric"},
    Kind{"textualism_tool_", "rhetoric"},
};

}  // namespace

Judging judging_of(std::string_view task) {
  if (task == "sara_numeric") return Judging::kNumber;
  if (task == "citation_prediction_open") return Judging::kCitation;
  if (task == "definition_extraction") return Judging::kTerm;
  if (task == "successor_liability") return Judging::kExceptions;
  if (task.starts_with("ssla")) return Judging::kParties;
  if (task == "rule_qa") return Judging::kByHand;
  return Judging::kExact;
}

std::string reasoning_of(std::string_view task) {
  for (const Kind& kind : kKinds) {
    if (kind.begins.ends_with('_') ? task.starts_with(kind.begins) : task == kind.begins) {
      return std::string(kind.reasoning);
    }
  }
  return "other";
}

}  // namespace assay::legalbench
