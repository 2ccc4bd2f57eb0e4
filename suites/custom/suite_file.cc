#include "suites/custom/suite_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "harness/core/hash.h"
#include "harness/core/text.h"
#include "suites/custom/protocols.h"

namespace assay::custom {
namespace {

constexpr const char* kFormat = "1";
constexpr const char* kLetterInstruction = "Reply with the letter of the right answer and nothing else.";

// The node as one line that does not depend on layout, comments or the order of keys.
std::string canonical(const YamlNode& node) {
  const auto quoted = [](const std::string& text) { return std::to_string(text.size()) + ":" + text; };
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "~";
    case YamlNode::Kind::kScalar:
      return quoted(node.text);
    case YamlNode::Kind::kList: {
      std::string text = "[";
      for (const YamlNode& item : node.items) text += canonical(item) + ",";
      return text + "]";
    }
    case YamlNode::Kind::kMap:
      break;
  }
  std::vector<std::string> members;
  for (const auto& [key, value] : node.entries) members.push_back(quoted(key.text) + "=" + canonical(value));
  std::sort(members.begin(), members.end());
  std::string text = "{";
  for (const std::string& member : members) text += member + ",";
  return text + "}";
}

std::string version_of(const YamlNode& root) {
  YamlNode counted = root;
  std::erase_if(counted.entries, [](const YamlEntry& entry) { return entry.key.text == "title"; });
  return std::string(kFormat) + "-" + sha256_hex(canonical(counted)).substr(0, 12);
}

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= 64 && text.front() != '-' && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                  c == '.';
         });
}

// A data file by its path in the suite's file; its name is what the file says, so that the data's hash does not depend
// on where the suite lies.
Result<reading::DataFile> data_file(const Placed& path, const std::string& folder) {
  auto file = reading::file_at(beside(folder, path.text));
  if (!file) return usage_error(path.where + ": " + file.error().message);
  const std::string name = file->name;
  const bool known = name.ends_with(".csv") || name.ends_with(".jsonl") || name.ends_with(".json");
  if (!known) {
    return usage_error(path.where + ": " + on_one_line(path.text) +
                       ": expected a .csv, .jsonl or .json file, plain or gzipped");
  }
  file->name = path.text.ends_with(".gz") ? path.text.substr(0, path.text.size() - 3) : path.text;
  return file;
}

template <class Target, class Value>
Result<void> fill(Target& target, Result<std::optional<Value>> value) {
  if (!value) return forward_error(value);
  if (*value) target = std::move(**value);
  return {};
}

// Reads the parts of the file in turn; the first error ends it.
class Reader {
 public:
  Reader(YamlFields fields, SuiteFile file) : fields_(std::move(fields)), file_(std::move(file)) {}

  Result<SuiteFile> read() {
    for (const auto part : {&Reader::read_head, &Reader::read_rows, &Reader::read_question, &Reader::read_choices,
                            &Reader::read_examples, &Reader::read_generate, &Reader::read_cot, &Reader::read_rag,
                            &Reader::read_scoring, &Reader::read_protocols}) {
      if (Result<void> done = (this->*part)(); !done) return forward_error(done);
    }
    if (Result<void> finished = fields_.finish(); !finished) return forward_error(finished);
    return std::move(file_);
  }

 private:
  Result<Placed> required(const std::string& key, const std::string& example) {
    auto value = fields_.text(key);
    if (!value) return forward_error(value);
    if (!*value || (*value)->text.empty()) {
      const std::string near = *value ? "" : closest(key, fields_.names());
      return usage_error(fields_.where(key) + ": is missing" + (near.empty() ? "" : " (there is '" + near + "')") +
                         ", as in '" + key + ": " + example + "'");
    }
    return std::move(**value);
  }

