#pragma once

#include <string>

#include "rpc/principal.hpp"
#include "rpc/rpc.hpp"
#include "tests/temporary_folder.hpp"

namespace sluice::rpc {

/// The same services on a Unix socket and on a loopback port.
class live_server {
public:
  /// Longer than any test waits: it is the guard against a test that hangs.
  static constexpr std::chrono::milliseconds patience = std::chrono::seconds(60);

  explicit live_server(offered_services services, server_options options = {})
      : unix_(started(unix_address(), services, options)),
        tcp_(started({.host = "127.0.0.1"}, services, options)) {}

  [[nodiscard]] listen_address unix_address() const {
    return {.unix_path = folder_.path() + "/admin.sock"};
  }
  [[nodiscard]] listen_address tcp_address() const {
    return {.host = "127.0.0.1", .port = tcp_->port()};
  }
  [[nodiscard]] std::string tcp_text() const { return tcp_address().text(); }

private:
  static std::unique_ptr<server> started(const listen_address& at, offered_services services,
                                         const server_options& options) {
    auto made = server::start(at, services, options);
    SLUICE_CHECK(made.ok());
    return std::move(*made);
  }

  temporary_folder folder_;
  std::unique_ptr<server> unix_;
  std::unique_ptr<server> tcp_;
};

}  // namespace sluice::rpc
