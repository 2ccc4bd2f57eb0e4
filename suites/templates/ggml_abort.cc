// The one function of ggml that llama.cpp's template engine links to, for builds that have no ggml: what it is called
// for is a defect of the engine, and ends the worker.
#include <cstdlib>

extern "C" [[noreturn]] void ggml_abort(const char* file, int line, const char* format, ...);

extern "C" void ggml_abort(const char*, int, const char*, ...) { std::abort(); }
