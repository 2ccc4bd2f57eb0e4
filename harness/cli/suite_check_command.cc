// `assay suite check`: whether a suite's file and all its rows are right, and what its questions look like.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <variant>

#include "harness/cli/command.h"
#include "harness/config/setting.h"
#include "harness/run/stored_run.h"
#include "results/report/text.h"
#include "suites/custom/custom_suite.h"

namespace assay::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShown = 3;

/// A question with what becomes of two answers to it.
struct ShownItem {
  Item item;
  Request request;
  Score empty;                 ///< of no answer at all
  std::optional<Score> right;  ///< of the right answer itself, where it is a text
  std::vector<Request> judge;  ///< what a judge would be asked about the right answer
};

/// How a suite with documents is asked by the strategy `rag`.
struct CheckedRetrieval {
  std::int64_t documents = 0;
  std::int64_t passages = 0;
  std::string model;  ///< that embeds; empty: none
  Item item;          ///< the first
  Request request;    ///< of it
  Score score;        ///< of no answer: with what was retrieved
};

/// What reading the whole suite found.
struct Checked {
  SuiteInfo info;
  std::string protocol;
  int shots = 0;
  std::string data_sha256;
  std::int64_t items = 0;
  std::map<std::string, std::map<std::string, std::int64_t>> groups;  ///< level, name, items
  std::vector<ShownItem> shown;
  std::int64_t right_answers = 0;       ///< whose own score was looked at
  std::int64_t right_but_not_full = 0;  ///< of these, below 1
  std::string first_not_full;           ///< item and why
  std::optional<CheckedRetrieval> retrieval;
};

// Whether the right answer is a text that can be judged at no cost: programs are executed, choices have no text.
bool right_answer_is_text(const Checked& checked) {
  if (checked.protocol == "loglikelihood" || checked.info.judge) return false;
  return std::none_of(checked.info.metrics.begin(), checked.info.metrics.end(), [](const MetricSpec& metric) {
    return metric.aggregation == Aggregation::kPassAtK || metric.name == "execution_accuracy" ||
           metric.name == "regex_match" || metric.name == "json_valid";
  });
}

// What a judge of the suite would be asked about an item's right answer, or about some answer where there is none.
Result<std::vector<Request>> judge_questions(const Suite& suite, const Item& item) {
  Completion answer;
  answer.text = item.target.empty() ? "(an answer)" : item.target;
  return suite.judge_questions(item, 0, answer);
}

// Reads documents, questions and gold of all rows. BM25 stands in for an embedding model: none is asked.
Result<CheckedRetrieval> check_retrieval(const SuiteEntry& entry, SuiteOptions options) {
  options.retrieve = true;
  options.is_dry_run = true;
  options.shots = 0;
  auto suite = entry.make(options);
  if (!suite) return forward_error(suite);
  auto all = (*suite)->load();
  if (!all) return forward_error(all);
  while (true) {
    auto item = (*all)->next();
    if (!item) return forward_error(item);
    if (!*item) break;
  }
  if (auto chosen = (*suite)->choose({0}); !chosen) return forward_error(chosen);
  auto source = (*suite)->load();
  if (!source) return forward_error(source);
  auto first = (*source)->next();
  if (!first) return forward_error(first);
  if (!*first) return usage_error(entry.name + ": its data has no rows");
  const SuiteRetrieval& retrieval = *(*suite)->info().retrieval;
  return CheckedRetrieval{retrieval.documents,       retrieval.passages,
                          retrieval.model,           **first,
                          (*suite)->ask(**first, 0), (*suite)->score(**first, Completion{})};
}

Result<Checked> check(const std::string& path, const std::string& protocol, std::optional<int> shots,
                      const std::string& against) {
  auto entry = custom::entry(path);
  if (!entry) return forward_error(entry);
  Checked checked;
  checked.protocol = entry->protocols.front().name;
  if (!protocol.empty()) {
    std::string listed;
    for (const Protocol& one : entry->protocols) listed += (listed.empty() ? "" : ", ") + one.name;
    const bool known = std::any_of(entry->protocols.begin(), entry->protocols.end(),
                                   [&](const Protocol& one) { return one.name == protocol; });
    if (!known)
      return usage_error("--protocol: " + entry->name + " has no protocol '" + protocol + "'; it has: " + listed);
    checked.protocol = protocol;
  }
  for (const Protocol& one : entry->protocols) {
    if (one.name == checked.protocol) checked.shots = shots.value_or(one.default_shots.value_or(entry->default_shots));
  }
  if (checked.shots > entry->max_shots) {
    return usage_error("--shots: " + entry->name + " has no examples: in its file; it can be asked with 0 to " +
                       std::to_string(entry->max_shots));
  }
  SuiteOptions options;
  options.protocol = checked.protocol;
  options.shots = checked.shots;
  if (!against.empty()) options.extra.emplace_back(kAgainstOption, against);
  if (auto opened = open_against(options); !opened) return forward_error(opened);
  auto suite = entry->make(options);
  if (!suite) return forward_error(suite);
  checked.info = (*suite)->info();
  auto hash = (*suite)->data_sha256();
  if (!hash) return forward_error(hash);
  checked.data_sha256 = std::move(*hash);
  auto source = (*suite)->load();
  if (!source) return forward_error(source);
  const bool judges_right = right_answer_is_text(checked);
  while (true) {
    auto item = (*source)->next();
    if (!item) return forward_error(item);
    if (!*item) break;
    ++checked.items;
    for (const Group& group : (*item)->groups) ++checked.groups[group.level][group.name];
    std::optional<Score> right;
    if (judges_right) {
      Completion answer;
      answer.text = (*item)->target;
      right = (*suite)->score(**item, answer);
      ++checked.right_answers;
      if (right->value < 1) {
        if (checked.right_but_not_full++ == 0) checked.first_not_full = (*item)->id + ": " + right->why;
      }
    }
    if (checked.shown.size() < kShown) {
      auto judge = judge_questions(**suite, **item);
      if (!judge) return forward_error(judge);
      checked.shown.push_back(
          {**item, (*suite)->ask(**item, 0), (*suite)->score(**item, Completion{}), right, std::move(*judge)});
    }
  }
  if (checked.items == 0) return usage_error(path + ": its data has no rows");
  if (entry->retrieves) {
    auto retrieval = check_retrieval(*entry, options);
    if (!retrieval) return forward_error(retrieval);
    checked.retrieval = std::move(*retrieval);
  }
  return checked;
}

