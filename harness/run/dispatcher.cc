#include "harness/run/dispatcher.h"

#include <oneapi/tbb/flow_graph.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "harness/core/clock.h"
#include "harness/run/arrivals.h"
#include "harness/run/billing.h"
#include "harness/run/episode_cost.h"
#include "harness/run/judge_desk.h"
#include "harness/run/machine_share.h"
#include "results/statistics/summary.h"

namespace assay {
namespace {

namespace flow = oneapi::tbb::flow;

// What travels through the graph: a record in the making.
struct Work {
  std::size_t lane = 0;
  Record record;
  double expected_usd = 0;
  std::optional<double> reserved_usd;  // of the budget, for this request
  bool is_warmup = false;
  double share_begin = 0;          // of the model's machine (MachineShare)
  std::optional<double> share_ms;  // absent until it was asked
  bool is_episode = false;         // may take several turns
  int turns_left = 0;              // of these, after the one that is asked
  EpisodeCost before;              // what its earlier turns took
  bool is_stored = false;          // answered in an earlier session: only the judge is asked
  bool left_model = false;         // its place in flight is free
  /// What the judge is to be asked, once that is known. Its answers are the record's.
  std::optional<std::vector<Request>> judge_questions;
  std::vector<JudgeAnswer> judged_before;  // by an earlier session, failed ones included
  bool is_undecided = false;               // the judge was not asked: the run stopped
};
using WorkPtr = std::shared_ptr<Work>;

// Whether a suite asks in episodes of several turns.
bool is_episodic(const PlannedResult& planned) { return planned.suite->info().max_turns > 1; }

// How many records the store takes into one transaction at most.
constexpr std::size_t kLargestGroup = 256;

// And as a part of what a lane has in flight, where that waits for the store: the others go on meanwhile.
constexpr std::size_t kGroupsInFlight = 2;

// What a lane may hold beyond its requests in flight: being loaded, scored or stored.
constexpr std::size_t kWindowSlack = 256;

// Whether asking again would give the same answer, so that an earlier one may stand in for it.
bool is_deterministic(const Request& request) {
  const auto* generate = std::get_if<GenerateRequest>(&request.body);
  return generate == nullptr || generate->temperature == 0;
}

// Progress of one model x suite, as the store sees it.
struct LineState {
  MonotonicClock::time_point started;
  bool has_started = false;
  std::int64_t done = 0;
  std::int64_t done_now = 0;
  std::int64_t failed = 0;
  double headline_sum = 0;
  double usd = 0;
  bool usd_known = false;
};

// Everything the graph's nodes share.
class Dispatch {
 public:
  Dispatch(Plan& plan, RunWriter& writer, Budget& budget, const ReusableAnswers& reusable, RunObserver& observer,
           const StopSignal& stop);
  ~Dispatch() {
    end_watching();
    end_tasks();
  }

  /// Starts to heed the stop signal, until run() ends.
  void start_watching();

  DispatchOutcome run();

 private:
  // One model with its part of the graph.
  struct Lane {
    using AsyncNode = flow::async_node<WorkPtr, WorkPtr>;
    std::size_t model = 0;
    std::vector<std::size_t> results;  // indices into plan.results still to take up, in order
    std::size_t current = 0;
    std::unique_ptr<ItemSource> items;
    std::optional<Item> item;  // whose samples are being handed out
    std::int64_t position = 0;
    int sample = 0;
    std::atomic<bool> closed{false};    // nothing more is taken from the source
    std::atomic<bool> answered{false};  // the model has answered something
    std::atomic<std::int64_t> emitted{0};
    std::atomic<std::int64_t> stored{0};
    std::atomic<bool> exhausted{false};    // the source has returned its last
    std::atomic<bool> finished{false};     // and all of it is stored; what follows has been started
    std::atomic<std::int64_t> started{0};  // requests handed to the model
    std::unique_ptr<Arrivals> arrivals;    // open loop
    MachineShare machine;                  // for a price per hour
    Underestimate underestimate;

