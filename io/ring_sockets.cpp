#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "io/kernel_features.hpp"
#include "io/ring_backend.hpp"
#include "io/socket.hpp"

namespace sluice::io::detail {

namespace {

constexpr std::uint64_t slice_max = 2 * limits::mib;
constexpr std::uint64_t warmed_at_once = 512 * limits::kib;
constexpr std::uint64_t residency_window = 8 * limits::mib;       // asked about at once
constexpr auto residency_trust = std::chrono::milliseconds(250);  // then it is asked again
static_assert(warmed_at_once <= slice_max && slice_max <= residency_window);
constexpr int backlog = 1024;
constexpr unsigned has_room = POLLOUT | POLLERR | POLLHUP;
constexpr long half_closed_pause_ns = 10'000'000;
constexpr std::uint64_t probe_distance = 128 * limits::kib;  // the kernel's default read-ahead

struct address {
  sockaddr_storage bytes{};
  socklen_t length = sizeof(sockaddr_storage);
};

/// What the kernel reads or fills while a connection is being made.
struct socket_extra {
  address peer;
  int made = -1;
};

sockaddr* generic(address& known) { return reinterpret_cast<sockaddr*>(&known.bytes); }

bool to_address(const endpoint& from, address& into) {
  in_addr four{};
  if (inet_pton(AF_INET, from.host.c_str(), &four) == 1) {
    sockaddr_in made{};
    made.sin_family = AF_INET;
    made.sin_port = htons(from.port);
    made.sin_addr = four;
    std::memcpy(&into.bytes, &made, sizeof made);
    into.length = sizeof made;
    return true;
  }
  sockaddr_in6 made{};
  made.sin6_family = AF_INET6;
  made.sin6_port = htons(from.port);
  if (inet_pton(AF_INET6, from.host.c_str(), &made.sin6_addr) != 1) { return false; }
  std::memcpy(&into.bytes, &made, sizeof made);
  into.length = sizeof made;
  return true;
}

endpoint to_endpoint(const address& from) {
  endpoint made;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (from.bytes.ss_family == AF_INET) {
    sockaddr_in known{};
    std::memcpy(&known, &from.bytes, sizeof known);
    inet_ntop(AF_INET, &known.sin_addr, text.data(), text.size());
    made.port = ntohs(known.sin_port);
  } else {
    sockaddr_in6 known{};
    std::memcpy(&known, &from.bytes, sizeof known);
    inet_ntop(AF_INET6, &known.sin6_addr, text.data(), text.size());
    made.port = ntohs(known.sin6_port);
  }
  made.host = text.data();
  return made;
}

bool is_loopback(const endpoint& known) {
  return known.host.starts_with("127.") || known.host == "::1" ||
         known.host.starts_with("::ffff:127.");
}

void set(int descriptor, int level, int option, int value) {
  setsockopt(descriptor, level, option, &value, sizeof value);
}

void set_transfer_options(int descriptor, const endpoint& peer) {
  set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  // BBR, where it is the default, throttles loopback to a fraction of what it can carry.
  if (is_loopback(peer)) {
    setsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, "cubic", sizeof "cubic" - 1);
  }
}

/// SO_REUSEPORT lets any process of the user in, so the first listener sets it only when the port
/// is its own: it binds and listens without, and nobody else who wants to be the first can.
std::int64_t listen_at(endpoint& at, port_sharing sharing) {
  address local;
  if (!to_address(at, local)) { return -EINVAL; }
  const int made = ::socket(local.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) { return -errno; }
  set(made, SOL_SOCKET, SO_REUSEADDR, 1);
  if (sharing == port_sharing::join) { set(made, SOL_SOCKET, SO_REUSEPORT, 1); }
  int failed = ::bind(made, generic(local), local.length);
  if (failed == 0) { failed = ::listen(made, backlog); }
  if (sharing == port_sharing::first) { set(made, SOL_SOCKET, SO_REUSEPORT, 1); }
  local.length = sizeof local.bytes;
  if (failed == 0) { failed = getsockname(made, generic(local), &local.length); }
  if (failed != 0) {
    const int failure = errno;
    ::close(made);
    return -failure;
  }
  at = to_endpoint(local);
  return made;
}

/// Whether a byte can be read without waiting for the disk.
bool is_byte_resident(int descriptor, std::uint64_t offset) {
  std::byte byte{};
  const iovec place{&byte, 1};
  return ::preadv2(descriptor, &place, 1, static_cast<off_t>(offset), RWF_NOWAIT) >= 0 ||
         errno != EAGAIN;
}

enum class residency : std::uint8_t { absent, arriving, present };

/// Of a file's range in the page cache. cachestat(2), Linux 6.5, counts pages that are still being
/// read as well; they come in order, so the last byte tells. Without it: whether some of its bytes
/// are there, and the last one.
residency look_at(int descriptor, std::uint64_t offset, std::uint64_t length) {
  const cached_range asked{offset, length};
  page_counts pages{};
  const bool arrived = is_byte_resident(descriptor, offset + length - 1);
  if (is_usable(kernel_feature::cache_state) &&
      ::syscall(cachestat_number, descriptor, &asked, &pages, 0) == 0) {
    const std::uint64_t size = 4096;
    const bool all = pages.cached >= (offset + length + size - 1) / size - offset / size;
    if (!all) { return residency::absent; }
    return arrived ? residency::present : residency::arriving;
  }
  for (std::uint64_t at = offset; arrived && at < offset + length; at += probe_distance) {
    if (!is_byte_resident(descriptor, at)) { return residency::absent; }
  }
  return arrived ? residency::present : residency::absent;
}

void remember(send_progress& known, std::uint64_t from, std::uint64_t to,
              std::chrono::nanoseconds now) {
  known.resident_from = from;
  known.resident_to = to;
  known.resident_at = now;
}

/// Of the next `length` bytes, now or a moment ago. One question covers several slices.
residency look_ahead(operation& asked, std::uint64_t length, std::chrono::nanoseconds now) {
  send_progress& known = *asked.progress;
  const std::uint64_t from = asked.offset;
  if (from >= known.resident_from && from + length <= known.resident_to &&
      now - known.resident_at < residency_trust) {
    return residency::present;
  }
  // Where little was there last time, as where the disk is still reading, little more is asked
  // about: the kernel looks at every page.
  const bool goes_on = from >= known.resident_from && from <= known.resident_to;
  const std::uint64_t before = known.resident_to - known.resident_from;
  const std::uint64_t most = goes_on && before > 0 ? 2 * before : residency_window;
  const std::uint64_t window = std::max(length, std::min({asked.length, most, residency_window}));
  residency found = residency::absent;
  for (const std::uint64_t size : {window, length}) {
    found = look_at(asked.other_descriptor, from, size);
    if (found == residency::present) { remember(known, from, from + size, now); }
    if (found == residency::present || size == length) { break; }
  }
  return found;
}

/// No more than what is known to be in the page cache.
std::uint64_t next_slice(const operation& asked) {
  return std::min({asked.length, slice_max, asked.progress->resident_to - asked.offset});
}

std::int64_t transfer_now(operation& asked) {
  ssize_t moved = -1;
  if (asked.code == opcode::receive) {
    moved = ::recv(asked.descriptor, asked.memory.data(), asked.memory.size(), MSG_DONTWAIT);
  } else if (asked.code == opcode::send) {
    moved = ::send(asked.descriptor, asked.memory.data(), asked.memory.size(),
                   MSG_DONTWAIT | MSG_NOSIGNAL | (asked.flags == 1 ? MSG_MORE : 0));
  } else {
    auto offset = static_cast<off_t>(asked.offset);
    const std::uint64_t slice = next_slice(asked);
    moved = ::sendfile(asked.descriptor, asked.other_descriptor, &offset, slice);
    asked.progress->full = moved > 0 && static_cast<std::uint64_t>(moved) < slice;
  }
  return moved < 0 ? -errno : moved;
}

}  // namespace

