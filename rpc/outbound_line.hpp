#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "rpc/services.hpp"

namespace sluice::rpc {

/// A node that opens no control port (`contact = outbound`), as its site calls it: a message waits
/// here for a heartbeat of the node, leaves with its answer, and what the node says to it comes
/// with the next heartbeat. One message at a time. Messages of one session, which the first of them
/// begins, are what messages over one connection are elsewhere.
/// Memory:   two messages (1 MiB each) at most.
/// Lifetime: within that of `numbers`, which all lines of a pool take the numbers of messages from.
/// Threads:  any; one caller at a time, any number of heartbeats.
class outbound_line {
public:
  using clock = std::chrono::steady_clock;
  explicit outbound_line(std::atomic<std::uint64_t>& numbers) : numbers_(numbers) {}

  // Of the caller ------------------------------------------------------------------------------
  /// A heartbeat is here and waits for a message; or nobody waits any longer (`stop`).
  [[nodiscard]] bool attended() const;
  /// The session that the node has, as it said last.
  [[nodiscard]] std::uint64_t session() const;
  /// Leaves `message` for a heartbeat; 0 begins a session. Returns its session.
  std::uint64_t send(std::string message, std::uint64_t session);
  /// `timed_out`, `cancelled`, or `peer_closed`: the node does not know it, or its session.
  result<std::string> receive(clock::time_point until);
  /// Whether calls wait for this node: a heartbeat stays for them.
  void expect(bool more);
  /// Everything waits no longer.
  void stop();

  // Of one heartbeat ---------------------------------------------------------------------------
  /// Takes its answer, and returns the next message; nothing: there is none, ask again later. It
  /// waits a little for one: with `stays`, or for what its answer brings about. `here` runs once
  /// `attended` knows of this heartbeat.
  std::optional<site_command> attend(const command_contact& said, bool stays,
                                     const std::function<void()>& here);

private:
  enum class call : std::uint8_t { none, waits, taken, answered, lost };
  bool take_answer(const command_contact& said);

  std::atomic<std::uint64_t>& numbers_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  call call_ = call::none;
  site_command command_;  ///< the last one; its bytes are gone when it is taken
  std::string answer_;    ///< until it is received
  std::uint64_t session_ = 0;
  std::uint32_t heartbeats_ = 0;  ///< that wait here
  bool more_ = false;
  clock::time_point quiet_since_;
  bool stopped_ = false;
};

}  // namespace sluice::rpc
