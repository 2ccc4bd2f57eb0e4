// Archives that nobody vouches for: what is taken out of them is chosen by name, never written where they say.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/result.h"

namespace assay {

/// A file wanted out of an archive.
struct WantedMember {
  std::string name;         ///< its path, or the end of it: "dev/anatomy_dev.csv" is also "data/dev/anatomy_dev.csv"
  std::uint64_t bytes = 0;  ///< its size; others of that name are passed over
  std::string target;       ///< where it is written
};

/// Takes files out of a .zip, .tar, .tar.gz, .tar.bz2 or .tar.xz. Only regular files with a wanted name and size are
/// written, each to its own target, none to a path of the archive's choosing; links, devices and everything else are
/// passed over. `taken` is called after each with its index and says whether it was the right one; a wrong one is
/// looked for further. Errors: not an archive, defective, more than 1,000 times as large unpacked as packed.
[[nodiscard]] Result<void> take_members(const std::string& archive, const std::vector<WantedMember>& wanted,
                                        const std::function<Result<bool>(std::size_t index)>& taken);

/// Writes the contents of a gzip file to `target`. Errors: not gzip, defective, more than `most_bytes`.
[[nodiscard]] Result<void> gunzip(const std::string& path, const std::string& target, std::uint64_t most_bytes);

/// Whether a file's name says that it is an archive of a kind that take_members() reads.
[[nodiscard]] bool is_archive_name(const std::string& name);

}  // namespace assay
