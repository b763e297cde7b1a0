#include "rpc/server.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <list>
#include <thread>

#include "rpc/handlers.hpp"
#include "rpc/principal.hpp"
#include "rpc/protocol.hpp"
#include "rpc/stream.hpp"

namespace sluice::rpc {

namespace {

using apache::thrift::transport::TTransportException;

constexpr std::chrono::nanoseconds for_ever = std::chrono::hours(24 * 365);

/// True when accept(2) may be tried again: the fault was the connection's, or of the moment.
bool passes(int os_error) noexcept { return os_error != EBADF && os_error != EINVAL; }

}  // namespace

/// One thread accepts; each connection has its own. `interrupt_` wakes them all.
struct server::state {
  struct connection {
    std::thread thread;
    std::atomic<bool> over = false;
  };

  listen_address address;
  offered_services services;
  server_options options;
  descriptor listener;
  descriptor interrupt;
  std::list<connection> connections;  // of the accepting thread
  std::thread accepting;

  void accept_all();
  void take(descriptor accepted);
  void join_finished();
  result<principal> principal_of(const descriptor& accepted) const;
  void converse(descriptor accepted, const principal& caller) const;
  void converse_until_closed(const std::shared_ptr<stream>& peer, const principal& caller) const;
};

void server::state::accept_all() {
  while (true) {
    auto patience = for_ever;
    const auto ready = wait_ready(listener.number(), POLLIN, interrupt.number(), patience);
    if (!ready && ready.error().code == errc::cancelled) { break; }
    descriptor accepted(accept4(listener.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (accepted.valid()) {
      take(std::move(accepted));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      log::warning("rpc", format("{}: cannot accept: too many open files", address.text()));
      std::chrono::nanoseconds pause = std::chrono::milliseconds(100);
      static_cast<void>(wait_ready(-1, 0, interrupt.number(), pause));
    } else if (!passes(errno)) {
      log::error("rpc", format("{}: accepts no more connections", address.text()));
      break;
    }
  }
  for (auto& one : connections) { one.thread.join(); }
}

void server::state::join_finished() {
  std::erase_if(connections, [](connection& one) {
    if (!one.over) { return false; }
    one.thread.join();
    return true;
  });
}

void server::state::take(descriptor accepted) {
  join_finished();
  if (connections.size() >= options.connections_max) {
    log::warning(
        "rpc", format("{}: refuses a connection: {} are open", address.text(), connections.size()));
    return;
  }
  auto caller = principal_of(accepted);
  if (!caller) {
    log::warning("rpc", format("{}: {}", address.text(), sluice::describe(caller.error())));
    return;
  }
  auto& made = connections.emplace_back();
  try {
    made.thread = std::thread(
        [this, &made, who = std::move(*caller), socket = std::move(accepted)]() mutable {
          converse(std::move(socket), who);
          made.over = true;
        });
  } catch (const std::system_error&) {
    connections.pop_back();
    log::warning("rpc", format("{}: refuses a connection: no thread for it", address.text()));
  }
}

result<principal> server::state::principal_of(const descriptor& accepted) const {
  if (!address.unix_path.empty()) { return principal_of_unix_peer(accepted.number()); }
  return principal_of_loopback(address.host);
}

void server::state::converse(descriptor accepted, const principal& caller) const {
  const auto peer = std::make_shared<stream>(std::move(accepted), interrupt.number());
  const auto complain = [&](const char* what) {
    log::warning("rpc", format("{}: closes the connection of {}: {}", address.text(),
                               rpc::describe(caller), escaped(what, 256)));
  };
  try {
    converse_until_closed(peer, caller);
  } catch (const TTransportException& fault) {
    if (fault.getType() != TTransportException::INTERRUPTED) { complain(fault.what()); }
  } catch (const std::exception& fault) { complain(fault.what()); }
}

void server::state::converse_until_closed(const std::shared_ptr<stream>& peer,
                                          const principal& caller) const {
  const auto processor = make_processor(caller, services, options.speaks);
  const auto protocol = framed_protocol(peer);
  while (true) {
    peer->allow(options.idle_deadline);
    if (!peer->await_call()) { return; }
    if (!processor->process(protocol, protocol, nullptr)) { return; }
  }
}

server::server(std::unique_ptr<state> made) : state_(std::move(made)) {}

result<std::unique_ptr<server>> server::start(listen_address at, offered_services services,
                                              server_options options) {
  auto listener = open_listener(at);
  if (!listener) { return listener.error(); }
  auto made = std::make_unique<state>();
  made->listener = std::move(*listener);
  made->interrupt.reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!made->interrupt.valid()) { return os_failure(errno, "make an eventfd"); }
  if (at.unix_path.empty()) { at.port = port_of(made->listener); }
  made->address = std::move(at);
  made->services = services;
  made->options = std::move(options);
  made->accepting = std::thread([raw = made.get()] { raw->accept_all(); });
  return std::unique_ptr<server>(new server(std::move(made)));
}

server::~server() {
  remove_socket_file(state_->address);
  eventfd_write(state_->interrupt.number(), 1);
  state_->accepting.join();
}

std::uint16_t server::port() const noexcept { return state_->address.port; }

}  // namespace sluice::rpc
