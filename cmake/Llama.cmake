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

# Sets, where the compiler's machine has them, the options of ggml that give an x86 machine the floating-point
# arithmetic of AVX2, and in `_integer_flags` those of its instructions that only add integers.
macro(assay_choose_arithmetic)
  execute_process(COMMAND "${CMAKE_CXX_COMPILER}" -march=native -dM -E -x c++ /dev/null OUTPUT_VARIABLE _native ERROR_QUIET)
  set(_integer_flags "")
  if(_native MATCHES "__AVX2__" AND _native MATCHES "__FMA__" AND _native MATCHES "__F16C__" AND _native MATCHES "__BMI2__")
    set(GGML_NATIVE OFF)
    foreach(_one SSE42 AVX AVX2 BMI2 FMA F16C)
      set(GGML_${_one} ON)
    endforeach()
    foreach(_one AVX_VNNI AVX512 AVX512_VBMI AVX512_VNNI AVX512_BF16 AMX_TILE AMX_INT8 AMX_BF16)
      set(GGML_${_one} OFF)
    endforeach()
    if(_native MATCHES "__AVX512VNNI__" AND _native MATCHES "__AVX512VL__")
      set(_integer_flags -mavx512f -mavx512bw -mavx512vl -mavx512vnni)
    elseif(_native MATCHES "__AVXVNNI__")
      set(_integer_flags -mavxvnni)
    endif()
  endif()
endmacro()

# llama.cpp is always optimised and never instrumented, whatever the preset: it is not what our tests test, and
# ccache then shares its objects between presets.
#
# With AVX-512, ggml adds floating-point numbers in another order than with AVX2, and a quantised model's
# log-probabilities move by some 0.05 a token: a score would depend on the machine. So x86 machines get the arithmetic of
# AVX2, which the reference answers were made with; what newer ones have for integers, whose sums are the same in
# any order, is used. ASSAY_LLAMA_NATIVE=ON takes all that the machine has.
function(assay_add_llama)
  if(NOT ASSAY_LLAMA_NATIVE)
    assay_choose_arithmetic()
  endif()
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
  if(_integer_flags)
    set_property(SOURCE "${_source}/ggml/src/ggml-cpu/arch/x86/quants.c" TARGET_DIRECTORY ggml-cpu
                 APPEND PROPERTY COMPILE_OPTIONS ${_integer_flags})
  endif()
endfunction()
set(ASSAY_LLAMA_TEMPLATES ON)
assay_add_llama()
target_link_libraries(assay_llama_library INTERFACE llama)
# as system headers: our warnings are not theirs
target_include_directories(assay_llama_library SYSTEM INTERFACE "${_source}/include" "${_source}/ggml/include")
