#include "io/reactor.hpp"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "io/detached.hpp"
#include "io/sync.hpp"

namespace sluice::io {

namespace {

constexpr auto never = std::chrono::nanoseconds::max();
constexpr auto at_once = std::chrono::nanoseconds::min();

/// Reactors never wait for room in an inbox: two that wait for each other would stand still.
thread_local int reactors_running_here = 0;

detail::detached run_counted(task<void> work, std::size_t* running) {
  co_await work;
  --*running;
}

}  // namespace

struct reactor::state final : turning {
  std::unique_ptr<backend> operations;
  std::mutex guard;  ///< of `inbox`
  std::condition_variable room;
  std::vector<std::function<void()>> inbox;
  std::vector<std::function<void()>> taken;
  std::atomic<bool> asleep = false;
  std::atomic<std::thread::id> own;
  bool stopping = false;
  std::map<std::pair<clock_time, std::uint64_t>, timer*> timers;
  std::uint64_t timers_armed = 0;
  std::size_t running = 0;

  void wake() {
    if (asleep.exchange(false)) { operations->wake(); }
  }

  bool run_inbox() {
    {
      const std::lock_guard lock(guard);
      if (inbox.empty()) { return false; }
      taken.swap(inbox);
    }
    room.notify_all();
    for (auto& work : taken) { work(); }
    taken.clear();
    return true;
  }

  bool run_timers() {
    bool any = false;
    while (!timers.empty() && timers.begin()->first.first <= operations->now()) {
      timer& due = *timers.begin()->second;
      timers.erase(timers.begin());
      due.order = 0;
      due.due();
      any = true;
    }
    return any;
  }

  bool run_once() override {
    bool any = run_inbox();
    any |= run_timers();
    any |= detail::run_ready_waiters();
    return any;
  }

  [[nodiscard]] std::optional<clock_time> next_timer() const override {
    if (timers.empty()) { return std::nullopt; }
    return timers.begin()->first.first;
  }

