#include "harness/core/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <unordered_map>

#include "harness/core/excerpt.h"
#include "harness/core/text.h"

namespace assay {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20;
constexpr std::size_t kMostDepth = 16;

// Thrown out of yaml-cpp's event loop, never out of this file.
struct Refused : std::runtime_error {
  Refused(const YAML::Mark& mark, const std::string& what)
      : std::runtime_error(what), line(mark.line + 1), column(mark.column + 1) {}
  Refused(const YamlNode& node, const std::string& what)
      : std::runtime_error(what), line(node.line), column(node.column) {}
  int line;
  int column;
};

// Builds the tree from events. Open lists and maps are on a stack; a map's key waits beside it for its value.
class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlNode root;

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(node(mark, YamlNode::Kind::kNull)); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused(mark, "aliases (*name) are not supported; write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    YamlNode scalar = node(mark, YamlNode::Kind::kScalar);
    // "?": no tag; "!": a quoted scalar
    if (tag.size() > 1) scalar.tag = tag;
    scalar.text = value;
    add(std::move(scalar));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(node(mark, YamlNode::Kind::kList));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(node(mark, YamlNode::Kind::kMap));
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    YamlNode key;
    bool has_key = false;
    std::unordered_map<std::string, int> lines;  // of a map's keys
  };

  static std::string shown(const std::string& key) {
    constexpr std::size_t kLongest = 200;
    return repaired_utf8(excerpt(key, kLongest));
  }

  static YamlNode node(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  void open(YamlNode node) {
    if (open_.size() >= kMostDepth) throw Refused(node, "nested more than " + std::to_string(kMostDepth) + " deep");
    open_.push_back({std::move(node), {}, false, {}});
  }

  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (open_.empty()) {
      root = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::kList) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      if (node.kind != YamlNode::Kind::kScalar) throw Refused(node, "a key must be a word, not " + node.kind_name());
      const auto [first, is_new] = parent.lines.emplace(node.text, node.line);
      if (!is_new) {
        throw Refused(node,
                      "key '" + shown(node.text) + "' is given twice; first on line " + std::to_string(first->second));
      }
      parent.key = std::move(node);
      parent.has_key = true;
    } else {
      parent.node.entries.push_back({std::move(parent.key), std::move(node)});
      parent.has_key = false;
    }
  }

  std::vector<Open> open_;
};

tl::unexpected<Error> error_at(const std::string& path, int line, int column, const std::string& what) {
  return usage_error(path + ":" + std::to_string(std::max(line, 1)) + ":" + std::to_string(std::max(column, 1)) + ": " +
                     what);
}

}  // namespace

std::string YamlNode::kind_name() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return "a single value";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      break;
  }
  return "a map of keys";
}

Result<YamlNode> parse_yaml(std::string_view text, const std::string& path) {
  if (text.size() > kMostBytes) return usage_error(path + ": is larger than 1 MiB; is this a configuration?");
  const std::size_t bad = std::min(invalid_utf8_at(text), text.find('\0'));
  if (bad != std::string_view::npos) {
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n');
    return error_at(path, static_cast<int>(line), 1, "not UTF-8 text; is this a YAML file?");
  }
  try {
    // yaml-cpp takes a quote that is never closed for closed at the end of the file. A mark of the document's end after
    // it stands inside the quote then, where none may be.
    std::istringstream stream{std::string(text) + "\n...\n"};
    YAML::Parser parser(stream);
    TreeBuilder tree;
    if (!parser.HandleNextDocument(tree)) return YamlNode{};
    TreeBuilder second;
    if (parser.HandleNextDocument(second)) {
      return error_at(path, second.root.line, second.root.column, "a second document; a configuration is one");
    }
    return std::move(tree.root);
  } catch (const Refused& refused) {
    return error_at(path, refused.line, refused.column, refused.what());
  } catch (const YAML::Exception& failure) {
    if (failure.msg == YAML::ErrorMsg::DOC_IN_SCALAR) {
      return error_at(path, failure.mark.line + 1, failure.mark.column + 1, "a quote opened above is not closed");
    }
    return error_at(path, failure.mark.line + 1, failure.mark.column + 1, "not valid YAML: " + failure.msg);
  } catch (const std::exception& failure) {
    return usage_error(path + ": not valid YAML: " + failure.what());
  }
}

}  // namespace assay
