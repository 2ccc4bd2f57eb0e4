// Whatever a model wrote and whatever was wanted, judging it ends, with values from 0 to 1.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "harness/core/text.h"
#include "suites/scoring/bleu.h"
#include "suites/scoring/fenced_block.h"
#include "suites/scoring/json_answer.h"
#include "suites/scoring/json_schema.h"
#include "suites/scoring/rouge.h"
#include "suites/scoring/token_f1.h"

namespace {

void expect_fraction(double value) {
  if (!(value >= 0 && value <= 1 + 1e-9)) std::abort();
}

}  // namespace

// The input: what was wanted, a NUL byte, what was answered.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = text.find('\0');
  const std::string wanted = assay::repaired_utf8(text.substr(0, middle));
  const std::string answer = assay::repaired_utf8(middle == std::string::npos ? "" : text.substr(middle + 1));
  expect_fraction(assay::scoring::token_f1(wanted, answer));
  expect_fraction(assay::scoring::rouge_l(wanted, answer).f1);
  expect_fraction(assay::scoring::sentence_bleu({wanted}, answer));
  static_cast<void>(assay::scoring::fenced_blocks(answer));
  static_cast<void>(assay::scoring::json_in(answer));
  if (const auto path = assay::scoring::JsonPath::parse(wanted, "f")) static_cast<void>(path->find(answer));
  static_cast<void>(assay::scoring::match_fields(wanted, answer, {}));
  if (const auto schema = assay::scoring::JsonSchema::parse(wanted, "f")) static_cast<void>(schema->violation(answer));
  return 0;
}
