#include "adapters/http/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>

#include "adapters/registry.h"

namespace assay::http {

Result<Endpoint> endpoint_of(std::string_view url) {
  Endpoint endpoint;
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    endpoint.is_tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return usage_error("URL '" + std::string(url) + "': it must begin with https:// or http://");
  }
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) {
    return usage_error(
        "a model's URL must not hold a user or password: keys are read from the environment (?key_env=NAME)");
  }
  if (url.find_first_of("?#") != std::string_view::npos) {
    return usage_error("URL '" + std::string(url.substr(0, url.find_first_of("?#"))) +
                       "…': a base URL has no query and no fragment");
  }
  if (std::any_of(url.begin(), url.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7f; })) {
    return usage_error("a model's URL must not hold blanks or control characters");
  }
  std::string_view host = authority;
  if (host.starts_with('[')) {
    host = host.substr(0, host.find(']') == std::string_view::npos ? 0 : host.find(']') + 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  if (host.empty()) return usage_error("URL '" + std::string(url) + "': there is no host in it");
  endpoint.host = host;
  std::transform(endpoint.host.begin(), endpoint.host.end(), endpoint.host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  in_addr address{};
  const bool is_ipv4 = inet_pton(AF_INET, endpoint.host.c_str(), &address) == 1;
  endpoint.is_loopback = endpoint.host == "localhost" || endpoint.host == "[::1]" ||
                         (is_ipv4 && endpoint.host.starts_with("127."));  // not "127.example.com"
  while (url.ends_with('/')) url.remove_suffix(1);
  endpoint.url = url;
  return endpoint;
}

Result<Key> key_for(const ModelRef& ref, const AdapterContext& context, const Endpoint& endpoint,
                    const std::vector<std::string>& variables, bool required) {
  const auto from_environment = [&](const std::string& name) {
    std::optional<std::string> value = context.environment ? context.environment(name) : std::nullopt;
    if (value && value->empty()) value.reset();
    return value;
  };
  Key key;
  if (const std::optional<std::string> name = ref.option("key_env")) {
    const std::optional<std::string> value = from_environment(*name);
    if (!value) {
      return usage_error("model '" + ref.text + "': the environment variable " + *name + " (key_env) is not set");
    }
    key = {*value, *name};
  } else {
    for (const std::string& variable : variables) {
      const std::optional<std::string> value = from_environment(variable);
      if (!value) continue;
      if (!endpoint.is_tls && !endpoint.is_loopback) {
        if (context.log) {
          context.log("the key in " + variable + " is not sent to " + endpoint.host +
                      " over plain HTTP; name it with ?key_env=" + variable + " if it should be");
        }
        break;
      }
      key = {*value, variable};
      break;
    }
    if (key.value.empty() && required) {
      return usage_error("model '" + ref.text + "': no key; set " + variables.front() +
                         " in the environment, or name another variable with ?key_env=NAME");
    }
  }
  while (!key.value.empty() && std::isspace(static_cast<unsigned char>(key.value.back())) != 0) key.value.pop_back();
  if (std::any_of(key.value.begin(), key.value.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
    return usage_error("the key in " + key.variable + " holds line breaks or control characters");
  }
  return key;
}

void scrub(std::string& text, const std::string& key) {
  constexpr std::size_t kShortestKey =
      8;  // below: a placeholder for a server without keys ("none"), and a word of texts
  if (key.size() < kShortestKey) return;
  const auto take_out = [&text](const std::string& spelling) {
    for (std::size_t at = text.find(spelling); at != std::string::npos; at = text.find(spelling, at)) {
      text.replace(at, spelling.size(), "[key]");
      at += 5;
    }
  };
  take_out(key);
  if (text.find('%') == std::string::npos) return;
  constexpr const char* kHex = "0123456789ABCDEF";
  std::string in_url;  // as a redirect's address would carry it
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~';
    in_url += plain ? std::string(1, c) : std::string{'%', kHex[byte >> 4U], kHex[byte & 15U]};
  }
  take_out(in_url);
}

TransportSettings transport_settings(const AdapterContext& context, const Endpoint& endpoint,
                                     double connect_timeout_s) {
  const auto value_of = [&](const char* name) {
    return context.environment ? context.environment(name).value_or("") : std::string();
  };
  TransportSettings settings;
  settings.ca_file = value_of("CURL_CA_BUNDLE");  // in the curl program's order
  if (settings.ca_file.empty()) settings.ca_file = value_of("SSL_CERT_FILE");
  settings.ca_directory = value_of("SSL_CERT_DIR");
  settings.use_proxy = !endpoint.is_loopback;
  settings.share_first_connection = endpoint.is_tls;
  settings.connect_timeout_s = connect_timeout_s;
  return settings;
}

}  // namespace assay::http
