#include "adapters/llama/scorer.h"

#include <llama.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "adapters/llama/batch.h"
#include "adapters/llama/bottom_path.h"
#include "adapters/llama/logits.h"

namespace assay::llama {
namespace {

constexpr std::size_t kWaveTokens =
    960;                              // of a wave, at least: more are fewer cuts of the tree, and more cells to pass by
constexpr std::size_t kFillers = 64;  // jobs that are tried for the rest of a wave's last batch
constexpr std::size_t kLongTail = 192;     // so much of its own, and a sequence begins a wave: others may share it
constexpr std::size_t kWorthKeeping = 16;  // a bottom path shared in fewer tokens is not looked for
constexpr int kPatience = 64;              // waves that the oldest job may be passed over
constexpr int kCellStep = 1024;

/// `tokens` and what fills their last batch up.
std::size_t in_whole_batches(std::size_t tokens, std::size_t batch) { return (tokens + batch - 1) / batch * batch; }

}  // namespace

/// A job and how far it is.
struct Scorer::Waiting {
  ScoreJob job;
  ScoreOutcome outcome;
  std::size_t next = 0;  ///< sequences before this one are done or in the wave
  [[nodiscard]] const std::vector<Token>& path() const { return job.sequences[next].input; }
  int passed_over = 0;
  bool started = false;
  std::size_t rows_left = 0;  ///< of the wave it is in, whose logits are yet to be read
  MonotonicClock::time_point start;
  MonotonicClock::time_point end;
};

/// Where a sequence's log-probabilities are added up.
struct Scorer::Reading {
  std::size_t member = 0;
  std::size_t sequence = 0;
};

struct Scorer::Wave {
  std::vector<Waiting*> members;
  std::vector<Reading> readings;
  PrefixWave tree;
};

Scorer::Scorer(std::shared_ptr<const LocalModel> model, Meter& meter, std::atomic<bool>& cancelled,
               const std::atomic<bool>& draining)
    : model_(std::move(model)), meter_(meter), cancelled_(cancelled), draining_(draining) {}

Scorer::~Scorer() = default;

void Scorer::add(ScoreJob job) {
  auto waiting = std::make_unique<Waiting>();
  waiting->job = std::move(job);
  for (const ScoredSequence& sequence : waiting->job.sequences) {
    ContinuationScore score;
    score.tokens = static_cast<int>(sequence.target.size());
    score.is_greedy = true;
    waiting->outcome.scores.push_back(score);
  }
  waiting_.push_back(std::move(waiting));
}

Scorer::Waiting* Scorer::choose_seed() {
  Waiting* oldest = waiting_.front().get();
  if (bottom_.tokens().empty() || ++oldest->passed_over > kPatience) {
    return oldest;
  }
  Waiting* best = nullptr;
  std::size_t most = kWorthKeeping;
  for (const auto& waiting : waiting_) {
    const std::size_t shared = common_prefix(waiting->path(), bottom_.tokens());
    if (shared > most || (shared == most && (best == nullptr || waiting->path() < best->path()))) {
      most = shared;
      best = waiting.get();
    }
  }
  return best == nullptr ? oldest : best;
}

/// How many nodes a job's sequences would add to a tree.
std::size_t Scorer::new_nodes(const PrefixWave& tree, const Waiting& waiting) {
  const auto& sequences = waiting.job.sequences;
  std::size_t sum = tree.new_nodes(waiting.path());
  for (std::size_t i = waiting.next + 1; i < sequences.size(); ++i) {
    sum += sequences[i].input.size() - common_prefix(sequences[i].input, sequences[i - 1].input);
  }
  return sum;
}

/// How many leaves a job's sequences would add to a tree, at most: continuations of one token have one input.
std::size_t Scorer::new_leaves(const Waiting& waiting) {
  const auto& sequences = waiting.job.sequences;
  std::size_t sum = 1;
  for (std::size_t i = waiting.next + 1; i < sequences.size(); ++i) {
    sum += sequences[i].input != sequences[i - 1].input ? 1U : 0U;
  }
  return sum;
}

/// What may join the seed's wave, in the order of the tree of all that waits, the seed's own path being its first:
/// cut anywhere, neighbours in this order lose no more than the path at the cut.
std::vector<Scorer::Waiting*> Scorer::in_tree_order(const Waiting& seed) const {
  struct Placed {
    std::size_t shared;
    Waiting* job;
  };
  std::vector<Placed> placed;
  for (const auto& waiting : waiting_) {
    const std::size_t shared = common_prefix(waiting->path(), seed.path());
    if (waiting.get() != &seed && waiting->path().size() < shared + kLongTail) {
      placed.push_back({shared, waiting.get()});
    }
  }
  std::stable_sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) {
    if (a.shared != b.shared) return a.shared > b.shared;
    const auto same = static_cast<std::ptrdiff_t>(a.shared);  // both have the seed's beginning
    const std::vector<Token>& first = a.job->path();
    const std::vector<Token>& second = b.job->path();
    return std::lexicographical_compare(first.begin() + same, first.end(), second.begin() + same, second.end());
  });
  std::vector<Waiting*> jobs;
  for (const Placed& one : placed) jobs.push_back(one.job);
  return jobs;
}

