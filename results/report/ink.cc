#include "results/report/ink.h"

#include <array>
#include <cstddef>

namespace assay::report {

std::string inked(const std::string& text, Ink ink, const ConsoleStyle& style) {
  if (!style.colour || text.empty()) return text;
  constexpr std::array<const char*, 5> kCodes{"1", "2", "32", "33", "31"};
  return std::string("\x1b[") + kCodes[static_cast<std::size_t>(ink)] + "m" + text + "\x1b[0m";
}

}  // namespace assay::report
