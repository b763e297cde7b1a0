#pragma once

#include <memory>
#include <optional>

#include "io/socket.hpp"

namespace sluice::io {

/// A connection as ingest and egress see it: plain now, TLS later.
class byte_stream {
public:
  virtual ~byte_stream() = default;
  /// See `socket::receive`.
  [[nodiscard]] virtual task<result<std::size_t>> receive(std::span<std::byte> into,
                                                          std::chrono::nanoseconds stall) = 0;
  [[nodiscard]] virtual task<result<void>> send(std::span<const std::byte> bytes,
                                                std::chrono::nanoseconds stall,
                                                bool more = false) = 0;
  [[nodiscard]] virtual task<result<void>> send_file(const file& from, std::uint64_t offset,
                                                     std::uint64_t length,
                                                     std::chrono::nanoseconds stall) = 0;
  /// As much of it as is in the page cache from `offset` on; 0 when not even the first slice is.
  [[nodiscard]] virtual task<result<std::uint64_t>> send_cached(const file& from,
                                                                std::uint64_t offset,
                                                                std::uint64_t length,
                                                                std::chrono::nanoseconds stall) = 0;
  virtual void abort() noexcept = 0;
  [[nodiscard]] virtual task<void> close() = 0;
  [[nodiscard]] virtual const std::string& peer() const noexcept = 0;
  /// Gives up the connection underneath, which goes on elsewhere; afterwards only `close` may be
  /// called. Nothing where something stands between them and the connection.
  [[nodiscard]] virtual std::optional<socket> release() noexcept { return std::nullopt; }
};

/// TCP without TLS.
std::unique_ptr<byte_stream> plain_stream(socket connected);

}  // namespace sluice::io
