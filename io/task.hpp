#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "base/base.hpp"

namespace sluice::io {

template <typename T = void>
class task;

namespace detail {

/// Resumes whoever awaits, once, when the task is over. `await_suspend` of the awaiter returns bool
/// and `finished` is kept as a flag: symmetric transfer is no tail call without optimisation (g++
/// 12).
struct task_promise_base {
  std::coroutine_handle<> awaiter;
  bool started = false;
  bool finished = false;

  std::suspend_always initial_suspend() const noexcept { return {}; }
  struct final_awaiter {
    bool await_ready() const noexcept { return false; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      task_promise_base& promise = ended.promise();
      promise.finished = true;
      if (promise.awaiter) { promise.awaiter.resume(); }
    }
    void await_resume() const noexcept {}
  };
  final_awaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() const noexcept { std::terminate(); }
};

template <typename T>
struct task_promise : task_promise_base {
  std::optional<T> value;
  task<T> get_return_object() noexcept;
  template <typename U>
  void return_value(U&& given) {
    value.emplace(std::forward<U>(given));
  }
  T take() { return std::move(*value); }
};

template <>
struct task_promise<void> : task_promise_base {
  task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace detail

/// A lazy coroutine with one awaiter: it starts when awaited, and is destroyed with this handle.
///
/// Rules: `co_await` is a statement of its own (`auto x = co_await f();`), parameters by value
/// (references only to what outlives the task), never a capturing lambda. No exceptions leave a
/// task. Threads: everything happens on the reactor's thread. A started task must finish before its
/// handle goes.
template <typename T>
class [[nodiscard]] task {
public:
  using promise_type = detail::task_promise<T>;
  using handle_type = std::coroutine_handle<promise_type>;

  explicit task(handle_type handle) noexcept : handle_(handle) {}
  task(task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  task& operator=(task&& other) noexcept {
    if (this != &other) {
      destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  ~task() { destroy(); }

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiting) {
    promise_type& promise = handle_.promise();
    SLUICE_CHECK(!promise.started);
    promise.started = true;
    handle_.resume();
    if (promise.finished) { return false; }
    promise.awaiter = awaiting;
    return true;
  }
  T await_resume() { return handle_.promise().take(); }

private:
  void destroy() noexcept {
    if (!handle_) { return; }
    // What it waits for would resume freed memory.
    SLUICE_CHECK(handle_.promise().finished || !handle_.promise().started);
    handle_.destroy();
  }
  handle_type handle_;
};

namespace detail {
template <typename T>
task<T> task_promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}
inline task<void> task_promise<void>::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}
}  // namespace detail

}  // namespace sluice::io
