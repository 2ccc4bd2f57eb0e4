// The same questions with their options in several orders: does a model answer the question, or the place? Any suite
// whose options have an order can be asked so.
#pragma once

#include "suites/registry.h"

namespace assay::orders {

/// The entry with one option more, `order=rotate`: with `samples=N` each item is asked in N orders, its options moved
/// on by one place from sample to sample, so that with as many samples as options the right one stands in each place
/// once. All metrics are means over the orders then, and three come to them: "accuracy_all_orders", the share of items
/// that are right in every order; "accuracy_order_spread", the accuracy in the best order less that in the worst; and
/// "order_first_rate", how often the option that was shown first is the answer (1 / options without a bias, where there
/// are as many orders as options or a multiple; an answer that names none counts as another).
/// What a record says was extracted is the letter that the option has in the first order. Errors: another value, fewer
/// than 2 samples, a protocol without an order.
[[nodiscard]] SuiteEntry with_orders(SuiteEntry entry);

}  // namespace assay::orders
