#pragma once

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <map>
#include <memory>
#include <optional>

#include "actors/failure.hpp"
#include "io/simulated_world.hpp"

namespace sluice::simulation {

using moment = std::chrono::nanoseconds;  ///< since the simulation began

/// One clock for actors, for a simulated world, and for what is to happen at a time. Nothing runs
/// but in `advance`, on the calling thread; one seed, one order of events.
class joint_time {
public:
  explicit joint_time(std::uint64_t seed);
  joint_time(const joint_time&) = delete;
  joint_time& operator=(const joint_time&) = delete;

  [[nodiscard]] caf::actor_system& actors() noexcept { return *system_; }
  [[nodiscard]] io::simulated_world& world() noexcept { return world_; }
  [[nodiscard]] moment now() const noexcept { return now_; }

  /// Never from within itself; a time that has passed is now.
  void at(moment when, std::function<void()> happens);
  void after(moment delay, std::function<void()> happens) { at(now_ + delay, std::move(happens)); }

  /// Everything that happens until then, in order.
  void advance(moment until);
  /// Lets actors take turns until none has mail; no time passes, and no disk or network moves.
  void run_actors();

  /// Asks an actor; `answered` runs in a turn of its own.
  template <typename Answer, typename Handle, typename Question>
  void ask(const Handle& whom, Question question, std::function<void(result<Answer>)> answered) {
    system_->spawn([whom, question = std::move(question),
                    answered = std::move(answered)](caf::event_based_actor* self) mutable {
      self->request(whom, caf::infinite, std::move(question))
          .then([answered](Answer& answer) { answered(std::move(answer)); },
                [answered](caf::error& failure) { answered(actors::from_caf(failure)); });
    });
  }

private:
  caf::scheduler::test_coordinator& scheduler();
  bool run_timers();
  bool run_event();
  void run_ready();
  [[nodiscard]] std::optional<moment> next();

  caf::actor_system_config config_;
  io::simulated_world world_;
  std::unique_ptr<caf::actor_system> system_;
  caf::detail::test_actor_clock::time_point actors_begin_;
  moment world_begin_;
  moment now_{};
  std::uint64_t order_ = 0;
  std::map<std::pair<moment, std::uint64_t>, std::function<void()>> events_;
};

}  // namespace sluice::simulation
