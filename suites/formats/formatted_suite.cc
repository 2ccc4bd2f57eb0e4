#include "suites/formats/formatted_suite.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/text.h"
#include "suites/formats/prompt_format.h"
#include "suites/known_options.h"

namespace assay::formats {
namespace {

constexpr const char* kOption = "format";
constexpr const char* kVary = "vary";

// The suite in one format.
struct Way {
  std::string name;
  std::unique_ptr<Suite> suite;
};

class FormattedSuite : public Suite {
 public:
  explicit FormattedSuite(std::vector<Way> ways) : ways_(std::move(ways)), info_(ways_.front().suite->info()) {
    for (const MetricSpec& metric : info_.metrics) {
      if (!metric.headline) continue;
      headline_ = metric.name;
      value_ = metric.value;
    }
    info_.metrics.push_back({headline_ + "_all_formats", value_, Aggregation::kAllSamples, 0, "", false});
    info_.metrics.push_back({headline_ + "_format_spread", value_, Aggregation::kSampleSpread, 0, "", false});
    for (const Way& way : ways_) {
      const std::string name = headline_ + "_format_" + way.name;
      info_.metrics.push_back({name, name, Aggregation::kMean, 0, "", false});
    }
  }

  const SuiteInfo& info() const override { return info_; }
  // Items come from the first way, with all that was found for them.
  Result<void> choose(const std::vector<std::int64_t>& orders) override { return ways_.front().suite->choose(orders); }
  Result<std::unique_ptr<ItemSource>> load() const override { return ways_.front().suite->load(); }
  Result<std::string> data_sha256() const override { return ways_.front().suite->data_sha256(); }
  std::optional<std::vector<std::string>> own_texts(const Item& item) const override {
    return ways_.front().suite->own_texts(item);
  }
  Request ask(const Item& item, int sample) const override { return way_of(sample).suite->ask(item, sample); }
  Score score(const Item& item, const Completion& completion) const override {
    return ways_.front().suite->score(item, completion);
  }

  Score score_episode(const Item& item, const Request& asked, const Completion& completion) const override {
    const Way& way = way_of(asked.sample);
    Score score = way.suite->score_episode(item, asked, completion);
    score.values.emplace_back(headline_ + "_format_" + way.name, score.value);
    score.why = "format " + way.name + ": " + score.why;
    return score;
  }

 private:
  [[nodiscard]] const Way& way_of(int sample) const { return ways_[static_cast<std::size_t>(sample) % ways_.size()]; }

  std::vector<Way> ways_;  // by sample; the reference first
  SuiteInfo info_;
  std::string headline_;
  std::string value_;  // the key of Score::values that the headline is made of
};

std::vector<std::string> names_of_formats() {
  std::vector<std::string> names{std::string(kReference)};
  for (const PromptFormat& format : prompt_formats()) names.emplace_back(format.name);
  return names;
}

Result<const PromptFormat*> find_format(const std::string& suite, const std::string& name) {
  if (name == kReference) return static_cast<const PromptFormat*>(nullptr);
  for (const PromptFormat& format : prompt_formats()) {
    if (format.name == name) return &format;
  }
  std::vector<std::string> names = names_of_formats();
  names.emplace_back(kVary);
  return usage_error(suite + ": no format '" + on_one_line(name) + "'" + did_you_mean(name, names) + "; there are " +
                     listed(names));
}

using Make = std::function<Result<std::unique_ptr<Suite>>(const SuiteOptions&)>;

Result<std::unique_ptr<Suite>> made_in(const Make& make, SuiteOptions options, const PromptFormat* format) {
  options.format = format;
  return make(options);
}

// Refuses a protocol whose prompt is the same in a format as without.
Result<void> check_formatted(const std::string& name, const std::string& protocol, const Suite& plain,
                             const Suite& formatted) {
  Result<std::unique_ptr<ItemSource>> source = plain.load();
  if (!source) return forward_error(source);
  Result<std::optional<Item>> item = (*source)->next();
  if (!item) return forward_error(item);
  if (!*item || plain.ask(**item, 0).body != formatted.ask(**item, 0).body) return {};
  return usage_error(name + ": format: protocol " + protocol +
                     " has no words or marks around question and options that a format could change; use --protocol");
}

// The suite in its own format and in others, as many as there are samples.
Result<std::unique_ptr<Suite>> varied(const std::string& name, const Make& make, const SuiteOptions& options) {
  const auto most = static_cast<int>(prompt_formats().size()) + 1;
  if (options.samples < 2 || options.samples > most) {
    return usage_error(name + ": format=vary asks an item in as many formats as it has samples; give samples=2 to " +
                       std::to_string(most));
  }
  std::vector<Way> ways;
  Result<std::unique_ptr<Suite>> reference = made_in(make, options, nullptr);
  if (!reference) return reference;
  ways.push_back({std::string(kReference), std::move(*reference)});
  for (const PromptFormat& format : prompt_formats().first(static_cast<std::size_t>(options.samples) - 1)) {
    Result<std::unique_ptr<Suite>> suite = made_in(make, options, &format);
    if (!suite) return suite;
    ways.push_back({std::string(format.name), std::move(*suite)});
  }
  if (auto checked = check_formatted(name, options.protocol, *ways[0].suite, *ways[1].suite); !checked) {
    return forward_error(checked);
  }
  return std::make_unique<FormattedSuite>(std::move(ways));
}

Result<std::unique_ptr<Suite>> one_format(const std::string& name, const Make& make, const SuiteOptions& options,
                                          const std::string& wanted) {
  Result<const PromptFormat*> format = find_format(name, wanted);
  if (!format) return forward_error(format);
  Result<std::unique_ptr<Suite>> suite = made_in(make, options, *format);
  if (!suite || *format == nullptr) return suite;
  Result<std::unique_ptr<Suite>> plain = made_in(make, options, nullptr);
  if (!plain) return plain;
  if (auto checked = check_formatted(name, options.protocol, **plain, **suite); !checked) {
    return forward_error(checked);
  }
  return suite;
}

}  // namespace

SuiteEntry with_formats(SuiteEntry entry) {
  entry.options.emplace_back(kOption);
  entry.make = [name = entry.name, known = entry.options,
                make = std::move(entry.make)](const SuiteOptions& options) -> Result<std::unique_ptr<Suite>> {
    if (auto checked = check_outer_option_keys(name, known, options); !checked) return forward_error(checked);
    const auto find = [&options](const char* key) {
      return std::find_if(options.extra.begin(), options.extra.end(),
                          [key](const auto& option) { return option.first == key; });
    };
    const auto format = find(kOption);
    if (format == options.extra.end()) return make(options);
    SuiteOptions inner = options;
    std::erase_if(inner.extra, [](const auto& option) { return option.first == kOption; });
    if (format->second != kVary) return one_format(name, make, inner, format->second);
    if (find("order") != options.extra.end()) {
      return usage_error(name + ": format=vary and order=rotate both say what an item's samples are; give one of them");
    }
    return varied(name, make, inner);
  };
  return entry;
}

}  // namespace assay::formats
