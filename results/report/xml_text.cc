#include "results/report/xml_text.h"

#include <string_view>

#include "results/report/text.h"

namespace assay::report {

std::string xml_text(const std::string& text) {
  std::string out;
  const std::string shown = neutralised(text, Lines::kKeep);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const std::string_view rest = std::string_view(shown).substr(i);
    if (rest.starts_with("\xef\xbf\xbe") || rest.starts_with("\xef\xbf\xbf")) {
      out += "\xef\xbf\xbd";
      i += 2;
    } else if (shown[i] == '&') {
      out += "&amp;";
    } else if (shown[i] == '<') {
      out += "&lt;";
    } else if (shown[i] == '>') {
      out += "&gt;";
    } else if (shown[i] == '"') {
      out += "&quot;";
    } else if (shown[i] == '\n' || shown[i] == '\t') {
      out += shown[i] == '\n' ? "&#10;" : "&#9;";  // as they are, an attribute would make blanks of them
    } else {
      out += shown[i];
    }
  }
  return out;
}

}  // namespace assay::report
