# assay_room(<name> SOURCES a.cc … [DEPS room …] [LIBRARIES imported targets …])
# One folder, one target. DEPS are the rooms it may include from (their include directories come with them);
# LIBRARIES are third-party ones, used in .cc files and small handle headers only.
function(assay_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;DEPS;LIBRARIES" ${ARGN})
  add_library(assay_${name} STATIC ${ROOM_SOURCES})
  list(TRANSFORM ROOM_DEPS PREPEND assay_)
  target_link_libraries(assay_${name} PUBLIC ${ROOM_DEPS} PRIVATE ${ROOM_LIBRARIES})
  target_include_directories(assay_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  assay_own_target(assay_${name})
  set_target_properties(assay_${name} PROPERTIES UNITY_BUILD_MODE GROUP)
  assay_unity_groups(${ROOM_SOURCES})
endfunction()

# Where the preset compiles several files as one (the sanitizers': half of their time is reading headers), those of one
# folder belong together: their anonymous namespaces are one, and a new file changes nothing for other folders.
function(assay_unity_groups)
  foreach(source IN LISTS ARGN)
    cmake_path(GET source PARENT_PATH folder)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP "folder_${folder}")
  endforeach()
endfunction()

# What every target of ours is compiled with; third-party code is not.
function(assay_own_target target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
    -Wcast-align -Wunused -Wnull-dereference -Wformat=2 -Wimplicit-fallthrough -Wextra-semi)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # gcc 12 sees null dereferences and overlapping copies in inlined standard-library code, not in ours
    target_compile_options(${target} PRIVATE -Wno-null-dereference -Wno-restrict -Wduplicated-cond -Wlogical-op)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND ASSAY_SANITIZER)
    # and these once the sanitizers' checks stand between the standard library's lines
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_UNITY_BUILD)
    # of several files compiled as one, all but the first look like headers with anonymous namespaces, and a local name
    # may be another file's
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage -Wno-shadow)
  endif()
  if(ASSAY_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(ASSAY_SANITIZER STREQUAL "address")
    # A null pointer and an access past an object are reported by the address sanitizer already, at the access; checking
    # them twice costs a fifth of the compile time.
    target_compile_options(${target} PUBLIC -fsanitize=address,undefined -fno-sanitize=null,object-size
                           -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  elseif(ASSAY_SANITIZER STREQUAL "thread")
    target_compile_options(${target} PUBLIC -fsanitize=thread -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=thread)
  endif()
  if(ASSAY_FUZZERS)
    target_compile_options(${target} PUBLIC -fsanitize=fuzzer-no-link,address,undefined)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  endif()
endfunction()
