#include "results/cost/price_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <tuple>

namespace assay {
namespace {

constexpr std::string_view kBuiltIn =
#include ASSAY_PRICES_FILE
    ;

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
}

/// False where `field` is neither empty nor a number that a price can be.
bool read_number(std::string_view field, std::optional<double>& out) {
  if (field.empty()) return true;
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size() || !(value >= 0 && value < 1e9)) return false;
  out = value;
  return true;
}

/// Takes the text up to the next comma off the front of `rest`.
std::string_view take_field(std::string_view& rest) {
  const std::size_t comma = std::min(rest.find(','), rest.size());
  const std::string_view field = rest.substr(0, comma);
  rest.remove_prefix(std::min(comma + 1, rest.size()));
  return field;
}

}  // namespace

PriceTable::PriceTable(std::vector<PriceEntry> entries) : entries_(std::move(entries)) {
  std::stable_sort(entries_.begin(), entries_.end(), [](const PriceEntry& a, const PriceEntry& b) {
    return std::tie(a.model, a.price.as_of) < std::tie(b.model, b.price.as_of);
  });
}

const PriceTable& PriceTable::built_in() {
  static const PriceTable table = [] {
    auto parsed = parse(kBuiltIn, "prices.csv");
    // A test reads the whole table, so a defective one never ships.
    if (!parsed) throw std::logic_error(parsed.error().message);
    return std::move(*parsed);
  }();
  return table;
}

Result<PriceTable> PriceTable::parse(std::string_view csv, const std::string& source) {
  std::vector<PriceEntry> entries;
  int number = 0;
  while (!csv.empty()) {
    ++number;
    const std::size_t end = std::min(csv.find('\n'), csv.size());
    std::string_view line = csv.substr(0, end);
    csv.remove_prefix(std::min(end + 1, csv.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    const std::string where = source + ":" + std::to_string(number) + ": ";
    PriceEntry entry;
    entry.model = take_field(line);
    entry.price.as_of = take_field(line);
    if (entry.model.find(':') == std::string::npos) {
      return usage_error(where + "a price needs its model as adapter:name, not '" + entry.model + "'");
    }
    if (!is_date(entry.price.as_of)) {
      return usage_error(where + "a price needs its date as YYYY-MM-DD, not '" + entry.price.as_of + "'");
    }
    Price& price = entry.price;
    for (auto* value : {&price.input_per_mtok, &price.output_per_mtok, &price.cached_input_per_mtok,
                        &price.cache_write_per_mtok, &price.reasoning_per_mtok, &price.batch_factor}) {
      const std::string_view field = take_field(line);
      if (!read_number(field, *value)) {
        return usage_error(where + "'" + std::string(field) + "' is no price in US dollars per million tokens");
      }
    }
    price.source = line;  // the rest of the line: it may hold commas
    if (price.source.empty()) return usage_error(where + "a price needs its source");
    entries.push_back(std::move(entry));
  }
  return PriceTable(std::move(entries));
}

std::string PriceTable::csv() const {
  std::string text;
  for (const PriceEntry& entry : entries_) {
    const Price& price = entry.price;
    text += entry.model + "," + price.as_of;
    for (const auto* value : {&price.input_per_mtok, &price.output_per_mtok, &price.cached_input_per_mtok,
                              &price.cache_write_per_mtok, &price.reasoning_per_mtok, &price.batch_factor}) {
      text += ',';
      if (!*value) continue;
      std::array<char, 32> digits{};
      const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), **value);
      if (error == std::errc()) text.append(digits.data(), end);
    }
    text += "," + price.source + "\n";
  }
  return text;
}

Result<PriceTable> PriceTable::with_file(const std::string& path) const {
  std::ifstream file(path, std::ios::binary);
  if (!file) return *this;
  std::ostringstream text;
  text << file.rdbuf();
  auto imported = parse(text.str(), path);
  if (!imported) return forward_error(imported);
  std::vector<PriceEntry> all = entries_;
  all.insert(all.end(), imported->entries_.begin(), imported->entries_.end());
  return PriceTable(std::move(all));
}

std::optional<Price> PriceTable::find(std::string_view model_ref, std::string_view date) const {
  if (model_ref.find("@http://") != std::string_view::npos || model_ref.find("@https://") != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view model = model_ref.substr(0, model_ref.find('?'));
  std::optional<Price> newest;
  auto entry = std::lower_bound(entries_.begin(), entries_.end(), model,
                                [](const PriceEntry& one, std::string_view name) { return one.model < name; });
  for (; entry != entries_.end() && entry->model == model && entry->price.as_of <= date; ++entry) {
    newest = entry->price;
  }
  return newest;
}

std::optional<Price> find_price(std::string_view model_ref, std::string_view date) {
  return PriceTable::built_in().find(model_ref, date);
}

}  // namespace assay