/// Leaves that a wave may have.
std::size_t Scorer::most_leaves() const { return static_cast<std::size_t>(model_->shared_sequences() - kFirstLeaf); }

/// Puts sequences of `job` into the wave as long as there is room for them; the first always.
void Scorer::join(Wave& wave, Waiting& job, std::size_t most_nodes) const {
  const std::size_t owner = wave.tree.add_owner(job.job.order);
  wave.members.push_back(&job);
  for (bool first = true; job.next < job.job.sequences.size(); first = false) {
    const ScoredSequence& sequence = job.job.sequences[job.next];
    const std::size_t nodes = wave.tree.new_nodes(sequence.input);
    if (!first && nodes > 0 && (wave.tree.leaves() == most_leaves() || wave.tree.size() + nodes > most_nodes)) {
      break;
    }
    wave.tree.add(sequence.input, sequence.target, owner, wave.readings.size());
    wave.readings.push_back({owner, job.next++});
  }
}

/// A seed, and as many others as make full batches with it. Whole items only: what an item shares with itself is not
/// kept from wave to wave. The seed alone may be too large for that.
Scorer::Wave Scorer::choose_wave() {
  Waiting* seed = choose_seed();
  const auto batch = static_cast<std::size_t>(model_->batch_tokens());
  const std::size_t kept = common_prefix(seed->path(), bottom_.tokens());
  const std::size_t most_nodes = kept + in_whole_batches(std::max(seed->path().size() - kept, kWaveTokens), batch);
  std::vector<Waiting*> others = in_tree_order(*seed);
  Wave wave;
  join(wave, *seed, most_nodes);
  const auto nodes_if_room = [&](const Waiting& job) -> std::optional<std::size_t> {
    const std::size_t nodes = new_nodes(wave.tree, job);
    const bool fits = wave.tree.leaves() + new_leaves(job) <= most_leaves() && wave.tree.size() + nodes <= most_nodes;
    return fits ? std::optional(nodes) : std::nullopt;
  };
  auto next = others.begin();
  while (next != others.end() && nodes_if_room(**next)) {
    join(wave, **next++, most_nodes);
  }
  // What is left of the last batch goes to whichever of the next few fills it best.
  others.erase(others.begin(), next);
  others.resize(std::min(others.size(), kFillers));
  for (;;) {
    std::vector<std::optional<std::size_t>> nodes;
    for (const Waiting* job : others) nodes.push_back(nodes_if_room(*job));
    const auto largest = std::max_element(nodes.begin(), nodes.end());
    if (largest == nodes.end() || !*largest) {
      return wave;
    }
    const auto filler = others.begin() + (largest - nodes.begin());
    join(wave, **filler, most_nodes);
    others.erase(filler);
  }
}

