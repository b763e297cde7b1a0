#pragma once

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <memory>
#include <optional>

#include "actors/failure.hpp"
#include "model/model.hpp"

namespace sluice::actors::testing {

/// Actors that take turns one at a time, in a world whose clock only the test moves. Every actor
/// must be spawned pooled.
class virtual_time {
public:
  virtual_time() {
    config_.set("scheduler.policy", caf::atom("testing"));
    system_ = std::make_unique<caf::actor_system>(config_);
    system_->await_actors_before_shutdown(false);
    begin_ = scheduler().clock().now();
  }

  caf::actor_system& system() { return *system_; }

  /// Until no mail is left, and none that is due; `after_each` runs after every turn.
  void run(const std::function<void()>& after_each = {}) {
    auto& clock = scheduler().clock();
    while (true) {
      while (scheduler().try_run_once()) {
        if (after_each) { after_each(); }
      }
      const bool due =
          !clock.schedule().empty() && clock.schedule().begin()->first <= clock.current_time;
      if (!due) { return; }
      clock.advance_time(std::chrono::nanoseconds(0));
    }
  }

  /// From deadline to deadline, so that timers that renew themselves ring as often as they should.
  void advance(std::chrono::nanoseconds distance, const std::function<void()>& after_each = {}) {
    run(after_each);
    auto& clock = scheduler().clock();
    const auto target = clock.current_time + distance;
    while (!clock.schedule().empty() && clock.schedule().begin()->first <= target) {
      clock.current_time = std::max(clock.current_time, clock.schedule().begin()->first);
      run(after_each);
    }
    clock.current_time = target;
  }

  [[nodiscard]] std::chrono::nanoseconds elapsed() { return scheduler().clock().now() - begin_; }
  [[nodiscard]] model::calendar_time now() {
    using namespace std::chrono;
    return model::calendar_time{1'800'000'000s} + duration_cast<milliseconds>(elapsed());
  }

  /// Asks, and lets everybody take turns. Nothing when nobody has answered then. After each turn
  /// `watch` is told whether the answer has come.
  template <typename Answer, typename Handle, typename Question>
  std::optional<result<Answer>> ask(const Handle& whom, Question question,
                                    const std::function<void(bool)>& watch = {}) {
    auto outcome = std::make_shared<std::optional<result<Answer>>>();
    const caf::actor asker = system_->spawn([&](caf::event_based_actor* self) {
      self->request(whom, caf::infinite, std::move(question))
          .then([outcome](Answer& answer) { outcome->emplace(std::move(answer)); },
                [outcome](caf::error& failure) { outcome->emplace(from_caf(failure)); });
    });
    run([&] {
      if (watch) { watch(outcome->has_value()); }
    });
    caf::anon_send_exit(asker, caf::exit_reason::user_shutdown);
    run();
    return *outcome;
  }

  template <typename Handle>
  void end(Handle& whom) {
    if (!whom) { return; }
    caf::anon_send_exit(whom, caf::exit_reason::user_shutdown);
    whom = Handle();
    run();
  }

private:
  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  }

  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::detail::test_actor_clock::time_point begin_;
};

}  // namespace sluice::actors::testing
