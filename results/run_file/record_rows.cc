#include "results/run_file/record_rows.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "results/run_file/encoding.h"
#include "results/run_file/judge_rows.h"
#include "results/run_file/schema.h"

namespace assay::run_file {
namespace {

// The columns of read_record(), in its order; a question's key is looked up from the record's.
constexpr const char* kBrief =
    "SELECT r.key, r.failure, r.score, r.\"values\", r.attempts, r.reused, r.usd, r.prompt_tokens, "
    "r.completion_tokens, r.reasoning_tokens, r.cached_tokens, r.cache_write_tokens, r.evaluated_tokens, r.queue_ms, "
    "r.first_token_ms, r.total_ms, r.compute_ms, r.finish, r.seed, r.billed_usd, r.failure_action, "
    "r.failure_message, r.extracted, r.why, r.note, r.served_model, q.item, q.cluster, q.target_index, q.target, "
    "q.groups";
constexpr const char* kRest =
    ", r.continuations, r.top_logprobs, r.text, r.reasoning, r.sent, r.request, r.request_text, q.choices, q.request, "
    "q.base, q.shared, q.text, r.session, r.stored_us";

/// SQL: whether a row is as it was written; files of schema 1 cannot say.
std::string intact(std::int64_t version, Table table, const std::string& prefix) {
  return version == 1 ? "1" : sealed(table, prefix);
}

std::string select_records(std::int64_t version, bool whole) {
  return std::string(kBrief) + ", " + intact(version, Table::kRecords, "r.") + ", " +
         intact(version, Table::kQuestions, "q.") + ", " + judge_answers_columns(version) + (whole ? kRest : "") +
         " FROM records r LEFT JOIN questions q ON q.key = (?1 << 32 | ((r.key >> 16) & 4294967295))" +
         judge_answers_join(version) + " WHERE r.key >= ?2 AND r.key < ?3 ORDER BY r.key";
}

std::string question_text(const Statement& row, int base_column, BaseTexts& bases) {
  std::string text;
  if (!row.is_null(base_column)) {
    const std::string& base = bases.text(row.integer(base_column));
    const std::int64_t shared = row.integer(base_column + 1);
    if (shared < 0 || shared > static_cast<std::int64_t>(base.size())) {
      fail("the run file is corrupted (a question shares more text than there is)");
    }
    text = base.substr(0, static_cast<std::size_t>(shared));
  }
  text += row.bytes(base_column + 2);
  return text;
}

Failure read_failure(const Statement& row) {
  Failure failure;
  failure.kind = failure_from_name(row.text(1)).value_or(FailureKind::kModel);
  const std::int64_t action = row.integer(20);
  if (action < 0 || action > static_cast<int>(FailureAction::kEndModel)) {
    fail("the run file is corrupted (a failure with an unknown action)");
  }
  failure.action = static_cast<FailureAction>(action);
  failure.message = row.text(21);
  return failure;
}

/// Refuses a row that is not as it was written, or says what no record can.
void check_record(const Statement& row) {
  const std::int64_t key = row.integer(0);
  const auto refuse = [&](const std::string& what) {
    const std::string item =
        row.is_null(26) ? "item number " + std::to_string((key >> 16) & (kMaxItems - 1)) : row.text(26);
    fail("the run file is corrupted (" + item + ": " + what + "); restore a copy of it or start a new run");
  };
  if (row.is_null(26)) refuse("its question is missing");
  if (row.integer(31) == 0) refuse("its record is not what was written");
  if (row.integer(32) == 0) refuse("its question is not what was written");
  if (row.integer(34) == 0) refuse("its judge's answer is not what was written");
  const auto is_count = [](std::int64_t value) { return value >= 0 && value <= std::numeric_limits<int>::max(); };
  if (!is_count(row.integer(4)) || (row.is_null(1) && row.is_null(2))) refuse("its record says what none can");
  if (!is_count(row.integer(28) + 1)) refuse("its target is out of range");
}

Record read_record(const Statement& row, bool whole, BaseTexts& bases) {
  check_record(row);
  Record record;
  const std::int64_t key = row.integer(0);
  record.result = key >> 48;
  record.item.order = (key >> 16) & (kMaxItems - 1);
  record.request.order = record.item.order;
  record.request.sample = static_cast<int>(key & (kMaxSamples - 1));
  Completion& completion = record.completion;
  if (!row.is_null(1)) {
    completion.failure = read_failure(row);
  } else {
    record.score = Score{row.real(2), decode_values(row.bytes(3)), row.text(22), row.text(23)};
    std::string& why = record.score->why;
    if (const std::size_t end = why.find('\n'); end != std::string::npos) {
      if (whole) record.score->detail = why.substr(end + 1);
      why.resize(end);
    }
  }
  completion.attempts = static_cast<int>(row.integer(4));
  completion.reused = row.integer(5) != 0;
  record.usd = row.optional_real(6);
  completion.usage = {row.optional_integer(7),  row.optional_integer(8),  row.optional_integer(9),
                      row.optional_integer(10), row.optional_integer(11), row.optional_integer(12)};
  completion.timings = {row.optional_real(13), row.optional_real(14), row.optional_real(15), row.optional_real(16)};
  completion.finish = finish_reason_from_name(row.text(17));
  completion.billed_usd = row.optional_real(19);
  completion.note = row.text(24);
  completion.served_model = row.text(25);
  record.item.id = row.text(26);
  record.request.item = record.item.id;
  record.item.cluster = row.text(27);
  record.item.target_index = static_cast<int>(row.integer(28));
  record.item.target = row.text(29);
  record.item.groups = decode_groups(row.bytes(30));
  if (!row.is_null(33)) record.judge_answers = decode_judge_answers(row.bytes(33), record.item.id);
  if (!whole) return record;
  completion.continuations = decode_continuations(row.bytes(35));
  completion.top_logprobs = decode_alternatives(row.bytes(36));
  completion.text = row.text(37);
  completion.reasoning = row.text(38);
  completion.sent = row.text(39);
  record.item.choices = decode_strings(row.bytes(42));
  if (row.is_null(40)) {
    decode_request(row.bytes(43), question_text(row, 44, bases), record.request);
  } else {
    decode_request(row.bytes(40), row.text(41), record.request);
  }
  if (auto* generate = std::get_if<GenerateRequest>(&record.request.body)) {
    generate->seed = static_cast<std::uint64_t>(row.integer(18));
  }
  return record;
}

}  // namespace

BaseTexts::BaseTexts(Database& database, std::int64_t version)
    : select_(database,
              "SELECT base, text, " + intact(version, Table::kQuestions, "") + " FROM questions WHERE key = ?") {}

const std::string& BaseTexts::text(std::int64_t key) {
  const auto found = std::find_if(known_.begin(), known_.end(), [key](const auto& one) { return one.first == key; });
  if (found != known_.end()) {
    std::rotate(known_.begin(), found, found + 1);
    return known_.front().second;
  }
  select_.bind(1, key);
  if (!select_.step() || !select_.is_null(0) || select_.integer(2) == 0) {
    select_.reset();
    fail("the run file is corrupted (a text that questions share is missing or damaged); restore a copy of it");
  }
  std::string text = select_.text(1);
  select_.reset();
  constexpr std::size_t kMost = 4;
  if (known_.size() == kMost) known_.pop_back();
  known_.insert(known_.begin(), {key, std::move(text)});
  return known_.front().second;
}

RecordRows::RecordRows(Database& database, std::int64_t version, bool whole)
    : row_(database, select_records(version, whole)), bases_(database, version), whole_(whole) {}

void RecordRows::select(std::int64_t set, std::int64_t begin, std::int64_t end) {
  row_.reset();
  row_.bind(1, set).bind(2, begin).bind(3, end);
}

bool RecordRows::step() { return row_.step(); }

std::int64_t RecordRows::key() const { return row_.integer(0); }

Record RecordRows::read() { return read_record(row_, whole_, bases_); }

std::int64_t RecordRows::session() const { return row_.integer(47); }

std::int64_t RecordRows::stored_us() const { return row_.integer(48); }

RecordCursor::RecordCursor(Database& database, std::int64_t version, std::vector<std::int64_t> sets, bool whole)
    : database_(database),
      sets_(std::move(sets)),
      // Read first: a session that ends meanwhile has more rows than these, never fewer.
      counts_(version > 1 ? stored_counts(database) : std::nullopt),
      rows_(database, version, whole) {}

bool RecordCursor::next() {
  while (true) {
    if (selected_ && rows_.step()) {
      ++records_;
      if (rows_.key() <= previous_) fail_damaged(database_, "the order of its records");
      previous_ = rows_.key();
      return true;
    }
    if (selected_) ++result_;
    selected_ = result_ < sets_.size();
    if (!selected_) break;
    const auto result = static_cast<std::int64_t>(result_);
    rows_.select(sets_[result_], record_key(result, 0, 0), last_record_key(result));
  }
  if (counts_ && records_ < counts_->records) fail_damaged(database_, "the number of its records");
  return false;
}

}  // namespace assay::run_file
