#include "results/run_file/record_writer.h"

#include <string_view>
#include <utility>
#include <variant>

#include "harness/core/text.h"
#include "results/run_file/encoding.h"
#include "results/run_file/schema.h"

namespace assay::run_file {
namespace {

/// What a column becomes where a failed record is replaced; the others are taken over from the new one.
struct Replaced {
  const char* column;
  const char* value;
};
constexpr Replaced kAddedUp[] = {
    {"key", "key"},
    {"attempts", "attempts + excluded.attempts"},
    {"usd", "CASE WHEN usd IS NULL THEN excluded.usd ELSE usd + coalesce(excluded.usd, 0) END"},
};

std::string insert_record() {
  const std::string columns = columns_of(Table::kRecords);
  std::string parameters;
  std::string set;
  std::string values;  // of a replaced record, for its checksum
  int parameter = 0;
  for (std::size_t begin = 0; begin < columns.size();) {
    const std::size_t end = std::min(columns.find(", ", begin), columns.size());
    const std::string column = columns.substr(begin, end - begin);
    std::string value = "excluded." + column;
    for (const Replaced& replaced : kAddedUp) {
      if (column == replaced.column) value = replaced.value;
    }
    const char* comma = begin == 0 ? "" : ", ";
    parameters += comma + ("?" + std::to_string(++parameter));
    set += comma + column + " = " + value;
    values += comma + value;
    begin = end + 2;
  }
  return "INSERT INTO records (" + columns + ", checksum) VALUES (" + parameters + ", row_checksum(" + parameters +
         ")) ON CONFLICT (key) DO UPDATE SET " + set + ", checksum = row_checksum(" + values +
         ") WHERE failure IS NOT NULL";
}

}  // namespace

RecordWriter::RecordWriter(Database& database, std::vector<std::int64_t> sets, bool fresh)
    : database_(database),
      results_(static_cast<std::int64_t>(sets.size())),
      insert_(database, insert_record()),
      questions_(database, std::move(sets), fresh),
      judge_answers_(database) {}

void RecordWriter::insert(const Record& record, std::int64_t session, std::int64_t stored_us) {
  const auto internal = [&](const std::string& what) {
    throw StorageFailure{Error{ErrorKind::kInternal, record.item.id + ": " + what}};
  };
  if (record.result < 0 || record.result >= results_) {
    internal("a record of a result that the run does not have");
  }
  const int sample = record.request.sample;
  if (record.item.order < 0 || record.item.order >= kMaxItems || sample < 0 || sample >= kMaxSamples) {
    internal("a record whose item or sample number is out of range");
  }
  const Completion& completion = record.completion;
  if (completion.failure.has_value() == record.score.has_value()) {
    internal("a record must be either scored or failed");
  }
  const bool as_stored = questions_.store(record);
  Statement& row = insert_;
  row.bind(1, record_key(record.result, record.item.order, sample)).bind(2, session).bind(3, stored_us);
  if (record.score) {
    encode_values(record.score->values, values_);
    row.null(4).bind(5, record.score->value).bind_blob(6, values_);
  } else {
    row.bind(4, failure_name(completion.failure->kind)).null(5).null(6);
  }
  encode_continuations(completion.continuations, continuations_);
  encode_alternatives(completion.top_logprobs, alternatives_);
  const auto* generate = std::get_if<GenerateRequest>(&record.request.body);
  const Usage& usage = completion.usage;
  const Timings& timings = completion.timings;
  row.bind(7, std::int64_t{completion.attempts})
      .bind(8, std::int64_t{completion.reused})
      .bind(9, record.usd)
      .bind(10, usage.prompt)
      .bind(11, usage.completion)
      .bind(12, usage.reasoning)
      .bind(13, usage.cached)
      .bind(14, usage.cache_write)
      .bind(15, usage.evaluated)
      .bind(16, timings.queue_ms)
      .bind(17, timings.first_token_ms)
      .bind(18, timings.total_ms)
      .bind(19, timings.compute_ms)
      .bind(20, finish_reason_name(completion.finish))
      .bind(21, static_cast<std::int64_t>(generate != nullptr ? generate->seed : 0))
      .bind(22, completion.billed_usd);
  if (completion.failure) {
    row.bind(23, static_cast<std::int64_t>(completion.failure->action))
        .bind(24, std::string_view(completion.failure->message));
  } else {
    row.null(23).null(24);
  }
  // one column for both: the first line says why, what follows is the detail
  why_.clear();
  if (record.score) why_ = on_one_line(record.score->why);
  if (record.score && !record.score->detail.empty()) why_.append("\n").append(record.score->detail);
  row.bind(25, record.score ? std::string_view(record.score->extracted) : std::string_view())
      .bind(26, std::string_view(why_))
      .bind(27, std::string_view(completion.note))
      .bind(28, std::string_view(completion.served_model))
      .bind_blob(29, continuations_)
      .bind_blob(30, alternatives_)
      .bind(31, std::string_view(completion.text))
      .bind(32, std::string_view(completion.reasoning))
      .bind(33, std::string_view(completion.sent));
  if (as_stored) {
    row.null(34).null(35);
  } else {
    encode_request(record.request, request_);
    row.bind_blob(34, request_).bind(35, request_text(record.request));
  }
  row.run();
  if (database_.changes() == 0) internal("this sample has an answer already");
  judge_answers_.write(record_key(record.result, record.item.order, sample), record);
}

}  // namespace assay::run_file