    std::unique_ptr<flow::input_node<WorkPtr>> source;
    std::unique_ptr<flow::limiter_node<WorkPtr>> window;
    std::unique_ptr<flow::function_node<WorkPtr, WorkPtr>> ask;
    std::unique_ptr<flow::queue_node<WorkPtr>> waiting;
    std::unique_ptr<flow::limiter_node<WorkPtr>> in_flight;
    std::unique_ptr<AsyncNode> answer;
    // An answer that was paid for stays in flight until it is stored: a kill loses no more than what is in flight. A
    // model in this process is kept busy instead, its answers cost nothing but time.
    bool in_flight_until_stored = true;
    std::size_t largest_group = kLargestGroup;  // answers stored together, so that the model is not kept waiting
    std::size_t in_group = 0;                   // appended, not yet committed; store node only
  };

  void build_lane(Lane& lane);
  WorkPtr next_work(Lane& lane);
  Result<WorkPtr> next_sample(Lane& lane);
  void ask(Work& work);
  void reserve_budget(const Lane& lane, const WorkPtr& work, std::function<void(bool)> then);
  void start_answer(Lane& lane, const WorkPtr& work, Lane::AsyncNode::gateway_type& gateway);
  bool take_stored_answer(const Lane& lane, Record& record);
  void settle(Work& work);
  void score(Work& work);
  bool take_next_turn(Work& work);
  bool needs_judge(Work& work);
  void ask_judge(const WorkPtr& work, Lane::AsyncNode::gateway_type& gateway);
  void take_judge_answer(Work& work, JudgeAnswer answer);
  bool judge_has_ended(const PlannedResult& planned) const;
  void store(const WorkPtr& work);
  void commit_group();
  void note_failure(Lane& lane, const Failure& failure);
  void close_all_lanes();
  void fail_store(const std::string& message);
  void finish_lane_if_done(Lane& lane);
  void watch_stop_signal();
  void say(const std::string& message);
  void build_graph();
  void end_tasks() noexcept;
  void end_watching();

  Plan& plan_;
  RunWriter& writer_;
  Budget& budget_;
  const ReusableAnswers& reusable_;
  RunObserver& observer_;
  const StopSignal& stop_;

  flow::graph graph_;
  std::deque<Lane> lanes_;
  std::vector<std::size_t> machine_lanes_;  // lanes that occupy the machine: one after the other
  std::atomic<std::size_t> next_machine_lane_{0};
  std::deque<JudgeDesk> judges_;  // by Plan::judges
  std::unique_ptr<Lane::AsyncNode> judge_node_;
  using ScoreNode = flow::multifunction_node<WorkPtr, std::tuple<WorkPtr>>;
  std::unique_ptr<ScoreNode> score_node_;
  std::unique_ptr<flow::function_node<WorkPtr, flow::continue_msg>> store_node_;

  std::atomic<std::int64_t> to_store_{0};  // scored and not yet appended
  std::vector<WorkPtr> group_;             // appended, not yet committed; store node only
  std::vector<LineState> lines_;           // store node only

  std::mutex mutex_;  // guards outcome_ and the observer's messages
  DispatchOutcome outcome_;
  std::atomic<bool> store_broken_{false};

