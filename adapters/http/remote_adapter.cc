#include "adapters/http/remote_adapter.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <random>
#include <utility>

#include "adapters/http/error_reply.h"
#include "adapters/http/pacer.h"
#include "adapters/http/reply_head.h"
#include "adapters/http/retry.h"
#include "adapters/http/scored_parts.h"
#include "adapters/http/sse.h"
#include "adapters/http/timer_heap.h"
#include "adapters/http/transport.h"
#include "harness/core/droppable.h"

namespace assay::http {
namespace {

constexpr int kPreferredInFlight = 64;
constexpr std::size_t kLongestReply = 32U << 20U;
// Connections being made at once: more would overrun a server's accept queue, which costs seconds.
constexpr int kMostConnecting = 128;
constexpr double kStreamFirstByteS = 60;
// A server that has never been reached may be starting up; one whose name is wrong never will be.
constexpr double kPatienceBeforeFirstContactMs = 30'000;
constexpr double kSilenceThatEndsModelMs = 60'000;
constexpr double kLongestHoldMs = 60'000;
// A server that is back is asked by all that waited for it within so long.
constexpr double kReturnMs = 500;
// A reply whose stream has said its last is over, whatever the connection does, after so long.
constexpr double kWaitForEndMs = 1'000;
// So many requests refused for good without an answer between them are not about the items.
constexpr int kRefusalsThatEndModel = 16;

MonotonicClock::duration milliseconds(double count) {
  return std::chrono::duration_cast<MonotonicClock::duration>(std::chrono::duration<double, std::milli>(count));
}

double milliseconds_between(TimePoint begin, TimePoint end) {
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

Completion cancelled() {
  return failed_completion({FailureKind::kCancelled, FailureAction::kGiveUpItem, "the run was stopped", 0});
}

}  // namespace

// Everything but the constructor, the destructor, answer(), drain() and cancel() runs on the transport's thread.
class RemoteAdapter::Session {
 public:
  explicit Session(RemoteModel given)
      : model(std::move(given)),
        headers_(model.header_lines),
        pacer_(model.limits),
        retry_(model.limits, std::random_device{}()),
        transport_(std::make_unique<Transport>(model.transport, [this](TimePoint now) { return turn(now); })) {}

  ~Session() {
    stop(StopLevel::kCancel);
    {
      std::unique_lock lock(mutex_);
      idle_.wait(lock, [&] { return alive_ == 0; });
    }
    transport_.reset();
  }

  void answer(WireCall call, std::function<void(Completion)> done) {
    auto job = std::make_unique<Job>(*this, std::move(call), std::move(done));
    {
      const std::lock_guard lock(mutex_);
      if (stop_level_ == StopLevel::kNone) {
        submitted_.push_back(std::move(job));
        ++alive_;
      }
    }
    if (job) {
      job->done(cancelled());
    } else {
      transport_->wake();
    }
  }

  enum class StopLevel { kNone, kDrain, kCancel };

  void stop(StopLevel level) {
    {
      const std::lock_guard lock(mutex_);
      stop_level_ = std::max(stop_level_, level);
    }
    transport_->wake();
  }

  const RemoteModel model;

 private:
  // One request, through all its attempts.
  class Job : public Exchange, public TimerNode {
   public:
    Job(Session& owner, WireCall what, std::function<void(Completion)> callback)
        : call(std::move(what)), done(std::move(callback)), created(MonotonicClock::now()), session_(owner) {}

    void on_connected() override {
      reached = true;
      session_.pacer_.on_connected();
      session_.server_is_back_ = session_.server_is_away_;
      stop_connecting();
    }

    void stop_connecting() {
      if (std::exchange(connecting, false)) --session_.connecting_;
    }

    void on_header(std::string_view name, std::string_view value) override {
      last_activity = MonotonicClock::now();
      if (!answering) {
        answering = true;
        session_.timers_.set(*this, session_.deadline(*this));  // the idle timeout may be due before the first-byte one
      }
      head.read(name, value, std::chrono::system_clock::now());
    }

