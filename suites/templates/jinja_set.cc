#include "suites/templates/jinja_set.h"

#include <jinja/lexer.h>
#include <jinja/parser.h>
#include <jinja/runtime.h>
#include <jinja/value.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <exception>
#include <limits>
#include <locale>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "suites/templates/template_engine.h"

namespace assay::templates {
namespace {

// What a template asks for by strftime_now must not depend on the day: noon UTC of 26 July 2024, as for chat templates.
constexpr std::time_t kTemplateDate = 1721995200;

// As Python writes a float: the fewest digits that read back as the same number.
std::string python_repr(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
  std::array<char, 32> digits{};
  const auto written = [&](std::chars_format format) {
    return std::string(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value, format).ptr);
  };
  std::string scientific = written(std::chars_format::scientific);
  const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
  if (exponent < -4 || exponent >= 16) return scientific;
  std::string fixed = written(std::chars_format::fixed);
  if (fixed.find('.') == std::string::npos) fixed += ".0";
  return fixed;
}

// How floats go into the engine's streams: its tojson would write six digits of each. A number of the data comes with
// its own text, which the engine's `stream << number.as_float()` has no way to ask for; as_float() says it beforehand.
class NumberWriter : public std::num_put<char> {
 public:
  void announce(double value, const std::string& text) const {
    next_value_ = value;
    next_text_ = text;
  }

 protected:
  iter_type do_put(iter_type out, std::ios_base&, char, double value) const override {
    const std::string text = !next_text_.empty() && value == next_value_ ? next_text_ : python_repr(value);
    next_text_.clear();
    for (const char c : text) *out++ = c;
    return out;
  }

 private:
  mutable double next_value_ = 0;  // the library calls facets by const members alone
  mutable std::string next_text_;
};

// The writer is part of every stream that is made during a guard's life, which are the engine's alone: the process does
// nothing else meanwhile.
class EngineLocale {
 public:
  explicit EngineLocale(const NumberWriter* writer)
      : before_(std::locale::global(std::locale(std::locale::classic(), writer))) {}
  ~EngineLocale() { std::locale::global(before_); }
  EngineLocale(const EngineLocale&) = delete;
  EngineLocale& operator=(const EngineLocale&) = delete;

 private:
  std::locale before_;
};

// A float of the row, or a whole number that the engine's integers cannot hold: computes as a float, and is put out as
// Python would. The engine's own float has six digits after the point.
struct DataNumber : jinja::value_float_t {
  DataNumber(double value, std::string written, bool whole, const NumberWriter& number_writer)
      : jinja::value_float_t(value), text(std::move(written)), is_whole(whole), writer(&number_writer) {}
  std::string text;
  bool is_whole;
  const NumberWriter* writer;
  [[nodiscard]] jinja::string as_string() const override { return text; }
  [[nodiscard]] double as_float() const override {
    writer->announce(val_flt, text);
    return val_flt;
  }
  // as a key it is found by the engine's own floats, whose hash has their type in it
  [[nodiscard]] jinja::hasher unique_hash() const noexcept override {
    return jinja::value_float_t(val_flt).unique_hash();
  }

 protected:
  [[nodiscard]] bool equivalent(const jinja::value_t& other) const override {
    const auto* number = dynamic_cast<const DataNumber*>(&other);
    if (number != nullptr && is_whole && number->is_whole) return text == number->text;
    return jinja::value_float_t::equivalent(other);
  }
  [[nodiscard]] bool nonequal(const jinja::value_t& other) const override {
    return dynamic_cast<const jinja::value_float_t*>(&other) == nullptr || !equivalent(other);
  }
};

// Makes the engine's values of a row's JSON. Its own from_json() knows no integer outside 64 bits.
class RowBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit RowBuilder(const NumberWriter& writer) : writer_(&writer) {}

  /// The value that was read.
  [[nodiscard]] const jinja::value& root() const { return root_; }

