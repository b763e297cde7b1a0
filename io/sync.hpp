#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>

#include "io/task.hpp"

/// Waiting for one another among tasks of one reactor. One thread; FIFO; no allocation per wait
/// beyond the queue.
namespace sluice::io {

/// Runs tasks side by side and waits for all of them. Must be empty (waited for) when it is
/// destroyed.
class task_group {
public:
  void start(task<void> work);  ///< runs at once until its first wait
  [[nodiscard]] task<void> wait_all();
  [[nodiscard]] std::size_t running() const noexcept;
};

/// A counted permit, FIFO.
class semaphore {
public:
  explicit semaphore(std::uint32_t permits);
  [[nodiscard]] task<void> acquire();
  bool try_acquire() noexcept;
  void release();
};

/// Wakes all waiters when set; stays set until cleared.
class event {
public:
  void set();
  void clear() noexcept;
  [[nodiscard]] bool is_set() const noexcept;
  [[nodiscard]] task<void> wait();
};

}  // namespace sluice::io
