#pragma once

#include <memory>

#include "actors/contracts.hpp"

namespace sluice::actors {

/// The only writer of the node database.
struct node_journal_state {
  node_journal_state() = default;
  std::shared_ptr<storage::node_database> database;
  reports_listener listener;
};

/// Spawn with this and the open database; `detached` in a daemon, since every commit waits for the
/// disk.
node_journal_actor::behavior_type node_journal(
    node_journal_actor::stateful_pointer<node_journal_state> self,
    std::shared_ptr<storage::node_database> database);

}  // namespace sluice::actors
