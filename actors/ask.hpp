#pragma once

#include "actors/failure.hpp"

namespace sluice::actors {

/// Asks an actor from a thread that is none, and waits; `timed_out` after `patience`.
template <typename Answer, typename Handle, typename Question>
result<Answer> ask(caf::actor_system& system, const Handle& whom, Question question,
                   caf::duration patience = caf::duration{limits::rpc_call_deadline}) {
  caf::scoped_actor self{system};
  std::optional<result<Answer>> outcome;
  self->request(whom, patience, std::move(question))
      .receive([&](Answer& answer) { outcome.emplace(std::move(answer)); },
               [&](caf::error& failure) { outcome.emplace(from_caf(failure)); });
  SLUICE_CHECK(outcome.has_value());
  return std::move(*outcome);
}

}  // namespace sluice::actors
