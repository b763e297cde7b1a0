#include "io/sync.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "io/cancellation.hpp"
#include "io/detached.hpp"

namespace sluice::io {

namespace detail {

namespace {

struct ready_list {
  std::vector<std::coroutine_handle<>> waiting;
  std::vector<std::coroutine_handle<>> running;  ///< reused
  int drivers = 0;                               ///< loops on this thread that will resume them
};

ready_list& ready_of_thread() {
  thread_local ready_list list;
  return list;
}

}  // namespace

ready_driver::ready_driver() noexcept { ++ready_of_thread().drivers; }
ready_driver::~ready_driver() { --ready_of_thread().drivers; }

bool run_ready_waiters() {
  ready_list& list = ready_of_thread();
  if (list.waiting.empty()) { return false; }
  std::vector<std::coroutine_handle<>> running = std::exchange(list.running, {});
  running.clear();
  running.swap(list.waiting);
  for (const auto waiter : running) { waiter.resume(); }
  list.running = std::move(running);
  return true;
}

void make_ready(std::coroutine_handle<> waiter) {
  ready_list& list = ready_of_thread();
  list.waiting.push_back(waiter);
  if (list.drivers > 0) { return; }
  const ready_driver driving;
  while (run_ready_waiters()) {}
}

namespace {

void make_all_ready(std::deque<std::coroutine_handle<>>& waiting) {
  std::deque<std::coroutine_handle<>> taken;
  taken.swap(waiting);  // what waits anew waits for the next time
  for (const auto waiter : taken) { make_ready(waiter); }
}

detached run_in_group(task<void> work, std::size_t* running,
                      std::deque<std::coroutine_handle<>>* waiting) {
  co_await work;
  if (--*running == 0) { make_all_ready(*waiting); }
}

}  // namespace

}  // namespace detail

task_group::~task_group() { SLUICE_CHECK(running_ == 0); }

void task_group::start(task<void> work) {
  ++running_;
  detail::run_in_group(std::move(work), &running_, &waiting_);
}

task<void> task_group::wait_all() {
  while (running_ > 0) { co_await detail::queued_wait{waiting_}; }
}

task<void> semaphore::acquire() {
  if (permits_ > 0 && waiting_.empty()) {
    --permits_;
    co_return;
  }
  co_await detail::queued_wait{waiting_};  // `release` hands its permit over
}

namespace {

/// Waits in `queue` like `queued_wait`, or until `stop`, which is not asked for yet.
struct cancellable_wait {
  std::deque<std::coroutine_handle<>>& queue;
  cancellation& stop;
  cancellation::registration on_stop{};
  bool stopped = false;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    queue.push_back(waiting);
    on_stop = stop.on_request([this, waiting] {
      const auto place = std::find(queue.begin(), queue.end(), waiting);
      if (place == queue.end()) { return; }  // its turn has come
      queue.erase(place);
      stopped = true;
      detail::make_ready(waiting);
    });
  }
  bool await_resume() const noexcept { return !stopped; }
};

}  // namespace

task<bool> semaphore::acquire_unless(cancellation& stop) {
  if (stop.requested()) { co_return false; }
  if (try_acquire()) { co_return true; }
  cancellable_wait turn{waiting_, stop};
  const bool acquired = co_await turn;
  co_return acquired;
}

bool semaphore::try_acquire() noexcept {
  if (permits_ == 0 || !waiting_.empty()) { return false; }
  --permits_;
  return true;
}

void semaphore::release() {
  if (waiting_.empty()) {
    ++permits_;
    return;
  }
  const auto first = waiting_.front();
  waiting_.pop_front();
  detail::make_ready(first);
}

void event::set() {
  set_ = true;
  detail::make_all_ready(waiting_);
}

task<void> event::wait() {
  if (!set_) { co_await detail::queued_wait{waiting_}; }
}

}  // namespace sluice::io
