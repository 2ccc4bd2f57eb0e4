// JinjaSet for builds without a llama.cpp source tree, whose template engine it is.
#include "suites/templates/jinja_set.h"

namespace assay::templates {

struct JinjaSet::State {};

JinjaSet::JinjaSet() = default;
JinjaSet::JinjaSet(JinjaSet&&) noexcept = default;
JinjaSet& JinjaSet::operator=(JinjaSet&&) noexcept = default;
JinjaSet::~JinjaSet() = default;

bool JinjaSet::available() { return false; }

Result<void> JinjaSet::add(std::string) { return usage_error("this build has no template engine"); }
void JinjaSet::set_fields(std::string) {}
Result<std::string> JinjaSet::render(std::size_t) const { return usage_error("this build has no template engine"); }

}  // namespace assay::templates
