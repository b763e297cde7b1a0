#pragma once

#include <functional>
#include <optional>

#include "hashing/hashing.hpp"
#include "io/io.hpp"
#include "storage/piece_set.hpp"

namespace sluice::storage {

/// A file of > 1 MiB on its way into the library. It is never visible under its name unless
/// committed.
///
/// As a tap it compares each 1 MiB block with the verified piece layer (hashing on a worker); a
/// piece is held once it is right and written. `content_library` makes it, resumes it and commits
/// it. Dropping it gives the writer's place back and leaves the bytes for a later resume.
/// Memory:    two bits per piece, and the piece layer.
/// Lifetime:  must not outlive the `content_library` that made it.
/// Threads:   the library's reactor.
/// Crashes:   found at start-up it is resumed from its recorded pieces, or removed.
class staging_file final : public io::tap {
public:
  using piece_run = storage::piece_run;

  /// What the library makes it of. `dropped` is told whether the attempt is condemned.
  struct parts {
    io::reactor& ring;
    io::worker_pool& workers;
    model::file_id id;
    hashing::piece_layer layer;
    io::file target;
    std::uint32_t attempt = 1;
    std::function<void(bool condemned)> dropped{};
  };
  explicit staging_file(parts made);
  staging_file(const staging_file&) = delete;
  staging_file& operator=(const staging_file&) = delete;
  ~staging_file() override;

  [[nodiscard]] const model::file_id& id() const noexcept { return parts_.id; }
  [[nodiscard]] io::file& target() noexcept { return parts_.target; }  ///< O_DIRECT, preallocated
  [[nodiscard]] io::task<result<void>> take(std::span<const std::byte> block,
                                            std::uint64_t offset) override;
  /// A failed write condemns the attempt.
  void written(std::uint64_t offset, const result<void>& outcome) override;

  [[nodiscard]] std::uint64_t bytes_held() const noexcept;
  [[nodiscard]] bool complete() const noexcept;

  /// fdatasync, then the pieces that are durable now and were not recorded before: what the node
  /// journal has to record. Blocks may be under way meanwhile. A failed sync condemns the attempt:
  /// every piece of it is forgotten, and every later call fails with the same error.
  [[nodiscard]] io::task<result<std::vector<piece_run>>> make_durable();

  /// True when the pieces that the journal recorded belong to an attempt that is gone: they have to
  /// be forgotten there before new ones of this file are recorded.
  [[nodiscard]] bool records_stale() const noexcept { return records_stale_; }
  [[nodiscard]] bool condemned() const noexcept { return condemned_.has_value(); }

  // For the library -----------------------------------------------------------------------------
  [[nodiscard]] std::uint32_t attempt() const noexcept { return parts_.attempt; }
  [[nodiscard]] const hashing::piece_layer& layer() const noexcept { return parts_.layer; }
  [[nodiscard]] const piece_set& held() const noexcept { return held_; }
  [[nodiscard]] std::uint64_t length_of(std::uint64_t piece) const noexcept;
  void condemn(error why);
  void on_dropped(std::function<void(bool condemned)> call) { parts_.dropped = std::move(call); }
  void believe(const piece_run& recorded);
  void found(std::uint64_t piece) { held_.add(piece); }
  void distrust_records() noexcept { records_stale_ = true; }
  /// Reads a piece from disk into `memory` (1 MiB, aligned) and compares it.
  [[nodiscard]] io::task<bool> is_right_on_disk(std::uint64_t piece, std::span<std::byte> memory);

private:
  [[nodiscard]] io::task<result<void>> sync_unless_condemned();

  parts parts_;
  piece_set held_;      ///< right, and written
  piece_set recorded_;  ///< durable, and told to the journal
  std::optional<error> condemned_;
  io::semaphore syncing_{1};  ///< an error of fdatasync is told to one caller only
  bool records_stale_ = false;
};

}  // namespace sluice::storage
