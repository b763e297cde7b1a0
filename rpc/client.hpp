#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rpc/server.hpp"
#include "rpc/services.hpp"

namespace sluice::rpc {

struct client_options {
  std::chrono::milliseconds connect_deadline = limits::rpc_connect_deadline;
  std::chrono::milliseconds call_deadline = limits::rpc_call_deadline;
  std::chrono::milliseconds outbound_patience = limits::outbound_patience;
  protocol_range speaks;
};

/// Blocking clients, one connection per object, made on first use and again after an error;
/// `unreachable`, `timed_out`, `peer_closed`, `incompatible`, `limit_reached` (a message that does
/// not fit) and the server's own errors come back as results. The principal argument is ignored
/// (the transport says it). One thread at a time.
std::unique_ptr<admin_service> connect_admin(listen_address to,
                                             std::chrono::milliseconds call_deadline,
                                             protocol_range speaks = {});
std::unique_ptr<node_service> connect_node(listen_address to,
                                           std::chrono::milliseconds call_deadline,
                                           protocol_range speaks = {});
std::unique_ptr<management_point_service> connect_management_point(listen_address to,
                                                                   client_options options = {});
std::unique_ptr<control_service> connect_control(listen_address to, client_options options = {});

/// The threads on which actors' Thrift calls run (<= 32). Calls to one address run one at a time,
/// in order; addresses that timed out last share 8 threads, so that a few dead nodes cannot hold up
/// the others. A connection is kept while calls for its address wait, and closed then. Any thread
/// may ask. When the pool is destroyed, calls that still wait run and end `cancelled`.
class client_pool {
public:
  virtual ~client_pool() = default;
  /// Runs `call` once, on a pool thread, with a client for `address` ("host:port"); it posts its
  /// outcome itself, and neither throws nor keeps the client. `limit_reached` when too many calls
  /// wait, `invalid` when the address is none: then `call` does not run.
  virtual result<void> with_control(std::string address,
                                    std::function<void(control_service&)> call) = 0;
  virtual result<void> with_management_point(
      std::string address, std::function<void(management_point_service&)> call) = 0;
  /// A heartbeat of a node that opens no control port: the next message of a call that waits for
  /// it, when there is one. Blocks for 200 ms after an answer, and for 3 s while a call is about to
  /// come; not when 64 block. Nothing waits in memory.
  virtual std::optional<site_command> attend(const model::node_id&, const command_contact&) {
    return std::nullopt;
  }
};
/// In the place of an address, of a node that asks for its commands with its heartbeats: a call
/// waits for the next one, `outbound_patience` at most. One that has not registered, and will not
/// be heard of, has its name.
std::string outbound_address(const std::optional<model::node_id>& node, std::string_view name);
std::unique_ptr<client_pool> make_client_pool(unsigned threads, client_options options = {});

/// The twin for tests in virtual time: finds services by address in a table, and runs calls at once
/// on the caller's thread, as a principal on loopback. Calls to other addresses end `unreachable`.
class memory_client_pool final : public client_pool {
public:
  void offer(std::string address, offered_services services);
  void withdraw(const std::string& address);  ///< calls then end `unreachable`
  result<void> with_control(std::string address,
                            std::function<void(control_service&)> call) override;
  result<void> with_management_point(std::string address,
                                     std::function<void(management_point_service&)> call) override;

private:
  [[nodiscard]] offered_services at(const std::string& address) const;

  std::vector<std::pair<std::string, offered_services>> offers_;
};

}  // namespace sluice::rpc