    bool on_body(std::string_view bytes) override {
      last_activity = MonotonicClock::now();
      received += bytes.size();
      if (received > kLongestReply) return false;
      if (!head.is_event_stream) {
        reply.append(bytes);
        return true;
      }
      if (!reader) reader = session_.model.format->stream_reader(call.expected);
      const bool goes_on = sse.feed(bytes, event_handler());
      if (reader->ended() && !said_all) {  // the server is given a moment to end the reply
        said_all = last_activity;
        session_.timers_.set(*this, session_.deadline(*this));
      }
      return goes_on;
    }

    void on_end(const ExchangeEnd& end) override { session_.exchange_ended(*this, end); }

    SseParser::Handler event_handler() {
      return [this](std::string_view type, std::string_view data) {
        if (reader->ended()) return true;
        bool brought_text = false;
        const std::string& key = session_.model.key;
        if (!key.empty() && data.find(key) != std::string_view::npos) {
          std::string clean(data);
          scrub(clean, key);
          brought_text = reader->on_event(type, clean);
        } else {
          brought_text = reader->on_event(type, data);
        }
        if (brought_text && !first_token) first_token = last_activity;
        return true;
      };
    }

    void begin_attempt(TimePoint now) {
      ++attempts;
      if (!first_started) first_started = now;
      started = now;
      last_activity = now;
      answering = false;
      reached = false;
      waits_for_server = false;
      connecting = true;
      ++session_.connecting_;
      first_token.reset();
      said_all.reset();
      head = {};
      received = 0;
      reply.clear();
      sse = SseParser();
      reader.reset();
    }

    WireCall call;
    std::function<void(Completion)> done;
    TimePoint created;
    std::optional<TimePoint> first_started;
    TimePoint started;
    TimePoint last_activity;
    std::optional<TimePoint> first_token;
    std::optional<TimePoint> said_all;  // the stream's last event has come
    bool active = false;                // at the server
    bool connecting = false;            // on its way there
    bool answering = false;             // the first byte has come
    bool reached = false;               // the server may have read the request
    bool waits_for_server = false;      // to be tried again when there is a connection
    Transport::Slot slot = 0;
    int attempts = 0;
    int unseen_attempts = 0;
    std::size_t place = 0;  // in jobs_
    ReplyHead head;
    std::size_t received = 0;
    std::string reply;
    SseParser sse;
    std::unique_ptr<StreamReader> reader;

   private:
    Session& session_;
  };

  TimePoint turn(TimePoint now) {
    StopLevel stop = StopLevel::kNone;
    {
      const std::lock_guard lock(mutex_);
      arrivals_.swap(submitted_);
      stop = stop_level_;
    }
    for (std::unique_ptr<Job>& job : arrivals_) {
      ready_.push_back(job.get());
      job->place = jobs_.size();
      jobs_.push_back(std::move(job));
    }
    arrivals_.clear();
    if (stop != StopLevel::kNone) cancel_jobs(stop);
    if (server_is_back_) release_waiting(now);
    while (TimerNode* node = timers_.first()) {
      if (node->due > now) break;
      timers_.remove(*node);
      timer_due(static_cast<Job&>(*node), now);
    }
    TimePoint again = start_ready(now);
    if (const TimerNode* node = timers_.first()) again = std::min(again, node->due);
    return again;
  }

  // Sends what may be sent now; returns when there may be more.
  TimePoint start_ready(TimePoint now) {
    while (!ready_.empty() && connecting_ < kMostConnecting) {
      Job& job = *ready_.front();
      if (const std::optional<TimePoint> later = pacer_.admit(now, job.call.estimated_tokens)) return *later;
      ready_.pop_front();
      job.begin_attempt(now);
      job.active = true;
      if (!first_start_) first_start_ = now;
      timers_.set(job, deadline(job));
      job.slot = transport_->start(url_of(job.call.path), headers_, job.call.body, job);
    }
    return TimePoint::max();
  }

  // The server is back: those that wait for it in ever longer backoffs need wait no longer.
  void release_waiting(TimePoint now) {
    server_is_away_ = false;
    server_is_back_ = false;
    for (const std::unique_ptr<Job>& job : jobs_) {
      if (!job->waits_for_server) continue;
      job->waits_for_server = false;
      timers_.set(*job, std::min(job->due, now + milliseconds(kReturnMs * jitter_.unit())));
    }
  }

