#pragma once

#include <deque>
#include <unordered_set>

#include "storage/library_state.hpp"
#include "storage/small_round.hpp"
#include "storage/snapshot.hpp"
#include "storage/source_tree.hpp"

namespace sluice::storage {

/// The files of a source folder on their way into the library: read once, hashed, stored once.
///
/// Once anything is refused nothing is stored any more; what is left is only opened, so that the
/// refusal names everything. Memory: `lanes` x 1 MiB of small files, two buffers per large file, 8
/// bytes for each large one that waits.
struct source_store {
  library_state& library;
  content_library& whole;
  io::folder& source;
  source_tree tree;
  std::function<void(snapshot_progress)> progress;

  std::vector<model::file_id> fresh{};  ///< stored by this snapshot; 40 bytes each
  std::uint64_t files_shared = 0;
  snapshot_progress done{};
  std::optional<error> failed{};  ///< the library's trouble, not the source's

  std::size_t next = 0;
  std::unordered_set<model::file_id> claimed{};  ///< being stored by one of the lanes
  std::shared_ptr<shared_round> round{};         ///< the one that is being filled
  std::deque<std::size_t> large{};               ///< files of > 1 MiB, still to copy
  std::chrono::nanoseconds told{};
};

/// Fills in sizes, digests and executable bits; afterwards `refused` and `failed` say whether the
/// tree may become a content.
[[nodiscard]] io::task<void> store_files(source_store& store);
/// Removes what this snapshot stored and nobody refers to. The caller holds `records`.
[[nodiscard]] io::task<void> undo_files(source_store& store);

}  // namespace sluice::storage
