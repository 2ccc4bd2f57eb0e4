// Fuzzes what reads outsiders' bytes in text_to_sql: extraction, rewriting, gold alternatives; and checks the
// comparisons against properties that hold for any two results.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "suites/text_to_sql/comparison/bird_ex.h"
#include "suites/text_to_sql/comparison/defog_match.h"
#include "suites/text_to_sql/comparison/result_preview.h"
#include "suites/text_to_sql/comparison/shuffled_ties.h"
#include "suites/text_to_sql/comparison/spider_ex.h"
#include "suites/text_to_sql/comparison/spider_rewrite.h"
#include "suites/text_to_sql/prompt/extraction.h"

namespace {

using assay::text_to_sql::Cell;
using assay::text_to_sql::ResultTable;

void require(bool holds) {
  if (!holds) std::abort();
}

/// A small table out of the input's bytes: its shape from the first, its values from the others.
ResultTable take_table(std::string_view& bytes) {
  const auto next = [&bytes] {
    if (bytes.empty()) return 0U;
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    return static_cast<unsigned>(byte);
  };
  ResultTable table;
  const unsigned columns = next() % 5;
  table.row_count = columns == 0 ? 0 : next() % 6;
  for (unsigned c = 0; c < columns; ++c) table.columns.emplace_back(1, static_cast<char>('a' + next() % 4));
  for (std::size_t i = 0; i < table.row_count * columns; ++i) {
    const unsigned value = next();
    switch (value % 5) {
      case 0:
        table.cells.push_back(Cell::null());
        break;
      case 1:
        table.cells.push_back(Cell::integer(value / 64));
        break;
      case 2:
        table.cells.push_back(Cell::real(value / 64));
        break;
      case 3:
        table.cells.push_back(Cell::text(value > 128 ? "1" : "x"));
        break;
      default:
        table.cells.push_back(Cell::blob("x"));
    }
  }
  return table;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace sql = assay::text_to_sql;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)sql::extract_query(text, size % 2 == 0);
  (void)sql::first_statement_without_distinct(text);
  (void)sql::with_shuffled_ties(text);
  (void)sql::with_fixed_year(text);
  (void)sql::with_joined_operators(text);
  if (size < 200) (void)sql::defog_gold_queries(text);

  std::string_view rest = text;
  const ResultTable a = take_table(rest);
  const ResultTable b = take_table(rest);
  (void)sql::result_preview(a);
  for (const bool ordered : {false, true}) {
    require(sql::compare_spider(a, a, ordered).match);
    require(sql::compare_spider(a, b, ordered).match == sql::compare_spider(b, a, ordered).match);
    (void)sql::compare_defog(a, b, ordered);
  }
  // what is equal row by row is equal as a bag
  if (sql::compare_spider(a, b, true).match) require(sql::compare_spider(a, b, false).match);
  require(sql::compare_bird(a, b).match == sql::compare_bird(b, a).match);
  if (sql::compare_strict(a, b).match) {
    require(sql::compare_bird(a, b).match);
    require(sql::compare_spider(a, b, true).match);
  }
  return 0;
}
