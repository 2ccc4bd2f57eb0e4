#include "harness/run/unjudged.h"

#include <utility>

namespace assay {

Result<std::unique_ptr<UnjudgedAnswers>> UnjudgedAnswers::open(const std::string& run) {
  auto reader = RunReader::open(run);
  if (!reader) return forward_error(reader);
  auto unjudged = std::make_unique<UnjudgedAnswers>();
  auto read = (*reader)->for_each(false, [&](const Record& record) {
    if (lacks_verdict_only(record.completion)) {
      unjudged->keys_.insert({record.result, record.item.order, record.request.sample});
    }
    return true;
  });
  if (!read) return forward_error(read);
  unjudged->reader_ = std::move(*reader);
  return unjudged;
}

std::optional<Record> UnjudgedAnswers::take(const SampleKey& key, const Request& request) const {
  auto records = reader_->find(request.item);
  if (!records) return std::nullopt;
  for (Record& record : *records) {
    const bool same = record.result == key.result && record.request.sample == key.sample;
    if (!same || !lacks_verdict_only(record.completion) || record.request.body != request.body) continue;
    record.completion.failure.reset();
    record.completion.attempts = 0;
    if (record.usd) record.usd = 0;
    return std::move(record);
  }
  return std::nullopt;
}

}  // namespace assay
