// The llama adapter on a real small model: agreement with the reference, bit for bit the same whatever else runs.
// Skipped, with a reason, where the model or ../shared is not there.
#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/llama/llama_adapter.h"
#include "adapters/llama/llama_embedder.h"
#include "tests/adapters/oracle.h"
#include "tests/catch.h"

namespace assay {
namespace {

ModelRef reference(const std::string& file, std::vector<std::pair<std::string, std::string>> options = {}) {
  ModelRef ref;
  ref.adapter = "llama";
  ref.model = file;
  ref.text = "llama:" + file;
  ref.options = std::move(options);
  return ref;
}

/// Asks with `ask` and waits for as many answers as there are requests.
template <class Ask>
std::vector<Completion> collect(const std::vector<Request>& requests, Ask ask) {
  std::vector<Completion> answers(requests.size());
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t open = requests.size();
  ask([&](std::size_t i) {
    return [&, i](Completion completion) {
      const std::lock_guard<std::mutex> lock(mutex);
      answers[i] = std::move(completion);
      --open;
      changed.notify_one();
    };
  });
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] { return open == 0; });
  return answers;
}

/// Asks all requests at once and waits for all answers.
std::vector<Completion> ask_all(Adapter& adapter, const std::vector<Request>& requests) {
  return collect(requests, [&](const auto& store) {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      adapter.answer(requests[i], store(i));
    }
  });
}

Completion ask(Adapter& adapter, Request request) { return ask_all(adapter, {std::move(request)}).front(); }

Request generate(GenerateRequest body) {
  Request request;
  request.body = std::move(body);
  return request;
}

Request score(LoglikelihoodRequest body, std::int64_t order = 0) {
  Request request;
  request.order = order;
  request.body = std::move(body);
  return request;
}

/// Asks all requests from within the engine's own thread, which therefore takes them in together.
std::vector<Completion> ask_in_one_wave(Adapter& adapter, const std::vector<Request>& requests) {
  return collect(requests, [&](const auto& store) {
    adapter.answer(score({"Once", {" upon"}, {}, 0}), [&adapter, &requests, store](const Completion&) {
      for (std::size_t i = 0; i < requests.size(); ++i) {
        adapter.answer(requests[i], store(i));
      }
    });
  });
}

std::unique_ptr<Adapter> open_model(const ModelRef& ref) {
  auto adapter = make_llama_adapter(ref, AdapterContext());
  REQUIRE(adapter.has_value());
  return std::move(*adapter);
}

/// The default model with one thread (other tests run beside this one); null, with a reason, where it is missing.
std::unique_ptr<Adapter> default_model(std::vector<std::pair<std::string, std::string>> options = {{"threads", "1"}}) {
  const std::string file = test::model_file(test::kSmolLm);
  if (file.empty()) {
    WARN("skipped: " << test::kSmolLm << " is not in the model folder (assay model fetch)");
    return nullptr;
  }
  return open_model(reference(file, std::move(options)));
}

std::vector<Request> oracle_requests(const std::vector<test::OracleItem>& items) {
  std::vector<Request> requests;
  for (std::size_t i = 0; i < items.size(); ++i) {
    requests.push_back(score(items[i].request, static_cast<std::int64_t>(i)));
  }
  return requests;
}

std::vector<test::OracleItem> oracle(const std::string& name, std::size_t limit) {
  const std::string folder = test::shared_folder();
  auto items = folder.empty() ? std::vector<test::OracleItem>() : test::read_oracle(folder + "/oracle/" + name, limit);
  if (items.empty()) {
    WARN("skipped: no ../shared/oracle/" << name);
  }
  return items;
}

void agrees_with_oracle(Adapter& adapter, const std::string& name, std::size_t limit) {
  const auto items = oracle(name, limit);
  const auto answers = ask_all(adapter, oracle_requests(items));
  for (std::size_t i = 0; i < items.size(); ++i) {
    INFO(name << " " << items[i].item);
    REQUIRE_FALSE(answers[i].failure.has_value());
    REQUIRE(answers[i].continuations.size() == items[i].logprobs.size());
    for (std::size_t k = 0; k < items[i].logprobs.size(); ++k) {
      CHECK(answers[i].continuations[k].logprob == Approx(items[i].logprobs[k]).margin(0.001).epsilon(0));
    }
  }
}

TEST_CASE("log-probabilities are the reference's", "[llama]") {
  if (const auto adapter = default_model()) {
    agrees_with_oracle(*adapter, "hellaswag.jsonl.gz", 8);
    agrees_with_oracle(*adapter, "mmlu_0shot.jsonl.gz", 6);
  }
}

