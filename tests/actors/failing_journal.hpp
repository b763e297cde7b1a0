#pragma once

#include "actors/contracts.hpp"

namespace sluice::actors::testing {

/// Passes everything on to the real one; reports are refused while `trouble`, which outlives it,
/// says so.
node_journal_actor spawn_failing_journal(caf::actor_system& system, node_journal_actor real,
                                         const std::optional<error>& trouble);

}  // namespace sluice::actors::testing
