// The few dbbench tasks that ship with assay: written for it, in the authors' format.
#pragma once

#include <vector>

#include "suites/reading/data_file.h"

namespace assay::dbbench {

/// The starter items' file, named as in a data folder.
[[nodiscard]] std::vector<reading::EmbeddedFile> starter_files();

}  // namespace assay::dbbench