TEST_CASE("a vocabulary that asks for BOS gets it", "[llama]") {
  const std::string file = test::model_file(test::kGemma);
  if (file.empty()) {
    WARN("skipped: " << test::kGemma << " is not in the model folder (assay model fetch)");
    return;
  }
  agrees_with_oracle(*open_model(reference(file, {{"threads", "1"}})), "gemma_mmlu_0shot.jsonl.gz", 3);
}

TEST_CASE("log-probabilities are the same to the bit alone, together, in any order and with any threads", "[llama]") {
  const auto together = default_model();
  if (!together) {
    return;
  }
  auto items = oracle("hellaswag.jsonl.gz", 4);
  const auto letters = oracle("mmlu_0shot.jsonl.gz", 4);
  items.insert(items.end(), letters.begin(), letters.end());
  const std::vector<Request> requests = oracle_requests(items);
  const auto answers = ask_all(*together, requests);

  std::vector<Request> reversed(requests.rbegin(), requests.rend());
  auto backwards = ask_all(*default_model({{"threads", "2"}}), reversed);
  std::reverse(backwards.begin(), backwards.end());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Completion alone = ask(*together, requests[i]);
    for (std::size_t k = 0; k < answers[i].continuations.size(); ++k) {
      CHECK(answers[i].continuations[k].logprob == alone.continuations[k].logprob);
      CHECK(answers[i].continuations[k].logprob == backwards[i].continuations[k].logprob);
    }
  }
}

TEST_CASE("a shared prefix is computed once and booked to the first item", "[llama]") {
  const auto adapter = default_model();
  if (!adapter) {
    return;
  }
  const std::string header = "The sky over the harbour was the colour of television, tuned to a dead channel. ";
  const auto answers = ask_in_one_wave(*adapter, {score({header + "It rained", {" hard", " softly"}, {}, 0}, 1),
                                                  score({header + "It snowed", {" hard", " softly"}, {}, 0}, 0)});
  REQUIRE_FALSE(answers[0].failure.has_value());
  CHECK(*answers[0].usage.prompt > 15);
  CHECK(*answers[1].usage.evaluated == *answers[1].usage.prompt);
  CHECK(*answers[0].usage.evaluated <= 3);
}

TEST_CASE("an identical request is answered with another and costs nothing", "[llama]") {
  const auto adapter = default_model();
  if (!adapter) {
    return;
  }
  const LoglikelihoodRequest question = {"The capital of France is", {" Paris", " a city"}, {}, 0};
  GenerateRequest text;
  text.prompt = "Once upon a time";
  text.max_tokens = 4;
  Request later = generate(text);
  later.order = 9;
  const auto answers = ask_in_one_wave(*adapter, {score(question, 5), score(question, 3), later, generate(text)});
  for (const Completion& answer : answers) REQUIRE_FALSE(answer.failure.has_value());
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(answers[0].continuations[k].logprob == answers[1].continuations[k].logprob);
  }
  CHECK(*answers[0].usage.evaluated == 0);
  CHECK(*answers[1].usage.evaluated > 0);
  CHECK(answers[2].text == answers[3].text);
  CHECK(*answers[2].usage.evaluated == 0);
  CHECK(*answers[3].usage.evaluated > 0);
}

TEST_CASE("sizes of batches change no bit below the one from which attention sums otherwise", "[llama]") {
  const auto usual = default_model();
  const auto odd = default_model({{"threads", "2"}, {"batch", "23"}, {"seqs", "3"}});
  const auto whole = default_model({{"threads", "2"}, {"batch", "8"}, {"share", "off"}});
  if (!usual || !odd || !whole) {
    return;
  }
  const std::vector<Request> requests = oracle_requests(oracle("hellaswag.jsonl.gz", 3));
  const auto expected = ask_all(*usual, requests);
  for (Adapter* adapter : {odd.get(), whole.get()}) {
    const auto answers = ask_all(*adapter, requests);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      for (std::size_t k = 0; k < expected[i].continuations.size(); ++k) {
        CHECK(answers[i].continuations[k].logprob == expected[i].continuations[k].logprob);
      }
    }
  }
  const auto reproducible = [](const Adapter& adapter) {
    for (const auto& [name, value] : adapter.identity().settings) {
      if (name == "reproducible") return value;
    }
    return std::string();
  };
  CHECK(reproducible(*odd) == "exact");
  CHECK(reproducible(*default_model({{"batch", "64"}})) == "statistical");
  CHECK(reproducible(*default_model({{"flash", "off"}})) == "statistical");
}

