#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "io/cancellation.hpp"
#include "io/file.hpp"
#include "io/reactor.hpp"

namespace sluice::io {

/// "127.0.0.1:8080", "[::1]:8080", "name:8080".
struct endpoint {
  std::string host;
  std::uint16_t port = 0;

  // No aggregate: g++ 12 frees the host twice when one is written inside a co_await expression.
  endpoint() = default;
  endpoint(std::string named, std::uint16_t at) : host(std::move(named)), port(at) {}
  [[nodiscard]] std::string text() const;
  static result<endpoint> parse(std::string_view text);
};

/// A connected TCP socket. One receiver and one sender at a time. Closed explicitly; dropping it
/// closes it.
class socket {
public:
  socket() = default;
  socket(socket&&) noexcept;
  socket& operator=(socket&&) noexcept;
  ~socket();
  /// `deadline` covers resolving (on a worker) and connecting. `stop`, if any, ends the latter with
  /// `cancelled`.
  static task<result<socket>> connect(reactor& ring, endpoint to, std::chrono::nanoseconds deadline,
                                      std::shared_ptr<cancellation> stop = nullptr);
  /// At least one byte, or 0 at the peer's end; `timed_out` when nothing comes for `stall`.
  [[nodiscard]] task<result<std::size_t>> receive(std::span<std::byte> into,
                                                  std::chrono::nanoseconds stall);
  /// All of it; `timed_out` when the peer takes nothing for `stall`. `more` lets the last packet
  /// wait for what is sent next.
  [[nodiscard]] task<result<void>> send(std::span<const std::byte> bytes,
                                        std::chrono::nanoseconds stall, bool more = false);
  /// From the page cache without a copy in user space (sendfile on readiness).
  [[nodiscard]] task<result<void>> send_file(const file& from, std::uint64_t offset,
                                             std::uint64_t length, std::chrono::nanoseconds stall);
  /// The same for as much as is in the page cache; returns how much that was.
  [[nodiscard]] task<result<std::uint64_t>> send_cached(const file& from, std::uint64_t offset,
                                                        std::uint64_t length,
                                                        std::chrono::nanoseconds stall);
  /// Makes every waiting operation end with `cancelled` or `peer_closed`; reactor thread.
  void abort() noexcept;
  [[nodiscard]] task<void> close();
  /// The same connection, to be used on another reactor from now on; nothing may be waiting for it.
  /// Any thread may carry it there.
  [[nodiscard]] socket moved_to(reactor& ring) &&;
  [[nodiscard]] bool is_open() const noexcept;
  [[nodiscard]] const std::string& peer()
      const noexcept;  ///< the address without port, for caps and logs

private:
  friend class listener;
  struct state;
  explicit socket(std::unique_ptr<state> made) noexcept;
  [[nodiscard]] task<result<std::uint64_t>> send_slices(const file& from, std::uint64_t offset,
                                                        std::uint64_t length,
                                                        std::chrono::nanoseconds stall,
                                                        bool cached);
  std::unique_ptr<state> state_;
};

/// Several reactors of a process listen on one port: the first one takes it, the others join.
enum class port_sharing : std::uint8_t {
  none,   ///< nobody else
  first,  ///< nobody yet; others of the same user may join
  join,   ///< with the first
};

class listener {
public:
  listener() = default;
  listener(listener&&) noexcept;
  listener& operator=(listener&&) noexcept;
  ~listener();
  /// Port 0 takes a free one. A port that somebody listens on is refused (os_error EADDRINUSE).
  static task<result<listener>> open(reactor& ring, endpoint at, port_sharing sharing);
  [[nodiscard]] task<result<socket>> accept();
  [[nodiscard]] endpoint local() const;
  void abort() noexcept;  ///< a waiting `accept` ends with `cancelled`
  [[nodiscard]] task<void> close();

private:
  struct state;
  explicit listener(std::unique_ptr<state> made) noexcept;
  std::unique_ptr<state> state_;
};

}  // namespace sluice::io