  bool null() override { return add(jinja::mk_val<jinja::value_none>()); }
  bool boolean(bool value) override { return add(jinja::mk_val<jinja::value_bool>(value)); }
  bool number_integer(std::int64_t value) override {
    if (value == kOverflow) return add_whole(static_cast<double>(value), std::to_string(value));
    return add(jinja::mk_val<jinja::value_int>(value));
  }
  bool number_unsigned(std::uint64_t value) override {
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (value > kMost) return add_whole(static_cast<double>(value), std::to_string(value));
    return add(jinja::mk_val<jinja::value_int>(static_cast<std::int64_t>(value)));
  }
  bool number_float(double value, const std::string& digits) override {
    if (digits.find_first_of(".eE") == std::string::npos) return add_whole(value, digits);
    return add(std::make_shared<DataNumber>(value, python_repr(value), false, *writer_));
  }
  bool string(std::string& value) override { return add(jinja::mk_val<jinja::value_string>(value)); }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(jinja::mk_val<jinja::value_object>()); }
  bool start_array(std::size_t) override { return open(jinja::mk_val<jinja::value_array>()); }
  bool key(std::string& name) override {
    open_.back().key = jinja::mk_val<jinja::value_string>(name);
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

  /// What the engine computes where a result is too large for its integers, or none.
  static constexpr std::int64_t kOverflow = std::numeric_limits<std::int64_t>::min();

 private:
  struct Open {
    jinja::value container;
    jinja::value key;
  };

  bool add_whole(double value, const std::string& digits) {
    return add(std::make_shared<DataNumber>(value, digits, true, *writer_));
  }
  bool add(const jinja::value& value) {
    if (open_.empty()) {
      root_ = value;
    } else if (auto* list = jinja::cast_val<jinja::value_array>(open_.back().container)) {
      list->push_back(value);
    } else {
      open_.back().container->insert(open_.back().key, value);
    }
    return true;
  }
  bool open(const jinja::value& container) {
    add(container);
    open_.push_back({container, nullptr});
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  const NumberWriter* writer_;
  std::vector<Open> open_;
  jinja::value root_;
};

// What is put out where nothing can be: an error that says what to write instead.
[[noreturn]] void refuse(const jinja::value& value) {
  const std::string type = value->type();
  if (value->is_undefined()) throw jinja::raised_exception("something here is undefined");
  if (value->is_none()) throw jinja::raised_exception("a null is put out here; write {{ x or '' }} to allow it");
  throw jinja::raised_exception("a " + type + " is put out here; write {{ x | join(', ') }} or {{ x | tojson }}");
}

bool is_text(const jinja::value& value) {
  return jinja::is_val<jinja::value_string>(value) || jinja::is_val<jinja::value_int>(value) ||
         jinja::is_val<jinja::value_float>(value) || jinja::is_val<jinja::value_bool>(value);
}

// A number as Python prints it. What a template computed is an engine's number, and one that says how it failed is
// none.
jinja::value as_printed(const jinja::value& value) {
  const auto* whole = jinja::cast_val<jinja::value_int>(value);
  const auto* computed = jinja::is_val<DataNumber>(value) ? nullptr : jinja::cast_val<jinja::value_float>(value);
  if ((whole != nullptr && whole->val_int == RowBuilder::kOverflow) ||
      (computed != nullptr && !std::isfinite(computed->val_flt))) {
    throw jinja::raised_exception("a division by zero, or a number that is too large to compute with, is put out here");
  }
  return computed == nullptr ? value : jinja::mk_val<jinja::value_string>(python_repr(computed->val_flt));
}

// {{ … }}: the engine passes silently over what is no text.
struct StrictOutput : jinja::statement {
  explicit StrictOutput(jinja::statement_ptr wrapped) : inner(std::move(wrapped)) { pos = inner->pos; }
  jinja::statement_ptr inner;
  [[nodiscard]] std::string type() const override { return inner->type(); }
  jinja::value execute_impl(jinja::context& context) const override {
    const jinja::value value = inner->execute(context);
    if (!is_text(value)) {
      if (value->is_undefined()) {
        const auto* name = dynamic_cast<const jinja::identifier*>(inner.get());
        const auto* member = dynamic_cast<const jinja::member_expression*>(inner.get());
        if (member != nullptr) name = dynamic_cast<const jinja::identifier*>(member->property.get());
        if (name != nullptr) throw jinja::raised_exception("'" + name->val + "' is undefined");
      }
      refuse(value);
    }
    return as_printed(value);
  }
};

void make_strict(jinja::statements& body);

template <class Statement>
Statement* as(const jinja::statement_ptr& statement) {
  return dynamic_cast<Statement*>(statement.get());
}

void make_strict_inside(const jinja::statement_ptr& statement) {
  if (auto* choice = as<jinja::if_statement>(statement)) {
    make_strict(choice->body);
    make_strict(choice->alternate);
  } else if (auto* loop = as<jinja::for_statement>(statement)) {
    make_strict(loop->body);
    make_strict(loop->default_block);
  } else if (auto* set = as<jinja::set_statement>(statement)) {
    make_strict(set->body);
  } else if (auto* macro = as<jinja::macro_statement>(statement)) {
    make_strict(macro->body);
  } else if (auto* call = as<jinja::call_statement>(statement)) {
    make_strict(call->body);
  } else if (auto* filter = as<jinja::filter_statement>(statement)) {
    make_strict(filter->body);
  }
}

void make_strict(jinja::statements& body) {
  for (jinja::statement_ptr& statement : body) {
    if (as<jinja::expression>(statement) != nullptr) {
      if (as<jinja::string_literal>(statement) == nullptr) {  // the text between blocks is one, too
        statement = std::make_unique<StrictOutput>(std::move(statement));
      }
    } else {
      make_strict_inside(statement);
    }
  }
}

// "line 3, column 5" of an engine's message, which goes on with an excerpt, and its last line, which says what is
// wrong.
std::string short_message(const std::string& text) {
  std::string place;
  const std::size_t line = text.find("line ");
  if (line != std::string::npos) {
    const std::size_t end = text.find_first_of(" \n", text.find("column ", line) + 7);
    if (end != std::string::npos) place = text.substr(line, end - line) + ": ";
  }
  std::string what = text;
  while (!what.empty() && what.front() == '\n') what.erase(0, 1);
  const std::size_t error = what.rfind("Error: ");
  if (error != std::string::npos) what = what.substr(error + 7);
  what = what.substr(0, what.find('\n'));
  if (what == "stoll" || what == "stod")
    what = "a number is too large";  // what the standard library throws has no more
  if (what == "std::bad_alloc") what = "it needs more memory than a template may";
  const std::string prefix = "Jinja Exception: ";
  if (what.starts_with(prefix)) what = what.substr(prefix.size());
  return place + what;
}

// Filters that do something else here than in Jinja and do not say so; empty where there is none.
std::string unlike_jinja(const std::vector<jinja::token>& tokens) {
  using jinja::token;
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i].t != token::pipe) continue;
    const std::string& name = tokens[i + 1].value;
    if (name == "format") return "the filter 'format' is not supported; write {{ a ~ b }}";
    if ((name == "select" || name == "reject") && i + 4 < tokens.size() && tokens[i + 3].t == token::string_literal &&
        tokens[i + 4].t == token::close_paren) {
      return "the filter '" + name + "' needs a test with an argument here; write {% for x in list if x is " +
             tokens[i + 3].value + " %}";
    }
  }
  return "";
}

