# llama.cpp's own Jinja engine, for chat templates and for the prompts of custom suites. It lives in common/ of the
# source tree, of which nothing else is needed: neither libllama nor ggml. Defines ASSAY_JINJA where there is a source
# tree, and then the target assay_llama_jinja.
set(ASSAY_JINJA OFF)
if(ASSAY_SYSTEM_LLAMA)
  return()
endif()
include(LlamaSource)
if(NOT EXISTS "${ASSAY_LLAMA_TREE}/common/jinja/runtime.h")
  message(STATUS "assay: no llama.cpp source in ${ASSAY_LLAMA_TREE}; custom suites are not available")
  return()
endif()
set(ASSAY_JINJA ON)
file(GLOB _jinja "${ASSAY_LLAMA_TREE}/common/jinja/*.cpp")
add_library(assay_llama_jinja STATIC EXCLUDE_FROM_ALL ${_jinja} "${ASSAY_LLAMA_TREE}/common/json.cpp"
            "${ASSAY_LLAMA_TREE}/common/unicode.cpp")
target_include_directories(assay_llama_jinja SYSTEM PUBLIC "${ASSAY_LLAMA_TREE}/common" "${ASSAY_LLAMA_TREE}/vendor"
                           PRIVATE "${ASSAY_LLAMA_TREE}/ggml/include")
target_compile_options(assay_llama_jinja PRIVATE -w)
set_target_properties(assay_llama_jinja PROPERTIES UNITY_BUILD OFF)
if(ASSAY_LLAMA)
  target_link_libraries(assay_llama_jinja PUBLIC ggml-base)
else()
  target_sources(assay_llama_jinja PRIVATE ${CMAKE_SOURCE_DIR}/suites/templates/ggml_abort.cc)
endif()
