#pragma once

#include <coroutine>

#include "io/cancellation.hpp"
#include "io/file.hpp"

namespace sluice::io::detail {

/// A turn as `operation::priority` has it.
[[nodiscard]] std::uint16_t priority_of(turn_at_disk turn) noexcept;

/// Awaits one operation: `const auto outcome = co_await perform(ring, {.code = ...})`.
/// The operation lives in the awaiting coroutine until it is complete; past its deadline it is
/// cancelled, awaited, and its result is -ETIMEDOUT; so it is when `stop` asks for it, with
/// -ECANCELED. The result is as in `operation`.
class perform {
public:
  perform(reactor& ring, operation asked, cancellation* stop = nullptr) noexcept
      : ring_(ring), asked_(asked), stop_(stop) {}
  perform(const perform&) = delete;
  perform& operator=(const perform&) = delete;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting);
  [[nodiscard]] std::int64_t await_resume() const noexcept;

private:
  reactor& ring_;
  operation asked_;
  std::coroutine_handle<> waiting_;
  cancellation* stop_;
  cancellation::registration stopping_;
  reactor::timer deadline_;
  bool late_ = false;
};

}  // namespace sluice::io::detail
