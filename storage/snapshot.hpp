#pragma once

#include "storage/content_library.hpp"

namespace sluice::storage {

struct snapshot_request {
  std::string source_root;  ///< absolute; one of the configured source_roots
  std::string source_path;  ///< the folder, beneath the root ("" for the root itself)
  model::content_id content;
  const hashing::signing_key* site_key = nullptr;  ///< one of those the library trusts
  /// Nothing is made when the folder holds what this committed content does (G9).
  std::optional<model::content_id> unless_same_as{};
};

struct snapshot_outcome {
  model::digest manifest_hash;
  model::byte_count manifest_size{};
  content_facts facts;
  std::uint64_t files_new = 0;     ///< not in the library before
  std::uint64_t files_shared = 0;  ///< were there already, or appeared twice
  std::uint64_t bytes_new = 0;     ///< of `files_new`
  bool same = false;               ///< as `unless_same_as`: there is no such content
};

/// One pass over a source folder (I11): hash, store each file once, write and sign the manifest,
/// commit it for `library_user::site`. Regular files, executable bit, empty folders, links that
/// stay inside the tree. Anything else (sockets, devices, links that leave, unreadable files, names
/// that are not UTF-8, files that change while read) refuses the whole package: `invalid` with one
/// text that lists every offender (bounded: the first 100 and the number of the rest). Nothing
/// half-added remains. `conflict` when the content is committed already.
/// Memory: about 200 bytes and the path per entry, 12 MiB of small files, two buffers per large
/// file of up to four. `progress` is called a few times a second at most.
struct snapshot_progress {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};
[[nodiscard]] io::task<result<snapshot_outcome>> take_snapshot(
    io::reactor& ring, io::worker_pool& workers, io::buffer_pool& buffers, content_library& library,
    snapshot_request request, std::function<void(snapshot_progress)> progress);

}  // namespace sluice::storage
