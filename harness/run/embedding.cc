#include "harness/run/embedding.h"

#include <chrono>
#include <utility>

#include "adapters/embedding/embedders.h"
#include "harness/core/clock.h"
#include "results/cost/price_table.h"

namespace assay {

EmbedderMaker embedder_maker(const AdapterContext& context, EmbeddingLimits limits) {
  return [context, limits = std::move(limits)](const std::string& reference) -> Result<std::unique_ptr<Embedder>> {
    auto prices = PriceTable::built_in().with_file(limits.prices_file);
    if (!prices) return forward_error(prices);
    const std::string today = utc_text(std::chrono::system_clock::now()).substr(0, 10);
    EmbeddingTerms terms;
    if (const auto price = prices->find(reference, today)) terms.usd_per_mtok = price->input_per_mtok;
    terms.budget_usd = limits.budget_usd;
    terms.is_stopped = limits.is_stopped;
    terms.tell = limits.tell;
    terms.asks_nobody = limits.asks_nobody;
    return make_embedder(reference, context, std::move(terms));
  };
}

}  // namespace assay
