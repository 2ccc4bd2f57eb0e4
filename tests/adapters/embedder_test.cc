// Embedding by servers, and the cache of vectors.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "adapters/embedding/cached_embedder.h"
#include "adapters/embedding/embedders.h"
#include "adapters/openai/openai_embedder.h"
#include "tests/adapters/remote_asking.h"
#include "tests/catch.h"
#include "tests/suites/temporary_folder.h"

using namespace assay;

namespace {

using Json = nlohmann::json;

// A vector that says which text it is of.
std::vector<float> vector_of(const std::string& text) {
  return {static_cast<float>(text.size()), text.empty() ? 0.0F : static_cast<float>(text[0]), 0.5F};
}

// Answers in the reverse order, which "index" undoes.
ServerReply embedding_reply(const ServerRequest& request) {
  const Json body = Json::parse(request.body);
  if (request.path != "/v1/embeddings" || body.at("model") != "small" || body.at("encoding_format") != "float") {
    return reply_with(404, R"({"error": {"message": "no such thing"}})");
  }
  Json data = Json::array();
  const Json& input = body.at("input");
  for (std::size_t i = input.size(); i-- > 0;) {
    if (input[i] == "too long")
      return reply_with(400, R"({"error": {"message": "maximum context length is 5 tokens"}})");
    data.push_back({{"object", "embedding"}, {"index", i}, {"embedding", vector_of(input[i].get<std::string>())}});
  }
  return reply_with(200,
                    Json{{"object", "list"}, {"data", data}, {"usage", {{"prompt_tokens", 3 * input.size()}}}}.dump());
}

std::unique_ptr<Embedder> small_model(const std::string& url, const std::string& cache, EmbeddingTerms terms = {}) {
  auto made = make_embedder("openai:small@" + url, context_with({{"XDG_CACHE_HOME", cache}}), std::move(terms));
  if (!made) FAIL(made.error().message);
  return std::move(*made);
}

std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  return files;
}

// Gives what it was told to.
class TestEmbedder : public Embedder {
 public:
  explicit TestEmbedder(std::vector<std::vector<float>> vectors) : vectors_(std::move(vectors)) {}
  std::string identity() const override { return "test"; }
  Result<std::vector<std::vector<float>>> embed(const std::vector<std::string>&) override { return vectors_; }
  int tokens_of(std::string_view) const override { return 1; }
  int most_tokens() const override { return 0; }
  std::size_t texts_at_once() const override { return 64; }
  EmbeddingUse use() const override { return {}; }

 private:
  std::vector<std::vector<float>> vectors_;
};

std::string refusal_of(Embedder& embedder, const std::vector<std::string>& texts) {
  const auto refused = embedder.embed(texts);
  REQUIRE_FALSE(refused);
  return refused.error().message;
}

}  // namespace

TEST_CASE("a server embeds many texts by few requests, in order, and a second time none", "[remote]") {
  FaultServer server(embedding_reply);
  const test::TemporaryFolder folder;
  std::vector<std::string> texts;
  for (int i = 0; i < 70; ++i)
    texts.push_back(std::string(static_cast<std::size_t>(i % 9 + 1), 'a') + std::to_string(i));
  EmbeddingTerms terms;
  terms.usd_per_mtok = 0.02;
  std::vector<std::string> told;
  terms.tell = [&told](const std::string& line) { told.push_back(line); };
  auto embedder = small_model(server.url() + "/v1/embeddings", folder.path(), terms);
  CHECK(embedder->identity() == "openai:small@" + server.url() + "/v1");
  CHECK(server.counts().requests == 0);
  const auto vectors = embedder->embed(texts);
  if (!vectors) FAIL(vectors.error().message);
  REQUIRE(vectors->size() == 70);
  for (std::size_t i = 0; i < texts.size(); ++i) CHECK((*vectors)[i] == vector_of(texts[i]));
  CHECK(server.counts().requests == 3);
  CHECK(embedder->use().texts == 70);
  CHECK(embedder->use().cached == 0);
  CHECK(embedder->use().tokens == 210);
  CHECK(*embedder->use().usd == Approx(210 * 0.02 / 1e6));
  CHECK(told == std::vector<std::string>{"embedding with " + embedder->identity()});

  embedder = small_model(server.url(), folder.path());
  texts.push_back("new");
  texts.push_back("new");
  const auto again = embedder->embed(texts);
  if (!again) FAIL(again.error().message);
  CHECK((*again)[3] == (*vectors)[3]);
  CHECK((*again)[71] == vector_of("new"));
  CHECK(server.counts().requests == 4);
  CHECK(embedder->use().texts == 72);
  CHECK(embedder->use().cached == 71);  // the second "new" is the first
  CHECK(embedder->use().tokens == 3);
  CHECK_FALSE(embedder->use().usd);  // no price is known
}

TEST_CASE("vectors in the cache that are damaged, or of another model, are computed anew", "[remote]") {
  FaultServer server(embedding_reply);
  const test::TemporaryFolder folder;
  REQUIRE(small_model(server.url(), folder.path())->embed({"one", "two"}));
  const std::vector<std::string> files = files_below(folder.path());
  REQUIRE(files.size() == 2);
  CHECK_THAT(files[0], ContainsSubstring("/assay/embeddings/"));
  for (const std::string& file : files) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(-1, std::ios::end);
    bytes.put('\x7f');
  }
  auto embedder = small_model(server.url(), folder.path());
  CHECK(embedder->embed({"one", "two"}).value()[1] == vector_of("two"));
  CHECK(embedder->use().cached == 0);
  std::ofstream(files[0], std::ios::binary | std::ios::trunc) << "short";
  embedder = small_model(server.url(), folder.path());
  REQUIRE(embedder->embed({"one", "two"}));
  CHECK(embedder->use().cached == 1);
  FaultServer other(embedding_reply);
  embedder = small_model(other.url(), folder.path());
  REQUIRE(embedder->embed({"one"}));
  CHECK(embedder->use().cached == 0);
  // Without a place for it everything is computed.
  auto made = make_embedder("openai:small@" + server.url(), context_with(), {});
  REQUIRE(made);
  CHECK((*made)->embed({"one"}).value()[0] == vector_of("one"));
}

