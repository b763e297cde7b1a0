#pragma once

#include "actors/failure.hpp"

namespace sluice::actors {

/// Asks an actor from a thread that is none, and waits; `timed_out` after
/// `limits::rpc_call_deadline`.
template <typename Answer, typename Handle, typename Question>
result<Answer> ask(caf::actor_system& system, const Handle& whom, Question question) {
  caf::scoped_actor self{system};
  std::optional<result<Answer>> outcome;
  self->request(whom, limits::rpc_call_deadline, std::move(question))
      .receive([&](Answer& answer) { outcome.emplace(std::move(answer)); },
               [&](caf::error& failure) { outcome.emplace(from_caf(failure)); });
  SLUICE_CHECK(outcome.has_value());
  return std::move(*outcome);
}

}  // namespace sluice::actors