  std::mutex watch_mutex_;
  std::condition_variable watch_wakes_;
  bool watch_ends_ = false;
  std::thread watcher_;
};

Dispatch::Dispatch(Plan& plan, RunWriter& writer, Budget& budget, const ReusableAnswers& reusable,
                   RunObserver& observer, const StopSignal& stop)
    : plan_(plan), writer_(writer), budget_(budget), reusable_(reusable), observer_(observer), stop_(stop) {
  try {
    build_graph();
  } catch (...) {
    end_tasks();
    throw;
  }
}

// The graph's destructor would run what tasks are left after its nodes have gone.
void Dispatch::end_tasks() noexcept {
  try {
    graph_.wait_for_all();
  } catch (...) {  // what kept it from being built
  }
}

void Dispatch::build_graph() {
  lines_.resize(plan_.results.size());
  for (std::size_t i = 0; i < lines_.size(); ++i) lines_[i].done = plan_.results[i].todo.done();

  // Scoring may block while a program or a query runs, so no more of it than there are cores.
  const std::size_t scorers = std::max(1U, std::thread::hardware_concurrency());
  score_node_ =
      std::make_unique<ScoreNode>(graph_, scorers, [this](const WorkPtr& work, ScoreNode::output_ports_type& ports) {
        // An episode stays in flight from its first turn to its last, so that the next one needs no new place.
        Lane& lane = lanes_[work->lane];
        if (take_next_turn(*work)) {
          lane.answer->try_put(work);
          return;
        }
        if (work->is_episode && !lane.in_flight_until_stored && !std::exchange(work->left_model, true)) {
          lane.in_flight->decrementer().try_put(flow::continue_msg());
        }
        if (needs_judge(*work)) {
          judge_node_->try_put(work);
          return;
        }
        score(*work);
        to_store_.fetch_add(1);
        std::get<0>(ports).try_put(work);
      });
  store_node_ = std::make_unique<flow::function_node<WorkPtr, flow::continue_msg>>(graph_, flow::serial,
                                                                                   [this](const WorkPtr& work) {
                                                                                     store(work);
                                                                                     return flow::continue_msg();
                                                                                   });
  flow::make_edge(flow::output_port<0>(*score_node_), *store_node_);
  const JudgeEvents events{[this](const std::string& message) {
                             say(message + "; what is answered without it is stored, and judged when the run goes on");
                             const std::lock_guard lock(mutex_);
                             if (outcome_.model_error.empty()) outcome_.model_error = message;
                           },
                           [this] {
                             close_all_lanes();
                             const std::lock_guard lock(mutex_);
                             outcome_.budget_exhausted = true;
                           }};
  for (PlannedJudge& judge : plan_.judges) judges_.emplace_back(judge, budget_, events);
  judge_node_ = std::make_unique<Lane::AsyncNode>(
      graph_, flow::unlimited,
      [this](const WorkPtr& work, Lane::AsyncNode::gateway_type& gateway) { ask_judge(work, gateway); });
  flow::make_edge(*judge_node_, *score_node_);

  for (std::size_t m = 0; m < plan_.models.size(); ++m) {
    Lane& lane = lanes_.emplace_back();
    lane.model = m;
    if (plan_.rate) lane.arrivals = std::make_unique<Arrivals>(*plan_.rate, plan_.seed + m);
    for (std::size_t r = 0; r < plan_.results.size(); ++r) {
      const TodoList& todo = plan_.results[r].todo;
      if (plan_.results[r].model == m && todo.done() < todo.total()) lane.results.push_back(r);
    }
    build_lane(lane);
    if (plan_.models[m].capabilities.occupies_machine) machine_lanes_.push_back(m);
  }
}

void Dispatch::build_lane(Lane& lane) {
  lane.in_flight_until_stored = !plan_.models[lane.model].capabilities.occupies_machine;
  const auto in_flight = static_cast<std::size_t>(plan_.models[lane.model].max_in_flight);
  if (lane.in_flight_until_stored) {
    lane.largest_group = std::clamp<std::size_t>(in_flight / kGroupsInFlight, 1, kLargestGroup);
  }
  lane.source = std::make_unique<flow::input_node<WorkPtr>>(graph_, [this, &lane](oneapi::tbb::flow_control& control) {
    WorkPtr work = next_work(lane);
    if (work == nullptr) {
      lane.exhausted = true;
      control.stop();
      finish_lane_if_done(lane);
    }
    return work;
  });
  lane.window = std::make_unique<flow::limiter_node<WorkPtr>>(graph_, in_flight + kWindowSlack);
  lane.ask =
      std::make_unique<flow::function_node<WorkPtr, WorkPtr>>(graph_, flow::unlimited, [this](const WorkPtr& work) {
        ask(*work);
        return work;
      });
  lane.waiting = std::make_unique<flow::queue_node<WorkPtr>>(graph_);
  lane.in_flight = std::make_unique<flow::limiter_node<WorkPtr>>(graph_, in_flight);
  lane.answer = std::make_unique<Lane::AsyncNode>(
      graph_, flow::unlimited, [this, &lane](const WorkPtr& work, Lane::AsyncNode::gateway_type& gateway) {
        start_answer(lane, work, gateway);
      });
  flow::make_edge(*lane.source, *lane.window);
  flow::make_edge(*lane.window, *lane.ask);
  flow::make_edge(*lane.ask, *lane.waiting);
  flow::make_edge(*lane.waiting, *lane.in_flight);
  flow::make_edge(*lane.in_flight, *lane.answer);
  flow::make_edge(*lane.answer, *score_node_);
}

void Dispatch::start_watching() {
  watcher_ = std::thread([this] { watch_stop_signal(); });
}

void Dispatch::end_watching() {
  if (!watcher_.joinable()) return;
  {
    const std::lock_guard lock(watch_mutex_);
    watch_ends_ = true;
  }
  watch_wakes_.notify_all();
  watcher_.join();
}

DispatchOutcome Dispatch::run() {
  for (Lane& lane : lanes_) {
    if (!plan_.models[lane.model].capabilities.occupies_machine) lane.source->activate();
  }
  if (!machine_lanes_.empty()) lanes_[machine_lanes_[next_machine_lane_++]].source->activate();
  graph_.wait_for_all();
  end_watching();

  outcome_.interrupted = stop_.level.load() > 0;
  std::int64_t total = 0;
  std::int64_t done = 0;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    total += plan_.results[i].todo.total();
    done += lines_[i].done;
  }
  outcome_.unanswered = total - done - outcome_.failed;
  return outcome_;
}

// Called by one thread at a time for a lane: an input_node's body is serial.
WorkPtr Dispatch::next_work(Lane& lane) {
  if (lane.closed || stop_.level.load() > 0) return nullptr;
  auto work = next_sample(lane);
  if (!work) {
    // The data set was read from end to end when the run was planned: it has changed since.
    close_all_lanes();
    const std::lock_guard lock(mutex_);
    if (outcome_.store_error.empty())
      outcome_.store_error = work.error().message + " (it has changed since the run began)";
    return nullptr;
  }
  if (*work == nullptr) return nullptr;

  lane.emitted.fetch_add(1);
  return std::move(*work);
}

// The next sample that is not answered yet, over all suites of the lane; null after the last.
Result<WorkPtr> Dispatch::next_sample(Lane& lane) {
  while (lane.current < lane.results.size()) {
    const std::size_t index = lane.results[lane.current];
    const PlannedResult& planned = plan_.results[index];
    if (judge_has_ended(planned)) {
      // No more is paid for answers that nobody would judge.
      lane.items.reset();
      ++lane.current;
      continue;
    }
    if (lane.items == nullptr) {
      auto source = planned.suite->load();
      if (!source) return forward_error(source);
      lane.items = std::move(*source);
      lane.item.reset();
    }
    while (!judge_has_ended(planned)) {
      if (!lane.item) {
        auto item = lane.items->next();
        if (!item) return forward_error(item);
        if (!*item) break;
        lane.position = planned.todo.position((*item)->order);
        if (lane.position < 0) continue;
        lane.item = std::move(**item);
        lane.sample = 0;
      }
      while (lane.sample < planned.todo.samples() && planned.todo.is_done(lane.position, lane.sample)) ++lane.sample;
      if (lane.sample == planned.todo.samples()) {
        lane.item.reset();
        continue;
      }
      auto work = std::make_shared<Work>();
      work->lane = lane.model;
      work->record.result = static_cast<std::int64_t>(index);
      work->record.item = *lane.item;
      work->record.request.sample = lane.sample++;
      return work;
    }
    lane.items.reset();
    ++lane.current;
  }
  return WorkPtr();
}

void Dispatch::ask(Work& work) {
  const auto index = static_cast<std::size_t>(work.record.result);
  Request request = plan_.results[index].suite->ask(work.record.item, work.record.request.sample);
  request.item = work.record.item.id;
  request.sample = work.record.request.sample;
  // Suites follow one another: the run's order is by suite, then by place in the file.
  request.order = (static_cast<std::int64_t>(index) << 40) + work.record.item.order;
  work.record.request = std::move(request);
  work.is_episode = is_episodic(plan_.results[index]);
  work.turns_left = plan_.results[index].suite->info().max_turns - 1;
  const SampleKey key{work.record.result, work.record.item.order, work.record.request.sample};
  if (plan_.unjudged == nullptr || !plan_.results[index].judge || !plan_.unjudged->has(key)) return;
  if (auto stored = plan_.unjudged->take(key, work.record.request)) {
    work.is_stored = true;
    work.record.completion = std::move(stored->completion);
    work.record.usd = stored->usd;
    work.judged_before = std::move(stored->judge_answers);
  }
}

bool Dispatch::judge_has_ended(const PlannedResult& planned) const {
  return planned.judge && judges_[*planned.judge].has_ended();
}

// Whether the judge has to be asked (again) before the answer can be scored.
bool Dispatch::needs_judge(Work& work) {
  Record& record = work.record;
  const PlannedResult& planned = plan_.results[static_cast<std::size_t>(record.result)];
  if (!planned.judge || record.completion.failure) return false;
  if (!work.judge_questions) {
    auto questions = planned.suite->judge_questions(record.item, record.request.sample, record.completion);
    if (!questions) {
      record.completion.failure =
          Failure{FailureKind::kNotJudged, FailureAction::kGiveUpItem, questions.error().message};
      return false;
    }
    work.judge_questions = std::move(*questions);
    const int asked = static_cast<int>(work.judge_questions->size());
    for (int i = 0; i < asked; ++i) {
      Request& question = (*work.judge_questions)[static_cast<std::size_t>(i)];
      question.item = record.request.item;
      question.order = record.request.order;
      question.sample = record.request.sample * asked + i;
    }
    // What an earlier session was told need not be asked again.
    for (JudgeAnswer& before : work.judged_before) {
      const std::size_t next = record.judge_answers.size();
      if (next == work.judge_questions->size() || before.completion.failure) break;
      if (before.request.body != (*work.judge_questions)[next].body) break;
      record.judge_answers.push_back(std::move(before));
    }
  }
  return record.judge_answers.size() < work.judge_questions->size();
}

void Dispatch::ask_judge(const WorkPtr& work, Lane::AsyncNode::gateway_type& gateway) {
  gateway.reserve_wait();
  JudgeDesk& desk = judges_[*plan_.results[static_cast<std::size_t>(work->record.result)].judge];
  desk.ask((*work->judge_questions)[work->record.judge_answers.size()], [this, work, &gateway](JudgeAnswer answer) {
    take_judge_answer(*work, std::move(answer));
    gateway.try_put(work);
    gateway.release_wait();
  });
}

void Dispatch::take_judge_answer(Work& work, JudgeAnswer answer) {
  Record& record = work.record;
  const PlannedResult& planned = plan_.results[static_cast<std::size_t>(record.result)];
  const std::size_t number = record.judge_answers.size();
  if (number < work.judged_before.size()) {
    // It failed in an earlier session, and what that took is counted with it.
    const JudgeAnswer& before = work.judged_before[number];
    answer.completion.attempts += before.completion.attempts;
    if (before.usd) answer.usd = answer.usd.value_or(0) + *before.usd;
  }
  if (const std::optional<Failure>& failure = answer.completion.failure) {
    work.is_undecided = failure->kind == FailureKind::kCancelled;
    record.completion.failure = Failure{FailureKind::kNotJudged, FailureAction::kGiveUpItem,
                                        "the judge " + planned.info.judge->model.name + " gave no answer: " +
                                            std::string(failure_name(failure->kind)) + ": " + failure->message};
  }
  record.judge_answers.push_back(std::move(answer));
}

// Whether the answer is not an episode's last; then the record's request is that of the next turn.
bool Dispatch::take_next_turn(Work& work) {
  Record& record = work.record;
  if (!work.is_episode || record.completion.failure) return false;
  std::optional<Request> next;
  if (work.turns_left > 0) {
    next = plan_.results[static_cast<std::size_t>(record.result)].suite->next_turn(record.item, record.request,
                                                                                   record.completion);
  }
  if (!next) return false;
  --work.turns_left;
  work.before.add(record.completion, record.usd);
  next->item = record.request.item;
  next->sample = record.request.sample;
  next->order = record.request.order;
  record.request = std::move(*next);
  record.completion = {};
  record.usd.reset();
  work.share_ms.reset();
  return true;
}

// Sets aside what the request may cost, just before it is sent; `then` is told whether it may be sent.
void Dispatch::reserve_budget(const Lane& lane, const WorkPtr& work, std::function<void(bool)> then) {
  const std::optional<Price>& price = plan_.results[static_cast<std::size_t>(work->record.result)].info.price;
  if (!price || !budget_.limited()) return then(true);
  work->expected_usd = expected_usd(*price, work->record.request, plan_.models[lane.model].capabilities.thinking_tokens,
                                    lane.machine.mean_ms());
  const double usd = work->expected_usd * lane.underestimate.factor();
  budget_.reserve(usd, [this, work, usd, then = std::move(then)](bool fits) {
    if (fits) {
      work->reserved_usd = usd;
    } else {
      close_all_lanes();
      const std::lock_guard lock(mutex_);
      outcome_.budget_exhausted = true;
    }
    then(fits);
  });
}

// Whether an earlier run has answered this very request.
bool Dispatch::take_stored_answer(const Lane& lane, Record& record) {
  const std::shared_ptr<const StoredAnswers>& stored = reusable_[lane.model];
  if (stored == nullptr || !is_deterministic(record.request)) return false;
  auto found = stored->find(record.request);
  if (!found || found->failure) return false;
  found->reused = true;
  found->attempts = 0;
  record.completion = std::move(*found);
  return true;
}

void Dispatch::start_answer(Lane& lane, const WorkPtr& work, Lane::AsyncNode::gateway_type& gateway) {
  gateway.reserve_wait();
  const auto finish = [this, &lane, work, &gateway] {
    if (!work->record.completion.failure) lane.answered = true;
    settle(*work);
    lane.underestimate.learn(work->expected_usd, work->record.usd);
    if (!lane.in_flight_until_stored && !work->is_episode) {
      lane.in_flight->decrementer().try_put(flow::continue_msg());
    }
    gateway.try_put(work);
    gateway.release_wait();
  };
  if (work->is_stored) {
    if (!lane.in_flight_until_stored && !work->is_episode) {
      lane.in_flight->decrementer().try_put(flow::continue_msg());
    }
    gateway.try_put(work);
    gateway.release_wait();
    return;
  }
  if (judge_has_ended(plan_.results[static_cast<std::size_t>(work->record.result)])) {
    work->record.completion.failure =
        Failure{FailureKind::kCancelled, FailureAction::kGiveUpItem, "nobody would judge the answer"};
    finish();
    return;
  }
  // What is stored of an episode is its last turn, with what all of them took.
  if (!work->is_episode && take_stored_answer(lane, work->record)) {
    finish();
    return;
  }
  const auto ask_model = [this, &lane, work, finish](std::optional<MonotonicClock::time_point> intended) {
    const double late_ms = intended ? milliseconds_since(*intended) : 0;
    work->is_warmup = lane.started.fetch_add(1) < plan_.models[lane.model].warmup;
    work->share_begin = lane.machine.begin(MonotonicClock::now());
    plan_.models[lane.model].adapter->answer(
        work->record.request, [&lane, work, finish, late_ms](Completion completion) {
          // Open loop: whoever came at the intended time has waited since then.
          if (completion.timings.first_token_ms) *completion.timings.first_token_ms += late_ms;
          if (completion.timings.total_ms) *completion.timings.total_ms += late_ms;
          if (completion.timings.queue_ms) *completion.timings.queue_ms += late_ms;
          work->share_ms = lane.machine.end(MonotonicClock::now(), work->share_begin);
          work->record.completion = std::move(completion);
          finish();
        });
  };
  const auto send = [this, &lane, work, finish, ask_model](std::optional<MonotonicClock::time_point> intended) {
    reserve_budget(lane, work, [work, finish, ask_model, intended](bool fits) {
      if (fits) return ask_model(intended);
      work->record.completion.failure =
          Failure{FailureKind::kCancelled, FailureAction::kGiveUpItem, "the budget is used up"};
      finish();
    });
  };
  if (lane.arrivals != nullptr) {
    lane.arrivals->add(send);
  } else {
    send(std::nullopt);
  }
}

void Dispatch::score(Work& work) {
  Record& record = work.record;
  const PlannedResult& planned = plan_.results[static_cast<std::size_t>(record.result)];
  if (work.is_episode) work.before.add_to(record.completion, record.usd);
  if (record.completion.failure) return;
  Score score = planned.judge ? planned.suite->score_judged(record.item, record.completion, record.judge_answers)
                              : planned.suite->score_episode(record.item, record.request, record.completion);
  if (score.not_judged.empty()) {
    record.score = std::move(score);
  } else {
    record.completion.failure = Failure{planned.judge ? FailureKind::kUnreadableVerdict : FailureKind::kModel,
                                        FailureAction::kGiveUpItem, score.not_judged};
  }
}

// What the answer cost, known as soon as it is there: the budget must not wait for the store.
void Dispatch::settle(Work& work) {
  Record& record = work.record;
  const PlannedResult& planned = plan_.results[static_cast<std::size_t>(record.result)];
  record.usd = charged_usd(record.completion, planned.info.price, work.share_ms);
  const std::optional<double> reserved = std::exchange(work.reserved_usd, std::nullopt);  // a later turn has its own
  budget_.settle(reserved, spent_usd(record.completion, record.usd, reserved));
  if (work.is_warmup) record.completion.timings = {};  // its answer counts, its time does not
}

void Dispatch::store(const WorkPtr& work) {
  Lane& lane = lanes_[work->lane];
  const std::optional<Failure>& failure = work->record.completion.failure;
  if (failure) note_failure(lane, *failure);
  const bool cancelled = failure && failure->kind == FailureKind::kCancelled;
  if (!cancelled && !store_broken_) {
    if (auto appended = writer_.append(work->record); !appended) fail_store(appended.error().message);
  }
  group_.push_back(work);
  ++lane.in_group;
  const bool is_full = lane.in_group >= lane.largest_group || group_.size() >= kLargestGroup;
  // More is on its way: let the group grow. The last one of a burst always finds the counter at zero.
  if (to_store_.fetch_sub(1) == 1 || is_full) commit_group();
}

void Dispatch::commit_group() {
  if (!store_broken_) {
    if (auto committed = writer_.commit(); !committed) fail_store(committed.error().message);
  }
  std::vector<bool> touched(lines_.size());
  for (const WorkPtr& work : group_) {
    const Record& record = work->record;
    const auto index = static_cast<std::size_t>(record.result);
    LineState& line = lines_[index];
    const bool cancelled = record.completion.failure && record.completion.failure->kind == FailureKind::kCancelled;
    if (!store_broken_ && !cancelled) {
      touched[index] = true;
      if (!line.has_started) {
        line.has_started = true;
        line.started = MonotonicClock::now();
      }
      const std::lock_guard lock(mutex_);
      ++outcome_.asked;
      if (work->is_undecided) {
        // stored, and still to do
      } else if (record.score) {
        ++outcome_.answered;
        ++line.done;
        ++line.done_now;
        line.headline_sum += record.score->value;
        if (prompt_was_cut(record.completion)) ++outcome_.cut;
      } else {
        ++outcome_.failed;
        ++line.failed;
        if (record.completion.failure->kind == FailureKind::kUnreadableVerdict) ++outcome_.unreadable;
        if (outcome_.first_failure.empty()) {
          outcome_.first_failure = record.item.id + ": " + record.completion.failure->message;
        }
      }
      const std::optional<double> judge = judge_usd(record);
      if (record.usd || (judge && *judge > 0)) {
        line.usd += record.usd.value_or(0) + judge.value_or(0);
        line.usd_known = true;
      }
    }
  }
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (!touched[i]) continue;
    const LineState& line = lines_[i];
    RunProgress progress;
    progress.line = i;
    progress.done = line.done;
    progress.failed = line.failed;
    progress.total = plan_.results[i].todo.total();
    progress.elapsed_s = milliseconds_since(line.started) / 1000.0;
    const std::int64_t taken = line.done_now + line.failed;
    if (line.done_now > 0) progress.headline = line.headline_sum / static_cast<double>(line.done_now);
    // The clock of a line starts with its first group, so that one answer says nothing about speed yet.
    if (taken > 1 && progress.elapsed_s > 0) {
      progress.eta_s = progress.elapsed_s / static_cast<double>(taken) *
                       static_cast<double>(progress.total - line.done - line.failed);
    }
    if (line.usd_known) progress.usd = line.usd;
    const std::lock_guard lock(mutex_);
    observer_.on_progress(progress);
  }
  std::vector<WorkPtr> group;
  group.swap(group_);
  for (const WorkPtr& work : group) {
    Lane& lane = lanes_[work->lane];
    lane.in_group = 0;
    lane.stored.fetch_add(1);
    if (lane.in_flight_until_stored) lane.in_flight->decrementer().try_put(flow::continue_msg());
    lane.window->decrementer().try_put(flow::continue_msg());
    finish_lane_if_done(lane);
  }
}

