#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hashing/hashing.hpp"
#include "io/io.hpp"
#include "storage/content_catalogue.hpp"
#include "storage/missing_files.hpp"
#include "storage/staging_file.hpp"

namespace sluice::storage {

/// The writer of the content library: everything that changes it goes through here, in the order
/// bytes, names, promises. One per process, on one reactor; actors reach it through the librarian.
///
/// Errors: `no_space` parks the job; `os_failed` from a write or sync condemns the attempt, never
/// retried on the same file; `corrupt` blames the source.
class content_library {
public:
  struct settings {
    std::string root;
    std::vector<hashing::public_key> site_keys{};  ///< whose manifests are believed
    std::string inventory{};  ///< path of the index; "": in memory, made at each open
  };
  /// Makes the folders when they are missing, reads the package records into `catalogue`, removes
  /// staging files that no recorded piece and no job wants (`keep_staging` says which are wanted;
  /// staged manifests are kept), and finishes what a crash left half done.
  static io::task<result<std::unique_ptr<content_library>>> open(
      io::reactor& ring, io::worker_pool& workers, io::buffer_pool& buffers,
      std::shared_ptr<content_catalogue> catalogue, settings given,
      std::vector<model::file_id> keep_staging);
  [[nodiscard]] io::task<void> close();
  ~content_library();
  content_library(const content_library&) = delete;
  content_library& operator=(const content_library&) = delete;

  /// From now on manifests signed by these keys are believed, and by no others.
  void trust(std::vector<hashing::public_key> site_keys);

  // Manifests -----------------------------------------------------------------------------------
  /// A manifest on its way in: the caller writes its bytes into the returned file.
  [[nodiscard]] io::task<result<io::file>> stage_manifest(model::content_id content);
  /// Checks size, hash, signature (by one of the site's keys), and parses it; keeps the signature
  /// beside it. `corrupt` (blame the source): size, hash or signature are wrong, and it is removed.
  /// `invalid` (blame the site): the hash is right, but the text is no manifest of this content.
  [[nodiscard]] io::task<result<content_facts>> verify_manifest(model::content_id content,
                                                                model::digest hash,
                                                                model::byte_count size,
                                                                std::string signature);
  /// Checks again a manifest that is staged with its signature, or committed: after a restart.
  /// `not_found` when there is none with this hash.
  [[nodiscard]] io::task<result<content_facts>> recheck_manifest(model::content_id content,
                                                                 model::digest hash,
                                                                 model::byte_count size);
  /// Of a verified, rechecked or committed manifest. Empty files are never missing.
  [[nodiscard]] io::task<result<missing_page>> missing(missing_request request);
  /// Room that its missing files still need, each once, those in staging not; with `all` also the
  /// largest one that is replaced.
  [[nodiscard]] io::task<result<std::uint64_t>> bytes_missing(model::content_id content, bool all);

  // Files ---------------------------------------------------------------------------------------
  [[nodiscard]] io::task<result<bool>> holds(model::file_id file);
  /// Begins or resumes a file of > 1 MiB. `layer` is checked against the root. `recorded` are the
  /// pieces the node journal knows to be durable; written but unrecorded ones near them are re-read
  /// and kept if they are right. `conflict` when another writer has it (wait for
  /// `staging_released`). See `staging_file::records_stale`.
  [[nodiscard]] io::task<result<std::unique_ptr<staging_file>>> begin_file(
      model::file_id file, hashing::piece_layer layer,
      std::vector<staging_file::piece_run> recorded);
  /// fsync, rename, fsync folder; the piece layer first. `keep`: having it already is a success.
  [[nodiscard]] io::task<result<void>> commit_file(std::unique_ptr<staging_file> staged,
                                                   io::on_existing how);
  /// Gives the writer's place back and leaves the bytes for a later resume; removes those of a
  /// condemned attempt.
  [[nodiscard]] io::task<void> release_file(std::unique_ptr<staging_file> staged);
  /// Removes from staging the large files of these contents, and then their manifests; files that
  /// are whole already, and no other content's, move to trash. What is to heal a content that is
  /// there stays. `limit_reached`: somebody still writes one of them.
  [[nodiscard]] io::task<result<void>> discard_staging(discard_request asked);
  /// Waits until nobody writes this file.
  [[nodiscard]] io::task<void> staging_released(model::file_id file);
  /// Files of <= 1 MiB, whole in memory: verified, written, one barrier, named, one barrier.
  /// Returns per file: nothing (committed), or the error; a failed barrier condemns the whole
  /// batch.
  struct small_file {
    model::file_id id;
    std::span<const std::byte> bytes;  ///< outlives the call
  };
  [[nodiscard]] io::task<std::vector<std::optional<error>>> commit_small(
      std::vector<small_file> files, io::on_existing how);

  // Contents ------------------------------------------------------------------------------------
  /// All files are there: data record, package record, catalogue. `corrupt` when a file is missing
  /// after all.
  [[nodiscard]] io::task<result<void>> commit_content(model::content_id content, library_user user);
  /// A second user of a content that is there already. `not_found` when it is not.
  [[nodiscard]] io::task<result<void>> add_user(model::content_id content, library_user user);
  /// Drops a user; with the last one the records go and files no other content needs move to trash.
  [[nodiscard]] io::task<result<void>> remove_content(model::content_id content, library_user user);
  /// This version of a package and all before it.
  [[nodiscard]] io::task<result<void>> remove_versions(model::content_id newest, library_user user);
  /// Those of `asked` that a newer version of this user's followed before this time (since the
  /// epoch).
  [[nodiscard]] io::task<result<void>> drop_former(std::vector<model::content_id> asked,
                                                   library_user user,
                                                   std::chrono::nanoseconds before);

  struct totals {
    std::uint64_t contents = 0;
    std::uint64_t files = 0;  ///< in filelib: each stored once
    std::uint64_t bytes = 0;
    std::uint64_t bytes_free = 0;
  };
  [[nodiscard]] io::task<result<totals>> count();
  /// Empties trash, oldest first, until so many bytes are free; former versions that a distribution
  /// point still serves go when that is not enough. Then as `count`.
  [[nodiscard]] io::task<result<totals>> make_room(std::uint64_t bytes_wanted);
  /// Makes the index anew from the package records and the manifests.
  [[nodiscard]] io::task<result<void>> rebuild_index();
  /// Removes trash, oldest first, until `bytes_wanted` are freed; returns how many were.
  [[nodiscard]] io::task<result<std::uint64_t>> empty_trash(std::uint64_t bytes_wanted);
  /// Removes trash that was put there before this time (since the epoch).
  [[nodiscard]] io::task<result<void>> sweep_trash(std::chrono::nanoseconds before);

  struct state;  ///< for the sources of this folder
  [[nodiscard]] state& inside() noexcept { return *state_; }

private:
  io::task<void> give_up_former(std::uint64_t bytes_wanted);
  explicit content_library(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace sluice::storage
