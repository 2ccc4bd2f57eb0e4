#include "results/report/export_folder.h"

#include <cctype>
#include <filesystem>

namespace assay::report {

Result<void> ExportFolder::begin(const std::string& name) {
  open_ = path_ + "/" + name;
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(open_).parent_path(), error);
  file_.clear();
  file_.open(open_ + ".part", std::ios::binary | std::ios::trunc);
  if (file_) return {};
  return usage_error(open_ + ": cannot be written" + (error ? " (" + error.message() + ")" : "") +
                     "; check the folder given with -o");
}

Result<void> ExportFolder::end() {
  file_.close();
  std::error_code error;
  if (file_) std::filesystem::rename(open_ + ".part", open_, error);
  if (!file_ || error) {
    std::filesystem::remove(open_ + ".part", error);
    return usage_error(open_ + ": cannot be written whole; check the disk");
  }
  files_.push_back(open_);
  return {};
}

std::string file_name_part(const std::string& text) {
  constexpr std::size_t kLongest = 100;
  std::string part;
  for (const char c : text.substr(0, kLongest)) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-';
    part += plain && (c != '.' || !part.empty()) ? c : '_';
  }
  return part.empty() ? "_" : part;
}

}  // namespace assay::report