TEST_CASE("an exclusive model shares nothing and keeps nothing, and its numbers are the same", "[llama]") {
  const auto adapter = default_model();
  const auto exclusive = default_model({{"threads", "1"}, {"exclusive", "on"}});
  if (!adapter || !exclusive) {
    return;
  }
  CHECK(exclusive->capabilities().preferred_in_flight == 1);
  const Request item = score({"The capital of France is", {" Paris", " a city"}, {}, 0});
  const auto shared = ask(*adapter, item);
  GenerateRequest text;
  text.prompt = "The capital of France is";
  text.max_tokens = 4;
  const Completion said = ask(*adapter, generate(text));
  for (int round = 0; round < 2; ++round) {
    const Completion alone = ask(*exclusive, item);
    CHECK(*alone.usage.evaluated > *shared.usage.evaluated);
    for (std::size_t k = 0; k < 2; ++k) {
      CHECK(alone.continuations[k].logprob == shared.continuations[k].logprob);
    }
    const Completion again = ask(*exclusive, generate(text));
    CHECK(again.text == said.text);
    CHECK(*again.usage.evaluated >= *again.usage.prompt);  // the second time too
  }
}

TEST_CASE("contexts that are too long are cut as the reference cuts them", "[llama]") {
  const auto adapter = default_model({{"threads", "1"}, {"ctx", "16"}});
  if (!adapter) {
    return;
  }
  const std::string text =
      "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen";
  const Completion cut = ask(*adapter, score({text + " seventeen eighteen", {" nineteen"}, {}, 0}));
  REQUIRE_FALSE(cut.failure.has_value());
  CHECK_THAT(cut.note, StartsWith("left-truncated "));
  const Completion dropped = ask(*adapter, score({text + " a b c", {" d"}, {{0, text.size()}}, 0}));
  CHECK(dropped.note == "1 part dropped");
  GenerateRequest request;
  request.prompt = text + " seventeen";
  request.max_tokens = 4;
  const Completion text_cut = ask(*adapter, generate(request));
  CHECK_THAT(text_cut.note, StartsWith("left-truncated "));
  request.max_tokens = 16;
  CHECK(ask(*adapter, generate(request)).failure->kind == FailureKind::kContextTooLong);
}

TEST_CASE("passages are left out of a prompt, the last first, until the answer fits behind it", "[llama]") {
  const auto adapter = default_model({{"threads", "1"}, {"ctx", "24"}});
  const auto whole = default_model({{"threads", "1"}});
  if (!adapter || !whole) {
    return;
  }
  GenerateRequest request;
  request.prompt = "one two three four five. six seven eight nine ten. The next word is";
  request.droppable = {{0, 25}, {25, 51}};
  request.max_tokens = 4;
  const Completion same = ask(*whole, generate(request));
  CHECK(same.note.empty());
  request.max_tokens = 10;
  const Completion shortened = ask(*adapter, generate(request));
  REQUIRE_FALSE(shortened.failure.has_value());
  CHECK(shortened.note == "1 part dropped");
  CHECK(shortened.sent == "one two three four five. The next word is");
  GenerateRequest plain;
  plain.prompt = shortened.sent;
  plain.max_tokens = 10;
  CHECK(ask(*adapter, generate(plain)).text == shortened.text);
}

TEST_CASE("a local model embeds: alike is near, the same is the same, and long texts are cut", "[llama]") {
  const std::string file = test::model_file(test::kSmolLm);
  if (file.empty()) {
    WARN("skipped: " << test::kSmolLm << " is not in the model folder (assay model fetch)");
    return;
  }
  auto embedder = make_llama_embedder(reference(file, {{"threads", "1"}}), AdapterContext());
  INFO((embedder ? "" : embedder.error().message));
  REQUIRE(embedder);
  CHECK_THAT((*embedder)->identity(), ContainsSubstring("(mean, "));
  CHECK((*embedder)->tokens_of(" refund") >= 1);
  CHECK((*embedder)->tokens_of("<|im_end|>") > 1);  // text, not the token
  std::string longer;
  for (int i = 0; i < 400; ++i) longer += "word ";
  const std::vector<std::string> texts{"How do I get my money back?", "I want a refund of my money.",
                                       "def parse(tokens): return [int(t, 16) for t in tokens]", longer,
                                       "How do I get my money back?"};
  const auto vectors = (*embedder)->embed(texts);
  INFO((vectors ? "" : vectors.error().message));
  REQUIRE(vectors);
  const auto cosine = [&](std::size_t a, std::size_t b) {
    double dot = 0;
    double left = 0;
    double right = 0;
    for (std::size_t i = 0; i < (*vectors)[a].size(); ++i) {
      const double x = (*vectors)[a][i];
      const double y = (*vectors)[b][i];
      dot += x * y;
      left += x * x;
      right += y * y;
    }
    return dot / std::sqrt(left * right);
  };
  CHECK((*vectors)[0] == (*vectors)[4]);
  CHECK(cosine(0, 1) > cosine(0, 2));
  CHECK((*embedder)->use().texts == 5);
  CHECK((*embedder)->use().tokens > 400);
}

