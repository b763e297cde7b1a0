#include "tests/simulation/fibers.hpp"

#include <ucontext.h>

#include <vector>

namespace sluice::simulation {

namespace {
constexpr std::size_t stack_size = 256 * 1024;
}

struct fibers::fiber {
  ucontext_t context{};
  std::vector<std::byte> stack;
  std::function<void()> work;
  std::uint64_t waits = 0;  ///< how often it has waited
  bool over = false;
};

struct fibers::state {
  joint_time* time = nullptr;
  ucontext_t outside{};
  fiber* running = nullptr;
  std::vector<std::unique_ptr<fiber>> all;
  std::vector<fiber*> idle;

  void resume(fiber& one) {
    SLUICE_CHECK(running == nullptr);
    running = &one;
    SLUICE_CHECK(swapcontext(&outside, &one.context) == 0);
    running = nullptr;
    if (one.over) { idle.push_back(&one); }
  }
  void leave() {
    fiber& one = *running;
    SLUICE_CHECK(swapcontext(&one.context, &outside) == 0);
  }
  fiber& vacant() {
    if (idle.empty()) {
      all.push_back(std::make_unique<fiber>());
      all.back()->stack.resize(stack_size);
      return *all.back();
    }
    fiber& found = *idle.back();
    idle.pop_back();
    return found;
  }

  /// Apart: getcontext(3) may return twice.
  [[gnu::noinline]] void prepare(fiber& one) {
    SLUICE_CHECK(getcontext(&one.context) == 0);
    one.context.uc_stack.ss_sp = one.stack.data();
    one.context.uc_stack.ss_size = one.stack.size();
    one.context.uc_link = nullptr;
    const auto address = reinterpret_cast<std::uintptr_t>(this);
    makecontext(&one.context, reinterpret_cast<void (*)()>(&state::enter), 2,
                static_cast<unsigned>(address >> 32), static_cast<unsigned>(address));
  }

  /// makecontext(3) passes ints: a pointer goes in two of them.
  static void enter(unsigned high, unsigned low) {
    const auto address = (std::uintptr_t{high} << 32) | low;
    auto& mine = *reinterpret_cast<state*>(address);
    mine.running->work();
    mine.running->work = nullptr;
    mine.running->over = true;
    mine.leave();
  }
};

fibers::fibers(joint_time& time) noexcept : state_(std::make_shared<state>()) {
  state_->time = &time;
}
fibers::~fibers() { state_->time = nullptr; }

void fibers::start(std::function<void()> work) {
  state_->time->after({}, [state = state_, work = std::move(work)]() mutable {
    if (state->time == nullptr) { return; }
    fiber& one = state->vacant();
    one.work = std::move(work);
    one.over = false;
    state->prepare(one);
    state->resume(one);
  });
}

std::function<void()> fibers::alarm(moment patience) {
  fiber& one = *state_->running;
  const std::uint64_t wait = ++one.waits;
  const auto go_on = [state = state_, &one, wait] {
    if (state->time != nullptr && one.waits == wait && !one.over) {
      ++one.waits;
      state->resume(one);
    }
  };
  state_->time->after(patience, go_on);
  return [state = state_, go_on] {
    if (state->time != nullptr) { state->time->after({}, go_on); }
  };
}

void fibers::park() { state_->leave(); }

void fibers::pause(moment duration) {
  static_cast<void>(alarm(duration));
  park();
}

}  // namespace sluice::simulation
