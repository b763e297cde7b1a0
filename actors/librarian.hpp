#pragma once

#include "actors/io_bridge.hpp"
#include "actors/node_parts.hpp"

namespace sluice::actors {

/// The content library as an actor: each request becomes a task of the library's reactor. What is
/// in the trash for longer than `node_parts::kept` says is removed, and what is superseded for
/// longer goes to trash.
struct librarian_state {
  librarian_state() = default;
  node_parts parts;
  operations_under_way<result<storage::content_facts>> rechecks;
  operations_under_way<result<storage::missing_page>> listings;
  operations_under_way<result<std::uint64_t>> measurements;
  operations_under_way<result<void>> changes;
  operations_under_way<result<storage::snapshot_outcome>> snapshots;
  operations_under_way<result<storage::content_library::totals>> counts;
};

librarian_actor::behavior_type librarian(librarian_actor::stateful_pointer<librarian_state> self,
                                         node_parts parts);

}  // namespace sluice::actors
