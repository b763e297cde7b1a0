#pragma once

#include <optional>
#include <vector>

#include "io/buffer_pool.hpp"
#include "io/byte_stream.hpp"

namespace sluice::io {

/// Sees every block of an ingest; storage hashes here.
class tap {
public:
  virtual ~tap() = default;
  /// `block` is whole (only the last of the request may be shorter); several may be under way at
  /// once, each once. `corrupt` refuses this block only; any other failure stops the ingest.
  [[nodiscard]] virtual task<result<void>> take(std::span<const std::byte> block,
                                                std::uint64_t offset) = 0;
  /// Once for each block whose `take` succeeded, when its write has ended; before ingest returns.
  virtual void written(std::uint64_t offset, const result<void>& outcome) = 0;
};

struct ingest_request {
  std::uint64_t offset = 0;  ///< in the file; a multiple of 1 MiB
  std::uint64_t length = 0;
  std::chrono::nanoseconds stall = limits::source_stall_deadline;
  std::uint32_t buffers_max = limits::buffers_per_moving_job_max;
};

/// What became of it: blocks neither refused nor beyond the stop are written (not yet durable).
struct ingest_report {
  std::uint64_t bytes_received = 0;
  std::vector<std::uint64_t> written;  ///< offsets of blocks that were taken and written
  std::vector<std::uint64_t> refused;  ///< offsets of blocks that the tap called corrupt
  std::optional<error> stopped;        ///< why it ended early
  bool stopped_here = false;           ///< our own write or the tap failed, not the sender
};

/// Moves `request.length` bytes from `from` into `target`: each 1 MiB block is received into one
/// registered buffer, then hashed by the tap and written side by side. `already` are bytes of the
/// body that came with the head. One buffer from socket to hash to disk.
[[nodiscard]] task<ingest_report> ingest(buffer_pool& buffers, byte_stream& from,
                                         std::span<const std::byte> already, file& target,
                                         ingest_request request, tap& check);

}  // namespace sluice::io
