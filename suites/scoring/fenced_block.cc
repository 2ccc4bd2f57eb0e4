#include "suites/scoring/fenced_block.h"

#include <cstddef>

namespace assay::scoring {

std::vector<FencedBlock> fenced_blocks(std::string_view text) {
  std::vector<FencedBlock> blocks;
  bool inside = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const std::size_t begin = line.find_first_not_of(" \t");
    const bool fence = begin != std::string_view::npos && line.substr(begin).starts_with("```");
    if (fence && !inside) {
      std::string_view word = line.substr(line.find_first_not_of('`', begin) == std::string_view::npos
                                              ? line.size()
                                              : line.find_first_not_of('`', begin));
      word = word.substr(0, word.find_first_of(" \t\r"));
      blocks.push_back({std::string(word), ""});
      inside = true;
    } else if (fence) {
      inside = false;
    } else if (inside) {
      std::string& body = blocks.back().text;
      if (!body.empty()) body += '\n';
      body.append(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
    }
  }
  return blocks;
}

}  // namespace assay::scoring
