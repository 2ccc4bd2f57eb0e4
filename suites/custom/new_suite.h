// What `assay suite new` writes: a commented suite and a few rows of data to begin with.
#pragma once

#include <string>
#include <utility>

namespace assay::custom {

/// The text of a suite's file called `file` (without its folder), and of the CSV file beside it that it names.
/// `name` is the suite's.
struct NewSuite {
  std::string yaml;
  std::string data;
};
[[nodiscard]] NewSuite new_suite(const std::string& file, const std::string& name, const std::string& data_file);

/// A name for a suite made of a file's: letters and digits of its stem, '-' for the rest.
[[nodiscard]] std::string name_from_file(const std::string& path);

}  // namespace assay::custom
