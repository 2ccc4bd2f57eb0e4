#include "suites/orders/ordered_suite.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "suites/known_options.h"
#include "suites/scoring/multiple_choice.h"

namespace assay::orders {
namespace {

constexpr const char* kOption = "order";
constexpr const char* kRotate = "rotate";
constexpr const char* kFirstRate = "order_first_rate";

class OrderedSuite : public Suite {
 public:
  explicit OrderedSuite(std::unique_ptr<Suite> inner) : inner_(std::move(inner)), info_(inner_->info()) {
    info_.metrics.push_back({"accuracy_all_orders", "accuracy", Aggregation::kAllSamples, 0, "", false});
    info_.metrics.push_back({"accuracy_order_spread", "accuracy", Aggregation::kSampleSpread, 0, "", false});
    info_.metrics.push_back({kFirstRate, kFirstRate, Aggregation::kMean, 0, "", false});
  }

  const SuiteInfo& info() const override { return info_; }
  Result<void> choose(const std::vector<std::int64_t>& orders) override { return inner_->choose(orders); }
  Result<std::unique_ptr<ItemSource>> load() const override { return inner_->load(); }
  Result<std::string> data_sha256() const override { return inner_->data_sha256(); }
  std::optional<std::vector<std::string>> own_texts(const Item& item) const override { return inner_->own_texts(item); }

  Request ask(const Item& item, int sample) const override {
    const std::optional<Item> moved = inner_->rotated(item, sample);
    return inner_->ask(moved ? *moved : item, sample);
  }

  Score score(const Item& item, const Completion& completion) const override { return inner_->score(item, completion); }

  Score score_episode(const Item& item, const Request& asked, const Completion& completion) const override {
    const std::optional<Item> moved = inner_->rotated(item, asked.sample);
    if (!moved) return inner_->score(item, completion);
    Score score = inner_->score(*moved, completion);
    score.values.emplace_back(kFirstRate, score.extracted == scoring::letter(0) ? 1 : 0);
    const auto count = static_cast<int>(item.choices.size());
    if (score.extracted.size() == 1 && count > 0) {
      const int place = score.extracted[0] - 'A';
      if (place >= 0 && place < count) score.extracted = scoring::letter((place + asked.sample) % count);
    }
    score.why = "order " + std::to_string(asked.sample + 1) + ": " + score.why;
    return score;
  }

 private:
  std::unique_ptr<Suite> inner_;
  SuiteInfo info_;
};

// Whether the suite's first item can be asked in another order.
Result<bool> has_order(const Suite& suite) {
  Result<std::unique_ptr<ItemSource>> source = suite.load();
  if (!source) return forward_error(source);
  Result<std::optional<Item>> item = (*source)->next();
  if (!item) return forward_error(item);
  return !*item || suite.rotated(**item, 1).has_value();
}

}  // namespace

SuiteEntry with_orders(SuiteEntry entry) {
  entry.options.emplace_back(kOption);
  entry.make = [name = entry.name, known = entry.options,
                make = std::move(entry.make)](const SuiteOptions& options) -> Result<std::unique_ptr<Suite>> {
    if (auto checked = check_outer_option_keys(name, known, options); !checked) return forward_error(checked);
    const auto order = std::find_if(options.extra.begin(), options.extra.end(),
                                    [](const auto& option) { return option.first == kOption; });
    if (order == options.extra.end()) return make(options);
    if (order->second != kRotate) {
      return usage_error(name + ": order is '" + order->second + "' where rotate is expected");
    }
    if (options.samples < 2) {
      return usage_error(name +
                         ": order=rotate asks an item in as many orders as it has samples; give samples=2 or "
                         "more (as many as there are options)");
    }
    SuiteOptions inner = options;
    std::erase_if(inner.extra, [](const auto& option) { return option.first == kOption; });
    Result<std::unique_ptr<Suite>> suite = make(inner);
    if (!suite) return suite;
    Result<bool> ordered = has_order(**suite);
    if (!ordered) return forward_error(ordered);
    if (!*ordered) {
      return usage_error(name + ": order=rotate: protocol " + options.protocol +
                         " compares the options apart from one another, so that they have no order; use --protocol");
    }
    return std::make_unique<OrderedSuite>(std::move(*suite));
  };
  return entry;
}

}  // namespace assay::orders
