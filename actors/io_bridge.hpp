#pragma once

#include <functional>
#include <map>

#include "actors/contracts.hpp"
#include "actors/node_parts.hpp"
#include "io/io.hpp"

/// Where an actor hands work to a reactor and gets the outcome as mail.
namespace sluice::actors {

namespace detail {

template <typename Outcome, typename Handle>
io::task<void> run_and_tell(Handle who, std::uint64_t number,
                            std::function<io::task<Outcome>()> make) {
  auto outcome = co_await make();
  caf::anon_send(who, operation_done<Outcome>{number, std::move(outcome)});
}

template <typename Outcome>
struct answer_of {
  using type = Outcome;
};
template <typename T>
struct answer_of<result<T>> {
  using type = T;
};
template <>
struct answer_of<result<void>> {
  using type = done;
};

}  // namespace detail

/// Makes and starts the task on the library's reactor; its outcome comes back to `who` as
/// `operation_done<Outcome>`.
template <typename Outcome, typename Handle>
void run_on_reactor(const node_parts& parts, Handle who, std::uint64_t number,
                    std::function<io::task<Outcome>()> make) {
  io::task_group* operations = parts.operations;
  parts.ring->post([operations, who = std::move(who), number, make = std::move(make)] {
    operations->start(detail::run_and_tell<Outcome>(who, number, make));
  });
}

/// The operations of one outcome type that an actor has started and not yet answered.
///
/// Lifetime:  part of the actor's state. The operation itself belongs to the reactor and ends there
/// even when the actor
///            does not live to hear of it.
/// Threads:   the actor's.
template <typename Outcome>
class operations_under_way {
public:
  using answer = typename detail::answer_of<Outcome>::type;
  using promise = caf::typed_response_promise<answer>;

  /// Makes and starts the task on the library's reactor; its outcome comes back to `who` as
  /// `operation_done<Outcome>`, which the actor gives to `finish`.
  template <typename Handle>
  std::uint64_t start(const node_parts& parts, Handle who, promise waiting,
                      std::function<io::task<Outcome>()> make) {
    const std::uint64_t number = next_number();
    start(number, parts, std::move(who), std::move(waiting), std::move(make));
    return number;
  }

  /// For an actor that has to know the number before the work can start.
  [[nodiscard]] std::uint64_t next_number() noexcept { return ++last_; }
  template <typename Handle>
  void start(std::uint64_t number, const node_parts& parts, Handle who, promise waiting,
             std::function<io::task<Outcome>()> make) {
    waiting_.emplace(number, std::move(waiting));
    run_on_reactor<Outcome>(parts, std::move(who), number, std::move(make));
  }

  /// Answers whoever asked.
  void finish(operation_done<Outcome>& ended) {
    const auto found = waiting_.find(ended.number);
    SLUICE_CHECK(found != waiting_.end());
    promise waiting = std::move(found->second);
    waiting_.erase(found);
    if constexpr (std::is_same_v<Outcome, answer>) {
      waiting.deliver(std::move(ended.outcome));
    } else if (!ended.outcome) {
      waiting.deliver(to_caf(ended.outcome.error()));
    } else if constexpr (std::is_same_v<answer, done>) {
      waiting.deliver(done{});
    } else {
      waiting.deliver(std::move(*ended.outcome));
    }
  }

  [[nodiscard]] std::size_t count() const noexcept { return waiting_.size(); }

private:
  std::map<std::uint64_t, promise> waiting_;
  std::uint64_t last_ = 0;
};

}  // namespace sluice::actors
