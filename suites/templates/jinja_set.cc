#include "suites/templates/jinja_set.h"

#include <jinja/lexer.h>
#include <jinja/parser.h>
#include <jinja/runtime.h>
#include <jinja/value.h>
#include <json.h>

#include <cstdio>
#include <ctime>
#include <exception>
#include <stdexcept>
#include <utility>
#include <vector>

#include "suites/templates/template_engine.h"

namespace assay::templates {
namespace {

// What a template asks for by strftime_now must not depend on the day: noon UTC of 26 July 2024, as for chat templates.
constexpr std::time_t kTemplateDate = 1721995200;

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

// {{ … }}: the engine passes silently over what is no text.
struct StrictOutput : jinja::statement {
  explicit StrictOutput(jinja::statement_ptr wrapped) : inner(std::move(wrapped)) { pos = inner->pos; }
  jinja::statement_ptr inner;
  [[nodiscard]] std::string type() const override { return inner->type(); }
  jinja::value execute_impl(jinja::context& context) const override {
    jinja::value value = inner->execute(context);
    if (!is_text(value)) {
      if (value->is_undefined()) {
        const auto* name = dynamic_cast<const jinja::identifier*>(inner.get());
        const auto* member = dynamic_cast<const jinja::member_expression*>(inner.get());
        if (member != nullptr) name = dynamic_cast<const jinja::identifier*>(member->property.get());
        if (name != nullptr) throw jinja::raised_exception("'" + name->val + "' is undefined");
      }
      refuse(value);
    }
    return value;
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
  if (what == "std::bad_alloc") what = "it needs more memory than a template may";
  const std::string prefix = "Jinja Exception: ";
  if (what.starts_with(prefix)) what = what.substr(prefix.size());
  return place + what;
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
  common_json fields;
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
    jinja::program program = jinja::parse_from_tokens(lexer.tokenize(source));
    make_strict(program.body);
    state_->templates.push_back({std::move(source), std::move(program)});
    return {};
  } catch (const std::exception& error) {
    return usage_error(short_message(error.what()));
  }
}

Result<void> JinjaSet::set_fields(std::string_view json) {
  try {
    state_->fields = common_json::parse(std::string(json));
    return {};
  } catch (const std::exception&) {
    return usage_error("the row's fields are no JSON");
  }
}

Result<std::string> JinjaSet::render(std::size_t index) const {
  const State::Parsed& parsed = state_->templates.at(index);
  try {
    jinja::context context(parsed.source);
    context.current_time = kTemplateDate;
    jinja::global_from_json(context, state_->fields, false);
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