void ring_backend::submit_socket(operation& asked) {
  switch (asked.code) {
    case opcode::connect: connect(asked); break;
    case opcode::listen:
      done(asked, listen_at(*asked.at, static_cast<port_sharing>(asked.flags)));
      break;
    case opcode::accept: accept(asked); break;
    case opcode::send_file:
      if (asked.progress->full) {
        wait_for_readiness(asked);
      } else if (!warm_up(asked)) {
        try_transfer(asked);
      }
      break;
    default:
      if (asked.code == opcode::receive && asked.flags == 1) {
        wait_for_readiness(asked);
      } else {
        try_transfer(asked);
      }
      break;
  }
}

bool ring_backend::warm_up(operation& asked) {
  const std::uint64_t length = std::min(asked.length, warmed_at_once);
  if (length == 0) { return false; }
  const residency found = look_ahead(asked, length, now());
  if (found == residency::present) { return false; }
  if (found == residency::absent && asked.flags == 1) {
    done(asked, -ENODATA);
    return true;
  }
  // One scratch for all: nobody looks at what is in it.
  if (!scratch_) { scratch_ = std::make_unique<std::byte[]>(warmed_at_once); }
  // What somebody else reads already is waited for without a copy, by its last byte. Reading ahead
  // is the kernel's: what POSIX_FADV_WILLNEED brings comes in single pages, which cost more to
  // send.
  const bool arriving = found == residency::arriving || is_being_read(asked, length);
  read_slice(asked, arriving ? awaiting : warming);
  return true;
}

void ring_backend::read_slice(operation& asked, transfer_stage how) {
  const std::uint64_t length = std::min(asked.length, warmed_at_once);
  const std::uint64_t wanted = how == awaiting ? 1 : length;
  asked.stage = how;
  io_uring_sqe* made = entry();
  io_uring_prep_read(made, asked.other_descriptor, scratch_.get(), static_cast<unsigned>(wanted),
                     asked.offset + length - wanted);
  io_uring_sqe_set_data(made, &asked);
}

