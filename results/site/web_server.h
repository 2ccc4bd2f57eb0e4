// Serves a folder to browsers on this machine, and to nobody else.
#pragma once

#include <memory>
#include <string>

#include "harness/core/result.h"

namespace assay::site {

/// An HTTP server on 127.0.0.1. It answers GET and HEAD only, under the machine's own names only (a page of another
/// origin cannot reach it through a name that it points here), and other origins' pages may not load its files.
class WebServer {
 public:
  /// Begins to serve `folder` at once, on threads of its own. Port 0: any that is free. Errors: the port is taken.
  [[nodiscard]] static Result<std::unique_ptr<WebServer>> start(const std::string& folder, int port);

  /// Stops and waits for what is being answered.
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  [[nodiscard]] int port() const;

 private:
  struct Parts;
  explicit WebServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace assay::site
