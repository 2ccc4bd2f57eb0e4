#include "suites/custom/lm_eval_task.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "harness/core/excerpt.h"
#include "harness/core/text.h"
#include "harness/core/yaml_tree.h"
#include "suites/custom/answer_reader.h"
#include "suites/custom/new_suite.h"
#include "suites/custom/row_reader.h"
#include "suites/custom/suite_file.h"
#include "suites/reading/data_file.h"
#include "suites/reading/python_text.h"

namespace assay::custom {
namespace {

namespace fs = std::filesystem;

// JSON's quoting is YAML's.
std::string as_yaml(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// What messages show of a text of the file, which may be as long as the file.
std::string named(const std::string& text) {
  constexpr std::size_t kLongest = 100;
  return on_one_line(excerpt(text, kLongest));
}

bool is_true(const YamlNode& node) { return node.text == "true" || node.text == "True" || node.text == "yes"; }
bool is_false(const YamlNode& node) { return node.text == "false" || node.text == "False" || node.text == "no"; }

// Keys that say nothing about what is asked or how it is scored.
bool is_remark(const std::string& key) {
  static const std::vector<std::string> keys{"task_alias",
                                             "tag",
                                             "group",
                                             "group_alias",
                                             "metadata",
                                             "should_decontaminate",
                                             "doc_to_decontamination_query",
                                             "custom_dataset",
                                             "unsafe_code"};
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// lm-evaluation-harness renders without trim_blocks and lstrip_blocks; here they are on. The template that renders here
// as `text` renders there.
std::string for_our_engine(const std::string& text) {
  std::string out;
  std::size_t line_begin = 0;
  bool blank = true;  // the line so far
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool opens = text[i] == '{' && i + 1 < text.size() && (text[i + 1] == '%' || text[i + 1] == '#');
    if (opens && blank && out.size() > line_begin && text[i + 2] != '-') {
      const std::string before = out.substr(line_begin);
      out.replace(line_begin, std::string::npos, "{{ " + as_yaml(before) + " }}");
    }
    out += text[i];
    blank = blank && (text[i] == ' ' || text[i] == '\t');
    if (text[i] == '\n') {
      line_begin = out.size();
      blank = true;
    }
    const bool closes = text[i] == '}' && i > 0 && (text[i - 1] == '%' || text[i - 1] == '#');
    const bool trimmed = i > 1 && text[i - 2] == '-';
    if (closes && !trimmed && i + 1 < text.size() && text[i + 1] == '\n') {
      out += '\n';  // the one that the engine takes out
      line_begin = out.size();
      blank = true;
    }
  }
  return out;
}

// A whole template as a suite's file has it: of a line end at its very end one is taken out.
std::string template_as_yaml(const std::string& text) { return as_yaml(text.ends_with('\n') ? text + "\n" : text); }

class Importer {
 public:
  Importer(std::string path, std::string folder) : path_(std::move(path)), folder_(std::move(folder)) {}

  Result<std::string> import() {
    auto yaml = read_yaml_text(path_);
    if (!yaml) return forward_error(yaml);
    auto root = parse_yaml(*yaml, path_);
    if (!root) return forward_error(root);
    if (root->kind != YamlNode::Kind::kMap)
      return usage_error(path_ + ": is no task of lm-evaluation-harness: it has no keys");
    root_ = std::move(*root);
    if (find("assay_suite") != nullptr) return usage_error(path_ + ": is a suite of assay's own format already");
    for (const YamlEntry& entry : root_.entries) {
      if (entry.key.text == "include") {
        // what else may be missing is in that file
        problems_ = {{std::max(entry.key.line, 1), "include is not supported; write the keys of '" +
                                                       named(entry.value.text) + "' into the task's own file"}};
        return refused("");
      }
    }
    for (const YamlEntry& entry : root_.entries) {
      if (!is_known(entry.key.text) && !is_remark(entry.key.text))
        refuse(entry.key, entry.key.text, "is not supported");
      refuse_functions(entry.key.text, entry.value);
    }
    if (find("task") == nullptr) return refused("has no 'task'");
    task_ = text("task").value_or("");
    between_ = text("fewshot_delimiter").value_or("\n\n");
    delimiter_ = text("target_delimiter");
    read_data();
    if (!data_) return refused("");
    read_output_type();
    if (const YamlNode* shots = find("num_fewshot"); shots != nullptr) {
      shots_ = whole_number(*shots, "num_fewshot", 0, kMaxExamples).value_or(0);
    }
    read_prompt();
    read_examples();
    if (is_choice_) {
      read_choice_metrics();
    } else {
      read_generation();
      read_filters();
      read_text_metrics();
    }
    std::string suite = written_if_whole();
    if (!problems_.empty()) return refused("");
    return suite;
  }

 private:
  static bool is_known(const std::string& key) {
    static const std::vector<std::string> keys{"task",
                                               "dataset_path",
                                               "dataset_name",
                                               "dataset_kwargs",
                                               "test_split",
                                               "validation_split",
                                               "training_split",
                                               "fewshot_split",
                                               "output_type",
                                               "doc_to_text",
                                               "doc_to_target",
                                               "doc_to_choice",
                                               "target_delimiter",
                                               "fewshot_delimiter",
                                               "num_fewshot",
                                               "fewshot_config",
                                               "generation_kwargs",
                                               "filter_list",
                                               "metric_list",
                                               "description",
                                               "repeats"};
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  }

  const YamlNode* find(const std::string& key) const {
    for (const YamlEntry& entry : root_.entries) {
      if (entry.key.text == key) return entry.value.kind == YamlNode::Kind::kNull ? nullptr : &entry.value;
    }
    return nullptr;
  }

  static const YamlNode* member(const YamlNode& map, const std::string& key) {
    for (const YamlEntry& entry : map.entries) {
      if (entry.key.text == key) return &entry.value;
    }
    return nullptr;
  }

  void refuse(const YamlNode& node, const std::string& key, const std::string& why) {
    problems_.push_back({std::max(node.line, 1), named(key) + " " + why});
  }

  // Whether a node is of the kind that its key needs; a problem where it is not. A node of another kind has no text, no
  // items or no entries, and would pass for an empty one.
  bool is_kind(const YamlNode& node, YamlNode::Kind kind, const std::string& key, const char* expected) {
    if (node.kind == kind) return true;
    refuse(node, key, "is " + node.kind_name() + " where " + expected + " is expected");
    return false;
  }
  bool is_text(const YamlNode& node, const std::string& key) {
    return is_kind(node, YamlNode::Kind::kScalar, key, "a single value");
  }
  bool is_map(const YamlNode& node, const std::string& key) {
    return is_kind(node, YamlNode::Kind::kMap, key, "a map of keys");
  }
  bool is_list(const YamlNode& node, const std::string& key) {
    return is_kind(node, YamlNode::Kind::kList, key, "a list");
  }

  // Numbers are read, not passed on as texts: a text may hold line ends, and keys of the written suite behind them.
  std::optional<std::int64_t> whole_number(const YamlNode& node, const std::string& key, std::int64_t least,
                                           std::int64_t most) {
    const std::string& digits = node.text;
    const char* const end = digits.data() + digits.size();
    std::int64_t number = 0;
    const auto [stopped, error] = std::from_chars(digits.data(), end, number);
    const bool octal = digits.size() > 1 && digits.front() == '0';  // as Python's YAML reads 010
    const bool good = node.kind == YamlNode::Kind::kScalar && error == std::errc() && stopped == end && !octal;
    if (good && number >= least && number <= most) return number;
    refuse(node, key,
           "is " + as_given(node) + " where a whole number from " + std::to_string(least) + " to " +
               std::to_string(most) + " is expected");
    return std::nullopt;
  }

  std::optional<double> decimal_number(const YamlNode& node, const std::string& key, int most) {
    const std::string& digits = node.text;
    const char* const end = digits.data() + digits.size();
    double number = 0;
    const auto [stopped, error] = std::from_chars(digits.data(), end, number);
    const bool good = node.kind == YamlNode::Kind::kScalar && error == std::errc() && stopped == end;
    if (good && number >= 0 && number <= most) return number;
    refuse(node, key, "is " + as_given(node) + " where a number from 0 to " + std::to_string(most) + " is expected");
    return std::nullopt;
  }

  static std::string as_given(const YamlNode& node) {
    return node.kind == YamlNode::Kind::kScalar ? "'" + named(node.text) + "'" : node.kind_name();
  }

  // A number as JSON writes it, which YAML reads as the same one.
  static std::string as_yaml_number(double number) { return nlohmann::json(number).dump(); }

  void refuse_functions(const std::string& key, const YamlNode& node) {
    if (!node.tag.empty())
      refuse(node, key, "is Python (" + named(node.tag + " " + node.text) + "), which is never run");
    for (const YamlNode& item : node.items) refuse_functions(key, item);
    for (const YamlEntry& entry : node.entries) {
      refuse_functions(named(key) + ": " + named(entry.key.text), entry.value);
    }
  }

  tl::unexpected<Error> refused(const std::string& first) {
    if (!first.empty()) problems_.push_back({1, first});
    std::stable_sort(problems_.begin(), problems_.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
    std::string text = path_ + ": cannot be imported; not supported: ";
    constexpr std::size_t kMost = 100;
    for (std::size_t i = 0; i < std::min(problems_.size(), kMost); ++i) {
      text += (i == 0 ? "line " : "; line ") + std::to_string(problems_[i].line) + ": " + problems_[i].what;
    }
    if (problems_.size() > kMost) text += "; and " + std::to_string(problems_.size() - kMost) + " more";
    return usage_error(text);
  }

  // The single text of a key; nothing where it is not there. A problem where it is no text.
  std::optional<std::string> text(const std::string& key) {
    const YamlNode* node = find(key);
    if (node == nullptr) return std::nullopt;
    if (node->kind == YamlNode::Kind::kScalar) return node->text;
    refuse(*node, key, "is " + node->kind_name() + " where a text is expected");
    return std::nullopt;
  }

  // The file of a split, by what dataset_kwargs says.
  std::optional<std::string> file_of_split(const std::string& key, const std::string& split) {
    const YamlNode* kwargs = find("dataset_kwargs");
    const YamlNode* files = kwargs == nullptr ? nullptr : member(*kwargs, "data_files");
    if (files == nullptr) {
      refuse(kwargs == nullptr ? root_ : *kwargs, "dataset_kwargs", "has no data_files: the data must be local files");
      return std::nullopt;
    }
    for (const YamlEntry& entry : kwargs->entries) {
      if (entry.key.text != "data_files") refuse(entry.key, "dataset_kwargs: " + entry.key.text, "is not supported");
    }
    const YamlNode* file = files;
    if (files->kind == YamlNode::Kind::kMap) {
      file = member(*files, split);
      if (file == nullptr) {
        refuse(*files, key, "names the split '" + named(split) + "', which data_files does not have");
        return std::nullopt;
      }
    } else if (split != "train") {
      refuse(*files, key, "names the split '" + named(split) + "'; data without splits is called 'train'");
      return std::nullopt;
    }
    if (file->kind == YamlNode::Kind::kList && file->items.size() == 1) file = &file->items.front();
    if (file->kind != YamlNode::Kind::kScalar || file->text.find("://") != std::string::npos) {
      refuse(*file, "data_files", "is not one local file");
      return std::nullopt;
    }
    // As the task's folder has it, or else the working directory, as lm-evaluation-harness looks.
    const fs::path beside = fs::path(path_).parent_path() / file->text;
    std::error_code failed;
    const fs::path found = fs::exists(beside, failed) ? beside : fs::path(file->text);
    if (!fs::exists(found, failed)) {
      refuse(*file, "data_files", "names '" + named(file->text) + "', which is not there");
      return std::nullopt;
    }
    return found.string();
  }

  void read_data() {
    const std::string kind = text("dataset_path").value_or("");
    const YamlNode* node = find("dataset_path");
    if (kind != "json" && kind != "csv") {
      refuse(node == nullptr ? root_ : *node, "dataset_path",
             kind.empty()
                 ? "is missing"
                 : "'" + named(kind) + "' is a data set of a hub; export it to a file, and write json or csv here");
      return;
    }
    const char* key = find("test_split") != nullptr ? "test_split" : "validation_split";
    const auto split = text(key);
    if (!split) {
      refuse(root_, "test_split", "is missing");
      return;
    }
    data_ = file_of_split(key, *split);
    if (!data_) return;
    auto file = reading::file_at(*data_);
    if (file) {
      if (kind == "json" && file->name.ends_with(".json")) {
        // the same suffix for both forms: a list begins with a bracket
        auto stream = file->open();
        char head = 0;
        if (stream) static_cast<void>((*stream)->read(&head, 1));
        if (head != '[') refuse(*node, "dataset_path", "names lines of JSON in a .json file; call it .jsonl");
      }
      auto rows = RowReader::open(*file);
      auto row = rows ? (*rows)->next() : Result<std::optional<Row>>(std::optional<Row>());
      if (row && *row) fields_ = field_names(**row);
      if (!rows || !row || !*row)
        refuse(*node, "data_files",
               "cannot be read: " + (rows && row ? "no rows" : (rows ? row.error().message : rows.error().message)));
    }
    split_ = *split;
  }

  void read_output_type() {
    const std::string type = text("output_type").value_or("generate_until");
    is_choice_ = type == "multiple_choice";
    if (type != "multiple_choice" && type != "generate_until")
      refuse(*find("output_type"), "output_type", "'" + named(type) + "' is not supported");
    if (const YamlNode* repeats = find("repeats"); repeats != nullptr && repeats->text != "1")
      refuse(*repeats, "repeats", "is not supported; ask several samples by the suite's samples: option");
    if (const YamlNode* name = find("dataset_name"); name != nullptr && name->text != "null" && name->text != "None")
      refuse(*name, "dataset_name", "is for data sets of a hub");
  }

  // A template, or the name of a field.
  std::optional<std::string> as_template(const std::string& key) {
    const auto source = text(key);
    if (!source) {
      if (find(key) == nullptr) refuse(root_, key, "is missing");
      return std::nullopt;
    }
    if (std::find(fields_.begin(), fields_.end(), *source) != fields_.end())
      return "{{ row[" + as_yaml(*source) + "] }}";
    // What the engine has not, or does to ASCII and bytes only.
    static const RE2 differs(
        R"((?:\||\.)\s*(regex_replace|round|lower|upper|title|capitalize|tojson|length|swapcase)\b|(\[[^\]'\"]*:[^\]]*\]))");
    std::string word;
    std::string slice;
    if (RE2::PartialMatch(*source, differs, &word, &slice)) {
      refuse(*find(key), key,
             "uses " + (word.empty() ? named(slice) : "'" + word + "'") +
                 ", which the template engine here does not do as Jinja does");
    }
    return for_our_engine(*source);
  }

  void read_prompt() {
    prompt_ = as_template("doc_to_text");
    target_ = as_template("doc_to_target");
    if (const auto description = text("description").value_or(""); !description.empty()) {
      if (shots_ > 0) {
        refuse(*find("description"), "description", "with examples is not supported");
      } else if (prompt_) {
        prompt_ = for_our_engine(description) + *prompt_;
      }
    }
    if (!is_choice_) return;
    const YamlNode* choices = find("doc_to_choice");
    if (choices == nullptr) {
      refuse(root_, "doc_to_choice", "is missing");
    } else if (choices->kind == YamlNode::Kind::kList) {
      for (const YamlNode& choice : choices->items) {
        if (choice.text.find("{{") != std::string::npos || choice.text.find("{%") != std::string::npos) {
          refuse(choice, "doc_to_choice", "has a choice that looks like a template");
        } else if (choice.kind == YamlNode::Kind::kScalar) {
          choices_.push_back(choice.text);
        } else {
          refuse(choice, "doc_to_choice", "has something other than texts");
        }
      }
    } else if (choices->kind == YamlNode::Kind::kScalar) {
      const bool is_field = std::find(fields_.begin(), fields_.end(), choices->text) != fields_.end();
      choice_list_ =
          is_field ? "{{ row[" + as_yaml(choices->text) + "] }}" : std::string(reading::python_strip(choices->text));
      if (!choice_list_.starts_with("{{") || !choice_list_.ends_with("}}") ||
          choice_list_.find("{{", 2) != std::string::npos) {
        refuse(*choices, "doc_to_choice", "is neither a list, nor a field, nor one {{ expression }}");
      }
    } else {
      refuse(*choices, "doc_to_choice", "is " + choices->kind_name());
    }
  }

  void read_examples() {
    const YamlNode* config = find("fewshot_config");
    std::string sampler = "default";
    std::string split = text("fewshot_split").value_or(text("training_split").value_or(split_));
    if (config != nullptr && is_map(*config, "fewshot_config")) {
      for (const YamlEntry& entry : config->entries) {
        const bool is_split = entry.key.text == "split";
        if (is_split || entry.key.text == "sampler") {
          if (is_text(entry.value, "fewshot_config: " + entry.key.text))
            (is_split ? split : sampler) = entry.value.text;
        } else {
          refuse(entry.key, "fewshot_config: " + entry.key.text, "is not supported");
        }
      }
    }
    if (shots_ == 0) return;
    if (sampler != "first_n") {
      refuse(*find("num_fewshot"), "num_fewshot",
             "asks for examples drawn at random, which differ with each order of questions; write fewshot_config: "
             "{sampler: first_n}");
    }
    if (split != split_) example_file_ = file_of_split("fewshot_split", split);
  }

  void read_generation() {
    const YamlNode* kwargs = find("generation_kwargs");
    stop_ = {between_};
    std::erase(stop_, "");
    if (kwargs == nullptr || !is_map(*kwargs, "generation_kwargs")) return;
    const YamlNode* sample = nullptr;
    const std::size_t problems = problems_.size();
    for (const auto& [key, value] : kwargs->entries) {
      if (key.text == "until") {
        read_stop(value);
      } else if (key.text == "max_gen_toks") {
        if (const auto count = whole_number(value, key.text, 1, 10'000'000)) max_tokens_ = *count;
      } else if (key.text == "temperature") {
        if (const auto number = decimal_number(value, key.text, 10)) temperature_ = *number;
      } else if (key.text == "top_p") {
        if (const auto number = decimal_number(value, key.text, 1)) top_p_ = *number;
      } else if (key.text == "do_sample") {
        sample = &value;
        if (!is_true(value) && !is_false(value)) refuse(value, "do_sample", "is neither true nor false");
      } else {
        refuse(key, "generation_kwargs: " + key.text, "is not supported");
      }
    }
    // As lm-evaluation-harness has it: without a temperature it is 0, and without do_sample the temperature decides.
    samples_ = sample == nullptr ? temperature_ > 0 : is_true(*sample);
    if (sample != nullptr && samples_ && temperature_ == 0 && problems_.size() == problems) {
      refuse(*sample, "do_sample",
             "is true and the temperature 0, which it is too where none is given; give one above 0");
    }
  }

  void read_stop(const YamlNode& until) {
    stop_.clear();
    if (until.kind == YamlNode::Kind::kNull) return;
    if (until.kind == YamlNode::Kind::kList) {
      for (const YamlNode& item : until.items) {
        if (is_text(item, "until")) stop_.push_back(item.text);
      }
    } else if (is_text(until, "until")) {
      stop_.push_back(until.text);
    }
    std::erase(stop_, "");
  }

  void read_filters() {
    const YamlNode* list = find("filter_list");
    if (list == nullptr || !is_list(*list, "filter_list")) return;
    if (list->items.size() != 1) {
      refuse(*list, "filter_list",
             list->items.empty() ? "has no filter" : "has several filters; keep the one whose score is wanted");
      return;
    }
    const YamlNode* steps = member(list->items.front(), "filter");
    if (steps == nullptr) {
      refuse(list->items.front(), "filter_list", "has no 'filter'");
      return;
    }
    if (!is_list(*steps, "filter_list: filter")) return;
    for (const YamlNode& step : steps->items) {
      const YamlNode* function = member(step, "function");
      const std::string name = function == nullptr ? "" : function->text;
      if (name == "take_first") continue;
      if (name == "remove_whitespace") {
        answer_.emplace_back("strip");
      } else if (name == "lowercase") {
        lowercase_ = true;
      } else if (name == "regex") {
        read_regex(step);
      } else {
        refuse(step, "filter_list", "has the function '" + named(name) + "'");
      }
    }
  }

  void read_regex(const YamlNode& step) {
    const YamlNode* pattern = member(step, "regex_pattern");
    if (pattern != nullptr && !is_text(*pattern, "regex_pattern")) return;
    const std::string text = pattern == nullptr ? R"(#### (\-?[0-9\.\,]+))" : pattern->text;
    std::string take = "first";
    for (const auto& [key, value] : step.entries) {
      if (key.text == "group_select") {
        if (value.text == "-1") {
          take = "last";
        } else if (value.text != "0") {
          refuse(value, "group_select", "other than 0 and -1 is not supported");
        }
      } else if (key.text == "fallback") {
        if (value.text != "[invalid]") refuse(value, "fallback", "is not supported");
      } else if (key.text != "function" && key.text != "regex_pattern") {
        refuse(key, "regex: " + key.text, "is not supported");
      }
    }
    auto compiled = compile_regex(text, "regex_pattern");
    if (!compiled) {
      refuse(step, "regex_pattern", "does not compile in RE2's syntax: " + compiled.error().message);
    } else if ((*compiled)->NumberOfCapturingGroups() > 1) {
      refuse(step, "regex_pattern", "has several groups, of which the first that is not empty counts");
    }
    answer_.push_back("{regex: " + as_yaml(text) + ", take: " + take + "}");
    answer_.emplace_back("strip");
  }

  void read_choice_metrics() {
    const YamlNode* list = find("metric_list");
    if (list == nullptr || !is_list(*list, "metric_list")) return;
    bool first = true;
    for (const YamlNode& metric : list->items) {
      const std::string name = metric_name(metric, {});
      if (name == "acc_norm" && first) headline_ = "accuracy_norm";
      if (name == "acc_bytes" && first) headline_ = "accuracy_norm_bytes";
      if (name != "acc" && name != "acc_norm" && name != "acc_bytes")
        refuse(metric, "metric_list", "has the metric '" + named(name) + "'");
      first = false;
    }
  }

  // The name of a metric whose own options are `allowed` or what every metric has.
  std::string metric_name(const YamlNode& metric, const std::vector<std::string>& allowed) {
    std::string name;
    for (const auto& [key, value] : metric.entries) {
      if (key.text == "metric") {
        name = value.text;
      } else if (key.text == "aggregation") {
        if (value.text != "mean") refuse(value, "aggregation", "'" + named(value.text) + "' is not supported");
      } else if (key.text == "higher_is_better") {
        if (!is_true(value)) refuse(value, "higher_is_better", "false is not supported");
      } else if (std::find(allowed.begin(), allowed.end(), key.text) == allowed.end()) {
        refuse(key, "metric_list: " + key.text, "is not supported");
      }
    }
    return name;
  }

  void read_text_metrics() {
    const YamlNode* list = find("metric_list");
    if (list == nullptr || !is_list(*list, "metric_list")) return;
    for (const YamlNode& metric : list->items) {
      const std::string name = metric_name(metric, {"ignore_case", "ignore_punctuation"});
      if (name != "exact_match") {
        refuse(metric, "metric_list", "has the metric '" + named(name) + "'");
        continue;
      }
      const auto flag = [&](const char* key) {
        const YamlNode* node = member(metric, key);
        if (node != nullptr && !is_true(*node) && !is_false(*node)) refuse(*node, key, "is neither true nor false");
        return node != nullptr && is_true(*node);
      };
      lowercase_ = lowercase_ || flag("ignore_case");
      punctuation_ = flag("ignore_punctuation");
    }
  }

  std::string relative(const std::string& path) const {
    std::error_code failed;
    const fs::path from = folder_.empty() ? fs::path(".") : fs::path(folder_);
    const fs::path way = fs::proximate(fs::absolute(path), fs::absolute(from), failed);
    return failed ? path : way.string();
  }

  // The suite's file; empty where there are problems, or where it turns out that it cannot be written.
  std::string written_if_whole() {
    if (!problems_.empty()) return "";
    const std::string data = relative(*data_);
    const std::string examples = example_file_ ? relative(*example_file_) : "";
    // a name that is no UTF-8 cannot stand in YAML
    if (invalid_utf8_at(data + examples) != std::string::npos) {
      refuse(*find("dataset_kwargs"), "dataset_kwargs", "names a file whose path is not UTF-8");
      return "";
    }
    return written(data, examples);
  }

  // Whatever comes from the task's file is written by as_yaml(), or is a number that was read, or one of our own words.
  std::string written(const std::string& data, const std::string& examples) const {
    std::string out = "# Imported by `assay suite import` from the task " +
                      repaired_utf8(on_one_line(fs::path(path_).filename().string())) +
                      " of lm-evaluation-harness.\nassay_suite: 1\n";
    const auto line = [&out](const std::string& key, const std::string& value) { out += key + ": " + value + "\n"; };
    line("name", as_yaml(name_from_file(task_)));
    line("title", as_yaml("imported from the task " + task_));
    line("data", as_yaml(data));
    line("prompt", template_as_yaml(*prompt_));
    line("target", template_as_yaml(*target_));
    if (delimiter_) line("delimiter", as_yaml(*delimiter_));
    if (!choices_.empty()) {
      std::string list;
      for (const std::string& choice : choices_) list += (list.empty() ? "" : ", ") + as_yaml(choice);
      line("choices", "[" + list + "]");
    }
    if (!choice_list_.empty()) line("choices", as_yaml(choice_list_));
    if (shots_ > 0 || find("fewshot_delimiter") != nullptr) {
      out += "examples:\n  count: " + std::to_string(shots_) + "\n  choose: first\n  separator: " + as_yaml(between_) +
             "\n";
      if (example_file_) out += "  file: " + as_yaml(examples) + "\n";
    }
    if (is_choice_) {
      line("headline", headline_);
      line("protocols", "[loglikelihood]");
      return out;
    }
    out += "generate:\n  max_tokens: " + std::to_string(max_tokens_) + "\n";
    if (samples_) {
      out += "  temperature: " + as_yaml_number(temperature_) + "\n  top_p: " + as_yaml_number(top_p_) + "\n";
    }
    out += "  stop: [";
    for (std::size_t i = 0; i < stop_.size(); ++i) out += (i == 0 ? "" : ", ") + as_yaml(stop_[i]);
    out += "]\nanswer: [whole";
    for (const std::string& step : answer_) out += ", " + step;
    out += "]\nscore:\n  - exact: {whitespace: false";
    out += std::string(", lowercase: ") + (lowercase_ ? "true" : "false") +
           ", punctuation: " + (punctuation_ ? "true" : "false");
    out += "}\nprotocols: [generate/completion]\n";
    return out;
  }

  struct Problem {
    int line = 1;
    std::string what;
  };

  std::string path_;
  std::string folder_;
  YamlNode root_;
  std::vector<Problem> problems_;
  std::vector<std::string> fields_;  // of the first row
  std::string task_;
  std::string between_;                   // examples
  std::optional<std::string> delimiter_;  // before a target
  std::optional<std::string> data_;
  std::string split_;
  bool is_choice_ = false;
  std::optional<std::string> prompt_;
  std::optional<std::string> target_;
  std::vector<std::string> choices_;
  std::string choice_list_;
  std::int64_t shots_ = 0;
  std::optional<std::string> example_file_;
  std::vector<std::string> stop_;
  std::int64_t max_tokens_ = 256;
  double temperature_ = 0;
  double top_p_ = 1;
  bool samples_ = false;
  std::vector<std::string> answer_;
  bool lowercase_ = false;
  bool punctuation_ = false;
  std::string headline_ = "accuracy";
};

}  // namespace

Result<std::string> import_lm_eval_task(const std::string& path, const std::string& folder) {
  return Importer(path, folder).import();
}

}  // namespace assay::custom