std::optional<Failure> Scorer::make_room(int cells) {
  if (context_ && cells <= cells_) {
    return std::nullopt;
  }
  const int step = std::max(kCellStep, 2 * model_->batch_tokens());
  const int wanted = (cells + step - 1) / step * step;
  context_.reset();
  bottom_.clear();
  context_ = model_->make_context(wanted, 0, meter_, cancelled_);
  cells_ = context_ ? wanted : 0;
  if (!context_) {
    return Failure{FailureKind::kModel, FailureAction::kGiveUpItem,
                   "no memory for a context of " + std::to_string(wanted) + " tokens; give a smaller ?ctx="};
  }
  return std::nullopt;
}

std::optional<Failure> Scorer::compute(const std::vector<PrefixWave::Node>& nodes, int kept, Wave& wave) {
  const auto step = static_cast<std::size_t>(model_->batch_tokens());
  std::size_t end = nodes.size();
  for (auto begin = static_cast<std::size_t>(kept); begin < end; begin += step) {
    if (draining_) {
      end = end_of_begun(nodes, begin, wave);
    }
    if (begin >= end) {
      break;
    }
    if (auto failure = decode(nodes, begin, std::min(end, begin + step), wave)) {
      return failure;
    }
  }
  return std::nullopt;
}

/// Where the last item ends of which some row was read and some was not. Rows of one item lie behind each other, so
/// this is at most one item's tokens away.
std::size_t Scorer::end_of_begun(const std::vector<PrefixWave::Node>& nodes, std::size_t computed, const Wave& wave) {
  std::vector<bool> begun(wave.members.size());
  std::size_t end = computed;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const auto& wanted : nodes[i].wanted) {
      const std::size_t member = wave.readings[wanted.reader].member;
      if (i < computed) {
        begun[member] = true;
      } else if (begun[member]) {
        end = i + 1;
      }
    }
  }
  return end;
}

std::optional<Failure> Scorer::decode(const std::vector<PrefixWave::Node>& nodes, std::size_t begin, std::size_t end,
                                      Wave& wave) {
  const auto started = MonotonicClock::now();
  const auto begin_item = [&](std::size_t index) {
    Waiting& member = *wave.members[index];
    if (!member.started) {
      member.started = true;
      member.start = started;
    }
  };
  Batch batch(model_->batch_tokens(), model_->shared_sequences());
  for (std::size_t i = begin; i < end; ++i) {
    const auto& node = nodes[i];
    begin_item(node.owner);
    for (const auto& wanted : node.wanted) begin_item(wave.readings[wanted.reader].member);
    batch.add(node.token, node.position, kFirstLeaf + node.first_leaf, kFirstLeaf + node.last_leaf,
              !node.wanted.empty());
  }
  const int filled = batch.fill_up(model_->row_rule(), kFiller);
  const int status = meter_.decode(context_.get(), batch, end - begin);
  if (status != 0) {
    return decode_failure(status, cancelled_);
  }
  if (filled > 0) {
    llama_memory_seq_rm(llama_get_memory(context_.get()), kFiller, -1, -1);
  }
  const auto decoded = MonotonicClock::now();
  std::vector<const float*> logits;
  for (std::size_t i = begin; i < end; ++i) {
    if (!nodes[i].wanted.empty()) {
      logits.push_back(llama_get_logits_ith(context_.get(), static_cast<std::int32_t>(i - begin)));
    }
  }
  const std::vector<LogitRow> rows = read_rows(logits, model_->tokenizer().size(), model_->options().threads);
  std::size_t at = 0;
  for (std::size_t i = begin; i < end; ++i) {
    if (nodes[i].wanted.empty()) {
      continue;
    }
    const float* row_logits = logits[at];
    const LogitRow row = rows[at++];
    for (const auto& wanted : nodes[i].wanted) {
      const Reading& reading = wave.readings[wanted.reader];
      ContinuationScore& score = wave.members[reading.member]->outcome.scores[reading.sequence];
      score.logprob += static_cast<double>(row_logits[wanted.target]) - row.log_normaliser;
      score.is_greedy = score.is_greedy && wanted.target == row.best;
      if (--wave.members[reading.member]->rows_left == 0) {
        wave.members[reading.member]->end = MonotonicClock::now();
      }
    }
  }
  meter_.spent(Meter::Work::kReading, milliseconds_since(decoded));
  const double share = milliseconds_since(started) / static_cast<double>(end - begin);
  for (std::size_t i = begin; i < end; ++i) {
    ScoreOutcome& payer = wave.members[nodes[i].owner]->outcome;
    ++payer.evaluated;
    payer.timings.compute_ms = payer.timings.compute_ms.value_or(0) + share;
  }
  return std::nullopt;
}

