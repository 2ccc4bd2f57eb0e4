// The few LegalBench items that ship with assay: tasks of its own, in the authors' format.
#pragma once

#include <vector>

#include "suites/reading/data_file.h"

namespace assay::legalbench {

/// The starter items' files, named as in a data folder.
[[nodiscard]] std::vector<reading::EmbeddedFile> starter_files();

}  // namespace assay::legalbench
