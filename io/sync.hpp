#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>

#include "io/task.hpp"

/// Waiting for one another among tasks of one reactor. One thread; FIFO; no allocation per wait
/// beyond the queue.
namespace sluice::io {

class cancellation;

namespace detail {

/// Resumes a waiter of this thread: from the reactor's loop where one runs, else from here; never
/// nested, so that a chain of wake-ups needs no stack.
void make_ready(std::coroutine_handle<> waiter);
/// Resumes all that are ready; false when none was.
bool run_ready_waiters();

/// Waits in `queue` until somebody takes it from there and makes it ready.
struct queued_wait {
  std::deque<std::coroutine_handle<>>& queue;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const { queue.push_back(waiting); }
  void await_resume() const noexcept {}
};

}  // namespace detail

/// Runs tasks side by side and waits for all of them. Must be empty (waited for) when it is
/// destroyed.
class task_group {
public:
  task_group() = default;
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;
  ~task_group();
  void start(task<void> work);  ///< runs at once until its first wait
  [[nodiscard]] task<void> wait_all();
  [[nodiscard]] std::size_t running() const noexcept { return running_; }

private:
  std::size_t running_ = 0;
  std::deque<std::coroutine_handle<>> waiting_;
};

/// A counted permit, FIFO.
class semaphore {
public:
  explicit semaphore(std::uint32_t permits) : permits_(permits) {}
  [[nodiscard]] task<void> acquire();
  /// False: `stop` was asked for first, and no permit was taken.
  [[nodiscard]] task<bool> acquire_unless(cancellation& stop);
  bool try_acquire() noexcept;
  void release();

private:
  std::uint32_t permits_;
  std::deque<std::coroutine_handle<>> waiting_;
};

/// Wakes all who wait when it is set, whoever clears it before they run; stays set until cleared.
class event {
public:
  void set();
  void clear() noexcept { set_ = false; }
  [[nodiscard]] bool is_set() const noexcept { return set_; }
  [[nodiscard]] task<void> wait();

private:
  bool set_ = false;
  std::deque<std::coroutine_handle<>> waiting_;
};

}  // namespace sluice::io
