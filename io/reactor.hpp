#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "io/backend.hpp"
#include "io/task.hpp"

namespace sluice::io {

/// One thread, one backend; owns every operation, buffer and descriptor in flight.
///
/// Lifetime:  outlives all tasks started on it; `run` returns only when they have finished.
/// Threads:   `post` and `stop` from any thread; everything else on the reactor's own thread, which
/// is the one
///            that calls `run` (with the simulated backend: the test's only thread).
class reactor {
public:
  using clock_time = std::chrono::nanoseconds;  ///< monotonic, since an arbitrary start

  /// With the real ring: fails, naming the cause and the cure, when the kernel offers no io_uring
  /// or too little locked memory. The ring itself is made inside `run`, on its own thread.
  static result<std::unique_ptr<reactor>> make(backend_factory make_backend);
  ~reactor();
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;

  /// Runs until `stop` and until all started tasks have finished.
  void run();
  /// Asks `run` to return once nothing is in flight. Any thread, idempotent.
  void stop();
  /// Simulated backend only. Runs until nothing can happen any more without time passing (in the
  /// whole world of that backend); passes time to the next event: false when there is none.
  void run_ready();
  bool advance_to_next_event();

  /// Runs `work` on the reactor's thread, soon. Any thread.
  void post(std::function<void()> work);
  /// Starts a task that nobody awaits; it is counted until it ends.
  void start(task<void> work);

  [[nodiscard]] clock_time now() const noexcept;
  [[nodiscard]] task<void> sleep_for(std::chrono::nanoseconds duration);
  [[nodiscard]] backend& operations() noexcept;
  [[nodiscard]] bool on_own_thread() const noexcept;

  /// A callback at a time; does not keep `run` from ending. Reactor thread.
  struct timer {
    std::function<void()> due;
    clock_time at{};
    std::uint64_t order = 0;  ///< 0: not armed
  };
  void arm(timer& asked, std::chrono::nanoseconds from_now);  ///< armed already: moved
  void disarm(timer& asked) noexcept;
  /// As `post`, but never waits for room; for what is bounded by what is in flight.
  void post_at_once(std::function<void()> work);

private:
  struct state;
  explicit reactor(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

/// Starts `work` on `target` from another thread, waits for its outcome, and returns it. Never call
/// it on the reactor's own thread, except with a simulated backend, where it drives the reactor
/// itself.
template <typename T>
T block_on(reactor& target, std::function<task<T>()> work);

namespace detail {

void block_on_task(reactor& target, std::function<task<void>()> work);

template <typename T>
task<void> keep_outcome(const std::function<task<T>()>* work, std::optional<T>* into) {
  auto outcome = co_await (*work)();
  into->emplace(std::move(outcome));
}

}  // namespace detail

template <typename T>
T block_on(reactor& target, std::function<task<T>()> work) {
  if constexpr (std::is_void_v<T>) {
    detail::block_on_task(target, std::move(work));
  } else {
    std::optional<T> outcome;
    detail::block_on_task(target, [&] { return detail::keep_outcome<T>(&work, &outcome); });
    return std::move(*outcome);
  }
}

/// A reactor with its own thread; `stop`s and joins when destroyed.
class reactor_thread {
public:
  static result<std::unique_ptr<reactor_thread>> start(std::string name);
  ~reactor_thread();
  [[nodiscard]] io::reactor& get() noexcept;

private:
  struct state;
  explicit reactor_thread(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace sluice::io
