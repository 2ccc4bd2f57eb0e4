#include "suites/contamination/corpus.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "suites/contamination/json_strings.h"
#include "suites/contamination/words.h"
#include "suites/reading/data_file.h"

namespace assay::contamination {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = std::size_t{1} << 18;

enum class Form { kText, kCsv, kJson, kJsonLines };

std::string_view without_gz(std::string_view name) {
  if (name.ends_with(".gz")) name.remove_suffix(3);
  return name;
}

Form form_of(const std::string& path) {
  const std::string_view name = without_gz(path);
  if (name.ends_with(".jsonl") || name.ends_with(".ndjson")) return Form::kJsonLines;
  if (name.ends_with(".csv")) return Form::kCsv;
  return name.ends_with(".json") ? Form::kJson : Form::kText;
}

// The name of a format that is no text, by how its files begin; empty: none that is known.
std::string_view foreign_format(std::string_view begin) {
  using namespace std::string_view_literals;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kFormats{{
      {"\x28\xb5\x2f\xfd"sv, "zstd"},
      {"\xfd"
       "7zXZ"sv,
       "xz"},
      {"BZh"sv, "bzip2"},
      {"PK\x03\x04"sv, "zip"},
      {"\x04\x22\x4d\x18"sv, "lz4"},
      {"PAR1"sv, "Parquet"},
      {"%PDF-"sv, "PDF"},
      {"\xff\xfe"sv, "UTF-16"},
      {"\xfe\xff"sv, "UTF-16"},
  }};
  for (const auto& [magic, name] : kFormats) {
    if (begin.starts_with(magic)) return name;
  }
  return begin.find('\0') == std::string_view::npos ? "" : "binary data";
}

bool is_empty(const std::string& path) {
  std::error_code unknown;
  return fs::file_size(path, unknown) == 0 && !unknown;
}

// That a file can be read and begins like text.
Result<void> check_begin(const std::string& path) {
  if (is_empty(path)) return {};
  auto stream = reading::DataFile{path, path, {}, false}.open();
  if (!stream) return forward_error(stream);
  std::array<char, 4096> buffer{};
  Result<std::size_t> count = (*stream)->read(buffer.data(), buffer.size());
  if (!count) return forward_error(count);
  const std::string_view foreign = foreign_format({buffer.data(), *count});
  if (foreign.empty()) return {};
  return usage_error(path + ": is " + std::string(foreign) +
                     "; a corpus is text or JSON in UTF-8, plain or gzipped: convert it, or leave it out");
}

Result<std::vector<std::string>> files_below(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code failed;
  fs::recursive_directory_iterator entry(folder, failed);
  for (const fs::recursive_directory_iterator end; !failed && entry != end; entry.increment(failed)) {
    const bool is_hidden = entry->path().filename().string().starts_with('.');
    std::error_code unknown;
    if (entry->is_directory(unknown)) {
      if (is_hidden) entry.disable_recursion_pending();
      continue;
    }
    if (!is_hidden) files.push_back(entry->path().string());
  }
  if (failed) return usage_error(folder + ": cannot be read: " + failed.message());
  std::sort(files.begin(), files.end());
  return files;
}

/// Where the fields of CSV end, from bytes that come one at a time. A quote counts where it begins a field.
class CsvFields {
 public:
  /// Whether this byte ends a field.
  bool ends(char byte) {
    if (byte == '"' && (at_begin_ || was_quoted_)) {
      quoted_ = !quoted_;
      was_quoted_ = true;
      at_begin_ = false;
      return false;
    }
    at_begin_ = !quoted_ && (byte == ',' || byte == '\n');
    if (at_begin_) was_quoted_ = false;
    return at_begin_;
  }

 private:
  bool at_begin_ = true;     // of a field
  bool was_quoted_ = false;  // this field began with a quote
  bool quoted_ = false;      // between two of them
};

/// Reads files, one after the other, for an overlap.
class Reading {
 public:
  Reading(Overlap& overlap, const std::function<void(const CorpusProgress&)>& progress)
      : overlap_(overlap), report_(progress), rolling_(overlap.n()), buffer_(kPiece) {}

  Result<void> read(const std::string& path, std::uint32_t index) {
    if (!is_empty(path)) {
      place_.file = index;
      auto stream = reading::DataFile{path, path, {}, false}.open();
      if (!stream) return forward_error(stream);
      const Form form = form_of(path);
      Result<void> done;
      if (form == Form::kText) {
        done = read_text(**stream);
      } else if (form == Form::kCsv) {
        done = read_csv(**stream);
      } else {
        done = read_json(**stream, path, form == Form::kJsonLines);
      }
      if (!done) return done;
    }
    ++progress_.files;
    return {};
  }

