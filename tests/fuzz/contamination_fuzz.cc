// Words and strings of JSON, from any bytes: it does not matter where they are cut, and what the JSON reader takes is
// taken here too.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "suites/contamination/json_strings.h"
#include "suites/contamination/words.h"
#include "suites/reading/json_object.h"

using namespace assay;
using namespace assay::contamination;

namespace {

std::vector<std::uint64_t> words_in_pieces(std::string_view text, std::size_t piece) {
  std::vector<std::uint64_t> words;
  WordSplitter splitter;
  const auto keep = [&words](std::uint64_t word) { words.push_back(word); };
  for (std::size_t at = 0; at < text.size(); at += piece) splitter.add(text.substr(at, piece), keep);
  splitter.end(keep);
  return words;
}

// The strings, joined; nothing: it is no JSON.
std::optional<std::string> strings_in_pieces(std::string_view text, std::size_t piece, bool lines) {
  JsonStrings strings(lines);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const bool fits = strings.add(
        text.substr(at, piece), [&out](std::string_view one) { out += one; }, [&out] { out += '\0'; });
    if (!fits) return std::nullopt;
  }
  if (!strings.finish()) return std::nullopt;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t piece = size == 0 ? 1 : 1 + data[0] % 7;
  if (words_in_pieces(text, piece) != words_of(text)) std::abort();
  const std::size_t whole = std::max<std::size_t>(size, 1);
  for (const bool lines : {false, true}) {
    if (strings_in_pieces(text, piece, lines) != strings_in_pieces(text, whole, lines)) std::abort();
  }
  const bool has_mark = text.starts_with("\xef\xbb\xbf");  // the corpus takes it away
  if (!has_mark && reading::JsonObject::parse(std::string(text), "fuzz") && !strings_in_pieces(text, piece, false)) {
    std::abort();
  }
  return 0;
}
