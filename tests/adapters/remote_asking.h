// A remote model for tests: an openai adapter in front of a server that does as it is told.
#pragma once

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/openai/openai_adapter.h"
#include "adapters/registry.h"
#include "tests/catch.h"
#include "tests/support/fault_server.h"

namespace assay {

using testing::chat_completion;
using testing::FaultServer;
using testing::reply_with;
using testing::ReplyEnd;
using testing::ServerPiece;
using testing::ServerReply;
using testing::ServerRequest;

inline AdapterContext context_with(std::map<std::string, std::string> variables = {}) {
  AdapterContext context;
  context.environment = [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  return context;
}

inline std::unique_ptr<Adapter> adapter_for(const std::string& url, const std::string& options = "",
                                            const AdapterContext& context = context_with()) {
  const Result<ModelRef> ref = parse_model_ref("openai:test@" + url + (options.empty() ? "" : "?" + options));
  REQUIRE(ref);
  Result<std::unique_ptr<Adapter>> adapter = make_openai_adapter(*ref, context);
  if (!adapter) FAIL(adapter.error().message);
  return std::move(*adapter);
}

inline Request question(const std::string& text, int max_tokens = 8) {
  GenerateRequest generate;
  generate.messages.push_back({Role::kUser, text});
  generate.max_tokens = max_tokens;
  Request request;
  request.item = text;
  request.body = generate;
  return request;
}

inline std::future<Completion> ask(Adapter& adapter, Request request) {
  auto promise = std::make_shared<std::promise<Completion>>();
  adapter.answer(std::move(request), [promise](Completion completion) { promise->set_value(std::move(completion)); });
  return promise->get_future();
}

inline Completion answer_of(Adapter& adapter, const std::string& text = "q") {
  return ask(adapter, question(text)).get();
}

// Replies by turn: the n-th request gets the n-th reply, all later ones the last.
inline FaultServer::Handler in_turn(std::vector<ServerReply> replies) {
  return [replies = std::move(replies)](const ServerRequest& request) {
    return replies[std::min<std::size_t>(request.number, replies.size() - 1)];
  };
}

inline ServerReply broken(ReplyEnd end, bool send_head, const std::string& body = "") {
  ServerReply reply = reply_with(200, body);
  reply.send_head = send_head;
  reply.end = end;
  return reply;
}

}  // namespace assay