  const std::string& url_of(const std::string& path) {
    if (path != last_path_) {
      last_path_ = path;
      last_url_ = model.endpoint.url + path;
    }
    return last_url_;
  }

  double first_byte_timeout_s(const Job& job) const {
    if (model.limits.first_byte_timeout_s > 0) return model.limits.first_byte_timeout_s;
    return job.call.stream ? kStreamFirstByteS : model.limits.timeout_s;
  }

  TimePoint deadline(const Job& job) const {
    const TimePoint whole = job.started + milliseconds(model.limits.timeout_s * 1000);
    const TimePoint next_bytes = job.answering ? job.last_activity + milliseconds(model.limits.idle_timeout_s * 1000)
                                               : job.started + milliseconds(first_byte_timeout_s(job) * 1000);
    const TimePoint end = job.said_all ? *job.said_all + milliseconds(kWaitForEndMs) : TimePoint::max();
    return std::min({whole, next_bytes, end});
  }

  void timer_due(Job& job, TimePoint now) {
    if (!job.active) {
      job.waits_for_server = false;
      ready_.push_front(&job);  // it has waited long enough
      return;
    }
    const TimePoint due = deadline(job);
    if (due > now) {  // bytes came since the timer was set
      timers_.set(job, due);
      return;
    }
    abort(job);
    if (job.reader && job.reader->complete()) {  // all said, the connection merely left open
      succeed_or_fail(job, job.reader->finish(), now);
      return;
    }
    const bool whole = now >= job.started + milliseconds(model.limits.timeout_s * 1000);
    const std::string what = whole ? "no whole reply" : job.answering ? "the reply stalled" : "no reply";
    const double seconds = milliseconds_between(job.answering && !whole ? job.last_activity : job.started, now) / 1000;
    attempt_failed(job,
                   {FailureKind::kTimeout, FailureAction::kRetry,
                    what + " within " + std::to_string(static_cast<int>(seconds + 0.5)) + " s", 0},
                   now);
  }

  void abort(Job& job) {
    transport_->abort(job.slot);
    job.stop_connecting();
    job.active = false;
    pacer_.on_end();
  }

  void exchange_ended(Job& job, const ExchangeEnd& end) {
    const TimePoint now = MonotonicClock::now();
    timers_.remove(job);
    job.stop_connecting();
    job.active = false;
    if (end.status == 0) {
      pacer_.on_end();
    } else {
      last_contact_ = now;
      pacer_.on_reply(now, end.status == 429, job.head.retry_after_ms.value_or(0));
      if (const std::optional<double> hold = job.head.hold_ms()) {
        pacer_.hold_until(now + milliseconds(std::min(*hold, kLongestHoldMs)));
      }
    }
    const bool good_status = end.status >= 200 && end.status < 300;
    if (job.reader) static_cast<void>(job.sse.finish(job.event_handler()));
    const bool all_said = good_status && job.reader && job.reader->complete();
    if (end.error != TransportError::kNone && !all_said) {
      attempt_failed(job, failure_of_transport(end), now);
    } else if (good_status) {
      scrub(job.reply, model.key);
      succeed_or_fail(job, job.reader ? job.reader->finish() : model.format->decode(job.call.expected, job.reply), now);
    } else {
      scrub(job.reply, model.key);
      attempt_failed(job, failure_of_reply(end.status, job.head, read_error_body(job.reply)), now);
    }
  }

  void succeed_or_fail(Job& job, Completion completion, TimePoint now) {
    if (completion.failure) {
      attempt_failed(job, std::move(*completion.failure), now);
      return;
    }
    if (completion.usage.prompt || completion.usage.completion) {
      const auto used = completion.usage.prompt.value_or(0) + completion.usage.completion.value_or(0);
      pacer_.on_usage(job.call.estimated_tokens, static_cast<double>(used));
    }
    has_answered_ = true;
    refused_in_a_row_ = 0;
    end_job(job, std::move(completion));
  }

