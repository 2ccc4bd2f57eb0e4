#include "results/run_file/judge_rows.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "results/run_file/checksum.h"
#include "results/run_file/encoding.h"
#include "results/run_file/packer.h"
#include "results/run_file/schema.h"

namespace assay::run_file {
namespace {

bool has_judges(Database& database) { return database.integer("PRAGMA user_version") >= kJudgeSchema; }

void pack_count(Packer& packer, const std::optional<std::int64_t>& value) {
  packer.count(value ? 1 : 0);
  if (value) packer.integer(*value);
}

std::optional<std::int64_t> unpack_count(Unpacker& unpacker) {
  if (!unpacker.flag()) return std::nullopt;
  return unpacker.integer();
}

template <class Usage>
auto counts_of(Usage& usage) {
  return std::array{&usage.prompt, &usage.completion,  &usage.reasoning,
                    &usage.cached, &usage.cache_write, &usage.evaluated};
}

template <class Timings>
auto times_of(Timings& timings) {
  return std::array{&timings.queue_ms, &timings.first_token_ms, &timings.total_ms, &timings.compute_ms};
}

void pack(Packer& packer, const JudgeAnswer& answer, std::string& buffer) {
  encode_request(answer.request, buffer);
  packer.text(buffer);
  packer.text(request_text(answer.request));
  packer.integer(answer.request.sample);
  const auto* generate = std::get_if<GenerateRequest>(&answer.request.body);
  packer.count(generate != nullptr ? generate->seed : 0);
  const Completion& completion = answer.completion;
  packer.count(completion.failure ? 1 : 0);
  if (completion.failure) {
    packer.text(failure_name(completion.failure->kind));
    packer.integer(static_cast<int>(completion.failure->action));
    packer.text(completion.failure->message);
  }
  packer.text(completion.text);
  packer.text(completion.reasoning);
  packer.text(finish_reason_name(completion.finish));
  for (const auto* count : counts_of(completion.usage)) pack_count(packer, *count);
  for (const auto* time : times_of(completion.timings)) packer.optional_real(*time);
  packer.integer(completion.attempts);
  packer.count(completion.reused ? 1 : 0);
  packer.text(completion.served_model);
  packer.text(completion.note);
  packer.optional_real(completion.billed_usd);
  packer.optional_real(answer.usd);
}

void unpack(Unpacker& unpacker, const std::string& item, JudgeAnswer& answer) {
  const std::string body = unpacker.text();
  decode_request(body, unpacker.text(), answer.request);
  answer.request.item = item;
  answer.request.sample = unpacker.small();
  const std::uint64_t seed = unpacker.count();
  if (auto* generate = std::get_if<GenerateRequest>(&answer.request.body)) generate->seed = seed;
  Completion& completion = answer.completion;
  if (unpacker.flag()) {
    Failure failure;
    failure.kind = failure_from_name(unpacker.text()).value_or(FailureKind::kModel);
    const std::int64_t action = unpacker.integer();
    if (action < 0 || action > static_cast<int>(FailureAction::kEndModel)) {
      fail("the run file is corrupted (a judge's failure with an unknown action)");
    }
    failure.action = static_cast<FailureAction>(action);
    failure.message = unpacker.text();
    completion.failure = std::move(failure);
  }
  completion.text = unpacker.text();
  completion.reasoning = unpacker.text();
  completion.finish = finish_reason_from_name(unpacker.text());
  for (auto* count : counts_of(completion.usage)) *count = unpack_count(unpacker);
  for (auto* time : times_of(completion.timings)) *time = unpacker.optional_real();
  completion.attempts = unpacker.small();
  completion.reused = unpacker.flag();
  completion.served_model = unpacker.text();
  completion.note = unpacker.text();
  completion.billed_usd = unpacker.optional_real();
  answer.usd = unpacker.optional_real();
}

std::string insert_answers() {
  return "INSERT INTO judge_answers (" + columns_of(Table::kJudgeAnswers) +
         ", checksum) VALUES (?1, ?2, ?3, row_checksum(?1, ?2, ?3)) ON CONFLICT (key) DO UPDATE SET "
         "usd = excluded.usd, answers = excluded.answers, checksum = excluded.checksum";
}

}  // namespace

void write_judges(Database& database, const std::vector<ResultInfo>& results) {
  Statement insert(database, "INSERT INTO judges (" + columns_of(Table::kJudges) +
                                 ", checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
                                 "row_checksum(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8))");
  std::string price, settings, details;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i].judge) continue;
    const JudgeInfo& judge = *results[i].judge;
    encode_pairs(judge.model.settings, settings);
    encode_pairs(judge.model.details, details);
    insert.bind(1, static_cast<std::int64_t>(i))
        .bind(2, judge.model.name)
        .bind(3, judge.model.sha256)
        .bind(4, judge.model_ref)
        .bind(5, judge.rubric_sha256);
    if (judge.price) {
      encode_price(*judge.price, price);
      insert.bind_blob(6, price);
    } else {
      insert.null(6);
    }
    insert.bind_blob(7, settings).bind_blob(8, details).run();
  }
}

