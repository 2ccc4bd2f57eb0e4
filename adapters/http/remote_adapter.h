// A model behind an HTTP API: any wire format over the transport, with limits, retries and timeouts around it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/adapter.h"
#include "adapters/http/endpoint.h"
#include "adapters/http/limits.h"
#include "adapters/http/wire.h"

namespace assay::http {

/// What a remote adapter is made from.
struct RemoteModel {
  ModelIdentity identity;
  Endpoint endpoint;
  std::string key;                        ///< the secret itself, for scrubbing; empty: none
  std::vector<std::string> header_lines;  ///< all of them, the key's included
  RemoteLimits limits;
  TransportSettings transport;
  std::shared_ptr<const WireFormat> format;
  std::function<void(const std::string& line)> log;  ///< from the transport's thread; may be empty
};

/// Encodes in the caller's thread; sends, waits, retries and decodes in the transport's, where `done` is called too.
/// `done` must be quick and must not destroy the adapter. Destroying the adapter cancels what is unanswered.
class RemoteAdapter : public Adapter {
 public:
  explicit RemoteAdapter(RemoteModel model);
  ~RemoteAdapter() override;

  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] ModelIdentity identity() const override;
  void answer(Request request, std::function<void(Completion)> done) override;
  void drain() override;
  void cancel() override;

 private:
  void answer_shortened(Request request, std::size_t dropped, std::function<void(Completion)> done);
  void answer_in_parts(const Request& request, std::function<void(Completion)> done);

  class Session;
  std::unique_ptr<Session> session_;
};

}  // namespace assay::http
