# Where the llama.cpp source tree is: ASSAY_LLAMA_SOURCE, or the pinned one that scripts/setup brings. Sets
# ASSAY_LLAMA_TREE; whether it is there is the caller's question.
set(ASSAY_LLAMA_TREE "${ASSAY_LLAMA_SOURCE}")
if(NOT ASSAY_LLAMA_TREE)
  set(_cache "$ENV{XDG_CACHE_HOME}")
  if(NOT _cache)
    set(_cache "$ENV{HOME}/.cache")
  endif()
  set(ASSAY_LLAMA_TREE "${_cache}/assay/llama.cpp-0.3.36")
endif()
