#pragma once

#include <coroutine>
#include <exception>

namespace sluice::io::detail {

/// A coroutine that nobody awaits; it starts at once and frees itself at its end. Whoever starts
/// one counts it.
struct detached {
  struct promise_type {
    detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

/// While one lives on a thread, `make_ready` leaves the resuming to `run_ready_waiters`.
class ready_driver {
public:
  ready_driver() noexcept;
  ready_driver(const ready_driver&) = delete;
  ready_driver& operator=(const ready_driver&) = delete;
  ~ready_driver();
};

}  // namespace sluice::io::detail