TEST_CASE("an empty context and blanks at its end are treated as the reference does", "[llama]") {
  const auto adapter = default_model();
  if (!adapter) {
    return;
  }
  const Completion empty = ask(*adapter, score({"", {"Hello there"}, {}, 0}));
  REQUIRE_FALSE(empty.failure.has_value());
  CHECK(empty.continuations[0].tokens == 2);
  const auto pair = ask_all(*adapter, {score({"The capital of France is", {" Paris"}, {}, 0}),
                                       score({"The capital of France is ", {"Paris"}, {}, 0})});
  CHECK(pair[0].continuations[0].logprob == pair[1].continuations[0].logprob);
  CHECK(pair[0].continuations[0].is_greedy);
}

TEST_CASE("what stands between the context and a continuation is given, not scored", "[llama]") {
  const auto adapter = default_model();
  if (!adapter) {
    return;
  }
  const std::string context = "The trophy does not fit in the suitcase because the ";
  LoglikelihoodRequest opened{context, {" is too small.", " is too small."}, {}, 0};
  opened.openings = {"trophy", "suitcase"};
  const Completion both = ask(*adapter, score(opened));
  REQUIRE(both.continuations.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const Completion alone = ask(*adapter, score({context + opened.openings[i], {opened.continuations[i]}, {}, 0}));
    CHECK(both.continuations[i].logprob == alone.continuations[0].logprob);
    CHECK(both.continuations[i].tokens == alone.continuations[0].tokens);
  }
  CHECK(both.continuations[0].logprob != both.continuations[1].logprob);
  opened.openings.pop_back();
  CHECK(ask(*adapter, score(opened)).failure->kind == FailureKind::kInvalidRequest);
}

TEST_CASE("greedy text is the same alone and beside others", "[llama]") {
  const auto adapter = default_model({{"threads", "1"}, {"seqs", "4"}});
  if (!adapter) {
    return;
  }
  std::vector<Request> requests;
  for (const char* prompt : {"def add(a, b):\n", "The capital of France is", "Once upon a time", "1, 2, 3, 4,",
                             "SELECT", "The capital of France is"}) {
    GenerateRequest request;
    request.prompt = prompt;
    request.max_tokens = 12;
    requests.push_back(generate(request));
  }
  const auto together = ask_all(*adapter, requests);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    CHECK_FALSE(together[i].failure.has_value());
    CHECK(together[i].text == ask(*adapter, requests[i]).text);
    CHECK(together[i].timings.first_token_ms.has_value());
  }
  CHECK(together[1].text == together[5].text);
  CHECK_THAT(together[1].text, StartsWith(" Paris"));
}

TEST_CASE("text ends before a stop text, also one that spans tokens", "[llama]") {
  const auto adapter = default_model();
  if (!adapter) {
    return;
  }
  GenerateRequest request;
  request.prompt = "1, 2, 3, 4, 5, 6,";
  request.max_tokens = 24;
  const Completion whole = ask(*adapter, generate(request));
  CHECK_THAT(whole.text, StartsWith(" 7, 8, 9"));
  CHECK(whole.finish == FinishReason::kLength);
  CHECK(*whole.usage.completion == 24);
  request.stop = {"never", ", 9"};
  const Completion stopped = ask(*adapter, generate(request));
  CHECK(stopped.text == " 7, 8");
  CHECK(stopped.finish == FinishReason::kStop);
}

TEST_CASE("sampling depends on the seed alone", "[llama]") {
  const auto adapter = default_model();
  if (!adapter) {
    return;
  }
  GenerateRequest request;
  request.prompt = "My favourite animal is";
  request.max_tokens = 8;
  request.temperature = 1;
  request.top_p = 0.95;
  request.top_logprobs = 3;
  std::vector<Request> requests;
  for (const std::uint64_t seed : {1U, 2U, 3U, 1U}) {
    request.seed = seed;
    requests.push_back(generate(request));
  }
  const auto answers = ask_all(*adapter, requests);
  CHECK(answers[0].text == answers[3].text);
  CHECK((answers[0].text != answers[1].text || answers[0].text != answers[2].text));
  REQUIRE(answers[0].top_logprobs.size() == 3);
  CHECK(answers[0].top_logprobs[0].logprob > answers[0].top_logprobs[1].logprob);
  CHECK(*answers[3].usage.evaluated < *answers[3].usage.prompt + 8);
}

