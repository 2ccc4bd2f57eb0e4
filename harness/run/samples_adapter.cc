#include "harness/run/samples_adapter.h"

#include <filesystem>
#include <utility>

#include "harness/core/hash.h"

namespace assay {

Result<SampleTable> SampleTable::read(const std::string& path, const std::string& suite) {
  SampleTable table;
  table.path = path;
  Result<reading::SampleReader> reader = reading::SampleReader::open(path);
  if (!reader) return forward_error(reader);
  for (;;) {
    Result<std::optional<reading::Sample>> sample = reader->next();
    if (!sample) return forward_error(sample);
    if (!*sample) break;
    const std::string& id = (*sample)->task_id;
    std::string item = id.starts_with(suite + "/") ? id : suite + "/" + id;
    std::vector<std::size_t>& positions = table.by_item[item];
    table.numbers.push_back(static_cast<int>(positions.size()));
    positions.push_back(table.samples.size());
    table.items.push_back(std::move(item));
    table.samples.push_back(std::move(**sample));
  }
  if (table.samples.empty()) return usage_error(path + ": no samples in it");
  const bool plain = std::filesystem::exists(path);
  Result<std::string> sha256 = sha256_file(plain ? path : path + ".gz");
  if (!sha256) return forward_error(sha256);
  table.sha256 = std::move(*sha256);
  return table;
}

Capabilities SamplesAdapter::capabilities() const {
  Capabilities can;
  can.generate = can.chat = true;
  can.preferred_in_flight = 64;
  return can;
}

ModelIdentity SamplesAdapter::identity() const {
  ModelIdentity identity;
  identity.name = "samples:" + std::filesystem::path(table_.path).filename().string();
  identity.sha256 = table_.sha256;
  return identity;
}

void SamplesAdapter::answer(Request request, std::function<void(Completion)> done) {
  Completion completion;
  const auto found = table_.by_item.find(request.item);
  const auto sample = static_cast<std::size_t>(request.sample);
  if (cancelled_) {
    completion.failure = Failure{FailureKind::kCancelled, FailureAction::kGiveUpItem, "the run was stopped"};
  } else if (found == table_.by_item.end() || sample >= found->second.size()) {
    completion.failure = Failure{FailureKind::kMissingAnswer, FailureAction::kGiveUpItem,
                                 table_.path + " has no sample " + std::to_string(request.sample) + " of it"};
  } else {
    completion.text = table_.samples[found->second[sample]].completion;
    completion.finish = FinishReason::kStop;
  }
  done(std::move(completion));
}

}  // namespace assay
