// How a result says which file its suite came from.
#pragma once

namespace assay {

/// The key under which the file of a suite of a user's own stands among a result's options. It says where the suite
/// was, not what it asks: that are its version and its data's hash.
inline constexpr const char* kSuiteFileOption = "file";

}  // namespace assay
