// The few ARC items that ship with assay: written for it, in the authors' format.
#pragma once

#include <vector>

#include "suites/reading/data_file.h"

namespace assay::arc {

/// The starter items' files, named as in a data folder.
[[nodiscard]] std::vector<reading::EmbeddedFile> starter_files();

}  // namespace assay::arc
