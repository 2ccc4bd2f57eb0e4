#include "suites/custom/protocols.h"

namespace assay::custom {

std::vector<Protocol> protocols_of(const SuiteFile& file) {
  std::vector<Protocol> protocols;
  for (const std::string& name : file.protocols) {
    const Ability ability = name == kLoglikelihood ? Ability::kLoglikelihood
                            : name == kCompletion  ? Ability::kGenerate
                                                   : Ability::kChat;
    protocols.push_back({name, {ability}});
    if (name != kCot) continue;
    protocols.back().reasons = true;
    // Chain of thought is asked for in words, unless examples show it.
    protocols.back().default_shots = file.cot.reasoning ? file.examples.count : 0;
  }
  return protocols;
}

bool is_by_letter(const SuiteFile& file, const std::string& protocol) {
  return protocol == kLetter || (protocol == kCot && file.has_choices());
}

}  // namespace assay::custom
