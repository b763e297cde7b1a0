#pragma once

#include <list>

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

/// The parts of one file that are on their way to somebody, for as long as they are.
class parts_sent {
public:
  struct part {
    std::uint64_t from = 0;  ///< what is before it was sent
    std::uint64_t end = 0;
  };
  using handle = std::list<part>::iterator;
  [[nodiscard]] handle add(std::uint64_t offset, std::uint64_t length) {
    return parts_.insert(parts_.end(), {offset, offset + length});
  }
  void remove(handle gone) { parts_.erase(gone); }
  /// Somebody else wants some of the same bytes.
  [[nodiscard]] bool is_shared(handle mine) const noexcept;

private:
  std::list<part> parts_;
};

/// The same file, opened O_DIRECT, and what reading it may cost.
struct cold_reading {
  file* direct = nullptr;
  cold_budget* budget = nullptr;
  parts_sent* parts = nullptr;  ///< nothing: nobody else sends the file
  parts_sent::handle own{};     ///< kept true by the egress

  /// What somebody else wants as well belongs into the page cache.
  [[nodiscard]] bool is_shared() const noexcept {
    return parts != nullptr && parts->is_shared(own);
  }
  void reached(std::uint64_t offset) const noexcept {
    if (parts != nullptr) { own->from = offset; }
  }
};

/// The mirror of ingest: file -> stream. What is in the page cache leaves untouched in user space.
/// What is not is read past the page cache, some buffers ahead of the stream, or, without `cold` or
/// as soon as others send the same bytes, into the page cache first. It waits for the disk in a
/// call only when bytes left the page cache within the last quarter of a second
/// (docs/decisions/0010).
[[nodiscard]] task<result<void>> egress(const file& from, std::uint64_t offset,
                                        std::uint64_t length, byte_stream& to,
                                        std::chrono::nanoseconds stall, cold_reading cold = {});

}  // namespace sluice::io
