#pragma once

#include <chrono>
#include <string>

#include "rpc/server.hpp"

/// The two ends of a connection: sockets, before Thrift sees them.
namespace sluice::rpc {

/// Owns one descriptor.
class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int number) noexcept : number_(number) {}
  descriptor(descriptor&& other) noexcept : number_(other.release()) {}
  descriptor& operator=(descriptor&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~descriptor() { reset(); }
  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] bool valid() const noexcept { return number_ >= 0; }
  int release() noexcept;
  void reset(int number = -1) noexcept;

private:
  int number_ = -1;
};

/// A listening socket. A Unix socket's file has mode 0660, and one that nobody listens on any more
/// is replaced; `conflict` when somebody does, `invalid` for a TCP address that is not loopback.
result<descriptor> open_listener(const listen_address& address);

/// Removes the file of a Unix socket that is about to be closed.
void remove_socket_file(const listen_address& address);

/// The port that a TCP listener got.
std::uint16_t port_of(const descriptor& listener);

/// A connected, non-blocking socket; `unreachable` otherwise, with ETIMEDOUT in `os_error` when the
/// other side did not answer within `deadline`. Ends early when `interrupt` becomes readable (-1:
/// never).
result<descriptor> connect_to(const listen_address& address, std::chrono::milliseconds deadline,
                              int interrupt);

/// Waits until `socket` is ready for `events` (POLLIN, POLLOUT) and takes the time that this took
/// from `patience`. Fails with `timed_out` when none is left, `cancelled` when `interrupt` became
/// readable. It needs no clock: ppoll(2) says how much of its time is left.
result<void> wait_ready(int socket, short events, int interrupt,
                        std::chrono::nanoseconds& patience);

}  // namespace sluice::rpc