Json request_json(const Request& request) {
  if (const auto* body = std::get_if<LoglikelihoodRequest>(&request.body)) {
    return {{"context", body->context}, {"continuations", body->continuations}};
  }
  const auto& body = std::get<GenerateRequest>(request.body);
  Json json{{"messages", Json::array()}, {"prompt", body.messages.empty() ? Json(body.prompt) : Json(nullptr)}};
  for (const Message& message : body.messages) {
    const char* role = message.role == Role::kSystem ? "system" : message.role == Role::kUser ? "user" : "assistant";
    json["messages"].push_back({{"role", role}, {"content", message.content}});
  }
  json["stop"] = body.stop;
  json["max_tokens"] = body.max_tokens;
  json["temperature"] = body.temperature;
  return json;
}

void write_json(const Checked& checked, std::ostream& out) {
  Json json{{"schema", 1},
            {"suite", checked.info.name},
            {"suite_version", checked.info.version},
            {"data_sha256", checked.data_sha256},
            {"protocol", checked.protocol},
            {"shots", checked.shots},
            {"items", checked.items}};
  json["metrics"] = Json::array();
  for (const MetricSpec& metric : checked.info.metrics) json["metrics"].push_back(metric.name);
  if (checked.info.judge) {
    json["judge"] = {{"model", checked.info.judge->model.empty() ? Json(nullptr) : Json(checked.info.judge->model)},
                     {"rubric_sha256", checked.info.judge->rubric_sha256}};
  }
  json["groups"] = Json::object();
  for (const auto& [level, names] : checked.groups) json["groups"][level] = names;
  json["right_answers"] = {{"judged", checked.right_answers}, {"below_1", checked.right_but_not_full}};
  if (const auto& retrieval = checked.retrieval) {
    json["retrieval"] = {{"documents", retrieval->documents},
                         {"passages", retrieval->passages},
                         {"model", retrieval->model.empty() ? Json(nullptr) : Json(retrieval->model)},
                         {"item", retrieval->item.id},
                         {"request", request_json(retrieval->request)},
                         {"retrieved", retrieval->score.detail}};
  }
  json["shown"] = Json::array();
  for (const ShownItem& shown : checked.shown) {
    Json one{{"item", shown.item.id},
             {"request", request_json(shown.request)},
             {"target", shown.item.target},
             {"empty_answer", {{"score", shown.empty.value}, {"why", shown.empty.why}}}};
    one["right_answer"] = nullptr;
    if (shown.right) one["right_answer"] = {{"score", shown.right->value}, {"why", shown.right->why}};
    if (checked.info.judge) {
      one["judge"] = Json::array();
      for (const Request& request : shown.judge) one["judge"].push_back(request_json(request));
    }
    json["shown"].push_back(std::move(one));
  }
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

std::string block(const std::string& text) {
  std::string out = "    ";
  for (const char c : report::neutralised(text, report::Lines::kKeep)) {
    out += c;
    if (c == '\n') out += "    ";
  }
  return out + "\n";
}

void write_request(const Request& request, std::ostream& out) {
  if (const auto* body = std::get_if<LoglikelihoodRequest>(&request.body)) {
    out << "  context:\n" << block(body->context) << "  continuations:\n";
    for (const std::string& choice : body->continuations) out << block(choice);
    return;
  }
  const auto& body = std::get<GenerateRequest>(request.body);
  if (body.messages.empty()) out << "  prompt:\n" << block(body.prompt);
  for (const Message& message : body.messages) {
    const char* role = message.role == Role::kSystem ? "system" : message.role == Role::kUser ? "user" : "assistant";
    out << "  " << role << ":\n" << block(message.content);
  }
}

void write_text(const Checked& checked, std::ostream& out) {
  const auto line = [](const std::string& text) { return report::neutralised(text, report::Lines::kEscape); };
  out << checked.info.name << ": " << line(checked.info.title) << "\n";
  out << "  version " << checked.info.version << ", data SHA-256 " << checked.data_sha256.substr(0, 16)
      << "…\n  protocols:";
  for (const Protocol& protocol : checked.info.protocols) {
    out << " " << protocol.name << (protocol.name == checked.protocol ? " (shown)" : "");
  }
  out << "\n  metrics:";
  for (const MetricSpec& metric : checked.info.metrics)
    out << " " << metric.name << (metric.headline ? " (headline)" : "");
  if (checked.info.judge) {
    const std::string& model = checked.info.judge->model;
    out << "\n  judge: " << (model.empty() ? std::string("to be named with --judge") : line(model)) << ", rubric "
        << checked.info.judge->rubric_sha256.substr(0, 12);
  }
  out << "\n  items: " << checked.items << ", " << checked.shots << " examples before each\n";
  for (const auto& [level, names] : checked.groups) {
    out << "  " << line(level) << ":";
    constexpr std::size_t kMost = 12;
    std::size_t shown = 0;
    for (const auto& [name, items] : names) {
      if (shown++ == kMost) {
        out << " … (" << names.size() << " in all)";
        break;
      }
      out << (shown == 1 ? " " : ", ") << line(name) << " " << items;
    }
    out << "\n";
  }
  for (const ShownItem& shown : checked.shown) {
    out << "\n" << line(shown.item.id) << "\n";
    write_request(shown.request, out);
    out << "  right answer:\n" << block(shown.item.target);
    for (const Request& request : shown.judge) {
      out << "  the judge is asked about " << (shown.item.target.empty() ? "an answer" : "the right answer") << ":\n";
      write_request(request, out);
    }
    out << "  no answer scores " << report::exact_text(shown.empty.value) << ": " << line(shown.empty.why) << "\n";
    if (shown.right) {
      out << "  the right answer scores " << report::exact_text(shown.right->value) << ": " << line(shown.right->why)
          << "\n";
    }
  }
}

void write_retrieval(const CheckedRetrieval& retrieval, std::ostream& out) {
  const auto line = [](const std::string& text) { return report::neutralised(text, report::Lines::kEscape); };
  out << "\nby --strategy rag: " << retrieval.documents << (retrieval.documents == 1 ? " document, " : " documents, ")
      << retrieval.passages << (retrieval.passages == 1 ? " passage" : " passages");
  if (!retrieval.model.empty()) out << "; bm25 stands in for " << line(retrieval.model) << " here";
  out << "\n\n" << line(retrieval.item.id) << "\n";
  write_request(retrieval.request, out);
  out << "  " << report::neutralised(retrieval.score.detail, report::Lines::kKeep) << "\n";
}

Result<int> run_check(const Arguments& arguments, Program& program) {
  const std::string format = arguments.value("--format").value_or("text");
  if (format != "text" && format != "json") return usage_error("--format: '" + format + "' is not text or json");
  std::optional<int> shots;
  if (const auto text = arguments.value("--shots")) {
    auto number = config::whole_number({*text, "--shots"}, 0, 1000);
    if (!number) return forward_error(number);
    shots = static_cast<int>(*number);
  }
  auto checked = check(arguments.positionals[0], arguments.value("--protocol").value_or(""), shots,
                       arguments.value("--against").value_or(""));
  if (!checked) return forward_error(checked);
  if (format == "json") {
    write_json(*checked, program.out);
  } else {
    write_text(*checked, program.out);
    if (checked->retrieval) write_retrieval(*checked->retrieval, program.out);
  }
  program.out.flush();
  if (checked->right_but_not_full > 0) {
    program.err << "assay: " << checked->right_but_not_full << " of " << checked->right_answers
                << " right answers score less than 1 themselves (first "
                << report::neutralised(checked->first_not_full, report::Lines::kEscape)
                << "): do answer: and score: fit what a model is asked for?" << std::endl;
  }
  return 0;
}

}  // namespace

Command suite_check_command() {
  Command command;
  command.name = "suite check";
  command.help = "checks a custom suite and all its rows; shows three questions";
  command.positionals = {{"FILE.yaml", "the suite's file", true, false, {}}};
  command.options = {{"--protocol", "NAME", "how the questions are shown; default: the suite's first", false, {}},
                     {"--shots", "K", "worked examples before each question", false, {}},
                     {"--against", "RUN", "the run whose answers a pairwise judge compares with", false, {}},
                     {"--format", "text|json", "of the output", false, {"text", "json"}}};
  command.notes =
      "No model is asked. Every row is read, every template rendered, every right answer judged by the suite's own\n"
      "rules; what is wrong is named with file, line and field, and ends with exit code 2.\n";
  command.examples = {"assay suite check support.yaml", "assay suite check support.yaml --shots 3"};
  command.run = run_check;
  return command;
}

}  // namespace assay::cli
