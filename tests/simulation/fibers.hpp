#pragma once

#include "tests/simulation/joint_time.hpp"

namespace sluice::simulation {

/// Code that waits, though there is one thread: the calls of rpc block, and the program's actors
/// hand them to threads of their own. Each runs on a stack of its own (makecontext(3)), and leaves
/// it while it waits.
///
/// Lifetime:  the joint time outlives it; whatever waits when it is destroyed never goes on.
class fibers {
public:
  explicit fibers(joint_time& time) noexcept;
  ~fibers();
  fibers(const fibers&) = delete;
  fibers& operator=(const fibers&) = delete;

  /// Begins soon.
  void start(std::function<void()> work);

  // Within one only.
  void pause(moment duration);
  /// Waits for what `begin` hands its answer to; none when it took longer.
  template <typename Answer>
  std::optional<Answer> wait_for(const std::function<void(std::function<void(Answer)>)>& begin,
                                 moment patience) {
    auto outcome = std::make_shared<std::optional<Answer>>();
    const auto wake = alarm(patience);
    begin([outcome, wake](Answer answer) {
      if (!outcome->has_value()) { outcome->emplace(std::move(answer)); }
      wake();
    });
    park();
    return std::move(*outcome);
  }

private:
  struct fiber;
  struct state;
  /// Resumes the running fiber once: when it is called, or after `patience`.
  std::function<void()> alarm(moment patience);
  void park();
  std::shared_ptr<state> state_;
};

}  // namespace sluice::simulation
