// Blocks of text between ``` lines, as models write code and data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::scoring {

/// A fenced block.
struct FencedBlock {
  std::string language;  ///< the word behind the opening marks, as written; may be empty
  std::string text;      ///< the lines between, without the last line end
};

/// All blocks of a text in order. One that is never closed goes to the end of the text.
[[nodiscard]] std::vector<FencedBlock> fenced_blocks(std::string_view text);

}  // namespace assay::scoring