/// Another sender of the same file found the slice absent a moment ago; else this one is the first.
bool ring_backend::is_being_read(const operation& asked, std::uint64_t length) {
  const std::uint64_t end = asked.offset + length;
  const auto time = now();
  for (const warmed_range& each : being_read_) {
    if (each.descriptor == asked.other_descriptor && each.from <= asked.offset && end <= each.to &&
        time - each.begun < residency_trust) {
      return true;
    }
  }
  being_read_[next_being_read_++ % being_read_.size()] = {asked.other_descriptor, asked.offset, end,
                                                          time};
  return false;
}

void ring_backend::warmed_up(operation& asked, transfer_stage how, int outcome) {
  std::uint64_t length = static_cast<std::uint64_t>(outcome);
  if (how == awaiting) {
    length = std::min(asked.length, warmed_at_once);
    // Its last byte is there; the rest is not when whoever began to read it did not come so far.
    if (look_at(asked.other_descriptor, asked.offset, length) != residency::present) {
      return read_slice(asked, warming);
    }
  }
  remember(*asked.progress, asked.offset, asked.offset + length, now());
  try_transfer(asked);
}

void ring_backend::try_transfer(operation& asked) {
  const std::int64_t moved = transfer_now(asked);
  if (moved != -EAGAIN && moved != -EINTR) {
    done(asked, moved);
    return;
  }
  wait_for_readiness(asked);
}

void ring_backend::wait_for_readiness(operation& asked) {
  io_uring_sqe* made = entry();
  io_uring_prep_poll_add(made, asked.descriptor, asked.code == opcode::receive ? POLLIN : POLLOUT);
  io_uring_sqe_set_data(made, &asked);
}

/// Ends by itself with -ETIME.
void ring_backend::pause(operation& asked) {
  static __kernel_timespec length{.tv_sec = 0, .tv_nsec = half_closed_pause_ns};
  asked.stage = pausing;
  io_uring_sqe* made = entry();
  io_uring_prep_timeout(made, &length, 0, 0);
  io_uring_sqe_set_data(made, &asked);
}

/// A transfer waited for `outcome`. A cancellation that came between two requests found neither.
void ring_backend::go_on(operation& asked, int outcome) {
  if (asked.cancelled) {
    asked.result = -ECANCELED;
    asked.completed(asked);
    return;
  }
  const transfer_stage waited_for = static_cast<transfer_stage>(std::exchange(asked.stage, trying));
  if (waited_for == warming || waited_for == awaiting) {
    warmed_up(asked, waited_for, outcome);
  } else if (waited_for == trying && asked.code != opcode::receive &&
             (static_cast<unsigned>(outcome) & has_room) == 0) {
    // Any poll of the ring also ends when the peer has closed its direction, again and again.
    pause(asked);
  } else if (asked.code == opcode::send_file) {
    // While it waited for room, what was in the page cache may have left it.
    asked.progress->full = false;
    submit_socket(asked);
  } else {
    try_transfer(asked);
  }
}

void ring_backend::connect(operation& asked) {
  auto extra = std::make_unique<socket_extra>();
  if (!to_address(*asked.at, extra->peer)) {
    done(asked, -EINVAL);
    return;
  }
  extra->made = ::socket(extra->peer.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (extra->made < 0) {
    done(asked, -errno);
    return;
  }
  set_transfer_options(extra->made, *asked.at);
  io_uring_sqe* made = entry();
  io_uring_prep_connect(made, extra->made, generic(extra->peer), extra->peer.length);
  io_uring_sqe_set_data(made, &asked);
  asked.extra = extra.release();
}

std::int64_t ring_backend::finish_connect(operation& asked, int outcome) {
  const std::unique_ptr<socket_extra> extra(static_cast<socket_extra*>(asked.extra));
  if (outcome < 0) {
    ::close(extra->made);
    return outcome;
  }
  // The ring waits only on blocking sockets, sendfile must find a non-blocking one.
  ::fcntl(extra->made, F_SETFL, O_NONBLOCK);
  return extra->made;
}

void ring_backend::accept(operation& asked) {
  auto* const extra = new socket_extra;
  asked.extra = extra;
  io_uring_sqe* made = entry();
  io_uring_prep_accept(made, asked.descriptor, generic(extra->peer), &extra->peer.length,
                       SOCK_NONBLOCK | SOCK_CLOEXEC);
  io_uring_sqe_set_data(made, &asked);
}

std::int64_t ring_backend::finish_accept(operation& asked, int outcome) {
  const std::unique_ptr<socket_extra> extra(static_cast<socket_extra*>(asked.extra));
  if (outcome < 0) { return outcome; }
  *asked.at = to_endpoint(extra->peer);
  set_transfer_options(outcome, *asked.at);
  return outcome;
}

}  // namespace sluice::io::detail