void Dispatch::note_failure(Lane& lane, const Failure& failure) {
  if (failure.action != FailureAction::kEndModel || lane.closed.exchange(true)) return;
  plan_.models[lane.model].adapter->drain();
  if (lane.arrivals != nullptr) lane.arrivals->release();
  const std::string message = plan_.models[lane.model].config.ref.text + ": " + failure.message;
  say(message + (lane.answered ? "; this model is given up" : "; nothing is asked of this model"));
  const std::lock_guard lock(mutex_);
  if (outcome_.model_error.empty()) outcome_.model_error = message;
}

void Dispatch::close_all_lanes() {
  for (Lane& lane : lanes_) {
    lane.closed = true;
    if (lane.arrivals != nullptr) lane.arrivals->release();
  }
}

void Dispatch::fail_store(const std::string& message) {
  if (store_broken_.exchange(true)) return;
  close_all_lanes();
  {
    const std::lock_guard lock(mutex_);
    outcome_.store_error = message;
  }
  for (PlannedModel& model : plan_.models) model.adapter->cancel();
  for (JudgeDesk& judge : judges_) judge.cancel();
}

// Called from the source and from the store; whichever comes last starts the machine's next model.
void Dispatch::finish_lane_if_done(Lane& lane) {
  if (!lane.exhausted || lane.stored.load() != lane.emitted.load() || lane.finished.exchange(true)) return;
  {
    const std::lock_guard lock(mutex_);
    outcome_.any_model_answered = outcome_.any_model_answered || lane.answered;
  }
  if (!plan_.models[lane.model].capabilities.occupies_machine) return;
  const std::size_t next = next_machine_lane_++;
  if (next < machine_lanes_.size()) lanes_[machine_lanes_[next]].source->activate();
}

