#include "io/perform.hpp"

#include <cerrno>

namespace sluice::io::detail {

std::uint16_t priority_of(turn_at_disk turn) noexcept {
  constexpr unsigned class_shift = 13;  // IOPRIO_CLASS_SHIFT of linux/ioprio.h
  return static_cast<std::uint16_t>(static_cast<unsigned>(turn.which) << class_shift | turn.level);
}

void perform::await_suspend(std::coroutine_handle<> waiting) {
  SLUICE_CHECK(ring_.on_own_thread());
  waiting_ = waiting;
  asked_.owner = this;
  asked_.completed = [](operation& done) {
    auto& self = *static_cast<perform*>(done.owner);
    self.ring_.disarm(self.deadline_);
    self.stopping_ = {};
    self.waiting_.resume();
  };
  ring_.operations().submit(asked_);
  if (asked_.deadline.count() > 0 && !asked_.settled) {
    deadline_.due = [this] {
      late_ = true;
      ring_.operations().cancel(asked_);
    };
    ring_.arm(deadline_, asked_.deadline);
  }
  if (stop_ != nullptr && !asked_.settled) {
    stopping_ = stop_->on_request([this] { ring_.operations().cancel(asked_); });
  }
}

std::int64_t perform::await_resume() const noexcept {
  return late_ && asked_.result == -ECANCELED ? -ETIMEDOUT : asked_.result;
}

}  // namespace sluice::io::detail
