#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "model/model.hpp"

namespace sluice::storage {

/// Where a walk over a manifest stands: a byte offset of a line.
struct manifest_cursor {
  std::uint64_t offset = 0;
};

/// One step of the set difference "manifest minus library".
struct missing_page {
  std::vector<model::file_id> files;  ///< to be fetched; each once per page
  manifest_cursor next;
  bool end = false;
  std::uint64_t files_present = 0;  ///< entries of this page that need no transfer
  std::uint64_t bytes_present = 0;
};

struct missing_request {
  model::content_id content;
  manifest_cursor from;
  std::uint32_t files_max = limits::files_per_batch_max;
  std::uint64_t bytes_max = limits::bytes_per_batch_max;  ///< ends at the file that reaches it
  bool all = false;                      ///< redistribute: everything counts as missing
  std::optional<manifest_cursor> until;  ///< the walk stops before it: end = false, next = until
};

/// What was fetched of a content and of the versions before it, and has not become theirs.
struct discard_request {
  model::content_id content;
  std::vector<model::content_id> wanted;  ///< what these need stays
  /// Called for each file that goes, before it may be begun anew: what was recorded of its pieces
  /// is to be forgotten. On the reactor's thread.
  std::function<void(const model::file_id&)> dropped;
};

/// What a content consists of, told once its manifest is verified.
struct content_facts {
  std::uint32_t files = 0;
  model::byte_count bytes{};
  std::uint64_t pieces = 0;       ///< of files > 1 MiB, plus one per smaller file that has bytes
  std::uint32_t empty_files = 0;  ///< made here, never fetched
};

}  // namespace sluice::storage
