#include "harness/core/cut_name.h"

#include <cstdint>
#include <vector>

#include "harness/core/hash.h"
#include "harness/core/text.h"

namespace assay {

std::string cut_name(const std::string& name, std::size_t most) {
  const std::string whole = repaired_utf8(name);
  std::vector<std::size_t> begins;  // of each code point
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if ((static_cast<std::uint8_t>(whole[i]) & 0xc0) != 0x80) begins.push_back(i);
  }
  if (begins.size() <= most) return whole;
  constexpr std::size_t kDigits = 8;
  const std::size_t kept = most - kDigits - 2;
  const std::size_t front = begins[kept / 2];
  const std::size_t back = begins[begins.size() - (kept - kept / 2)];
  return whole.substr(0, front) + "…" + sha256_hex(name).substr(0, kDigits) + "…" + whole.substr(back);
}

}  // namespace assay