void read_judges(Database& database, std::vector<ResultInfo>& results) {
  if (!has_judges(database)) return;
  Statement row(database, "SELECT " + columns_of(Table::kJudges) + ", " + sealed(Table::kJudges) + " FROM judges");
  while (row.step()) {
    const std::int64_t result = row.integer(0);
    if (row.integer(8) == 0 || result < 0 || result >= static_cast<std::int64_t>(results.size())) {
      fail_damaged(database, "its table \"judges\"");
    }
    JudgeInfo judge;
    judge.model.name = row.text(1);
    if (!row.is_null(2)) judge.model.sha256 = row.text(2);
    judge.model_ref = row.text(3);
    judge.rubric_sha256 = row.text(4);
    if (!row.is_null(5)) judge.price = decode_price(row.bytes(5));
    judge.model.settings = decode_pairs(row.bytes(6));
    judge.model.details = decode_pairs(row.bytes(7));
    results[static_cast<std::size_t>(result)].judge = std::move(judge);
  }
}

JudgeAnswerWriter::JudgeAnswerWriter(Database& database) : insert_(database, insert_answers()) {}

void JudgeAnswerWriter::write(std::int64_t key, const Record& record) {
  if (record.judge_answers.empty()) return;
  std::string buffer;
  std::optional<double> usd;
  Packer packer(answers_);
  packer.count(record.judge_answers.size());
  for (const JudgeAnswer& answer : record.judge_answers) {
    pack(packer, answer, buffer);
    if (answer.usd) usd = usd.value_or(0) + *answer.usd;
  }
  insert_.bind(1, key).bind(2, usd).bind_blob(3, answers_).run();
}

std::string judge_answers_columns(std::int64_t version) {
  if (version < kJudgeSchema) return "NULL, 1";
  return "j.answers, (j.key IS NULL OR " + sealed(Table::kJudgeAnswers, "j.") + ")";
}

std::string judge_answers_join(std::int64_t version) {
  return version < kJudgeSchema ? "" : " LEFT JOIN judge_answers j ON j.key = r.key";
}

std::vector<JudgeAnswer> decode_judge_answers(std::string_view bytes, const std::string& item) {
  Unpacker unpacker(bytes);
  constexpr std::size_t kLeastBytes = 24;
  std::vector<JudgeAnswer> answers(unpacker.elements(kLeastBytes));
  for (JudgeAnswer& answer : answers) unpack(unpacker, item, answer);
  unpacker.end();
  return answers;
}

void check_judge_answers(Database& database) {
  if (!has_judges(database)) return;
  const std::string sql = "SELECT count(*) FROM judge_answers WHERE NOT " + sealed(Table::kJudgeAnswers);
  if (database.integer(sql) != 0) fail_damaged(database, "an answer of a judge");
}

}  // namespace assay::run_file
