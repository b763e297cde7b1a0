#pragma once

#include <functional>
#include <memory>
#include <string>

#include "rpc/server.hpp"
#include "rpc/services.hpp"

namespace sluice::rpc {

/// Blocking clients, one connection per object, made on first use and again after an error;
/// `unreachable`, `timed_out`, `incompatible` and the server's own errors come back as results. The
/// principal argument is ignored (the transport says it).
std::unique_ptr<admin_service> connect_admin(listen_address to,
                                             std::chrono::milliseconds call_deadline);
std::unique_ptr<node_service> connect_node(listen_address to,
                                           std::chrono::milliseconds call_deadline);
std::unique_ptr<management_point_service> connect_management_point(listen_address to);
std::unique_ptr<control_service> connect_control(listen_address to);

/// The threads on which actors' Thrift calls run (<= 32). Calls to one address run one at a time,
/// in order; addresses that timed out last share 8 threads, so that a few dead nodes cannot hold up
/// the others. `limit_reached` when too many wait. An in-memory twin runs the calls at once, for
/// tests in virtual time.
class client_pool {
public:
  virtual ~client_pool() = default;
  /// Runs `call` on a pool thread with a client for `address`; `call` posts its outcome itself.
  virtual result<void> with_control(std::string address,
                                    std::function<void(control_service&)> call) = 0;
  virtual result<void> with_management_point(
      std::string address, std::function<void(management_point_service&)> call) = 0;
};
std::unique_ptr<client_pool> make_client_pool(unsigned threads);
/// Finds services by address in a table; calls run inline.
class memory_client_pool final : public client_pool {
public:
  void offer(std::string address, offered_services services);
  void withdraw(const std::string& address);  ///< calls then end `unreachable`
  result<void> with_control(std::string address,
                            std::function<void(control_service&)> call) override;
  result<void> with_management_point(std::string address,
                                     std::function<void(management_point_service&)> call) override;

private:
  std::vector<std::pair<std::string, offered_services>> offers_;
};

}  // namespace sluice::rpc
