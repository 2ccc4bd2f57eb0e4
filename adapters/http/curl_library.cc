#include "adapters/http/curl_library.h"

#include "harness/core/late_library.h"

namespace assay::http {
namespace {

CurlLibrary load() {
  const LateLibrary library(ASSAY_CURL_LIBRARY);
  CurlLibrary curl;
  library.find("curl_easy_cleanup", curl.easy_cleanup);
  library.find("curl_easy_getinfo", curl.easy_getinfo);
  library.find("curl_easy_init", curl.easy_init);
  library.find("curl_easy_setopt", curl.easy_setopt);
  library.find("curl_easy_strerror", curl.easy_strerror);
  library.find("curl_global_init", curl.global_init);
  library.find("curl_multi_add_handle", curl.multi_add_handle);
  library.find("curl_multi_assign", curl.multi_assign);
  library.find("curl_multi_cleanup", curl.multi_cleanup);
  library.find("curl_multi_info_read", curl.multi_info_read);
  library.find("curl_multi_init", curl.multi_init);
  library.find("curl_multi_remove_handle", curl.multi_remove_handle);
  library.find("curl_multi_setopt", curl.multi_setopt);
  library.find("curl_multi_socket_action", curl.multi_socket_action);
  library.find("curl_share_cleanup", curl.share_cleanup);
  library.find("curl_share_init", curl.share_init);
  library.find("curl_share_setopt", curl.share_setopt);
  library.find("curl_slist_append", curl.slist_append);
  library.find("curl_slist_free_all", curl.slist_free_all);
  curl.global_init(CURL_GLOBAL_DEFAULT);
  return curl;
}

}  // namespace

const CurlLibrary& curl() {
  static const CurlLibrary library = load();
  return library;
}

}  // namespace assay::http