  Result<void> read_head() {
    auto format = required("assay_suite", kFormat);
    if (!format) return forward_error(format);
    if (format->text != kFormat)
      return usage_error(format->where + ": '" + on_one_line(format->text) +
                         "' is no format that this assay knows (1)");
    auto name = required("name", "support");
    if (!name) return forward_error(name);
    if (!is_name(name->text)) {
      return usage_error(name->where + ": '" + on_one_line(name->text) +
                         "' is no name: letters, digits, '_', '-' and '.', at most 64");
    }
    file_.name = name->text;
    auto title = fields_.text("title");
    if (!title) return forward_error(title);
    file_.title = *title ? on_one_line((*title)->text) : "a custom suite: " + file_.path;
    return {};
  }

  Result<void> read_rows() {
    auto data = required("data", "questions.csv");
    if (!data) return forward_error(data);
    auto file = data_file(*data, file_.folder);
    if (!file) return forward_error(file);
    file_.data_path = std::move(*data);
    file_.data = std::move(*file);
    if (auto read = fill(file_.id_column, fields_.text("id")); !read) return read;
    if (auto read = fill(file_.cluster_column, fields_.text("cluster")); !read) return read;
    auto groups = fields_.texts("group");
    if (!groups) return forward_error(groups);
    file_.group_columns = std::move(*groups);
    return {};
  }

  Result<void> read_question() {
    auto prompt = required("prompt", "\"{{ question }}\"");
    if (!prompt) return forward_error(prompt);
    file_.prompt = std::move(*prompt);
    if (auto read = fill(file_.system, fields_.text("system")); !read) return read;
    if (auto read = fill(file_.target, fields_.text("target")); !read) return read;
    if (auto read = fill(file_.targets, fields_.text("targets")); !read) return read;
    if (file_.target && file_.targets) return usage_error(file_.targets->where + ": give either target or targets");
    auto separator = fields_.text("targets_separator");
    if (!separator) return forward_error(separator);
    if (*separator) file_.targets_separator = (*separator)->text;
    auto delimiter = fields_.text("delimiter");
    if (!delimiter) return forward_error(delimiter);
    if (*delimiter) file_.delimiter = (*delimiter)->text;
    return {};
  }

  Result<void> read_choices() {
    const YamlNode* node = fields_.take("choices");
    file_.letter_instruction = kLetterInstruction;
    auto instruction = fields_.text("letter_instruction");
    if (!instruction) return forward_error(instruction);
    if (*instruction) file_.letter_instruction = (*instruction)->text;
    if (node == nullptr) return {};
    if (node->kind == YamlNode::Kind::kScalar && node->text.find("{{") == std::string::npos) {
      file_.choices_column = Placed{node->text, fields_.where("choices")};
    } else if (node->kind == YamlNode::Kind::kScalar) {
      const std::string& text = node->text;
      const bool is_one = text.starts_with("{{") && text.ends_with("}}") && text.find("{{", 2) == std::string::npos;
      if (!is_one) {
        return usage_error(fields_.where("choices") +
                           ": expected a list, a column, or one {{ expression }} that is a list");
      }
      file_.choices_list = Placed{"{{ (" + text.substr(2, text.size() - 4) + ") | tojson }}", fields_.where("choices")};
    } else {
      auto choices = fields_.texts("choices");
      if (!choices) return forward_error(choices);
      constexpr std::size_t kMost = 26;
      if (choices->size() < 2 || choices->size() > kMost) {
        return usage_error(fields_.where("choices") + ": expected 2 to 26 choices, not " +
                           std::to_string(choices->size()));
      }
      file_.choices = std::move(*choices);
    }
    if (!file_.target)
      return usage_error(fields_.where("choices") +
                         ": choices need a target: the right choice's text, letter or number from 0");
    return {};
  }

