// Where a remote model is and what opens its door: base URL, key, certificate and proxy settings.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/http/transport.h"
#include "harness/core/result.h"

namespace assay {

struct ModelRef;
struct AdapterContext;

namespace http {

/// A base URL, checked. Never holds credentials.
struct Endpoint {
  std::string url;   ///< "https://api.openai.com/v1", without a slash at its end
  std::string host;  ///< lower case, without port
  bool is_tls = false;
  bool is_loopback = false;
};

/// Checks a base URL: http or https, a host, no user or password (their place is the environment), no query or
/// fragment. Errors do not repeat the URL where it holds credentials.
[[nodiscard]] Result<Endpoint> endpoint_of(std::string_view url);

/// A key, or none. Never printed.
struct Key {
  std::string value;
  std::string variable;  ///< the environment variable it came from
};

/// The key for `endpoint`, from ?key_env=NAME or else from the first of `variables` that is set. A key that was not
/// asked for by name is not sent in the clear to another machine. Errors: ?key_env names a variable that is not set;
/// there is no key and `required`; a key with line breaks or other control characters.
[[nodiscard]] Result<Key> key_for(const ModelRef& ref, const AdapterContext& context, const Endpoint& endpoint,
                                  const std::vector<std::string>& variables, bool required);

/// `text` with each occurrence of `key` replaced by "[key]"; returns at once where there is none. Fewer than 8
/// characters are no secret but what stands in for one ("none"), and stay.
void scrub(std::string& text, const std::string& key);

/// Transport settings from the environment: CURL_CA_BUNDLE or else SSL_CERT_FILE, and SSL_CERT_DIR. libcurl itself
/// reads http_proxy, https_proxy, all_proxy and no_proxy.
[[nodiscard]] TransportSettings transport_settings(const AdapterContext& context, const Endpoint& endpoint,
                                                   double connect_timeout_s);

}  // namespace http
}  // namespace assay
