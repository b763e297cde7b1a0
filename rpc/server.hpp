#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "rpc/services.hpp"

namespace sluice::rpc {

/// Where a server listens: a Unix socket path (0660) or "host:port" (loopback only until mutual TLS
/// exists; port 0 takes a free one).
struct listen_address {
  std::string unix_path;
  std::string host;
  std::uint16_t port = 0;

  /// "host:port" or "[::1]:port"; `invalid` when it is neither.
  static result<listen_address> parse(const std::string& text);
  /// "unix:/run/sluice/admin.sock" or "127.0.0.1:8530"; also in every error.
  [[nodiscard]] std::string text() const;
};

/// The services a server offers; null ones are not offered. They must outlive the server.
struct offered_services {
  admin_service* admin = nullptr;
  node_service* node = nullptr;
  management_point_service* management_point = nullptr;
  control_service* control = nullptr;
};

/// The protocols that a side speaks, oldest and newest, and the program that it is.
struct protocol_range {
  std::uint32_t oldest = 1;
  std::uint32_t newest = 1;
  std::string build;  ///< "sluiced 0.1.0" when empty
};

struct server_options {
  protocol_range speaks;
  std::uint32_t connections_max = limits::rpc_connections_max;
  std::chrono::milliseconds idle_deadline = limits::rpc_idle_deadline;
};

/// A bounded Thrift server: connections, frames, strings, containers, recursion, the time that one
/// call may take to arrive and its answer to leave. What breaks a bound costs its connection, and
/// a line in the log. A thread per connection; stops and joins when destroyed (calls that are in a
/// service then are waited for).
class server {
public:
  /// `invalid` for a TCP address that is not loopback, `conflict` when somebody listens there.
  static result<std::unique_ptr<server>> start(listen_address at, offered_services services,
                                               server_options options = {});
  ~server();
  [[nodiscard]] std::uint16_t port() const noexcept;

private:
  struct state;
  explicit server(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace sluice::rpc
