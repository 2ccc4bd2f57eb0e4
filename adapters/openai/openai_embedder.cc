#include "adapters/openai/openai_embedder.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <vector>

#include "adapters/http/error_reply.h"
#include "adapters/http/json_reply.h"
#include "adapters/http/remote_adapter.h"
#include "adapters/http/remote_model.h"
#include "adapters/openai/openai_adapter.h"
#include "harness/core/clock.h"
#include "harness/core/price.h"

namespace assay {
namespace openai {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kTextsPerCall = 32;  // what text-embeddings-inference takes unless it is told otherwise
constexpr std::size_t kCallsAtOnce = 4;

/// No stream is asked for, and none is read.
class NoStream : public http::StreamReader {
 public:
  bool on_event(std::string_view, std::string_view) override { return false; }
  [[nodiscard]] bool ended() const override { return true; }
  Completion finish() override {
    return http::failed_completion(http::unreadable_reply("a stream instead of embeddings", ""));
  }
};

bool is_vector(const Json& vector) {
  return vector.is_array() && !vector.empty() && std::all_of(vector.begin(), vector.end(), [](const Json& value) {
           return value.is_number() && std::isfinite(value.get<double>());
         });
}

/// The vectors of a reply by their "index", or by their order where they have none; empty where one is missing.
std::vector<const Json*> vectors_of(const Json& data) {
  if (!data.is_array()) return {};
  std::vector<const Json*> vectors(data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    const Json& index = http::member(data[i], "index");
    const std::size_t place = index.is_number_unsigned() ? index.get<std::size_t>() : i;
    const Json& vector = http::member(data[i], "embedding");
    if (place >= vectors.size() || vectors[place] != nullptr || !is_vector(vector)) return {};
    vectors[place] = &vector;
  }
  return vectors;
}

class OpenAiEmbedder final : public Embedder {
 public:
  OpenAiEmbedder(http::RemoteModel model, std::string identity)
      : adapter_(std::move(model)), identity_(std::move(identity)) {}

  [[nodiscard]] std::string identity() const override { return identity_; }
  [[nodiscard]] int tokens_of(std::string_view word) const override { return estimated_tokens(word); }
  [[nodiscard]] int most_tokens() const override { return 0; }
  [[nodiscard]] std::size_t texts_at_once() const override { return kTextsPerCall * kCallsAtOnce; }
  [[nodiscard]] EmbeddingUse use() const override { return use_; }

  Result<std::vector<std::vector<float>>> embed(const std::vector<std::string>& texts) override {
    const auto begun = MonotonicClock::now();
    std::vector<std::vector<float>> vectors;
    for (std::size_t begin = 0; begin < texts.size(); begin += texts_at_once()) {
      const std::size_t end = std::min(begin + texts_at_once(), texts.size());
      std::vector<std::future<Completion>> answers;
      for (std::size_t i = begin; i < end; i += kTextsPerCall) {
        answers.push_back(ask(texts, i, std::min(i + kTextsPerCall, end)));
      }
      std::string problem;
      for (std::future<Completion>& answer : answers) {
        const Completion completion = answer.get();  // also after a failure: each of them is paid for
        if (completion.failure) {
          if (problem.empty()) problem = completion.failure->message;
          continue;
        }
        count_tokens(completion.usage);
        for (const Json& vector : Json::parse(completion.text)) vectors.push_back(vector.get<std::vector<float>>());
      }
      if (!problem.empty()) return usage_error(identity_ + ": " + problem);
      if (vectors.size() != end) {
        return usage_error(identity_ + ": gave " + std::to_string(vectors.size() - begin) + " vectors for " +
                           std::to_string(end - begin) + " texts");
      }
    }
    use_.texts += static_cast<std::int64_t>(texts.size());
    use_.ms += milliseconds_since(begun);
    return vectors;
  }

 private:
  std::future<Completion> ask(const std::vector<std::string>& texts, std::size_t begin, std::size_t end) {
    auto promise = std::make_shared<std::promise<Completion>>();
    std::future<Completion> answer = promise->get_future();
    Request request;
    request.item = "text " + std::to_string(begin);
    GenerateRequest body;
    for (std::size_t i = begin; i < end; ++i) body.messages.push_back({Role::kUser, texts[i]});
    request.body = std::move(body);
    adapter_.answer(std::move(request),
                    [promise](Completion completion) { promise->set_value(std::move(completion)); });
    return answer;
  }

  void count_tokens(const Usage& usage) {
    if (!usage.prompt) use_.tokens.reset();
    if (use_.tokens) *use_.tokens += *usage.prompt;
  }

  http::RemoteAdapter adapter_;
  std::string identity_;
  EmbeddingUse use_;
};

}  // namespace

Capabilities EmbeddingFormat::capabilities() const {
  Capabilities can;
  can.chat = true;
  return can;
}

std::variant<http::WireCall, Failure> EmbeddingFormat::encode(const Request& request) const {
  Json texts = Json::array();
  std::size_t bytes = 0;
  for (const Message& message : std::get<GenerateRequest>(request.body).messages) {
    texts.push_back(message.content);
    bytes += message.content.size();
  }
  http::WireCall call;
  call.path = "/embeddings";
  const Json body{{"model", model_}, {"input", std::move(texts)}, {"encoding_format", "float"}};
  call.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  call.estimated_tokens = static_cast<double>(bytes) / kBytesPerToken;
  return call;
}

Completion EmbeddingFormat::decode(const http::Expected&, std::string_view body) const {
  const Json reply = http::parsed_reply(body);
  if (!reply.is_object()) return http::failed_completion(http::unreadable_reply("the reply is not JSON", body));
  if (http::reports_error(reply)) {
    return http::failed_completion(http::failure_of_reply(200, {}, http::read_error_body(body)));
  }
  const std::vector<const Json*> vectors = vectors_of(http::member(reply, "data"));
  if (vectors.empty()) return http::failed_completion(http::unreadable_reply("the reply holds no embeddings", body));
  Json list = Json::array();
  for (const Json* vector : vectors) list.push_back(*vector);
  Completion completion;
  completion.text = list.dump();
  completion.finish = FinishReason::kStop;
  const Json& usage = http::member(reply, "usage");
  http::read_count(usage, "prompt_tokens", completion.usage.prompt);
  if (!completion.usage.prompt) http::read_count(usage, "total_tokens", completion.usage.prompt);
  completion.served_model = http::string_member(reply, "model");
  return completion;
}

std::unique_ptr<http::StreamReader> EmbeddingFormat::stream_reader(const http::Expected&) const {
  return std::make_unique<NoStream>();
}

}  // namespace openai

Result<std::unique_ptr<Embedder>> make_openai_embedder(const ModelRef& ref, const AdapterContext& context) {
  auto endpoint = http::endpoint_of(openai_base_url(ref.url));
  if (!endpoint) return forward_error(endpoint);
  const bool is_hosted = endpoint->host == kOpenAiHost;
  auto model = http::remote_model(ref, context, *endpoint, {{"OPENAI_API_KEY"}, "Authorization: Bearer ", is_hosted});
  if (!model) return forward_error(model);
  std::string identity = "openai:" + ref.model + (is_hosted ? "" : "@" + endpoint->url);
  http::set_format(*model, std::make_shared<openai::EmbeddingFormat>(ref.model));
  return std::make_unique<openai::OpenAiEmbedder>(std::move(*model), std::move(identity));
}

}  // namespace assay