  Result<void> read_examples() {
    const YamlNode* node = fields_.take("examples");
    if (node == nullptr) return {};
    auto fields = YamlFields::of(*node, file_.path, "examples");
    if (!fields) return forward_error(fields);
    file_.has_examples = true;
    ExampleRules& rules = file_.examples;
    auto count = fields->integer("count", 0, kMaxExamples);
    if (!count) return forward_error(count);
    rules.count = static_cast<int>(count->value_or(0));
    auto choose = fields->word("choose", {"first", "random"});
    if (!choose) return forward_error(choose);
    rules.random = choose->value_or("first") == "random";
    auto seed = fields->integer("seed", 0, std::int64_t{1} << 62);
    if (!seed) return forward_error(seed);
    rules.seed = static_cast<std::uint64_t>(seed->value_or(0));
    auto same = fields->text("same");
    if (!same) return forward_error(same);
    if (*same) rules.same = (*same)->text;
    if (auto read = fill(rules.file, fields->text("file")); !read) return read;
    auto separator = fields->text("separator");
    if (!separator) return forward_error(separator);
    if (*separator) rules.separator = (*separator)->text;
    if (auto read = fill(file_.example_answer, fields->text("answer")); !read) return read;
    if (rules.file) {
      auto found = data_file(*rules.file, file_.folder);
      if (!found) return forward_error(found);
    }
    return fields->finish();
  }

  Result<void> read_generate() {
    const YamlNode* node = fields_.take("generate");
    if (node == nullptr) return {};
    auto fields = YamlFields::of(*node, file_.path, "generate");
    if (!fields) return forward_error(fields);
    auto max_tokens = fields->integer("max_tokens", 1, 10'000'000);
    if (!max_tokens) return forward_error(max_tokens);
    if (*max_tokens) file_.generate.max_tokens = static_cast<int>(**max_tokens);
    if (auto read = fill(file_.generate.temperature, fields->number("temperature", 0, 10)); !read) return read;
    if (auto read = fill(file_.generate.top_p, fields->number("top_p", 0, 1)); !read) return read;
    const bool has_stop = fields->take("stop") != nullptr;
    auto stop = fields->texts("stop");
    if (!stop) return forward_error(stop);
    if (has_stop) {
      file_.generate.stop.emplace();
      for (const Placed& one : *stop) {
        if (one.text.empty())
          return usage_error(one.where + ": an empty text would stop every answer before it begins");
        file_.generate.stop->push_back(one.text);
      }
    }
    return fields->finish();
  }

  Result<void> read_cot() {
    const YamlNode* node = fields_.take("cot");
    if (node == nullptr) return {};
    auto rules = CotRules::parse(*node, file_.path);
    if (!rules) return forward_error(rules);
    file_.cot = std::move(*rules);
    if (file_.cot.reasoning && !file_.has_examples) {
      return usage_error(file_.cot.reasoning->where + ": is of worked examples, and the file has no 'examples:'");
    }
    return {};
  }

  Result<void> read_rag() {
    const YamlNode* node = fields_.take("rag");
    if (node == nullptr) return {};
    auto rules = RagRules::parse(*node, file_.path, file_.folder);
    if (!rules) return forward_error(rules);
    file_.rag = std::move(*rules);
    return {};
  }

  Result<void> read_scoring() {
    if (const YamlNode* node = fields_.take("answer")) {
      auto reader = AnswerReader::parse(*node, file_.path);
      if (!reader) return forward_error(reader);
      file_.answer = std::move(*reader);
    }
    if (auto read = read_judge(); !read) return read;
    const YamlNode* score = fields_.take("score");
    file_.has_rules = score != nullptr || !file_.judge;
    auto scorer = Scorer::parse(score, file_.path, file_.folder);
    if (!scorer) return forward_error(scorer);
    file_.scorer = std::move(*scorer);
    file_.scores_text = score != nullptr || !file_.has_choices();
    if (!file_.answer) file_.answer.emplace(file_.scorer.default_answer());
    if (file_.judge && file_.scorer.executes()) {
      return usage_error(fields_.where("score") + ": code and sql do not go together with a judge; write two suites");
    }
    if (file_.scores_text && file_.has_rules && file_.scorer.needs_target() && !file_.target && !file_.targets) {
      return usage_error(fields_.where("target") +
                         ": is missing: what is the right answer, as in 'target: \"{{ answer }}\"'");
    }
    auto headline = fields_.word("headline", {"accuracy", "accuracy_norm", "accuracy_norm_bytes"});
    if (!headline) return forward_error(headline);
    file_.headline = headline->value_or("accuracy");
    if (*headline && !file_.has_choices())
      return usage_error(fields_.where("headline") + ": is for suites with choices");
    return {};
  }

