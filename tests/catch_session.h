// The test framework behind one function, so that a main() of any test program calls it without compiling it again.
#pragma once

/// Runs the test cases linked into this program as the command line says; returns the exit status.
int run_tests(int argc, char** argv);
