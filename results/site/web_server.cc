#include "results/site/web_server.h"

#include <httplib.h>

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "harness/core/ascii.h"

namespace assay::site {
namespace {

/// The host of "localhost:7357" or "[::1]:7357".
std::string host_of(const std::string& header) {
  const std::size_t end = header.starts_with('[') ? header.find(']') + 1 : header.find(':');
  return ascii_lower(header.substr(0, end));
}

bool is_own_name(const std::string& host) {
  constexpr std::array<const char*, 3> kNames{"127.0.0.1", "localhost", "[::1]"};
  return std::any_of(kNames.begin(), kNames.end(), [&](const char* name) { return host == name; });
}

/// Whether a page of another origin asks for something that it would read; following a link here is no such thing.
bool is_foreign(const httplib::Request& request) {
  const std::string site = request.get_header_value("Sec-Fetch-Site");
  return (site == "cross-site" || site == "same-site") && request.get_header_value("Sec-Fetch-Mode") != "navigate";
}

}  // namespace

struct WebServer::Parts {
  httplib::Server server;
  std::thread thread;
  int port = 0;
};

WebServer::WebServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<WebServer>> WebServer::start(const std::string& folder, int port) {
  auto parts = std::make_unique<Parts>();
  httplib::Server& server = parts->server;
  // The library's own default lets two servers share a port, and the system then deals requests out between them.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server.set_default_headers({{"Cache-Control", "no-cache"},
                              {"X-Content-Type-Options", "nosniff"},
                              {"Cross-Origin-Resource-Policy", "same-origin"},
                              {"X-Frame-Options", "DENY"}});
  server.set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    const bool named_once = request.get_header_value_count("Host") == 1;
    const bool plain_path = request.path.find('\0') == std::string::npos;
    if (reads && named_once && plain_path && is_own_name(host_of(request.get_header_value("Host"))) &&
        !is_foreign(request)) {
      return httplib::Server::HandlerResponse::Unhandled;
    }
    response.status = reads ? 403 : 405;
    return httplib::Server::HandlerResponse::Handled;
  });
  if (!server.set_mount_point("/", folder)) return internal_error(folder + ": not a folder that can be served");
  const char* const host = "127.0.0.1";
  parts->port = port == 0 ? server.bind_to_any_port(host) : server.bind_to_port(host, port) ? port : -1;
  if (parts->port < 0) {
    return usage_error("--port: " + std::to_string(port) +
                       " cannot be listened on (taken, or not allowed); give another, or 0 for any that is free");
  }
  parts->thread = std::thread([&server] { server.listen_after_bind(); });
  while (!server.is_running()) std::this_thread::yield();
  return std::unique_ptr<WebServer>(new WebServer(std::move(parts)));
}

WebServer::~WebServer() {
  parts_->server.stop();
  parts_->thread.join();
}

int WebServer::port() const { return parts_->port; }

}  // namespace assay::site
