#include "results/site/answer_pages.h"

#include <utility>

#include "harness/core/text.h"
#include "results/report/record_view.h"
#include "results/site/script_file.h"
#include "results/statistics/majority.h"
#include "results/statistics/pass_at_k.h"

namespace assay::site {
namespace {

constexpr std::size_t kChunkBytes = 256 << 10;
constexpr std::size_t kChunkItems = 512;
constexpr std::size_t kListedBytes = 80;  ///< of an extracted answer, in the list

MetricSpec headline_of(const ResultInfo& info) {
  for (const MetricSpec& metric : info.metrics) {
    if (metric.headline) return metric;
  }
  return info.metrics.empty() ? MetricSpec{} : info.metrics.front();
}

/// The part of the request that an adapter's template is put around: it ends the shown prompt.
std::string_view templated_part(const Request& request) {
  if (const auto* loglikelihood = std::get_if<LoglikelihoodRequest>(&request.body)) return loglikelihood->context;
  const auto& generate = std::get<GenerateRequest>(request.body);
  return generate.messages.empty() ? std::string_view(generate.prompt) : generate.messages.back().content;
}

/// The prompt as the model saw it: [text before, where the repeated part begins in the shown prompt, text after], or
/// the whole text where it does not repeat the request.
void write_sent(JsonText& out, const Record& record) {
  const std::string& sent = record.completion.sent;
  if (sent.empty()) return;
  out.key("sent");
  const std::string_view part = templated_part(record.request);
  const std::size_t at = part.empty() ? std::string::npos : sent.find(part);
  const std::string shown = report::prompt_text(record.request);
  if (at == std::string::npos || invalid_utf8_at(shown) != std::string::npos) {
    out.text(sent);
    return;
  }
  const std::string_view before = std::string_view(shown).substr(0, shown.size() - part.size());
  out.begin_array().text(std::string_view(sent).substr(0, at));
  out.integer(static_cast<std::int64_t>(utf16_length(before)));
  out.text(std::string_view(sent).substr(at + part.size())).end_array();
}

void write_count(JsonText& out, const char* key, const std::optional<std::int64_t>& count) {
  if (count) out.key(key).integer(*count);
}

void write_milliseconds(JsonText& out, const char* key, const std::optional<double>& milliseconds) {
  if (milliseconds) out.key(key).rounded(*milliseconds, 3);
}

void write_text(JsonText& out, const char* key, const std::string& text) {
  if (!text.empty()) out.key(key).text(text);
}

void write_answer(JsonText& out, const Record& record) {
  const Completion& completion = record.completion;
  if (std::holds_alternative<GenerateRequest>(record.request.body) && !completion.failure) {
    out.key("completion").text(completion.text);
  }
  write_text(out, "reasoning", completion.reasoning);
  if (!completion.continuations.empty()) {
    out.key("logprobs").begin_array();
    for (const ContinuationScore& score : completion.continuations) out.rounded(score.logprob, 5);
    out.end_array();
  }
  if (!completion.top_logprobs.empty()) {
    out.key("top_logprobs").begin_array();
    for (const TokenAlternative& one : completion.top_logprobs) {
      out.begin_array().text(one.token).rounded(one.logprob, 5).end_array();
    }
    out.end_array();
  }
  write_text(out, "finish_reason", std::string(finish_reason_name(completion.finish)));
  write_text(out, "note", completion.note);
  if (completion.failure) {
    out.key("error").begin_object().key("kind").text(failure_name(completion.failure->kind));
    out.key("message").text(completion.failure->message).end_object();
  }
}

void write_score(JsonText& out, const Score& score) {
  write_text(out, "extracted", score.extracted);
  out.key("score").number(score.value);
  if (score.values.size() > 1) {
    out.key("scores").begin_object();
    for (const auto& [name, value] : score.values) {
      if (!is_quantity(name)) out.key(name).number(value);
    }
    out.end_object();
  }
  write_text(out, "why", score.why);
  write_text(out, "detail", score.detail);
}

void write_cost(JsonText& out, const Record& record) {
  const Completion& completion = record.completion;
  if (completion.attempts != 1) out.key("attempts").integer(std::int64_t{completion.attempts});
  if (completion.reused) out.key("reused").boolean(true);
  write_milliseconds(out, "first_token_ms", completion.timings.first_token_ms);
  write_milliseconds(out, "total_ms", completion.timings.total_ms);
  out.key("tokens").begin_object();
  write_count(out, "prompt", completion.usage.prompt);
  write_count(out, "completion", completion.usage.completion);
  write_count(out, "reasoning", completion.usage.reasoning);
  write_count(out, "cached", completion.usage.cached);
  write_count(out, "cache_write", completion.usage.cache_write);
  write_count(out, "evaluated", completion.usage.evaluated);
  out.end_object();
  if (const auto usd = with_judge_usd(record, record.usd)) out.key("usd").number(*usd);
}

}  // namespace

AnswerPages::AnswerPages(std::string folder, std::string name, const ResultInfo& info, QuestionStore& questions)
    : folder_(std::move(folder)),
      name_(std::move(name)),
      info_(info),
      questions_(questions),
      headline_(headline_of(info)) {
  scores_.mean_over_items =
      headline_.aggregation == Aggregation::kMean || headline_.aggregation == Aggregation::kPassAtK;
  for (JsonText* column : {&chunk_, &orders_, &values_, &extracted_, &milliseconds_, &tokens_, &usd_, &failures_}) {
    column->begin_array();
  }
}

Result<void> AnswerPages::add(const Record& record) {
  if (item_ && item_->order != record.item.order) {
    if (auto ended = end_item(); !ended) return ended;
  }
  if (!item_) {
    if (auto stored = questions_.add(record); !stored) return stored;
    if (chunk_items_ == 0) chunk_begins_.push_back(items_);
    item_.emplace();
    item_->order = record.item.order;
    item_->cluster = record.item.cluster;
    chunk_.begin_array();
  }
  write_record(record, questions_.asked_alike(record));
  note(record);
  return {};
}

void AnswerPages::write_record(const Record& record, bool asked_alike) {
  chunk_.begin_object();
  if (record.request.sample != 0) chunk_.key("sample").integer(std::int64_t{record.request.sample});
  if (!asked_alike) chunk_.key("prompt").text(report::prompt_text(record.request));
  write_answer(chunk_, record);
  if (record.score) write_score(chunk_, *record.score);
  write_cost(chunk_, record);
  write_sent(chunk_, record);
  chunk_.end_object();
}

void AnswerPages::note(const Record& record) {
  const Completion& completion = record.completion;
  item_->milliseconds += completion.timings.total_ms.value_or(0);
  item_->tokens += completion.usage.completion.value_or(0);
  std::optional<double> usd = record.usd;
  if (!usd && info_.price) usd = time_cost_usd(*info_.price, completion.timings.compute_ms);
  usd = with_judge_usd(record, usd);
  if (usd) item_->usd = item_->usd.value_or(0) + *usd;
  if (completion.failure) {
    item_->failure = completion.failure->kind;
    return;
  }
  if (!completion.reused && completion.timings.total_ms) latency_.add(*completion.timings.total_ms);
  if (!record.score) return;
  if (item_->extracted.empty()) item_->extracted = record.score->extracted;
  for (const auto& [name, value] : record.score->values) {
    if (name != headline_.value) continue;
    item_->sum += value;
    ++item_->samples;
    if (value >= 1) ++item_->right;
    if (!headline_.vote) continue;
    item_->votes.push_back(statistics::vote_of(record.score->extracted));
    item_->values.push_back(value);
  }
}

Result<void> AnswerPages::end_item() {
  std::optional<double> value;
  if (item_->samples > 0) {
    value = headline_.aggregation == Aggregation::kPassAtK
                ? statistics::pass_at_k(item_->samples, item_->right, headline_.k)
                : item_->sum / static_cast<double>(item_->samples);
  }
  if (!item_->votes.empty()) {
    const auto elected = statistics::majority(item_->votes);
    value = elected ? item_->values[*elected] : 0;
    item_->extracted = elected ? item_->votes[*elected].spelling : "";
  }
  if (item_->failure) {
    value.reset();
    failures_.begin_array().integer(static_cast<std::int64_t>(items_)).text(failure_name(*item_->failure)).end_array();
  }
  if (value) scores_.add(item_->order, *value, item_->cluster);
  orders_.integer(item_->order);
  value ? values_.rounded(*value, 4) : values_.null();
  std::size_t end = std::min(item_->extracted.size(), kListedBytes);
  while (end > 0 && end < item_->extracted.size() &&
         (static_cast<unsigned char>(item_->extracted[end]) & 0xc0) == 0x80) {
    --end;
  }
  extracted_.text(std::string_view(item_->extracted).substr(0, end));
  milliseconds_.rounded(item_->milliseconds, 1);
  tokens_.integer(item_->tokens);
  usd_.number(item_->usd);
  chunk_.end_array();
  item_.reset();
  ++items_;
  ++chunk_items_;
  return chunk_items_ == kChunkItems || chunk_.size() >= kChunkBytes ? write_chunk() : Result<void>{};
}

Result<void> AnswerPages::write_chunk() {
  if (chunk_items_ == 0) return {};
  const std::string name = name_ + "/" + std::to_string(chunk_begins_.size() - 1);
  chunk_.end_array();
  auto written = write_script(folder_, name, chunk_.str());
  chunk_.clear();
  chunk_.begin_array();
  chunk_items_ = 0;
  return written;
}

Result<void> AnswerPages::finish() {
  if (item_) {
    if (auto ended = end_item(); !ended) return ended;
  }
  if (auto written = write_chunk(); !written) return written;
  JsonText index;
  index.begin_object();
  index.key("orders").raw(orders_.end_array().str());
  index.key("values").raw(values_.end_array().str());
  index.key("extracted").raw(extracted_.end_array().str());
  index.key("ms").raw(milliseconds_.end_array().str());
  index.key("tokens").raw(tokens_.end_array().str());
  index.key("usd").raw(usd_.end_array().str());
  index.key("failures").raw(failures_.end_array().str());
  index.key("chunks").begin_array();
  for (const std::size_t begin : chunk_begins_) index.integer(static_cast<std::int64_t>(begin));
  index.end_array().end_object();
  return write_script(folder_, name_ + "/index", index.str());
}

}  // namespace assay::site