void Dispatch::watch_stop_signal() {
  int handled = 0;
  std::unique_lock lock(watch_mutex_);
  while (!watch_ends_) {
    watch_wakes_.wait_for(lock, std::chrono::milliseconds(20));
    const int level = stop_.level.load();
    if (level > handled) {
      if (handled == 0) say("stopping: what is in flight is finished; once more stops at once");
      for (PlannedModel& model : plan_.models) {
        if (level == 1) {
          model.adapter->drain();
        } else {
          model.adapter->cancel();
        }
      }
      // An answer that the judge is not asked about any more is stored without a verdict.
      for (JudgeDesk& judge : judges_) {
        if (level == 1) {
          judge.drain();
        } else {
          judge.cancel();
        }
      }
      for (Lane& lane : lanes_) {
        if (lane.arrivals != nullptr) lane.arrivals->release();
      }
      handled = level;
    }
  }
}

void Dispatch::say(const std::string& message) {
  const std::lock_guard lock(mutex_);
  observer_.on_message(message);
}

}  // namespace

DispatchOutcome dispatch(Plan& plan, RunWriter& writer, Budget& budget, const ReusableAnswers& reusable,
                         RunObserver& observer, const StopSignal& stop) {
  std::unique_ptr<Dispatch> dispatch;
  try {
    dispatch = std::make_unique<Dispatch>(plan, writer, budget, reusable, observer, stop);
    dispatch->start_watching();
  } catch (const std::runtime_error& error) {  // std::system_error is one, and so is what oneTBB throws
    DispatchOutcome outcome;
    for (const PlannedResult& planned : plan.results) {
      outcome.unanswered += planned.todo.total() - planned.todo.done();
    }
    outcome.store_error = std::string("the work cannot be begun (") + error.what() +
                          "); raise the limit on threads (ulimit -u) or on memory, then run the same command again";
    return outcome;
  }
  return dispatch->run();
}

}  // namespace assay
