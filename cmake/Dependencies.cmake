# System packages, one imported target each. docs/architecture.md says what each is for.
if(ASSAY_SANITIZER STREQUAL "thread")
  # The distribution's oneTBB hides its synchronisation from ThreadSanitizer, so that a correct flow graph gives
  # reports, and suppressing what has a frame of libtbb would hide the races in every body of ours that it calls.
  set(_cache "$ENV{XDG_CACHE_HOME}")
  if(NOT _cache)
    set(_cache "$ENV{HOME}/.cache")
  endif()
  if(EXISTS "${_cache}/assay/onetbb-tsan")
    list(PREPEND CMAKE_PREFIX_PATH "${_cache}/assay/onetbb-tsan")
  elseif(NOT TBB_DIR)
    message(FATAL_ERROR "No oneTBB built with ThreadSanitizer in ${_cache}/assay/onetbb-tsan: run scripts/setup --tsan, "
                        "or give -DTBB_DIR of one")
  endif()
endif()
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(TBB REQUIRED)            # TBB::tbb
find_package(CURL REQUIRED)           # CURL::libcurl
find_package(nlohmann_json REQUIRED)  # nlohmann_json::nlohmann_json
find_package(OpenSSL REQUIRED)        # OpenSSL::Crypto
find_package(SQLite3 REQUIRED)        # SQLite::SQLite3
find_package(ZLIB REQUIRED)           # ZLIB::ZLIB
find_package(LibArchive REQUIRED)     # LibArchive::LibArchive
find_package(fmt REQUIRED)            # fmt::fmt
find_package(CLI11 REQUIRED)          # CLI11::CLI11
find_package(Boost REQUIRED)          # Boost::headers
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)              # PkgConfig::RE2
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc) # PkgConfig::UTF8PROC
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib) # PkgConfig::HTTPLIB
pkg_check_modules(YAML_CPP REQUIRED IMPORTED_TARGET yaml-cpp)    # PkgConfig::YAML_CPP
# Optional: Text-to-SQL on a user's own PostgreSQL database.
find_package(PostgreSQL QUIET)           # PostgreSQL::PostgreSQL
option(ASSAY_POSTGRES "Text-to-SQL on PostgreSQL databases (libpq)" ${PostgreSQL_FOUND})
if(ASSAY_POSTGRES)
  find_package(PostgreSQL REQUIRED)
endif()
find_path(ASSAY_EXPECTED_INCLUDE tl/expected.hpp REQUIRED)       # header only
