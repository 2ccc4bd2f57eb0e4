// Wire cases: tests/cases/wire/<format>/*.txt (README.md there says how they read). Each is one request, the exact
// HTTP request it must become, and replies with the completion that each must become.
#include "adapters/http/wire.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "adapters/anthropic/anthropic_wire.h"
#include "adapters/gemini/gemini_wire.h"
#include "adapters/http/error_reply.h"
#include "adapters/http/sse.h"
#include "adapters/openai/openai_options.h"
#include "adapters/openai/openai_wire.h"
#include "tests/catch.h"

namespace assay {
namespace {

struct Section {
  std::string title;  // "request", "sent", "reply 200", "reply stream", "completion"
  std::string body;   // without its last line end
};

std::vector<Section> sections_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Section> sections;
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("== ")) {
      sections.push_back({line.substr(3), ""});
    } else if (!sections.empty()) {
      sections.back().body += (sections.back().body.empty() ? "" : "\n") + line;
    }
  }
  return sections;
}

// A value: as it stands, or a JSON string where it begins with a quotation mark.
std::string value_of(const std::string& text) {
  return text.starts_with('"') ? nlohmann::json::parse(text).get<std::string>() : text;
}

struct Asked {
  std::string model = "m";
  std::string options;
  bool hosted = false;
  Request request;
};

Asked asked_of(const std::string& body) {
  Asked asked;
  GenerateRequest generate;
  LoglikelihoodRequest scored;
  generate.max_tokens = 8;
  std::istringstream lines(body);
  std::string line;
  while (std::getline(lines, line)) {
    const std::size_t colon = line.find(": ");
    REQUIRE(colon != std::string::npos);
    const std::string key = line.substr(0, colon);
    const std::string value = value_of(line.substr(colon + 2));
    if (key == "model") asked.model = value;
    if (key == "options") asked.options = "?" + value;
    if (key == "hosted") asked.hosted = value == "yes";
    if (key == "system") generate.messages.push_back({Role::kSystem, value});
    if (key == "user") generate.messages.push_back({Role::kUser, value});
    if (key == "assistant") generate.messages.push_back({Role::kAssistant, value});
    if (key == "prompt") generate.prompt = value;
    if (key == "stop") generate.stop.push_back(value);
    if (key == "max_tokens") generate.max_tokens = std::stoi(value);
    if (key == "temperature") generate.temperature = std::stod(value);
    if (key == "top_p") generate.top_p = std::stod(value);
    if (key == "seed") generate.seed = std::stoull(value);
    if (key == "top_logprobs") generate.top_logprobs = std::stoi(value);
    if (key == "context") scored.context = value;
    if (key == "continuation") scored.continuations.push_back(value);
    if (key == "opening") scored.openings.push_back(value);
  }
  if (scored.continuations.empty()) {
    asked.request.body = generate;
  } else {
    asked.request.body = scored;
  }
  return asked;
}

