#include "suites/custom/answer_reader.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "harness/core/text.h"
#include "suites/custom/yaml_fields.h"
#include "suites/reading/python_text.h"
#include "suites/scoring/fenced_block.h"
#include "suites/text_to_sql/prompt/extraction.h"

namespace assay::custom {
namespace {

enum class Kind { kWhole, kStrip, kFirstLine, kLastLine, kLastNumber, kJson, kFence, kCode, kSql, kRegex };

const std::vector<std::pair<std::string, Kind>>& plain_steps() {
  static const std::vector<std::pair<std::string, Kind>> steps{{"whole", Kind::kWhole},
                                                               {"strip", Kind::kStrip},
                                                               {"first_line", Kind::kFirstLine},
                                                               {"last_line", Kind::kLastLine},
                                                               {"json", Kind::kJson},
                                                               {"fence", Kind::kFence},
                                                               {"last_number", Kind::kLastNumber},
                                                               {"code", Kind::kCode},
                                                               {"sql", Kind::kSql}};
  return steps;
}

std::vector<std::string> step_names() {
  std::vector<std::string> names;
  for (const auto& [name, kind] : plain_steps()) names.push_back(name);
  names.emplace_back("regex");
  return names;
}

std::optional<std::string> line_of(const std::string& text, bool last) {
  std::optional<std::string> found;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = reading::python_strip(std::string_view(text).substr(begin, end - begin));
    if (!line.empty()) {
      found = std::string(line);
      if (!last) return found;
    }
    begin = end + 1;
  }
  return found;
}

// The last number of a text: digits with thousands' commas, a sign, a fraction, an exponent.
std::optional<std::string> last_number(const std::string& text) {
  static const RE2 number(R"re([-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?|[-+]?\.\d+)re");
  re2::StringPiece rest(text);
  std::optional<std::string> found;
  re2::StringPiece match;
  while (number.Match(rest, 0, rest.size(), RE2::UNANCHORED, &match, 1)) {
    found = std::string(match.data(), match.size());
    rest.remove_prefix(static_cast<std::size_t>(match.data() - rest.data()) + match.size());
  }
  return found;
}

}  // namespace

struct AnswerReader::Step {
  Kind kind = Kind::kStrip;
  std::string name;
  std::shared_ptr<const RE2> regex;
  int group = 0;
  bool last = true;  // fence, regex
  std::optional<scoring::JsonPath> path;

  [[nodiscard]] std::optional<std::string> apply(const std::string& text) const {
    switch (kind) {
      case Kind::kWhole:
        return text;
      case Kind::kStrip:
        return std::string(reading::python_strip(text));
      case Kind::kFirstLine:
      case Kind::kLastLine:
        return line_of(text, kind == Kind::kLastLine);
      case Kind::kLastNumber:
        return last_number(text);
      case Kind::kJson: {
        std::optional<std::string> json = scoring::json_in(text);
        return json && path ? path->find(*json) : json;
      }
      case Kind::kFence: {
        const std::vector<scoring::FencedBlock> blocks = scoring::fenced_blocks(text);
        if (blocks.empty()) return std::nullopt;
        return last ? blocks.back().text : blocks.front().text;
      }
      case Kind::kCode: {
        const std::vector<scoring::FencedBlock> blocks = scoring::fenced_blocks(text);
        return blocks.empty() ? text : blocks.back().text;
      }
      case Kind::kSql: {
        std::string sql = text_to_sql::extract_query(text, false).sql;
        return sql.empty() ? std::nullopt : std::optional(std::move(sql));
      }
      case Kind::kRegex:
        break;
    }
    return matched(text);
  }

  // Each try may read the text to its end, so that tries are bounded by what they may read.
  [[nodiscard]] std::optional<std::string> matched(const std::string& text) const {
    constexpr std::size_t kMostRead = std::size_t{1} << 28;
    std::vector<re2::StringPiece> groups(static_cast<std::size_t>(group) + 1);
    std::optional<std::string> found;
    std::size_t at = 0;
    for (std::size_t read = 0; at <= text.size();) {
      read += text.size() - at;
      if (read > kMostRead) return std::nullopt;
      if (!regex->Match(text, at, text.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()))) {
        return found;
      }
      const re2::StringPiece& wanted = groups.back();
      if (wanted.data() != nullptr) found = std::string(wanted.data(), wanted.size());
      if (found && !last) return found;
      const std::size_t end = static_cast<std::size_t>(groups[0].data() - text.data()) + groups[0].size();
      at = groups[0].empty() ? end + 1 : end;
    }
    return found;
  }
};