  void attempt_failed(Job& job, Failure failure, TimePoint now) {
    scrub(failure.message, model.key);
    if (failure.kind == FailureKind::kRefused) {
      // The model as it is offered will not say anything to this: that is its answer, and suites score it 0.
      if (model.log) model.log(model.identity.name + ": " + failure.message);
      Completion withheld;
      withheld.finish = FinishReason::kContentFilter;
      succeed_or_fail(job, std::move(withheld), now);
      return;
    }
    const bool transient = failure.action == FailureAction::kRetry || failure.action == FailureAction::kRetryAfter;
    if (transient && draining()) {
      end_job(job, cancelled());
      return;
    }
    const double elapsed = milliseconds_between(*job.first_started, now);
    const bool unreachable = failure.kind == FailureKind::kConnection;
    std::optional<double> wait = retry_.wait_ms(failure, job.attempts, elapsed);
    if (transient && unreachable && !last_contact_ &&
        milliseconds_between(*first_start_, now) >= kPatienceBeforeFirstContactMs) {
      wait.reset();
    }
    if (wait) {
      if (is_unseen_answer(failure) && job.reached) ++job.unseen_attempts;
      job.waits_for_server = unreachable;
      server_is_away_ = server_is_away_ || unreachable;
      timers_.set(job, now + milliseconds(*wait));
      return;
    }
    failure.action = action_of_permanent(failure);
    if (transient) {
      const TimePoint heard = std::max(last_contact_.value_or(*first_start_), *job.first_started);
      const bool gone = unreachable && (!last_contact_ || milliseconds_between(heard, now) >= kSilenceThatEndsModelMs);
      failure.action = gone ? FailureAction::kEndModel : FailureAction::kGiveUpItem;
      if (job.attempts > 1) {
        failure.message += " (" + std::to_string(job.attempts) + " attempts in " +
                           std::to_string(static_cast<int>(elapsed / 1000 + 0.5)) + " s)";
      }
    }
    if (failure.action == FailureAction::kEndModel) failure.message = model.endpoint.url + ": " + failure.message;
    end_job(job, failed_completion(std::move(failure)));
  }

  // A bad key, a wrong name: where nothing has been answered yet, nothing will be. Later it may be about this very item
  // (a firewall that dislikes its text), unless it goes on. A request that the server does not understand is about
  // the item, unless all are.
  FailureAction action_of_permanent(const Failure& failure) {
    const bool of_model = failure.kind == FailureKind::kAuthentication || failure.kind == FailureKind::kNotFound;
    const bool of_item = failure.kind == FailureKind::kInvalidRequest || failure.kind == FailureKind::kContextTooLong;
    if (of_model && !has_answered_) return FailureAction::kEndModel;
    if (of_model || (of_item && !has_answered_)) {
      return ++refused_in_a_row_ >= kRefusalsThatEndModel ? FailureAction::kEndModel : FailureAction::kGiveUpItem;
    }
    return failure.action;
  }

  void end_job(Job& job, Completion completion) {
    completion.attempts = std::max(job.attempts, 1);
    completion.unseen_attempts = job.unseen_attempts;
    if (job.attempts > 0) {
      completion.timings.queue_ms = milliseconds_between(job.created, job.started);
      completion.timings.total_ms = milliseconds_between(job.started, job.last_activity);
      if (job.first_token) completion.timings.first_token_ms = milliseconds_between(job.started, *job.first_token);
    }
    scrub_decoded(completion);
    timers_.remove(job);
    const std::unique_ptr<Job> ended = std::move(jobs_[job.place]);
    if (jobs_.back()) {
      jobs_.back()->place = ended->place;
      jobs_[ended->place] = std::move(jobs_.back());
    }
    jobs_.pop_back();
    ended->done(std::move(completion));
    const std::lock_guard lock(mutex_);
    if (--alive_ == 0) idle_.notify_all();
  }

  // The key may come back in another spelling (JSON's escapes, in two pieces) than scrub() has seen it in before.
  void scrub_decoded(Completion& completion) const {
    if (completion.failure) scrub(completion.failure->message, model.key);
    for (std::string* text : {&completion.text, &completion.reasoning, &completion.served_model, &completion.note}) {
      scrub(*text, model.key);
    }
    for (TokenAlternative& alternative : completion.top_logprobs) scrub(alternative.token, model.key);
  }

  [[nodiscard]] bool draining() {
    const std::lock_guard lock(mutex_);
    return stop_level_ != StopLevel::kNone;
  }