  /// One round of the loop; false when nothing ran.
  bool run_round() {
    if (run_once()) {
      operations->turn(at_once);
      return true;
    }
    asleep = true;
    bool idle = true;
    {
      const std::lock_guard lock(guard);
      idle = inbox.empty();
    }
    const bool any = operations->turn(idle ? next_timer().value_or(never) : at_once);
    asleep = false;
    return any || !idle;
  }
};

reactor::reactor(std::unique_ptr<state> made) : state_(std::move(made)) {}

result<std::unique_ptr<reactor>> reactor::make(backend_factory make_backend) {
  auto made = std::make_unique<state>();
  made->operations = make_backend();
  const auto possible = made->operations->probe();
  if (!possible) { return possible.error(); }
  if (made->operations->simulated()) {
    made->own = std::this_thread::get_id();
    const auto attached = made->operations->attach(*made);
    if (!attached) { return attached.error(); }
  }
  return std::unique_ptr<reactor>(new reactor(std::move(made)));
}

reactor::~reactor() {
  SLUICE_CHECK(state_->running == 0);
  if (state_->operations->simulated()) { state_->operations->detach(); }
}

void reactor::run() {
  state& own = *state_;
  const detail::ready_driver driving;
  ++reactors_running_here;
  if (!own.operations->simulated()) {
    own.own = std::this_thread::get_id();
    const auto attached = own.operations->attach(own);
    if (!attached) { log::error("io", describe(attached.error())); }
    SLUICE_CHECK(attached.ok());  // `make` found it possible
  }
  while (!own.stopping || own.running > 0) {
    const bool any = own.run_round();
    SLUICE_CHECK(any || !own.operations->simulated() || own.stopping);  // would wait for ever
  }
  own.stopping = false;
  if (!own.operations->simulated()) {
    own.operations->detach();
    own.own = std::thread::id{};
  }
  --reactors_running_here;
}

void reactor::stop() {
  post_at_once([this] { state_->stopping = true; });
}

void reactor::run_ready() {
  SLUICE_CHECK(state_->operations->simulated() && on_own_thread());
  const detail::ready_driver driving;
  while (state_->run_once() || state_->operations->turn(at_once)) {}
}

bool reactor::advance_to_next_event() {
  run_ready();
  const detail::ready_driver driving;
  return state_->operations->turn(state_->next_timer().value_or(never));
}

void reactor::post(std::function<void()> work) {
  {
    std::unique_lock lock(state_->guard);
    if (reactors_running_here == 0 && !on_own_thread()) {
      state_->room.wait(lock, [&] { return state_->inbox.size() < limits::reactor_inbox_max; });
    }
    state_->inbox.push_back(std::move(work));
  }
  state_->wake();
}

void reactor::post_at_once(std::function<void()> work) {
  {
    const std::lock_guard lock(state_->guard);
    state_->inbox.push_back(std::move(work));
  }
  state_->wake();
}

void reactor::start(task<void> work) {
  SLUICE_CHECK(on_own_thread());
  ++state_->running;
  run_counted(std::move(work), &state_->running);
}

reactor::clock_time reactor::now() const noexcept { return state_->operations->now(); }

backend& reactor::operations() noexcept { return *state_->operations; }

bool reactor::on_own_thread() const noexcept { return state_->own == std::this_thread::get_id(); }

void reactor::arm(timer& asked, std::chrono::nanoseconds from_now) {
  disarm(asked);
  const clock_time start = now();
  asked.at = from_now > never - start ? never : start + from_now;
  asked.order = ++state_->timers_armed;
  state_->timers.emplace(std::pair(asked.at, asked.order), &asked);
}

void reactor::disarm(timer& asked) noexcept {
  if (asked.order == 0) { return; }
  state_->timers.erase({asked.at, asked.order});
  asked.order = 0;
}

namespace {

struct sleeping {
  reactor& ring;
  std::chrono::nanoseconds duration;
  reactor::timer timer{};
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    timer.due = [waiting] { waiting.resume(); };
    ring.arm(timer, duration);
  }
  void await_resume() const noexcept {}
};

task<void> run_and_tell(std::function<task<void>()> work, std::function<void()> done) {
  co_await work();
  done();
}

}  // namespace

task<void> reactor::sleep_for(std::chrono::nanoseconds duration) {
  sleeping sleep{*this, duration};
  co_await sleep;
}

void detail::block_on_task(reactor& target, std::function<task<void>()> work) {
  if (target.operations().simulated()) {
    bool done = false;
    target.start(run_and_tell(std::move(work), [&done] { done = true; }));
    while (!done) {
      target.run_ready();
      if (done) { break; }
      const bool any = target.advance_to_next_event();
      SLUICE_CHECK(any || done);  // it would wait for ever
    }
    return;
  }
  SLUICE_CHECK(!target.on_own_thread());
  const auto done = std::make_shared<std::promise<void>>();  // both sides may leave first
  auto waiting = done->get_future();
  target.post([&target, &work, done] {
    target.start(run_and_tell(std::move(work), [done] { done->set_value(); }));
  });
  waiting.wait();
}

struct reactor_thread::state {
  std::unique_ptr<io::reactor> ring;
  std::thread thread;
};

reactor_thread::reactor_thread(std::unique_ptr<state> made) : state_(std::move(made)) {}

result<std::unique_ptr<reactor_thread>> reactor_thread::start(std::string name) {
  auto ring = reactor::make(ring_backend_factory());
  if (!ring) { return ring.error(); }
  auto made = std::make_unique<state>();
  made->ring = std::move(*ring);
  made->thread = std::thread([ring = made->ring.get(), name = name.substr(0, 15)] {
    pthread_setname_np(pthread_self(), name.c_str());
    ring->run();
  });
  return std::unique_ptr<reactor_thread>(new reactor_thread(std::move(made)));
}

reactor_thread::~reactor_thread() {
  state_->ring->stop();
  state_->thread.join();
}

reactor& reactor_thread::get() noexcept { return *state_->ring; }

}  // namespace sluice::io
