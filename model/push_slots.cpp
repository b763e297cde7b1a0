#include "model/push_slots.hpp"

#include <algorithm>

namespace sluice::model {

void push_slots::ask(const push& one, package_priority priority) {
  if (going_.contains(one)) { return; }
  const auto waiting = places_.find(one);
  if (waiting != places_.end()) {
    if (waiting->second.first == priority) { return; }
    queue_.erase(waiting->second);
    places_.erase(waiting);
  }
  const place last{priority, ++last_};
  queue_.emplace(last, one);
  places_.emplace(one, last);
}

void push_slots::leave(const push& one) {
  const auto waiting = places_.find(one);
  if (waiting != places_.end()) {
    queue_.erase(waiting->second);
    places_.erase(waiting);
  }
  if (going_.erase(one) == 0) { return; }
  const auto count = of_package_.find(one.package);
  if (--count->second == 0) { of_package_.erase(count); }
}

bool push_slots::may_begin(const package_id& package) const {
  const auto count = of_package_.find(package);
  if (count != of_package_.end()) { return count->second < points_each_; }
  return of_package_.size() < packages_;
}

std::optional<push_slots::push> push_slots::next() {
  const auto found = std::find_if(queue_.begin(), queue_.end(), [this](const auto& waiting) {
    return may_begin(waiting.second.package);
  });
  if (found == queue_.end()) { return std::nullopt; }
  push one = found->second;
  queue_.erase(found);
  places_.erase(one);
  going_.insert(one);
  ++of_package_[one.package];
  return one;
}

void push_slots::set_most(std::uint32_t packages, std::uint32_t points_each) noexcept {
  packages_ = packages;
  points_each_ = points_each;
}

bool push_slots::goes_on(const push& one) const { return going_.contains(one); }

}  // namespace sluice::model
