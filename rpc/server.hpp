#pragma once

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
};

/// The services a server offers; null ones are not offered. They must outlive the server.
struct offered_services {
  admin_service* admin = nullptr;
  node_service* node = nullptr;
  management_point_service* management_point = nullptr;
  control_service* control = nullptr;
};

/// A bounded Thrift server (`limits::rpc_connections_max` connections, frames, strings, containers,
/// recursion limited). Runs on threads of its own; stops and joins when destroyed.
class server {
public:
  static result<std::unique_ptr<server>> start(listen_address at, offered_services services);
  ~server();
  [[nodiscard]] std::uint16_t port() const noexcept;

private:
  struct state;
  explicit server(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace sluice::rpc
