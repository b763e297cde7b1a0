#include "rpc/stream.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace sluice::rpc {

using apache::thrift::transport::TTransportException;

namespace {

[[noreturn]] void fail(int os_error) {
  if (os_error == EPIPE || os_error == ECONNRESET) {
    throw TTransportException(TTransportException::END_OF_FILE, "the other side has closed");
  }
  throw TTransportException(TTransportException::UNKNOWN, "the socket failed", os_error);
}

bool must_wait(int os_error) noexcept {
  return os_error == EAGAIN || os_error == EWOULDBLOCK || os_error == EINTR;
}

}  // namespace

bool stream::stale() const noexcept {
  char byte = 0;
  const auto got = recv(socket_.number(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || !must_wait(errno);
}

bool stream::await_call() {
  char byte = 0;
  const auto ready = wait_ready(socket_.number(), POLLIN, interrupt_, patience_);
  if (!ready) { return false; }
  return recv(socket_.number(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

std::uint32_t stream::read(std::uint8_t* into, std::uint32_t size) {
  while (true) {
    const auto got = recv(socket_.number(), into, size, MSG_DONTWAIT);
    if (got >= 0) { return static_cast<std::uint32_t>(got); }
    if (!must_wait(errno)) { fail(errno); }
    wait(POLLIN);
  }
}

void stream::write(const std::uint8_t* from, std::uint32_t size) {
  while (size > 0) {
    const auto sent = send(socket_.number(), from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
      from += sent;
      size -= static_cast<std::uint32_t>(sent);
    } else if (must_wait(errno)) {
      wait(POLLOUT);
    } else {
      fail(errno);
    }
  }
}

void stream::wait(short events) {
  const auto ready = wait_ready(socket_.number(), events, interrupt_, patience_);
  if (ready) { return; }
  switch (ready.error().code) {
    case errc::timed_out:
      throw TTransportException(TTransportException::TIMED_OUT, "the other side is too slow");
    case errc::cancelled:
      throw TTransportException(TTransportException::INTERRUPTED, "the connection is being closed");
    default: fail(ready.error().os_error);
  }
}

}  // namespace sluice::rpc
