#include "adapters/llama/generator.h"

#include <llama.h>

#include <algorithm>
#include <utility>

#include "adapters/llama/batch.h"
#include "adapters/llama/logits.h"
#include "adapters/llama/prefix_wave.h"
#include "harness/core/random.h"
#include "harness/core/text.h"

namespace assay::llama {
namespace {

constexpr int kCellStep = 256;
constexpr int kMostFiller = 4;             // rows of a stream behind its own
constexpr std::size_t kWorthCopying = 32;  // tokens: fewer are read again sooner than a stream is copied

/// Where the first of the stop texts begins in `text`, no stop text ending before `from`; npos where there is none.
std::size_t find_stop(const std::string& text, const std::vector<std::string>& stop, std::size_t from) {
  std::size_t first = std::string::npos;
  for (const std::string& word : stop) {
    if (!word.empty()) {
      first = std::min(first, text.find(word, from > word.size() ? from - word.size() : 0));
    }
  }
  return first;
}

}  // namespace

/// A sequence of the context and the text it is working on, if any.
struct Generator::Slot {
  explicit Slot(llama_seq_id which) : sequence(which) {}

  llama_seq_id sequence;
  std::vector<Token> cells;  ///< what lies in the stream, by position; kept when the text is done
  bool busy = false;
  bool reading = false;  ///< the prompt is not read to its end yet
  Token next = 0;        ///< said, not yet evaluated
  GenerateJob job;
  GenerateOutcome outcome;
  std::unique_ptr<Random> random;
  MonotonicClock::time_point start;
};

Generator::Generator(std::shared_ptr<const LocalModel> model, Meter& meter, std::atomic<bool>& cancelled)
    : model_(std::move(model)), meter_(meter), cancelled_(cancelled) {
  for (int i = 0; i < model_->options().sequences; ++i) {
    slots_.push_back(std::make_unique<Slot>(i));
  }
}

Generator::~Generator() = default;

void Generator::add(GenerateJob job) { waiting_.push_back(std::move(job)); }

bool Generator::idle() const {
  return waiting_.empty() && std::none_of(slots_.begin(), slots_.end(), [](const auto& slot) { return slot->busy; });
}

std::optional<Failure> Generator::make_room(int cells) {
  if (context_ && cells <= cells_) {
    return std::nullopt;
  }
  const int wanted = (cells + kCellStep - 1) / kCellStep * kCellStep;
  context_.reset();
  for (const auto& slot : slots_) {
    slot->cells.clear();
  }
  const auto streams = static_cast<int>(slots_.size());
  context_ = model_->make_context(wanted * streams, streams, meter_, cancelled_);
  cells_ = context_ ? wanted : 0;
  if (!context_) {
    return Failure{FailureKind::kModel, FailureAction::kGiveUpItem,
                   "no memory for " + std::to_string(slots_.size()) + " texts of " + std::to_string(wanted) +
                       " tokens; give fewer ?seqs= or a smaller ?ctx="};
  }
  return std::nullopt;
}

/// Gives waiting jobs to idle slots, one prompt being read at a time: the next may share what this one reads.
void Generator::admit() {
  const auto reading =
      std::any_of(slots_.begin(), slots_.end(), [](const auto& slot) { return slot->busy && slot->reading; });
  if (waiting_.empty() || reading) {
    return;
  }
  const int cells = static_cast<int>(waiting_.front().prompt.size()) + waiting_.front().max_tokens + kMostFiller;
  const auto busy = std::any_of(slots_.begin(), slots_.end(), [](const auto& slot) { return slot->busy; });
  if (cells > cells_ && busy) {
    return;  // a larger context can be made when this one is empty
  }
  const auto idle = std::find_if(slots_.begin(), slots_.end(), [](const auto& slot) { return !slot->busy; });
  if (idle == slots_.end()) {
    return;
  }
  Slot& slot = **idle;
  slot.job = std::move(waiting_.front());
  waiting_.pop_front();
  slot.outcome = GenerateOutcome();
  slot.start = MonotonicClock::now();
  slot.outcome.timings.queue_ms = std::chrono::duration<double, std::milli>(slot.start - slot.job.submitted).count();
  slot.outcome.timings.compute_ms = 0;
  slot.random = std::make_unique<Random>(slot.job.seed);
  slot.busy = true;
  slot.reading = true;
  slot.outcome.failure = make_room(cells);
  if (slot.outcome.failure) {
    finish(slot);
    return;
  }
  share_prefix(slot);
}

/// Starts a slot from whichever stream has most of its prompt already, its own included.
void Generator::share_prefix(Slot& slot) {
  const std::vector<Token>& prompt = slot.job.prompt;
  const bool exclusive = model_->options().exclusive;
  std::size_t shared = exclusive ? 0 : common_prefix(slot.cells, prompt);
  const Slot* source = &slot;
  for (const auto& other : slots_) {
    const std::size_t common = common_prefix(other->cells, prompt);
    if (other.get() != &slot && common >= shared + kWorthCopying) {
      shared = common;
      source = other.get();
    }
  }
  shared = std::min(shared, prompt.size() - 1);  // the last token's logits are wanted
  llama_memory_t memory = llama_get_memory(context_.get());
  if (source != &slot) {
    llama_memory_seq_cp(memory, source->sequence, slot.sequence, -1, -1);
  }
  llama_memory_seq_rm(memory, slot.sequence, static_cast<llama_pos>(shared), -1);
  slot.cells.assign(prompt.begin(), prompt.begin() + static_cast<std::ptrdiff_t>(shared));
}

std::optional<Failure> Generator::read_prompt(Slot& slot) {
  const auto started = MonotonicClock::now();
  const std::vector<Token>& prompt = slot.job.prompt;
  const std::size_t begin = slot.cells.size();
  const std::size_t end = std::min(prompt.size(), begin + static_cast<std::size_t>(model_->batch_tokens()));
  Batch batch(model_->batch_tokens() + kMostFiller, 1);
  for (std::size_t i = begin; i < end; ++i) {
    batch.add(prompt[i], static_cast<llama_pos>(i), slot.sequence, slot.sequence, i + 1 == prompt.size());
  }
  const int last = batch.rows() - 1;
  // Rows that fill the group up follow in the same stream, where nothing before them can see them.
  for (auto position = static_cast<llama_pos>(end); !model_->row_rule().met_by(batch.rows()); ++position) {
    batch.add(0, position, slot.sequence, slot.sequence, false);
  }
  batch.fill_up(model_->row_rule(), slot.sequence);
  if (const int status = meter_.decode(context_.get(), batch, end - begin); status != 0) {
    return decode_failure(status, cancelled_);
  }
  llama_memory_seq_rm(llama_get_memory(context_.get()), slot.sequence, static_cast<llama_pos>(end), -1);
  slot.cells.assign(prompt.begin(), prompt.begin() + static_cast<std::ptrdiff_t>(end));
  slot.outcome.evaluated += static_cast<std::int64_t>(end - begin);
  *slot.outcome.timings.compute_ms += milliseconds_since(started);
  if (end == prompt.size()) {
    slot.reading = false;
    take_token(slot, llama_get_logits_ith(context_.get(), last));
  }
  return std::nullopt;
}

std::optional<Failure> Generator::say_tokens() {
  const auto started = MonotonicClock::now();
  std::vector<Slot*> saying;
  for (const auto& slot : slots_) {
    if (slot->busy && !slot->reading) {
      saying.push_back(slot.get());
    }
  }
  if (saying.empty()) {
    return std::nullopt;
  }
  // A batch takes streams that lie side by side. Every stream of the span has as many rows, so that it stays one
  // batch; idle ones, and rows behind the first, only fill it: more streams before more rows of each.
  const RowRule rule = model_->row_rule();
  const auto streams = static_cast<llama_seq_id>(slots_.size());
  llama_seq_id first = saying.front()->sequence;
  llama_seq_id last = saying.back()->sequence;
  while (!rule.met_by(last - first + 1) && last - first + 1 < streams) {
    last + 1 < streams ? ++last : --first;
  }
  const int span = last - first + 1;
  int rows = 1;
  while (!rule.met_by(rows * span)) {
    ++rows;
  }
  Batch batch(rows * span, 1);
  for (llama_seq_id sequence = first; sequence <= last; ++sequence) {
    const Slot& slot = *slots_[static_cast<std::size_t>(sequence)];
    const bool says = slot.busy && !slot.reading;
    for (int row = 0; row < rows; ++row) {
      batch.add(says && row == 0 ? slot.next : 0, static_cast<llama_pos>(slot.cells.size()) + row, sequence, sequence,
                says && row == 0);
    }
  }
  batch.fill_up(rule, first);
  if (const int status = meter_.decode(context_.get(), batch, saying.size()); status != 0) {
    return decode_failure(status, cancelled_);
  }
  llama_memory_t memory = llama_get_memory(context_.get());
  for (llama_seq_id sequence = first; sequence <= last; ++sequence) {
    Slot& slot = *slots_[static_cast<std::size_t>(sequence)];
    if (slot.busy && !slot.reading) {
      slot.cells.push_back(slot.next);
    }
    llama_memory_seq_rm(memory, sequence, static_cast<llama_pos>(slot.cells.size()), -1);
  }
  std::size_t held = 0;
  for (const Slot* slot : saying) held += slot->cells.size();
  meter_.holds(held);
  const double share = milliseconds_since(started) / static_cast<double>(saying.size());
  for (Slot* slot : saying) {
    ++slot->outcome.evaluated;
    *slot->outcome.timings.compute_ms += share;
    take_token(*slot, llama_get_logits_ith(context_.get(), (slot->sequence - first) * rows));
  }
  if (saying.size() == slots_.size()) {
    meter_.all_said(saying.size(), milliseconds_since(started));
  }
  return std::nullopt;
}

/// Chooses the next token of a text, and ends the text where it is complete.
void Generator::take_token(Slot& slot, const float* logits) {
  const int vocabulary = model_->tokenizer().size();
  const GenerateJob& job = slot.job;
  GenerateOutcome& outcome = slot.outcome;
  if (outcome.tokens == 0) {
    for (const RankedToken& ranked : top_tokens(logits, vocabulary, job.top_logprobs)) {
      outcome.top_logprobs.push_back({repaired_utf8(model_->tokenizer().piece(ranked.token)), ranked.logprob});
    }
    outcome.timings.first_token_ms = milliseconds_since(slot.start);
  }
  slot.next = job.temperature > 0 ? sample_token(logits, vocabulary, job.temperature, job.top_p, slot.random->unit())
                                  : best_token(logits, vocabulary);
  ++outcome.tokens;
  if (model_->tokenizer().is_end(slot.next)) {
    outcome.finish = FinishReason::kStop;
    finish(slot);
    return;
  }
  const std::size_t before = outcome.text.size();
  outcome.text += model_->tokenizer().piece(slot.next);
  const std::size_t stop = find_stop(outcome.text, job.stop, before);
  if (stop != std::string::npos) {
    outcome.text.resize(stop);
    outcome.finish = FinishReason::kStop;
    finish(slot);
  } else if (outcome.tokens >= job.max_tokens) {
    outcome.finish = FinishReason::kLength;
    finish(slot);
  }
}

void Generator::finish(Slot& slot) {
  slot.busy = false;
  slot.reading = false;
  slot.outcome.text = repaired_utf8(slot.outcome.text);
  slot.outcome.timings.total_ms = milliseconds_since(slot.start);
  const GenerateJob job = std::exchange(slot.job, GenerateJob());
  job.done(std::exchange(slot.outcome, GenerateOutcome()));
}

/// A batch of the prompt that is being read; while fewer than half of the slots say anything, the next ones too.
std::optional<Failure> Generator::read_prompts() {
  for (;;) {
    admit();
    std::size_t saying = 0;
    Slot* reading = nullptr;
    for (const auto& slot : slots_) {
      if (slot->busy && slot->reading) {
        reading = slot.get();
      } else if (slot->busy) {
        ++saying;
      }
    }
    if (reading == nullptr) {
      return std::nullopt;
    }
    if (auto failure = read_prompt(*reading)) {
      return failure;
    }
    if (2 * saying >= slots_.size()) {
      return std::nullopt;
    }
  }
}

void Generator::step() {
  std::optional<Failure> failure = read_prompts();
  if (!failure) {
    failure = say_tokens();
  }
  if (failure) {
    for (const auto& slot : slots_) {
      slot->cells.clear();
      if (slot->busy) {
        slot->outcome.failure = failure;
        finish(*slot);
      }
    }
    context_.reset();
    cells_ = 0;
  }
}

void Generator::fail_all(const Failure& failure) {
  for (const auto& slot : slots_) {
    if (slot->busy) {
      slot->outcome.failure = failure;
      finish(*slot);
    }
  }
  fail_unstarted(failure);
}

void Generator::fail_unstarted(const Failure& failure) {
  while (!waiting_.empty()) {
    const GenerateJob job = std::move(waiting_.front());
    waiting_.pop_front();
    GenerateOutcome outcome;
    outcome.failure = failure;
    job.done(std::move(outcome));
  }
}

}  // namespace assay::llama