std::unique_ptr<http::WireFormat> format_of(const std::string& name, const Asked& asked) {
  const Result<ModelRef> ref = parse_model_ref(name + ":" + asked.model + "@http://127.0.0.1" + asked.options);
  REQUIRE(ref);
  if (name == "anthropic") {
    return std::make_unique<anthropic::WireFormat>(anthropic::WireSettings{
        asked.model, std::stoi(ref->option("thinking").value_or("0")), http::StreamMode::kAuto});
  }
  if (name == "gemini") {
    gemini::WireSettings settings{asked.model, std::nullopt, http::StreamMode::kAuto};
    if (ref->option("thinking")) settings.thinking_tokens = std::stoi(*ref->option("thinking"));
    return std::make_unique<gemini::WireFormat>(settings);
  }
  openai::WireSettings settings;
  settings.model = asked.model;
  settings.is_hosted = asked.hosted || name == "azure";
  settings.send_model = name != "azure";
  settings.query = name == "azure" ? "?api-version=2024-10-21" : "";
  settings.offers_completions = true;
  settings.offers_echo = true;
  const Result<openai::WireSettings> read = openai::read_options(*ref, settings);
  REQUIRE(read);
  return std::make_unique<openai::WireFormat>(*read);
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string number(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

// A completion as the `completion` sections write it: only what is set, in this order.
std::string printed(const Completion& completion) {
  std::vector<std::string> lines;
  if (completion.failure) {
    const char* actions[] = {"retry", "retry after", "give up item", "end model"};
    lines.push_back(
        "failure: " + std::string(failure_name(completion.failure->kind)) + ", " +
        actions[static_cast<int>(completion.failure->action)] +
        (completion.failure->retry_after_ms > 0 ? " " + number(completion.failure->retry_after_ms) + " ms" : ""));
    lines.push_back("message: " + completion.failure->message);
  } else {
    if (completion.continuations.empty()) lines.push_back("text: " + quoted(completion.text));
    if (!completion.reasoning.empty()) lines.push_back("reasoning: " + quoted(completion.reasoning));
    for (const ContinuationScore& score : completion.continuations) {
      lines.push_back("continuation: " + number(score.logprob) + ", " + std::to_string(score.tokens) + " tokens" +
                      (score.is_greedy ? ", greedy" : ""));
    }
    for (const TokenAlternative& top : completion.top_logprobs) {
      lines.push_back("top: " + quoted(top.token) + " " + number(top.logprob));
    }
    if (completion.finish != FinishReason::kNone) {
      lines.push_back("finish: " + std::string(finish_reason_name(completion.finish)));
    }
    const std::pair<const char*, std::optional<std::int64_t>> counts[] = {
        {"prompt", completion.usage.prompt},
        {"completion", completion.usage.completion},
        {"reasoning", completion.usage.reasoning},
        {"cached", completion.usage.cached},
        {"cache_write", completion.usage.cache_write}};
    std::string usage;
    for (const auto& [name, count] : counts) {
      if (count) usage += std::string(usage.empty() ? "" : ", ") + name + " " + std::to_string(*count);
    }
    if (!usage.empty()) lines.push_back("usage: " + usage);
    if (!completion.served_model.empty()) lines.push_back("served: " + completion.served_model);
  }
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

// Feeds a stream in pieces of `size` bytes.
Completion streamed(const http::WireFormat& format, const http::Expected& expected, const std::string& body,
                    std::size_t size) {
  const auto reader = format.stream_reader(expected);
  http::SseParser parser;
  const auto handler = [&](std::string_view type, std::string_view data) {
    if (!reader->ended()) static_cast<void>(reader->on_event(type, data));
    return true;
  };
  for (std::size_t i = 0; i < body.size(); i += size) {
    REQUIRE(parser.feed(std::string_view(body).substr(i, size), handler));
  }
  REQUIRE(parser.finish(handler));
  return reader->finish();
}

std::filesystem::path cases_folder() {
  const char* source = std::getenv("ASSAY_SOURCE_DIR");
  return std::filesystem::path(source == nullptr ? "." : source) / "tests" / "cases" / "wire";
}

std::vector<std::filesystem::path> case_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(cases_folder())) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST_CASE("wire cases: the exact request, and every reply understood", "[wire]") {
  const std::vector<std::filesystem::path> files = case_files();
  REQUIRE(files.size() >= 8);
  for (const std::filesystem::path& file : files) {
    DYNAMIC_SECTION(file.parent_path().filename().string() + "/" + file.filename().string()) {
      const std::vector<Section> sections = sections_of(file);
      REQUIRE(sections.size() >= 2);
      REQUIRE(sections[0].title == "request");
      const Asked asked = asked_of(sections[0].body);
      const auto format = format_of(file.parent_path().filename().string(), asked);
      const auto encoded = format->encode(asked.request);
      http::Expected expected;
      std::string sent;
      if (const auto* call = std::get_if<http::WireCall>(&encoded)) {
        expected = call->expected;
        sent = "POST " + call->path + "\n" + call->body;
        CHECK(nlohmann::json::accept(call->body));
      } else {
        sent = printed(http::failed_completion(std::get<Failure>(encoded)));
      }
      REQUIRE(sections[1].title == "sent");
      CHECK(sent == sections[1].body);
      for (std::size_t i = 2; i + 1 < sections.size(); i += 2) {
        const std::string& title = sections[i].title;
        const std::string& body = sections[i].body;
        INFO("reply " << i / 2 << ": " << body);
        REQUIRE(sections[i + 1].title == "completion");
        if (title == "reply stream") {
          CHECK(printed(streamed(*format, expected, body + "\n", 1)) == sections[i + 1].body);
          CHECK(printed(streamed(*format, expected, body + "\n", body.size() + 1)) == sections[i + 1].body);
        } else if (title == "reply 200") {
          CHECK(printed(format->decode(expected, body)) == sections[i + 1].body);
        } else {
          REQUIRE(title.starts_with("reply "));
          const int status = std::stoi(title.substr(6));
          CHECK(printed(http::failed_completion(http::failure_of_reply(status, {}, http::read_error_body(body)))) ==
                sections[i + 1].body);
        }
      }
    }
  }
}

}  // namespace
}  // namespace assay
