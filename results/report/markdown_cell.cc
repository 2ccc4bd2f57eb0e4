#include "results/report/markdown_cell.h"

#include "results/report/text.h"

namespace assay::report {

std::string markdown_cell(const std::string& text) {
  std::string out;
  for (const char c : neutralised(text, Lines::kEscape)) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '|':
      case '\\':
      case '`':
      case '*':
      case '_':
      case '[':
      case ']':
      case '~':
        out += '\\';
        [[fallthrough]];
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace assay::report
