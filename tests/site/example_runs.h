// Runs for the pages' tests and pictures: made from numbers, with every kind of record that a page must show.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace assay::test {

/// Five invented models on three suites, each its own run; twelve nights of one of them; a run of starter items and one
/// that is not complete. Returns the files' paths, in `folder`.
std::vector<std::string> write_demo_runs(const std::string& folder);

/// One run whose every text is hostile: markup, script ends, line separators, control and bidirectional characters,
/// quotes, prototype names, broken UTF-8. In the browser `hostile_executed` must stay undefined.
std::string write_hostile_run(const std::string& folder);

/// Two runs of one suite with `items` items each and a kilobyte of text a record.
std::vector<std::string> write_large_runs(const std::string& folder, std::int64_t items, int runs);

}  // namespace assay::test
