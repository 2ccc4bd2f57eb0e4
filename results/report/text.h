// Text for people: what models and data sets wrote is untrusted, so nothing of it reaches a terminal as a command.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace assay::report {

enum class Lines {
  kKeep,    ///< line breaks and tabs stay
  kEscape,  ///< everything ends up on one line
};

/// `text` as well-formed UTF-8 in which control characters (C0, DEL, C1: escape sequences begin with them) and
/// bidirectional overrides are written out: "\x1b", "\u202e", "\n".
[[nodiscard]] std::string neutralised(std::string_view text, Lines lines);

/// neutralised() on one line.
[[nodiscard]] std::string plain(std::string_view text);

/// Terminal columns that neutralised text takes.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// Cut to `width` columns with "…" in the middle: names differ at their ends.
[[nodiscard]] std::string shortened(const std::string& text, std::size_t width);

/// Filled up with blanks to `width` columns.
[[nodiscard]] std::string left(const std::string& text, std::size_t width);
[[nodiscard]] std::string right(const std::string& text, std::size_t width);

/// Numbers as tables show them; "–" where they are not known.
[[nodiscard]] std::string fraction_text(const std::optional<double>& value);  ///< "0.262"
[[nodiscard]] std::string ms_text(const std::optional<double>& value);        ///< "4.2", "41", "12.3s"
[[nodiscard]] std::string usd_text(const std::optional<double>& value);       ///< "0.0012", "3.1e-06"

/// The shortest decimal text that reads back as the same double.
[[nodiscard]] std::string exact_text(double value);

}  // namespace assay::report
