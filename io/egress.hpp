#pragma once

#include "io/buffer_pool.hpp"
#include "io/byte_stream.hpp"

namespace sluice::io {

/// What an egress may use for bytes that are not in the page cache. One reader at a time takes
/// `limits::buffers_per_cold_reader` buffers; who finds none left goes by way of the page cache.
/// Lifetime: outlives the egresses it is given to. Threads: its reactor's.
struct cold_budget {
  buffer_pool& buffers;
  std::uint32_t readers_left;
};

/// The same file, opened O_DIRECT, and what reading it may cost.
struct cold_reading {
  file* direct = nullptr;
  cold_budget* budget = nullptr;
  const std::uint32_t* senders = nullptr;  ///< of this file now; nothing: only this one

  /// Somebody else wants the same bytes: they belong into the page cache.
  [[nodiscard]] bool is_shared() const noexcept { return senders != nullptr && *senders > 1; }
};

/// The mirror of ingest: file -> stream. What is in the page cache leaves untouched in user space.
/// What is not is read past the page cache, some buffers ahead of the stream, or, without `cold` or
/// as soon as others send the same file, into the page cache first. It waits for the disk in a call
/// only when bytes left the page cache within the last quarter of a second (docs/decisions/0010).
[[nodiscard]] task<result<void>> egress(const file& from, std::uint64_t offset,
                                        std::uint64_t length, byte_stream& to,
                                        std::chrono::nanoseconds stall, cold_reading cold = {});

}  // namespace sluice::io
