#include "http/push_door.hpp"

namespace sluice::http {

void push_door::open(std::string ticket, taker to) {
  const std::lock_guard lock(mutex_);
  open_.insert_or_assign(std::move(ticket), std::move(to));
}

void push_door::shut(const std::string& ticket) {
  const std::lock_guard lock(mutex_);
  open_.erase(ticket);
}

bool push_door::knows(std::string_view ticket) const {
  const std::lock_guard lock(mutex_);
  return open_.contains(ticket);
}

void push_door::hand_over(std::string_view ticket, io::socket connected) const {
  taker to;
  {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(ticket);
    if (found == open_.end()) { return; }
    to = found->second;
  }
  to(std::move(connected));
}

std::string push_target(std::string_view ticket) { return format("/push/{}", ticket); }

}  // namespace sluice::http