  Result<void> read_judge() {
    const YamlNode* node = fields_.take("judge");
    if (node == nullptr) return {};
    if (file_.has_choices()) return usage_error(fields_.where("judge") + ": is for suites without choices");
    auto judge = JudgeRules::parse(*node, file_.path);
    if (!judge) return forward_error(judge);
    file_.judge = std::move(*judge);
    YamlNode rubric = *node;
    std::erase_if(rubric.entries, [](const YamlEntry& entry) { return entry.key.text == "model"; });
    file_.rubric_sha256 = sha256_hex(canonical(rubric));
    return {};
  }

  Result<void> read_protocols() {
    std::vector<std::string> possible;
    if (file_.has_choices()) possible = {kLoglikelihood, kLetter};
    if (file_.scores_text) {
      possible.emplace_back("generate");
      possible.emplace_back(kCompletion);
    }
    possible.emplace_back(kCot);
    auto wanted = fields_.texts("protocols");
    if (!wanted) return forward_error(wanted);
    for (const Placed& protocol : *wanted) {
      if (std::find(possible.begin(), possible.end(), protocol.text) == possible.end()) {
        return usage_error(protocol.where + ": '" + on_one_line(protocol.text) + "' is no protocol of this suite" +
                           did_you_mean(protocol.text, possible) + "; it can have " + listed(possible));
      }
      if (std::find(file_.protocols.begin(), file_.protocols.end(), protocol.text) == file_.protocols.end()) {
        file_.protocols.push_back(protocol.text);
      }
    }
    if (file_.protocols.empty()) file_.protocols = std::move(possible);
    return {};
  }

  YamlFields fields_;
  SuiteFile file_;
};

}  // namespace

Result<reading::DataFile> example_file(const SuiteFile& file) { return data_file(*file.examples.file, file.folder); }

Result<std::string> read_yaml_text(const std::string& path) {
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) return usage_error(path + ": is a directory; expected a YAML file");
  if (std::filesystem::exists(path, failed) && !std::filesystem::is_regular_file(path, failed)) {
    return usage_error(path + ": is not an ordinary file; a suite's file is read more than once, so save it first");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return usage_error(path + ": cannot be read: " + std::strerror(errno) + "; `assay suite new " + path +
                       "` writes one to begin with");
  std::string text(kMaxSuiteFile + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

Result<SuiteFile> read_suite_file(const std::string& path) {
  auto text = read_yaml_text(path);
  if (!text) return forward_error(text);
  auto root = parse_yaml(*text, path);
  if (!root) return forward_error(root);
  if (root->kind == YamlNode::Kind::kNull) {
    return usage_error(path + ": is empty; a suite's file starts with 'assay_suite: 1' (`assay suite new` writes one)");
  }
  SuiteFile file;
  file.path = path;
  file.folder = std::filesystem::path(path).parent_path().string();
  file.version = version_of(*root);
  auto fields = YamlFields::of(*root, path, "the file");
  if (!fields) return forward_error(fields);
  auto is_ours = fields->text("assay_suite");
  if (!is_ours) return forward_error(is_ours);
  if (!*is_ours) {
    return usage_error(path + ":1: has no 'assay_suite: 1', with which a suite's file starts" +
                       std::string(fields->take("task") != nullptr || fields->take("doc_to_text") != nullptr
                                       ? "; is it a task of lm-evaluation-harness? `assay suite import` reads those"
                                       : ""));
  }
  auto again = YamlFields::of(*root, path, "the file");
  if (!again) return forward_error(again);
  return Reader(std::move(*again), std::move(file)).read();
}

}  // namespace assay::custom
