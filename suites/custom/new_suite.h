// What `assay suite new` writes: a commented suite and a few rows of data to begin with, of one of several kinds.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::custom {

/// One kind of suite to begin with.
struct NewKind {
  std::string_view name;    ///< as `--kind` takes it
  std::string_view help;    ///< what it asks
  std::string_view run_as;  ///< options that a run of it wants, to be put behind the suite's file; may be empty
  std::string_view yaml;    ///< the file that ships with assay
  std::string_view data;    ///< and its data
};

/// All kinds, the default first.
[[nodiscard]] const std::vector<NewKind>& new_kinds();

/// What stands in the column `category` of a data file, each once, in the file's order. Nothing where there is no such
/// file or column, where there are more than 20 of them, or where one is no plain text of 40 bytes at most.
[[nodiscard]] std::vector<std::string> labels_in(const std::string& path);

/// The text of a suite's file called `file` (without its folder), and of the CSV file beside it that it names.
/// `name` is the suite's, `labels` are those it asks for; none: those of the data that ship with it.
struct NewSuite {
  std::string yaml;
  std::string data;
};
[[nodiscard]] NewSuite new_suite(const NewKind& kind, const std::string& file, const std::string& name,
                                 const std::string& data_file, std::vector<std::string> labels);

/// A name for a suite made of a file's: letters and digits of its stem, '-' for the rest.
[[nodiscard]] std::string name_from_file(const std::string& path);

}  // namespace assay::custom
