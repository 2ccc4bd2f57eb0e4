// JSON inside what a model wrote: finding it, taking a part of it, comparing it with what was wanted.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.h"

namespace assay::scoring {

struct FieldMatch;

/// The JSON object or array in an answer: the whole text; else the last fenced block that is JSON; else the text from
/// the first '{' or '[' that begins a whole value. Nothing: there is none.
[[nodiscard]] std::optional<std::string> json_in(std::string_view text);

/// A place in a JSON value: "$.order.items[0].price", "order.items[0]", "$['a key']". Wildcards, filters and slices are
/// refused.
class JsonPath {
 public:
  [[nodiscard]] static Result<JsonPath> parse(std::string_view text, const std::string& where);

  /// What is there: a text as it is, any other value as compact JSON. Nothing: not JSON, or no such place.
  [[nodiscard]] std::optional<std::string> find(std::string_view json) const;

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  friend std::optional<FieldMatch> match_fields(std::string_view wanted, std::string_view answer,
                                                const std::vector<JsonPath>& fields);
  struct Step {
    std::string key;
    std::size_t index = 0;
    bool is_index = false;
  };
  std::string text_;
  std::vector<Step> steps_;
};

/// How the fields of an answer compare with those wanted.
struct FieldMatch {
  int wanted = 0;
  int equal = 0;
  std::string first_difference;  ///< "price: 3 where 4 is wanted"; empty where all are equal
};

/// Compares the places `fields` of two JSON texts; without any, the members of the wanted object. Numbers are equal by
/// value, all else by type and value. Nothing: `wanted` is no JSON object, or a field is not in it.
[[nodiscard]] std::optional<FieldMatch> match_fields(std::string_view wanted, std::string_view answer,
                                                     const std::vector<JsonPath>& fields);

}  // namespace assay::scoring