void Scorer::deliver(Wave& wave) {
  for (Waiting* member : wave.members) {
    if (member->next < member->job.sequences.size()) {
      continue;
    }
    Timings& timings = member->outcome.timings;
    if (member->started) {
      timings.total_ms = std::chrono::duration<double, std::milli>(member->end - member->start).count();
    } else {
      member->start = MonotonicClock::now();  // given up before its turn
    }
    timings.queue_ms = std::chrono::duration<double, std::milli>(member->start - member->job.submitted).count();
    timings.compute_ms = timings.compute_ms.value_or(0);
    const auto found =
        std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& waiting) { return waiting.get() == member; });
    const std::unique_ptr<Waiting> finished = std::move(*found);
    waiting_.erase(found);
    finished->job.done(std::move(finished->outcome));
  }
}

void Scorer::run_wave() {
  if (model_->shares_prompts()) {
    run_shared();
  } else {
    run_whole();
  }
}

/// The oldest job, each of its prompts by itself; continuations of one token have one prompt in common.
void Scorer::run_whole() {
  Waiting& waiting = *waiting_.front();
  waiting.started = true;
  waiting.start = MonotonicClock::now();
  const auto& sequences = waiting.job.sequences;
  std::optional<Failure> failure;
  for (std::size_t i = 0; i < sequences.size() && !failure; ++i) {
    const auto same = [&](std::size_t earlier) { return sequences[earlier].input == sequences[i].input; };
    bool computed = false;
    for (std::size_t earlier = 0; earlier < i && !computed; ++earlier) {
      computed = same(earlier);
    }
    if (!computed) {
      failure = compute_whole(waiting, i);
    }
  }
  waiting.next = sequences.size();
  waiting.outcome.failure = failure;
  waiting.end = MonotonicClock::now();
  Wave wave;
  wave.members.push_back(&waiting);
  deliver(wave);
}

/// Computes the prompt of sequence `first` and reads the log-probabilities of every later sequence that has the same.
std::optional<Failure> Scorer::compute_whole(Waiting& waiting, std::size_t first) {
  const auto started = MonotonicClock::now();
  const auto& sequences = waiting.job.sequences;
  const std::vector<Token>& input = sequences[first].input;
  if (auto failure = make_room(static_cast<int>(input.size()) + model_->scoring_rows())) {
    return failure;
  }
  llama_memory_clear(llama_get_memory(context_.get()), true);
  bottom_.clear();
  std::vector<std::size_t> readers;
  std::size_t read_from = input.size();
  for (std::size_t i = first; i < sequences.size(); ++i) {
    if (sequences[i].input == input) {
      readers.push_back(i);
      read_from = std::min(read_from, input.size() - sequences[i].target.size());
    }
  }
  const int vocabulary = model_->tokenizer().size();
  constexpr std::size_t kMost = LocalModel::kWholeBatch;
  const std::size_t batches = (input.size() + kMost - 1) / kMost;
  std::size_t begin = 0;
  for (std::size_t number = 0; number < batches; ++number) {
    const std::size_t end = begin + input.size() / batches + (number < input.size() % batches ? 1 : 0);
    Batch batch(model_->scoring_rows(), 1);
    for (std::size_t i = begin; i < end; ++i) {
      batch.add(input[i], static_cast<llama_pos>(i), kKeeper, kKeeper, i >= read_from);
    }
    // Repacked weights: the reference's numbers are those of these very rows.
    const int filled = model_->rows_in_groups() ? 0 : batch.fill_up(model_->row_rule(), kFiller);
    if (const int status = meter_.decode(context_.get(), batch, end - begin); status != 0) {
      context_.reset();
      return decode_failure(status, cancelled_);
    }
    if (filled > 0) {
      llama_memory_seq_rm(llama_get_memory(context_.get()), kFiller, -1, -1);
    }
    for (std::size_t i = std::max(begin, read_from); i < end; ++i) {
      const float* logits = llama_get_logits_ith(context_.get(), static_cast<std::int32_t>(i - begin));
      const LogitRow row = read_logits(logits, vocabulary);
      for (const std::size_t reader : readers) {
        const std::vector<Token>& target = sequences[reader].target;
        if (i + target.size() < input.size()) {
          continue;
        }
        const Token wanted = target[i + target.size() - input.size()];
        ContinuationScore& score = waiting.outcome.scores[reader];
        score.logprob += static_cast<double>(logits[wanted]) - row.log_normaliser;
        score.is_greedy = score.is_greedy && wanted == row.best;
      }
    }
    begin = end;
  }
  waiting.outcome.evaluated += static_cast<std::int64_t>(input.size());
  waiting.outcome.timings.compute_ms = waiting.outcome.timings.compute_ms.value_or(0) + milliseconds_since(started);
  return std::nullopt;
}