  void cancel_jobs(StopLevel level) {
    std::vector<Job*> ending;
    for (const std::unique_ptr<Job>& job : jobs_) {
      if (level == StopLevel::kCancel || !job->active) ending.push_back(job.get());
    }
    if (ending.empty()) return;
    ready_.clear();  // all of them are among `ending`
    for (Job* job : ending) {
      if (job->active) abort(*job);
      end_job(*job, cancelled());
    }
  }

  std::mutex mutex_;  // guards the next four
  std::vector<std::unique_ptr<Job>> submitted_;
  StopLevel stop_level_ = StopLevel::kNone;
  std::size_t alive_ = 0;  // jobs whose `done` has not returned
  std::condition_variable idle_;

  HeaderLines headers_;
  Pacer pacer_;
  RetryPolicy retry_;
  TimerHeap timers_;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::vector<std::unique_ptr<Job>> arrivals_;
  std::deque<Job*> ready_;
  Random jitter_{std::random_device{}()};
  int connecting_ = 0;           // jobs started that have no connection yet
  bool server_is_away_ = false;  // a job waits for it
  bool server_is_back_ = false;  // there has been a connection since
  bool has_answered_ = false;
  int refused_in_a_row_ = 0;  // for good, since the last answer
  std::optional<TimePoint> first_start_;
  std::optional<TimePoint> last_contact_;  // the last reply of any status
  std::string last_path_;
  std::string last_url_;
  std::unique_ptr<Transport> transport_;  // last: its thread uses all of the above
};

RemoteAdapter::RemoteAdapter(RemoteModel model) : session_(std::make_unique<Session>(std::move(model))) {}

RemoteAdapter::~RemoteAdapter() = default;

Capabilities RemoteAdapter::capabilities() const {
  Capabilities capabilities = session_->model.format->capabilities();
  const int limit = session_->model.limits.max_in_flight;
  capabilities.preferred_in_flight = limit > 0 ? limit : kPreferredInFlight;
  return capabilities;
}

ModelIdentity RemoteAdapter::identity() const { return session_->model.identity; }

void RemoteAdapter::answer(Request request, std::function<void(Completion)> done) {
  const bool may_be_shortened = std::visit([](const auto& body) { return !body.droppable.empty(); }, request.body);
  if (may_be_shortened) {
    answer_shortened(std::move(request), 0, std::move(done));
  } else {
    answer_in_parts(request, std::move(done));
  }
}

// Only the server knows how many tokens a text has: what turns out too long is asked again with one part less.
void RemoteAdapter::answer_shortened(Request request, std::size_t dropped, std::function<void(Completion)> done) {
  answer_in_parts(request, [this, request, dropped, done = std::move(done)](Completion completion) mutable {
    const bool too_long = completion.failure && completion.failure->kind == FailureKind::kContextTooLong;
    if (too_long && std::visit([](auto& body) { return drop_last_part(body); }, request.body)) {
      answer_shortened(std::move(request), dropped + 1, std::move(done));
      return;
    }
    if (dropped > 0) completion.note = dropped_note(dropped);
    const auto* generate = std::get_if<GenerateRequest>(&request.body);
    if (dropped > 0 && generate != nullptr) completion.sent = shortened_text(*generate);
    done(std::move(completion));
  });
}

void RemoteAdapter::answer_in_parts(const Request& request, std::function<void(Completion)> done) {
  const WireFormat& format = *session_->model.format;
  const auto* scored = std::get_if<LoglikelihoodRequest>(&request.body);
  const std::size_t per_call = format.continuations_per_call();
  if (scored == nullptr || scored->continuations.size() <= per_call) {
    std::variant<WireCall, Failure> call = format.encode(request);
    if (auto* failure = std::get_if<Failure>(&call)) {
      done(failed_completion(std::move(*failure)));
      return;
    }
    session_->answer(std::get<WireCall>(std::move(call)), std::move(done));
    return;
  }
  const std::vector<Request> parts = parts_of(request, per_call);
  auto joined = std::make_shared<JoinedParts>(parts.size(), std::move(done));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    answer_in_parts(parts[i], [joined, i](Completion completion) { joined->take(i, std::move(completion)); });
  }
}

void RemoteAdapter::drain() { session_->stop(Session::StopLevel::kDrain); }

void RemoteAdapter::cancel() { session_->stop(Session::StopLevel::kCancel); }

}  // namespace assay::http
