#include "results/run_file/question_writer.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "results/run_file/encoding.h"
#include "results/run_file/schema.h"

namespace assay::run_file {
namespace {

constexpr std::size_t kLeastShared = 256;  ///< bytes from which sharing a text's beginning pays
constexpr std::size_t kMostBases = 4;      ///< groups whose questions may be interleaved without loss

std::size_t common_prefix(std::string_view a, std::string_view b) {
  const std::size_t most = std::min(a.size(), b.size());
  auto same = static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most), b.begin()).first - a.begin());
  // Both parts stay well-formed text: never cut within a code point.
  while (same > 0 && same < a.size() && (static_cast<unsigned char>(a[same]) & 0xc0U) == 0x80U) --same;
  return same;
}

/// Never 0, which stands for "unknown". Lives in memory only, so it need not be the same on other machines.
std::uint64_t mixed(std::string_view head, std::string_view text) {
  const std::uint64_t hash =
      std::hash<std::string_view>{}(text)*0x9e3779b97f4a7c15U + std::hash<std::string_view>{}(head);
  return hash == 0 ? 1 : hash;
}

}  // namespace

QuestionWriter::QuestionWriter(Database& database, std::vector<std::int64_t> sets, bool fresh)
    : sets_(std::move(sets)),
      fresh_(fresh),
      known_(sets_.size()),
      insert_(database,
              "INSERT INTO questions VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,"
              "row_checksum(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11))"),
      select_(database, "SELECT request, base, shared, text FROM questions WHERE key = ?"),
      select_base_(database, "SELECT text FROM questions WHERE key = ?") {}

bool QuestionWriter::store(const Record& record) {
  const std::int64_t set = sets_[static_cast<std::size_t>(record.result)];
  const auto order = static_cast<std::size_t>(record.item.order);
  std::vector<std::uint64_t>& known = known_[static_cast<std::size_t>(set)];
  if (order >= known.size()) known.resize(std::max(order + 1, known.size() * 3 / 2));
  encode_request(record.request, request_);
  const std::uint64_t asked = mixed(request_, request_text(record.request));
  const std::int64_t key = question_key(set, record.item.order);
  if (known[order] == 0 && !fresh_) known[order] = stored_fingerprint(key);
  if (known[order] == 0) {
    insert(key, record);
    known[order] = asked;
  }
  return known[order] == asked;
}

std::uint64_t QuestionWriter::stored_fingerprint(std::int64_t key) {
  select_.bind(1, key);
  std::uint64_t hash = 0;
  if (select_.step()) {
    std::string text;
    if (!select_.is_null(1)) {
      select_base_.bind(1, select_.integer(1));
      if (select_base_.step()) {
        const auto shared = static_cast<std::size_t>(std::max<std::int64_t>(select_.integer(2), 0));
        text = select_base_.bytes(0).substr(0, shared);
      }
      select_base_.reset();
    }
    text += select_.bytes(3);
    hash = mixed(select_.bytes(0), text);
  }
  select_.reset();
  return hash;
}

void QuestionWriter::insert(std::int64_t key, const Record& record) {
  const std::string_view text = request_text(record.request);
  auto base = bases_.begin();
  std::size_t shared = 0;
  for (auto candidate = bases_.begin(); candidate != bases_.end() && shared < kLeastShared; ++candidate) {
    const std::size_t length = common_prefix(text, candidate->text);
    if (length > shared) {
      shared = length;
      base = candidate;
    }
  }
  encode_groups(record.item.groups, groups_);
  encode_strings(record.item.choices, choices_);
  insert_.bind(1, key)
      .bind(2, std::string_view(record.item.id))
      .bind(3, std::string_view(record.item.cluster))
      .bind(4, std::int64_t{record.item.target_index})
      .bind(5, std::string_view(record.item.target))
      .bind_blob(6, groups_)
      .bind_blob(7, choices_)
      .bind_blob(8, request_);
  if (shared >= kLeastShared) {
    std::rotate(bases_.begin(), base, base + 1);
    insert_.bind(9, bases_.front().key).bind(10, static_cast<std::int64_t>(shared)).bind(11, text.substr(shared));
  } else {
    insert_.null(9).bind(10, std::int64_t{0}).bind(11, text);
    if (text.size() >= kLeastShared) {
      if (bases_.size() == kMostBases) bases_.pop_back();
      bases_.insert(bases_.begin(), Base{key, std::string(text)});
    }
  }
  insert_.run();
}

}  // namespace assay::run_file