std::size_t size_of(const jinja::value_string& text) {
  std::size_t size = 0;
  for (const auto& part : text->val_str.parts) size += part.val.size();
  return size;
}

}  // namespace

struct JinjaSet::State {
  struct Parsed {
    std::string source;
    jinja::program program;
  };
  std::vector<Parsed> templates;
  std::string fields;
};

JinjaSet::JinjaSet() : state_(std::make_unique<State>()) {}
JinjaSet::JinjaSet(JinjaSet&&) noexcept = default;
JinjaSet& JinjaSet::operator=(JinjaSet&&) noexcept = default;
JinjaSet::~JinjaSet() = default;

bool JinjaSet::available() { return true; }

Result<void> JinjaSet::add(std::string source) {
  if (source.empty()) source = "\n";  // the lexer looks at its last character, and takes a line end off
  try {
    jinja::lexer lexer;
    const jinja::lexer_result lexed = lexer.tokenize(source);
    jinja::program program = jinja::parse_from_tokens(lexed);
    if (std::string defect = unlike_jinja(lexed.tokens); !defect.empty()) return usage_error(std::move(defect));
    make_strict(program.body);
    state_->templates.push_back({std::move(source), std::move(program)});
    return {};
  } catch (const std::exception& error) {
    return usage_error(short_message(error.what()));
  }
}

void JinjaSet::set_fields(std::string json) { state_->fields = std::move(json); }

Result<std::string> JinjaSet::render(std::size_t index) const {
  const State::Parsed& parsed = state_->templates.at(index);
  try {
    auto* writer = new NumberWriter;  // the locale counts who uses it
    const EngineLocale locale(writer);
    // Made for every template: one can change the lists that it is given.
    RowBuilder row(*writer);
    if (!nlohmann::json::sax_parse(state_->fields, &row) || !jinja::is_val<jinja::value_object>(row.root())) {
      return usage_error("the row's fields are no JSON object, or a number in them is too large");
    }
    jinja::context context(parsed.source);
    context.current_time = kTemplateDate;
    for (const auto& [name, value] : row.root()->as_ordered_object()) context.set_val(name, value);
    jinja::value_string parts = jinja::mk_val<jinja::value_string>();
    for (const jinja::statement_ptr& statement : parsed.program.body) {
      jinja::gather_string_parts_recursive(statement->execute(context), parts);
      if (size_of(parts) > kMaxOutput) {
        return usage_error("its output is longer than " + std::to_string(kMaxOutput >> 20) + " MiB");
      }
    }
    return jinja::render_string_parts(parts);
  } catch (const std::bad_alloc&) {
    return usage_error("it needs more memory than a template may");
  } catch (const std::exception& error) {
    return usage_error(short_message(error.what()));
  }
}

}  // namespace assay::templates
