// What models cost: a table that ships with assay (prices.csv), and one that people import from LiteLLM.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/price.h"
#include "harness/core/result.h"

namespace assay {

/// One line of the table. `model` is "adapter:name".
struct PriceEntry {
  std::string model;
  Price price;  ///< as_of is the date from which it holds
};

/// Prices by model, in the order of their dates.
class PriceTable {
 public:
  /// The table that ships with assay.
  static const PriceTable& built_in();

  /// Reads prices.csv's format. Errors name the source and the line.
  static Result<PriceTable> parse(std::string_view csv, const std::string& source);

  explicit PriceTable(std::vector<PriceEntry> entries);

  /// The newest price of a model that is not later than `date` (YYYY-MM-DD). `model_ref` is a model reference
  /// ("openai:gpt-4", options are ignored) or an identity's name; one with a URL of its own has no listed price:
  /// the same name on another server costs something else. Absent where no price is known, never 0.
  [[nodiscard]] std::optional<Price> find(std::string_view model_ref, std::string_view date) const;

  /// The table in prices.csv's format, without comments.
  [[nodiscard]] std::string csv() const;

  /// This table and the lines of a file in prices.csv's format; of two prices of one model and date the file's counts.
  /// Just this table where there is no such file. Errors: those of parse(), naming the file.
  [[nodiscard]] Result<PriceTable> with_file(const std::string& path) const;

  [[nodiscard]] const std::vector<PriceEntry>& entries() const { return entries_; }

 private:
  std::vector<PriceEntry> entries_;  ///< by model, then by date
};

/// As PriceTable::built_in().find().
[[nodiscard]] std::optional<Price> find_price(std::string_view model_ref, std::string_view date);

}  // namespace assay