AnswerReader::AnswerReader(const std::string& step, std::string key) : key_(std::move(key)) {
  Step only;
  only.name = step;
  for (const auto& [name, kind] : plain_steps()) {
    if (name == step) only.kind = kind;
  }
  steps_.push_back(std::move(only));
}
AnswerReader::AnswerReader(AnswerReader&&) noexcept = default;
AnswerReader& AnswerReader::operator=(AnswerReader&&) noexcept = default;
AnswerReader::~AnswerReader() = default;

Result<std::unique_ptr<RE2>> compile_regex(const std::string& pattern, const std::string& where) {
  constexpr std::size_t kLongest = 4096;  // a long one takes seconds to compile and to match
  if (pattern.size() > kLongest) {
    return usage_error(where + ": the regular expression is longer than " + std::to_string(kLongest) + " bytes");
  }
  RE2::Options options;
  options.set_log_errors(false);
  auto regex = std::make_unique<RE2>(pattern, options);
  if (!regex->ok()) {
    return usage_error(where + ": the regular expression does not compile: " + on_one_line(regex->error()) +
                       " (RE2's syntax: no look-around, no references back)");
  }
  return regex;
}

Result<AnswerReader> AnswerReader::parse(const YamlNode& node, const std::string& path, const std::string& key) {
  AnswerReader reader("strip", key);
  reader.steps_.clear();
  const std::vector<YamlNode> one{node};
  const std::vector<YamlNode>& nodes = node.kind == YamlNode::Kind::kList ? node.items : one;
  for (const YamlNode& part : nodes) {
    const std::string at = path + ":" + std::to_string(part.line) + ":" + std::to_string(part.column) + ": " + key;
    Step step;
    if (part.kind == YamlNode::Kind::kScalar) {
      const auto& plain = plain_steps();
      const auto found = std::find_if(plain.begin(), plain.end(), [&](const auto& s) { return s.first == part.text; });
      if (found == plain.end()) {
        return usage_error(at + ": '" + on_one_line(part.text) + "' is no step" +
                           did_you_mean(part.text, step_names()) + "; there are " + listed(step_names()));
      }
      step.kind = found->second;
      step.name = found->first;
    } else {
      auto fields = YamlFields::of(part, path, key);
      if (!fields) return forward_error(fields);
      auto regex = fields->text("regex");
      if (!regex) return forward_error(regex);
      auto json = fields->text("json");
      if (!json) return forward_error(json);
      auto fence = fields->word("fence", {"first", "last"});
      if (!fence) return forward_error(fence);
      if ((*regex ? 1 : 0) + (*json ? 1 : 0) + (*fence ? 1 : 0) > 1) {
        return usage_error(at + ": one step has one of regex, json and fence; write a list of steps");
      }
      if (*regex) {
        auto compiled = compile_regex((*regex)->text, (*regex)->where);
        if (!compiled) return forward_error(compiled);
        const int groups = (*compiled)->NumberOfCapturingGroups();
        auto group = fields->integer("group", 0, groups);
        if (!group) return forward_error(group);
        auto take = fields->word("take", {"first", "last"});
        if (!take) return forward_error(take);
        step.kind = Kind::kRegex;
        step.name = "regex";
        step.group = static_cast<int>(group->value_or(groups > 0 ? 1 : 0));
        step.last = take->value_or("first") == "last";
        step.regex = std::move(*compiled);
      } else if (*json) {
        auto parsed = scoring::JsonPath::parse((*json)->text, (*json)->where);
        if (!parsed) return forward_error(parsed);
        step.kind = Kind::kJson;
        step.name = "json " + parsed->text();
        step.path = std::move(*parsed);
      } else if (*fence) {
        step.kind = Kind::kFence;
        step.last = **fence == "last";
        step.name = "fence " + **fence;
      }
      if (auto finished = fields->finish(); !finished) return forward_error(finished);
      if (step.name.empty()) return usage_error(at + ": expected one of regex, json, fence");
    }
    reader.steps_.push_back(std::move(step));
  }
  if (reader.steps_.empty()) return usage_error(path + ": " + key + ": has no step");
  return reader;
}

ReadAnswer AnswerReader::read(const std::string& completion) const {
  std::string text = completion;
  for (const Step& step : steps_) {
    std::optional<std::string> found = step.apply(text);
    if (!found) return {std::nullopt, "nothing found by " + key_ + ": " + step.name};
    text = std::move(*found);
  }
  return {std::move(text), ""};
}

std::string AnswerReader::description() const {
  std::string text;
  for (const Step& step : steps_) text += (text.empty() ? "" : ", ") + step.name;
  return text;
}

}  // namespace assay::custom
