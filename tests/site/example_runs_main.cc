// Writes example runs into a folder and prints their paths: site_example_runs FOLDER demo | hostile | large ITEMS RUNS.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include "tests/site/example_runs.h"

int main(int count, char** arguments) {
  if (count < 3) return 2;
  const std::string folder = arguments[1];
  const std::string kind = arguments[2];
  try {
    std::vector<std::string> paths;
    if (kind == "demo") paths = assay::test::write_demo_runs(folder);
    if (kind == "hostile") paths = {assay::test::write_hostile_run(folder)};
    if (kind == "large" && count == 5) {
      paths = assay::test::write_large_runs(folder, std::atoll(arguments[3]), std::atoi(arguments[4]));
    }
    for (const std::string& path : paths) std::cout << path << '\n';
    return paths.empty() ? 2 : 0;
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return 1;
  }
}
