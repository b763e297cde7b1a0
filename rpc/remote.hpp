#pragma once

#include <thrift/protocol/TMultiplexedProtocol.h>

#include <memory>
#include <string>
#include <type_traits>

#include "rpc/client.hpp"
#include "rpc/gate.hpp"
#include "rpc/outbound_stream.hpp"
#include "rpc/protocol.hpp"
#include "rpc/wire.hpp"

namespace sluice::rpc {

/// What the pool wants to know of the last call, and what it knows of the next.
struct call_record {
  bool deadline_spent = false;
  bool nobody_there = false;  ///< an outbound line without a heartbeat, for too long
};

/// Where a client connects to, and under which conditions. `interrupt` (an eventfd, or -1) ends
/// calls as `cancelled`; neither it nor `record` is owned. With an `outbound` line nothing is
/// connected, and there is a `record`.
struct remote_target {
  listen_address to;
  client_options options;
  int interrupt = -1;
  call_record* record = nullptr;
  std::shared_ptr<outbound_line> outbound = nullptr;

  [[nodiscard]] std::string text() const {
    return outbound ? "a node that opens no control port" : to.text();
  }
};
remote_target target_of(listen_address to, client_options options);
client_options options_of(std::chrono::milliseconds call_deadline, protocol_range speaks);

/// The connection below a client of one service: opened when it is needed, dropped after an error.
class remote_link {
public:
  remote_link(remote_target target, std::string service)
      : target_(std::move(target)), service_(std::move(service)) {}

  /// The protocol of an open connection, and whether it is new and must be greeted. Begins a call.
  struct opened {
    std::shared_ptr<apache::thrift::protocol::TProtocol> protocol;
    bool fresh = false;
  };
  opened open();
  void drop() noexcept;
  /// The exception that is being handled, as an error; drops the connection when it is broken.
  error failure(std::string_view method);

  [[nodiscard]] wire::greeting greeting() const;
  void check_greeting(const wire::greeting& theirs) const;

private:
  std::shared_ptr<call_transport> connect();
  error transport_failure(int type, std::string_view what, std::string_view method);

  remote_target target_;
  std::string service_;
  std::shared_ptr<call_transport> stream_;
  std::shared_ptr<apache::thrift::protocol::TProtocol> protocol_;
};

/// The base of the four clients: `call` makes a result of everything that can happen.
template <typename Client>
class remote {
protected:
  remote(remote_target target, std::string service)
      : link_(std::move(target), std::move(service)) {}

  template <typename Work>
  auto call(std::string_view method, Work&& work) -> result<std::invoke_result_t<Work, Client&>> {
    try {
      prepare();
      if constexpr (std::is_void_v<std::invoke_result_t<Work, Client&>>) {
        work(*client_);
        return {};
      } else {
        return work(*client_);
      }
    } catch (...) { return link_.failure(method); }
  }

private:
  void prepare() {
    auto [protocol, fresh] = link_.open();
    if (!fresh) { return; }
    client_ = std::make_unique<Client>(std::move(protocol));
    try {
      wire::greeting theirs;
      client_->hello(theirs, link_.greeting());
      link_.check_greeting(theirs);
    } catch (...) {
      link_.drop();
      throw;
    }
  }

  remote_link link_;
  std::unique_ptr<Client> client_;
};

std::unique_ptr<management_point_service> make_remote_management_point(remote_target target);
std::unique_ptr<control_service> make_remote_control(remote_target target);

}  // namespace sluice::rpc
