# libllama, from the pinned llama.cpp source that scripts/setup brings, another source tree, or the system.
# Defines the interface target assay_llama_library, and ASSAY_LLAMA_TEMPLATES where chat templates can be rendered (with
# the engine of Jinja.cmake).
add_library(assay_llama_library INTERFACE)

if(ASSAY_SYSTEM_LLAMA)
  find_path(ASSAY_LLAMA_INCLUDE llama.h REQUIRED)
  find_library(ASSAY_LLAMA_LIB llama REQUIRED)
  find_library(ASSAY_GGML_LIB ggml REQUIRED)
  find_library(ASSAY_GGML_BASE_LIB ggml-base)  # where ggml is several libraries
  target_include_directories(assay_llama_library SYSTEM INTERFACE ${ASSAY_LLAMA_INCLUDE})
  target_link_libraries(assay_llama_library INTERFACE ${ASSAY_LLAMA_LIB} ${ASSAY_GGML_LIB}
                        $<$<BOOL:${ASSAY_GGML_BASE_LIB}>:${ASSAY_GGML_BASE_LIB}>)
  set(ASSAY_LLAMA_TEMPLATES OFF)
  message(STATUS "assay: installed libllama ${ASSAY_LLAMA_LIB}; chat templates are not available with it")
  return()
endif()

include(LlamaSource)
set(_source "${ASSAY_LLAMA_TREE}")
if(NOT EXISTS "${_source}/include/llama.h")
  message(FATAL_ERROR "No llama.cpp source in ${_source}: run scripts/setup, or give -DASSAY_LLAMA_SOURCE=DIR, "
                      "-DASSAY_SYSTEM_LLAMA=ON or -DASSAY_LLAMA=OFF")
endif()

# llama.cpp is always optimised and never instrumented, whatever the preset: it is not what our tests test, and
# ccache then shares its objects between presets.
function(assay_add_llama)
  set(BUILD_SHARED_LIBS OFF)
  set(LLAMA_BUILD_COMMON OFF)
  set(LLAMA_BUILD_APP OFF)
  set(LLAMA_BUILD_TOOLS OFF)
  set(CMAKE_C_FLAGS_DEBUG "-O3 -DNDEBUG")
  set(CMAKE_CXX_FLAGS_DEBUG "-O3 -DNDEBUG")
  set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O3 -DNDEBUG")
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O3 -DNDEBUG")
  set(CMAKE_CXX_STANDARD 17)
  set(CMAKE_MESSAGE_LOG_LEVEL WARNING)
  add_subdirectory("${_source}" "${CMAKE_BINARY_DIR}/llama.cpp" EXCLUDE_FROM_ALL)
endfunction()
set(ASSAY_LLAMA_TEMPLATES ON)
assay_add_llama()
target_link_libraries(assay_llama_library INTERFACE llama)
# as system headers: our warnings are not theirs
target_include_directories(assay_llama_library SYSTEM INTERFACE "${_source}/include" "${_source}/ggml/include")