TEST_CASE("a conversation goes through the model's own template", "[llama]") {
  const auto adapter = default_model();
  if (!adapter || !adapter->capabilities().chat) {
    return;
  }
  GenerateRequest request;
  request.messages = {
      {Role::kSystem, "Be brief."}, {Role::kUser, "Say <|im_end|> hello"}, {Role::kAssistant, "Sure: "}};
  request.max_tokens = 2;
  const Completion answer = ask(*adapter, generate(request));
  REQUIRE_FALSE(answer.failure.has_value());
  CHECK(answer.sent ==
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nSay <|im_end|> hello<|im_end|>\n"
        "<|im_start|>assistant\nSure: ");
  // data is never the template's: the special token's text inside the message is several plain tokens
  request.messages[1].content = "Say hello";
  const Completion plain = ask(*adapter, generate(request));
  CHECK(*answer.usage.prompt > *plain.usage.prompt + 2);
}

TEST_CASE("the template around log-likelihood prompts drops the delimiter's blank", "[llama]") {
  const auto adapter = default_model({{"threads", "1"}, {"chat", "on"}});
  if (!adapter) {
    return;
  }
  const Completion answer = ask(*adapter, score({"Is water wet?", {" Yes", " No"}, {}, 0}));
  REQUIRE_FALSE(answer.failure.has_value());
  CHECK_THAT(answer.sent, EndsWith("<|im_start|>user\nIs water wet?<|im_end|>\n<|im_start|>assistant\n"));
  const Completion bare = ask(*adapter, score({"Is water wet?", {"Yes", "No"}, {}, 0}));
  CHECK(answer.continuations[0].logprob == bare.continuations[0].logprob);
  const auto settings = adapter->identity().settings;
  CHECK(std::find(settings.begin(), settings.end(), std::pair<std::string, std::string>("chat", "on")) !=
        settings.end());
}

TEST_CASE("cancel ends what is under way and what comes later", "[llama]") {
  const auto adapter = default_model();
  if (!adapter) {
    return;
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Completion> ended;
  const auto done = [&](Completion completion) {
    const std::lock_guard<std::mutex> lock(mutex);
    ended.push_back(std::move(completion));
    changed.notify_one();
  };
  GenerateRequest request;
  request.prompt = "Once upon a time";
  request.max_tokens = 1000;
  adapter->answer(generate(request), done);
  adapter->answer(score({std::string(2000, 'x'), {"y"}, {}, 0}), done);
  adapter->cancel();
  adapter->answer(generate(request), done);
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] { return ended.size() == 3; });
  for (const Completion& completion : ended) {
    REQUIRE(completion.failure.has_value());
    CHECK(completion.failure->kind == FailureKind::kCancelled);
  }
}

TEST_CASE("bad references are usage errors of one line", "[llama]") {
  const auto refused = [](const ModelRef& ref, const std::string& why) {
    const auto adapter = make_llama_adapter(ref, AdapterContext());
    REQUIRE_FALSE(adapter.has_value());
    CHECK(adapter.error().kind == ErrorKind::kUsage);
    CHECK_THAT(adapter.error().message, ContainsSubstring(why));
  };
  refused(reference(""), "no model file is named");
  refused(reference("/nowhere/m.gguf"), "does not exist");
  refused(reference("m.gguf", {{"threads", "0"}}), "threads=0 is not a whole number from 1");
  refused(reference("m.gguf", {{"ctx", "12x"}}), "ctx=12x is not a whole number");
  refused(reference("m.gguf", {{"chat", "maybe"}}), "chat=maybe is not one of off, on, auto");
  refused(reference("m.gguf", {{"exclusive", "on"}, {"seqs", "4"}}), "exclusive=on asks one request at a time");
  refused(reference("m.gguf", {{"exclusive", "yes"}}), "exclusive=yes is not one of off, on");
  refused(reference("m.gguf", {{"kv", "q9"}}), "kv=q9 is not one of f16, f32");
  refused(reference("m.gguf", {{"kv", "q8_0"}, {"flash", "off"}}), "kv=q8_0 wants flash attention");
  refused(reference("m.gguf", {{"batch", "7"}}), "batch=7 is not a whole number from 8");
}

}  // namespace
}  // namespace assay
