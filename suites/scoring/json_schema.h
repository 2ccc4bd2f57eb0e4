// Whether a JSON value is valid by a JSON Schema, for the part of the language that answers need.
//
// Checked: type, enum, const, properties, required, additionalProperties, minProperties, maxProperties, items (one
// schema), minItems, maxItems, uniqueItems, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf,
// minLength, maxLength, pattern (RE2), allOf, anyOf, oneOf, not, and $ref to a place in the same schema. Titles,
// descriptions and the like are passed over. Any other keyword is refused when the schema is read, by name.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "harness/core/result.h"

namespace assay::scoring {

/// A schema. Thread-safe.
class JsonSchema {
 public:
  /// Steps of checking one value: a part of the value against a part of the schema, and long texts and lists by their
  /// length. A schema may refer to itself, so that without a limit a short answer can keep it busy for years.
  static constexpr std::size_t kMostSteps = 1'000'000;

  /// How violation() begins where they were not enough.
  static constexpr const char* kGivenUp = "the schema's check of this answer was given up";

  /// Reads a schema. `where` starts every message. Errors: not JSON, an unsupported keyword, a value of the wrong kind.
  [[nodiscard]] static Result<JsonSchema> parse(std::string_view text, const std::string& where);

  JsonSchema(JsonSchema&&) noexcept;
  JsonSchema& operator=(JsonSchema&&) noexcept;
  ~JsonSchema();

  /// Why a JSON text is not valid, with the place in it ("/items/0/price: …"); empty: it is.
  /// Of a check that takes more than kMostSteps: that it was given up, which is no word on the value.
  [[nodiscard]] std::string violation(std::string_view json) const;

 private:
  struct State;
  explicit JsonSchema(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace assay::scoring
