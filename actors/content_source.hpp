#pragma once

#include <map>

#include "actors/fetch_tasks.hpp"
#include "actors/io_bridge.hpp"

namespace sluice::actors {

/// One source in use, shared by all jobs of the node: its connections, its failures, its blame.
struct content_source_state {
  content_source_state() = default;
  content_source_state(const content_source_state&) = delete;
  content_source_state& operator=(const content_source_state&) = delete;
  node_parts parts;
  model::source_entry source;
  node_journal_actor journal;
  std::shared_ptr<http::source_client> client;  ///< lives and dies on the reactor
  std::uint32_t bad_pieces = 0;                 ///< since the last quarantine
  std::optional<caf::actor_clock::time_point> quarantined_until;
  std::optional<caf::actor_clock::time_point> resting_until;  ///< it asked for that (X4)
  std::uint32_t unanswered = 0;  ///< in a row: it could not be reached, or fell silent
  std::optional<caf::actor_clock::time_point> shut_until;  ///< not asked before, for that (Z8)
  operations_under_way<bool> probes;
  operations_under_way<manifest_outcome> manifests;
  operations_under_way<page_outcome> pages;
  struct under_way {
    io::ticket ticket;
    model::job_id job;
    model::content_id content;  ///< for blame
  };
  std::map<std::uint64_t, under_way> pages_under_way;
  std::map<std::uint64_t, under_way> manifests_under_way;
  /// Of a push: what connections come in by; and who waits for the first one, for a while.
  std::string ticket;
  bool connected = false;
  push_listener listener;
  std::vector<std::function<void()>> waiting;

  ~content_source_state();
};

content_source_actor::behavior_type content_source(
    content_source_actor::stateful_pointer<content_source_state> self, node_parts parts,
    model::source_entry source, node_journal_actor journal);

}  // namespace sluice::actors
