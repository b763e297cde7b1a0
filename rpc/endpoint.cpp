#include "rpc/endpoint.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace sluice::rpc {

namespace {

constexpr mode_t socket_mode = 0660;

/// A socket address of any family, with its length.
struct socket_name {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const {
    return static_cast<const sockaddr*>(static_cast<const void*>(&storage));
  }
  [[nodiscard]] sockaddr* get() { return static_cast<sockaddr*>(static_cast<void*>(&storage)); }
};

result<socket_name> unix_name(const std::string& path) {
  sockaddr_un name{};
  if (path.size() >= sizeof name.sun_path || path.find('\0') != std::string::npos) {
    return error{errc::invalid, 0,
                 format("use {} as a Unix socket: its path may have at most {} bytes, none of them "
                        "zero",
                        escaped(path), sizeof name.sun_path - 1)};
  }
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(), path.size());
  socket_name made;
  std::memcpy(&made.storage, &name, sizeof name);
  made.size = sizeof name;
  return made;
}

result<socket_name> tcp_name(const listen_address& address) {
  addrinfo wish{};
  wish.ai_socktype = SOCK_STREAM;
  wish.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const auto service = std::to_string(address.port);
  if (const int fault = getaddrinfo(address.host.c_str(), service.c_str(), &wish, &found);
      fault != 0) {
    return error{errc::unreachable, 0,
                 format("find the address of {}: {}", escaped(address.host), gai_strerror(fault))};
  }
  socket_name made;
  std::memcpy(&made.storage, found->ai_addr, found->ai_addrlen);
  made.size = found->ai_addrlen;
  freeaddrinfo(found);
  return made;
}

result<socket_name> name_of(const listen_address& address) {
  return address.unix_path.empty() ? tcp_name(address) : unix_name(address.unix_path);
}

bool is_loopback(const socket_name& name) {
  if (name.storage.ss_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &name.storage, sizeof four);
    return (ntohl(four.sin_addr.s_addr) >> 24) == 127;
  }
  if (name.storage.ss_family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, &name.storage, sizeof six);
    return std::memcmp(&six.sin6_addr, &in6addr_loopback, sizeof in6addr_loopback) == 0;
  }
  return false;
}

/// Removes what a process that is no more left behind.
result<void> clear_stale_socket(const listen_address& address, const socket_name& name) {
  struct stat status {};
  if (::stat(address.unix_path.c_str(), &status) != 0) { return {}; }
  if (!S_ISSOCK(status.st_mode)) {
    return error{
        errc::conflict, 0,
        format("listen on {}: a file that is no socket has that name; remove it", address.text())};
  }
  const descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.valid()) { return os_failure(errno, "open a socket"); }
  if (connect(probe.number(), name.get(), name.size) == 0 || errno != ECONNREFUSED) {
    return error{
        errc::conflict, EADDRINUSE,
        format("listen on {}: another process does; stop it, or use another path", address.text())};
  }
  if (::unlink(address.unix_path.c_str()) != 0 && errno != ENOENT) {
    return os_failure(errno, format("remove the stale {}", address.text()));
  }
  return {};
}

result<void> prepare_listener(const listen_address& address, const socket_name& name,
                              int listener) {
  if (!address.unix_path.empty()) {
    if (auto cleared = clear_stale_socket(address, name); !cleared) { return cleared; }
    // Before bind: the file is never made with a wider mode than the socket has (unix(7)).
    if (::fchmod(listener, socket_mode) != 0) { return os_failure(errno, "set a socket's mode"); }
    return {};
  }
  if (!is_loopback(name)) {
    return error{errc::invalid, 0,
                 format("listen on {}: node Thrift on an address that is not loopback needs mutual "
                        "TLS, which this version lacks; use 127.0.0.1 or [::1]",
                        address.text())};
  }
  const int yes = 1;
  if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) {
    return os_failure(errno, "set SO_REUSEADDR");
  }
  return {};
}

error not_connected(const listen_address& address, int os_error) {
  return {errc::unreachable, os_error,
          format("connect to {}: check the address, and that sluiced runs there ({})",
                 address.text(), std::strerror(os_error))};
}

}  // namespace

int descriptor::release() noexcept { return std::exchange(number_, -1); }

void descriptor::reset(int number) noexcept {
  if (number_ >= 0) { close(number_); }
  number_ = number;
}