  [[nodiscard]] const CorpusProgress& progress() const { return progress_; }

 private:
  // The next piece of a file; empty at its end.
  Result<std::string_view> next(reading::ByteStream& stream) {
    Result<std::size_t> count = stream.read(buffer_.data(), buffer_.size());
    if (!count) return forward_error(count);
    progress_.bytes += static_cast<std::int64_t>(*count);
    constexpr std::int64_t kReportEach = std::int64_t{4} << 20;
    if (progress_.bytes - reported_ >= kReportEach) {
      reported_ = progress_.bytes;
      report_(progress_);
    }
    return std::string_view(buffer_.data(), *count);
  }

  void take_word(std::uint64_t word) {
    ++progress_.words;
    if (const std::optional<std::uint64_t> gram = rolling_.add(word)) overlap_.see(*gram, place_);
  }

  void add(std::string_view bytes) {
    splitter_.add(bytes, [this](std::uint64_t word) { take_word(word); });
  }

  void end_text() {
    splitter_.end([this](std::uint64_t word) { take_word(word); });
    rolling_.reset();
  }

  Result<void> read_text(reading::ByteStream& stream) {
    place_.line = 1;
    while (true) {
      Result<std::string_view> piece = next(stream);
      if (!piece) return forward_error(piece);
      if (piece->empty()) break;
      std::string_view rest = *piece;
      for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
        add(rest.substr(0, end + 1));
        ++place_.line;
        rest.remove_prefix(end + 1);
      }
      add(rest);
    }
    end_text();
    return {};
  }

  Result<void> read_csv(reading::ByteStream& stream) {
    CsvFields fields;
    place_.line = 1;
    while (true) {
      Result<std::string_view> piece = next(stream);
      if (!piece) return forward_error(piece);
      if (piece->empty()) break;
      std::size_t begin = 0;
      for (std::size_t at = 0; at < piece->size(); ++at) {
        const char byte = (*piece)[at];
        const bool ends_field = fields.ends(byte);
        if (!ends_field && byte != '\n') continue;
        add(piece->substr(begin, at + 1 - begin));
        begin = at + 1;
        if (ends_field) end_text();
        if (byte == '\n') ++place_.line;
      }
      add(piece->substr(begin));
    }
    end_text();
    return {};
  }

  Result<void> read_json(reading::ByteStream& stream, const std::string& path, bool lines) {
    JsonStrings strings(lines);
    const auto defect = [&] {
      return usage_error(path + ":" + std::to_string(strings.line()) + ": " + strings.defect() +
                         "; a file that is no JSON belongs in a corpus under another name, such as .txt");
    };
    bool is_begin = true;
    while (true) {
      Result<std::string_view> piece = next(stream);
      if (!piece) return forward_error(piece);
      if (piece->empty()) break;
      if (is_begin && piece->starts_with(reading::kByteOrderMark)) piece->remove_prefix(reading::kByteOrderMark.size());
      is_begin = false;
      const bool fits = strings.add(
          *piece,
          [&](std::string_view bytes) {
            place_.line = strings.line();
            add(bytes);
          },
          [&] { end_text(); });
      if (!fits) return defect();
    }
    return strings.finish() ? Result<void>() : defect();
  }

  Overlap& overlap_;
  const std::function<void(const CorpusProgress&)>& report_;
  RollingGrams rolling_;
  WordSplitter splitter_;
  std::vector<char> buffer_;
  Place place_;
  CorpusProgress progress_;
  std::int64_t reported_ = 0;
};

}  // namespace

Result<Corpus> Corpus::open(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return usage_error(path + ": cannot be read: " + std::strerror(errno));
  std::vector<std::string> files{path};
  if (S_ISDIR(status.st_mode)) {
    auto below = files_below(path);
    if (!below) return forward_error(below);
    if (below->empty()) return usage_error(path + ": there is no file in this folder; a corpus is text or JSON");
    files = std::move(*below);
  }
  for (const std::string& file : files) {
    if (auto checked = check_begin(file); !checked) return forward_error(checked);
  }
  return Corpus(std::move(files));
}

Result<CorpusProgress> Corpus::read(Overlap& overlap,
                                    const std::function<void(const CorpusProgress&)>& progress) const {
  Reading reading(overlap, progress);
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (auto done = reading.read(files_[i], static_cast<std::uint32_t>(i)); !done) return forward_error(done);
  }
  if (reading.progress().words == 0) {
    return usage_error(files_.front() + (files_.size() > 1 ? " and the other files" : "") +
                       ": there is no word in the corpus");
  }
  return reading.progress();
}

}  // namespace assay::contamination
