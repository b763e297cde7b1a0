#include "model/job_slots.hpp"

namespace sluice::model {

bool job_slots::ask(const package_id& package, package_priority priority) {
  if (holders_.contains(package)) { return true; }
  const auto waits = places_.find(package);
  if (waits != places_.end() && waits->second.first == priority) { return false; }
  stop_waiting(package);
  if (holders_.size() < most_ && queue_.empty()) {
    holders_.insert(package);
    return true;
  }
  const place mine{priority, ++last_};
  queue_.emplace(mine, package);
  places_.emplace(package, mine);
  return false;
}

void job_slots::take(const package_id& package) {
  stop_waiting(package);
  holders_.insert(package);
}

void job_slots::leave(const package_id& package) {
  stop_waiting(package);
  holders_.erase(package);
}

std::optional<package_id> job_slots::next() {
  if (queue_.empty() || holders_.size() >= most_) { return std::nullopt; }
  const package_id first = queue_.begin()->second;
  take(first);
  return first;
}

void job_slots::stop_waiting(const package_id& package) {
  const auto waits = places_.find(package);
  if (waits == places_.end()) { return; }
  queue_.erase(waits->second);
  places_.erase(waits);
}

}  // namespace sluice::model
