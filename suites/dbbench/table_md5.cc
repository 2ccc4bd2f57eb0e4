#include "suites/dbbench/table_md5.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace assay::dbbench {
namespace {

std::string md5_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_md5(), nullptr);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += kDigits[digest.at(i) >> 4U];
    hex += kDigits[digest.at(i) & 0xfU];
  }
  return hex;
}

}  // namespace

std::string table_md5(const text_to_sql::ResultTable& table) {
  constexpr std::size_t kRowDigits = 5;
  std::vector<std::string> rows;
  for (std::size_t row = 0; row < table.row_count; ++row) {
    std::string text;
    bool first = true;
    for (std::size_t c = 0; c < table.column_count(); ++c) {
      const text_to_sql::Cell& cell = table.at(row, c);
      if (cell.kind() == text_to_sql::CellKind::kNull) continue;
      text += (first ? "" : ",") + text_to_sql::python_text(cell);
      first = false;
    }
    rows.push_back(md5_hex(text).substr(0, kRowDigits));
  }
  std::sort(rows.begin(), rows.end());
  std::string all;
  for (const std::string& row : rows) all += (all.empty() ? "" : ",") + row;
  return md5_hex(all);
}

}  // namespace assay::dbbench
