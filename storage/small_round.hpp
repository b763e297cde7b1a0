#pragma once

#include <deque>

#include "storage/library_state.hpp"

namespace sluice::storage {

/// One small file on its way.
struct small_step {
  model::file_id id;
  std::span<const std::byte> bytes{};  ///< until it is written
  std::string staged{};
  name_given name = name_given::none;
  std::optional<error> failed{};
};

/// Files of <= 1 MiB that share two barriers, one after their bytes and one after their names.
/// They are written as they come and need not be in memory together.
struct small_round {
  library_state& library;
  io::on_existing how = io::on_existing::keep;
  /// Opened before the first write: it hears of every failed write-back since then, whoever else
  /// syncs this volume meanwhile.
  io::folder volume{};
  std::deque<small_step> steps{};  ///< they stay where they are
  std::uint64_t bytes = 0;
  bool sync_each = false;  ///< instead of the volume: for a few files
};

/// A round that several write to at the same time.
struct shared_round {
  small_round files;
  std::uint32_t writers = 0;
  bool closed = false;  ///< or somebody is about to
  io::event written{};  ///< by all
};
void left_by_writer(shared_round& round);
[[nodiscard]] io::task<void> all_written(shared_round& round);

[[nodiscard]] io::task<result<void>> open_round(small_round& round);
/// Writes verified bytes into staging. What fails is told by its step.
[[nodiscard]] io::task<void> write_to_round(small_round& round,
                                            std::vector<content_library::small_file> files);
/// Barrier, names, barrier; a failed barrier condemns them all. What got no name is removed.
[[nodiscard]] io::task<void> close_round(small_round& round);
/// Removes what was written instead.
[[nodiscard]] io::task<void> abandon_round(small_round& round);

}  // namespace sluice::storage
