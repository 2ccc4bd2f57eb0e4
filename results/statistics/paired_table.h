// The four counts of a comparison in which every item is right or wrong on both sides.
#pragma once

namespace assay::statistics {

/// Counts of items. Whole numbers, but where counts were scaled to an effective number of items.
struct PairedTable {
  double both_right = 0;
  double only_baseline = 0;   ///< lost: the baseline alone is right
  double only_candidate = 0;  ///< gained: the candidate alone is right
  double both_wrong = 0;

  [[nodiscard]] double items() const { return both_right + only_baseline + only_candidate + both_wrong; }

  /// Items on which the two differ.
  [[nodiscard]] double flips() const { return only_baseline + only_candidate; }

  /// Candidate minus baseline, as a fraction of the items; 0 without items.
  [[nodiscard]] double difference() const { return items() > 0 ? (only_candidate - only_baseline) / items() : 0; }
};

/// Every count times `factor`.
[[nodiscard]] inline PairedTable scaled(const PairedTable& table, double factor) {
  return {table.both_right * factor, table.only_baseline * factor, table.only_candidate * factor,
          table.both_wrong * factor};
}

}  // namespace assay::statistics
