#pragma once

#include <memory>
#include <string>

#include "rpc/server.hpp"

namespace sluice::rpc {

/// The node's side of calls that come with heartbeats (`contact = outbound`): performs messages of
/// DistributionPointControl as a server would that they had come to over a connection, the greeting
/// first. The caller is the site at `site_address`, which this node asked.
/// Lifetime:  within that of `control`.
/// Threads:   one at a time.
class command_session {
public:
  command_session(control_service& control, std::string site_address);
  ~command_session();
  command_session(const command_session&) = delete;
  command_session& operator=(const command_session&) = delete;

  /// What the next heartbeat says: the answer, or none for what is no message or of a session that
  /// began before this object did.
  command_contact perform(const site_command& command);
  [[nodiscard]] std::uint64_t session() const noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace sluice::rpc
