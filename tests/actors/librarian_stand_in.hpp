#pragma once

#include "actors/contracts.hpp"
#include "tests/actors/fake_library.hpp"

namespace sluice::actors::testing {

/// Answers from `library`, which outlives it.
librarian_actor spawn_librarian(caf::actor_system& system, fake_library& library);

}  // namespace sluice::actors::testing
