#pragma once

#include "hashing/hashing.hpp"
#include "io/io.hpp"

namespace sluice::storage {

/// A file of > 1 MiB on its way into the library. It is never visible under its name unless
/// committed.
///
/// As a tap it compares each 1 MiB block with the verified piece layer (hashing on a worker) and
/// remembers which pieces are right; `content_library` makes it, resumes it and commits it.
/// Lifetime:  must not outlive the `content_library` that made it.
/// Crashes:   found at start-up it is resumed from its recorded pieces, or removed.
class staging_file final : public io::tap {
public:
  [[nodiscard]] const model::file_id& id() const noexcept;
  [[nodiscard]] io::file& target() noexcept;  ///< opened O_DIRECT, preallocated
  [[nodiscard]] io::task<result<void>> take(std::span<const std::byte> block,
                                            std::uint64_t offset) override;
  /// The next run of pieces not yet held, at most `bytes_max` long, from `from` on; empty when
  /// there is none.
  struct range {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
  };
  [[nodiscard]] range next_missing(std::uint64_t from, std::uint64_t bytes_max) const;
  [[nodiscard]] std::uint64_t bytes_held() const noexcept;
  [[nodiscard]] bool complete() const noexcept;
  /// fdatasync, then the pieces that are durable now and were not recorded before (first piece,
  /// count): what the node journal has to record. A failed sync condemns the attempt: every piece
  /// of it is forgotten.
  struct piece_run {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
  };
  [[nodiscard]] io::task<result<std::vector<piece_run>>> make_durable();
};

}  // namespace sluice::storage