void Scorer::run_shared() {
  const auto started = MonotonicClock::now();
  Wave wave = choose_wave();
  const std::vector<PrefixWave::Node> nodes = wave.tree.order();
  meter_.spent(Meter::Work::kChoosing, milliseconds_since(started));
  for (const auto& node : nodes) {
    for (const auto& wanted : node.wanted) ++wave.members[wave.readings[wanted.reader].member]->rows_left;
  }
  // Room for a full wave from the start: a context that has to grow loses the path that the next wave would share.
  std::size_t longest = 0;
  for (const auto& node : nodes) longest = std::max(longest, static_cast<std::size_t>(node.position) + 1);
  const auto batch = static_cast<std::size_t>(model_->batch_tokens());
  const std::size_t full = longest + in_whole_batches(kWaveTokens, batch);
  auto failure = make_room(static_cast<int>(std::max(nodes.size(), full) + batch));
  int kept = 0;
  if (!failure) {
    const auto chosen = MonotonicClock::now();
    kept = bottom_.lay_under(*context_, nodes);
    meter_.spent(Meter::Work::kCells, milliseconds_since(chosen));
    meter_.holds(nodes.size());
    failure = compute(nodes, kept, wave);
  }
  const bool cut_short = std::any_of(wave.members.begin(), wave.members.end(),
                                     [](const Waiting* member) { return member->rows_left > 0; });
  if (failure || cut_short) {
    context_.reset();
    bottom_.clear();
    for (Waiting* member : wave.members) {
      member->end = MonotonicClock::now();
      if (!failure && member->rows_left == 0 && member->next == member->job.sequences.size()) continue;
      member->rows_left = 0;
      member->next = member->job.sequences.size();
      member->outcome.failure =
          failure ? failure : Failure{FailureKind::kCancelled, FailureAction::kGiveUpItem, "the run was stopped", 0};
    }
  } else {
    const auto computed = MonotonicClock::now();
    bottom_.keep_first(*context_, nodes, kept);
    meter_.spent(Meter::Work::kCells, milliseconds_since(computed));
  }
  deliver(wave);
}

void Scorer::fail_unstarted(const Failure& failure) {
  std::deque<std::unique_ptr<Waiting>> unstarted;
  for (auto& waiting : waiting_) {
    if (!waiting->started) {
      unstarted.push_back(std::move(waiting));
    }
  }
  waiting_.erase(std::remove(waiting_.begin(), waiting_.end(), nullptr), waiting_.end());
  for (const auto& waiting : unstarted) {
    waiting->outcome.failure = failure;
    waiting->job.done(std::move(waiting->outcome));
  }
}

void Scorer::fail_all(const Failure& failure) {
  while (!waiting_.empty()) {
    const std::unique_ptr<Waiting> last = std::move(waiting_.front());
    waiting_.pop_front();
    last->outcome.failure = failure;
    last->job.done(std::move(last->outcome));
  }
}

}  // namespace assay::llama