std::string listen_address::text() const {
  if (!unix_path.empty()) { return format("unix:{}", escaped(unix_path)); }
  const bool brackets = host.find(':') != std::string::npos;
  return brackets ? format("[{}]:{}", escaped(host), port) : format("{}:{}", escaped(host), port);
}

result<listen_address> listen_address::parse(const std::string& text) {
  const auto colon = text.rfind(':');
  listen_address made;
  const auto* const end = text.data() + text.size();
  if (colon != std::string::npos) {
    made.host = text.substr(0, colon);
    if (made.host.size() > 2 && made.host.front() == '[' && made.host.back() == ']') {
      made.host = made.host.substr(1, made.host.size() - 2);
    }
    const auto read = std::from_chars(text.data() + colon + 1, end, made.port);
    if (!made.host.empty() && read.ec == std::errc{} && read.ptr == end) { return made; }
  }
  return error{errc::invalid, 0,
               format("use \"{}\" as an address: write host:port", escaped(text, 256))};
}

result<descriptor> open_listener(const listen_address& address) {
  const auto name = name_of(address);
  if (!name) { return name.error(); }
  descriptor listener(
      socket(name->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.valid()) { return os_failure(errno, "open a socket"); }
  if (auto ready = prepare_listener(address, *name, listener.number()); !ready) {
    return ready.error();
  }
  if (bind(listener.number(), name->get(), name->size) != 0 ||
      listen(listener.number(), SOMAXCONN) != 0) {
    return os_failure(errno, format("listen on {}", address.text()));
  }
  // Without what the umask of the process takes away: the group may connect as well.
  if (!address.unix_path.empty() && ::chmod(address.unix_path.c_str(), socket_mode) != 0) {
    return os_failure(errno, format("set the mode of {}", address.text()));
  }
  return listener;
}

void remove_socket_file(const listen_address& address) {
  if (!address.unix_path.empty()) { ::unlink(address.unix_path.c_str()); }
}

std::uint16_t port_of(const descriptor& listener) {
  socket_name name;
  name.size = sizeof name.storage;
  if (getsockname(listener.number(), name.get(), &name.size) != 0) { return 0; }
  sockaddr_in in{};  // the port is at the same place in both families
  std::memcpy(&in, &name.storage, sizeof in);
  return name.storage.ss_family == AF_UNIX ? std::uint16_t{0} : ntohs(in.sin_port);
}

result<descriptor> connect_to(const listen_address& address, std::chrono::milliseconds deadline,
                              int interrupt) {
  const auto name = name_of(address);
  if (!name) { return name.error(); }
  descriptor made(socket(name->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made.valid()) { return os_failure(errno, "open a socket"); }
  if (connect(made.number(), name->get(), name->size) != 0) {
    if (errno != EINPROGRESS) { return not_connected(address, errno); }
    std::chrono::nanoseconds patience = deadline;
    if (auto ready = wait_ready(made.number(), POLLOUT, interrupt, patience); !ready) {
      if (ready.error().code != errc::timed_out) { return ready.error(); }
      return not_connected(address, ETIMEDOUT);
    }
    int fault = 0;
    socklen_t size = sizeof fault;
    getsockopt(made.number(), SOL_SOCKET, SO_ERROR, &fault, &size);
    if (fault != 0) { return not_connected(address, fault); }
  }
  const int yes = 1;
  if (address.unix_path.empty()) {
    setsockopt(made.number(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  }
  return made;
}

result<void> wait_ready(int socket, short events, int interrupt,
                        std::chrono::nanoseconds& patience) {
  std::array<pollfd, 2> watched{pollfd{socket, events, 0}, pollfd{interrupt, POLLIN, 0}};
  while (true) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
    timespec left{seconds.count(), (patience - seconds).count()};
    // The system call itself, because glibc's wrapper hides what is left of the time.
    const auto ready =
        syscall(SYS_ppoll, watched.data(), watched.size(), &left, nullptr, std::size_t{0});
    const int fault = errno;
    patience = std::chrono::seconds(left.tv_sec) + std::chrono::nanoseconds(left.tv_nsec);
    if (ready < 0 && fault == EINTR) { continue; }
    if (ready < 0) { return os_failure(fault, "wait for a socket"); }
    if (watched[1].revents != 0) { return error{errc::cancelled, 0, "wait for a socket"}; }
    if (ready == 0) { return error{errc::timed_out, 0, "wait for a socket"}; }
    return {};
  }
}

}  // namespace sluice::rpc