TEST_CASE("what a server cannot do is one error, and what it did is kept", "[remote]") {
  FaultServer server(embedding_reply);
  const test::TemporaryFolder folder;
  CHECK_THAT(refusal_of(*small_model(server.url(), folder.path()), {"one", "too long"}),
             StartsWith("openai:small@" + server.url() + "/v1: ") && ContainsSubstring("maximum context length"));
  const auto with_reply = [&](const std::string& body) {
    FaultServer wrong([&](const ServerRequest&) { return reply_with(200, body); });
    return refusal_of(*small_model(wrong.url() + "?max_retries=0", folder.path()), {"a", "b"});
  };
  CHECK_THAT(with_reply("{}"), ContainsSubstring("the reply holds no embeddings"));
  CHECK_THAT(with_reply("<html>"), ContainsSubstring("the reply is not JSON"));
  CHECK_THAT(with_reply(R"({"data": [{"index": 0, "embedding": [1, "x"]}, {"index": 1, "embedding": [1, 2]}]})"),
             ContainsSubstring("the reply holds no embeddings"));
  CHECK_THAT(with_reply(R"({"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]})"),
             ContainsSubstring("the reply holds no embeddings"));
  CHECK_THAT(with_reply(R"({"data": [{"index": 9000000000, "embedding": [1]}]})"),
             ContainsSubstring("the reply holds no embeddings"));
  CHECK_THAT(with_reply(R"({"data": [{"embedding": [1]}]})"), ContainsSubstring("gave 1 vectors for 2 texts"));
  CHECK_THAT(with_reply(R"({"data": [{"embedding": [1]}, {"embedding": [1, 2]}]})"),
             ContainsSubstring("gave a vector of 2 numbers, others of 1"));
  // Without "usage" tokens are not known, and neither is what they cost.
  FaultServer silent([](const ServerRequest&) { return reply_with(200, R"({"data": [{"embedding": [1]}]})"); });
  EmbeddingTerms terms;
  terms.usd_per_mtok = 1;
  const auto embedder = small_model(silent.url(), folder.path(), terms);
  REQUIRE(embedder->embed({"a"}));
  CHECK_FALSE(embedder->use().tokens);
  CHECK_FALSE(embedder->use().usd);
}

TEST_CASE("embedding keeps to a budget, can be stopped, and asks nobody where nobody may be asked", "[remote]") {
  FaultServer server(embedding_reply);
  const test::TemporaryFolder folder;
  REQUIRE(small_model(server.url(), folder.path())->embed({"known"}));
  const std::uint64_t before = server.counts().requests;
  EmbeddingTerms terms;
  terms.budget_usd = 0.001;
  CHECK_THAT(refusal_of(*small_model(server.url(), folder.path(), terms), {"text"}),
             ContainsSubstring("--budget cannot be kept: no price of the embedding model openai:small@"));
  terms.usd_per_mtok = 1000;
  CHECK_THAT(refusal_of(*small_model(server.url(), folder.path(), terms), {"text"}),
             ContainsSubstring("embedding may cost $0.0013") && ContainsSubstring("the budget is $0.0010"));
  auto embedder = small_model(server.url(), folder.path(), terms);
  REQUIRE(embedder->embed({"known"}));  // the cache costs nothing
  CHECK(embedder->use().usd == 0);
  EmbeddingTerms stopped;
  stopped.is_stopped = [] { return true; };
  const auto refused = small_model(server.url(), folder.path(), stopped)->embed({"text"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kInterrupted);
  EmbeddingTerms alone;
  alone.asks_nobody = true;
  CHECK_THAT(refusal_of(*small_model(server.url(), folder.path(), alone), {"known", "text"}),
             ContainsSubstring("1 texts are not in the cache"));
  CHECK(server.counts().requests == before);
}

TEST_CASE("a model's vectors are checked, and a reference that cannot embed is refused") {
  const test::TemporaryFolder folder;
  const auto given = [&](std::vector<std::vector<float>> vectors) {
    return refusal_of(*make_cached_embedder(std::make_unique<TestEmbedder>(std::move(vectors)), folder.path(), {}),
                      {"a", "b"});
  };
  CHECK(given({{1, 2}, {1}}) == "test: gave a vector of 1 numbers, others of 2");
  CHECK(given({{}, {}}) == "test: gave a vector of 0 numbers, others of 0");
  const test::TemporaryFolder other;
  CHECK(refusal_of(*make_cached_embedder(std::make_unique<TestEmbedder>(std::vector<std::vector<float>>{{NAN}, {1}}),
                                         other.path(), {}),
                   {"a", "b"}) == "test: gave a vector with what is no number");
  const auto refused = [](const std::string& reference) {
    const auto made = make_embedder(reference, context_with(), {});
    REQUIRE_FALSE(made);
    return made.error().message;
  };
  CHECK_THAT(refused("anthropic:claude"), ContainsSubstring("only llama:PATH.gguf and openai:NAME[@URL] can embed"));
  CHECK_THAT(refused("lama:x.gguf"), ContainsSubstring("did you mean 'llama'?"));
  CHECK_THAT(refused("openai:small@http://localhost:1?thread=2"), ContainsSubstring("thread"));
  CHECK_THAT(refused("openai:text-embedding-3-small"), ContainsSubstring("OPENAI_API_KEY"));
}
