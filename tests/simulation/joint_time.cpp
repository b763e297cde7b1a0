#include "tests/simulation/joint_time.hpp"

namespace sluice::simulation {

joint_time::joint_time(std::uint64_t seed) : world_(seed), world_begin_(world_.now()) {
  config_.set("scheduler.policy", caf::atom("testing"));
  system_ = std::make_unique<caf::actor_system>(config_);
  system_->await_actors_before_shutdown(false);
  actors_begin_ = scheduler().clock().now();
}

caf::scheduler::test_coordinator& joint_time::scheduler() {
  return dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
}

void joint_time::at(moment when, std::function<void()> happens) {
  events_.emplace(std::pair(std::max(when, now_), ++order_), std::move(happens));
}

void joint_time::run_actors() {
  while (scheduler().try_run_once()) {}
}

bool joint_time::run_timers() {
  auto& clock = scheduler().clock();
  if (clock.schedule().empty() || clock.schedule().begin()->first > clock.current_time) {
    return false;
  }
  clock.advance_time(std::chrono::nanoseconds(0));
  return true;
}

bool joint_time::run_event() {
  const auto first = events_.begin();
  if (first == events_.end() || first->first.first > now_) { return false; }
  const auto happens = std::move(first->second);
  events_.erase(first);
  happens();
  return true;
}

void joint_time::run_ready() {
  do { run_actors(); } while (run_timers() || world_.run_ready() || run_event());
}

std::optional<moment> joint_time::next() {
  std::optional<moment> found;
  const auto consider = [&](moment when) { found = std::min(found.value_or(when), when); };
  const auto& timers = scheduler().clock().schedule();
  if (!timers.empty()) { consider(timers.begin()->first - actors_begin_); }
  if (const auto event = world_.next_event()) { consider(*event - world_begin_); }
  if (!events_.empty()) { consider(events_.begin()->first.first); }
  return found;
}

void joint_time::advance(moment until) {
  run_ready();
  while (true) {
    const auto when = next();
    const bool over = !when || *when > until;
    now_ = over ? std::max(now_, until) : std::max(now_, *when);
    scheduler().clock().current_time = actors_begin_ + now_;
    world_.advance_to(world_begin_ + now_);
    if (over) { return; }
    run_ready();
  }
}

}  // namespace sluice::simulation
