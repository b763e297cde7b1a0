#pragma once

#include <array>
#include <bitset>
#include <map>
#include <set>
#include <unordered_map>

#include "storage/content_library.hpp"
#include "storage/inventory.hpp"

namespace sluice::storage {

/// A file's place in `staging/`.
struct staging_place {
  std::uint32_t attempt = 1;
  bool on_disk = false;    ///< `staging_path(file, attempt)` exists
  bool condemned = false;  ///< ... and must not be used again
  bool busy = false;       ///< somebody writes it
  std::shared_ptr<io::event> released = std::make_shared<io::event>();
};

struct shared_round;

/// A manifest whose size, hash and signature were checked in this life of the process.
struct checked_manifest {
  model::digest hash;
  model::byte_count size{};
  content_facts facts;
  bool staged = false;  ///< in `staging/`; else in `datalib/`
};

/// What the sources of `content_library` share. The reactor's thread only.
struct content_library::state {
  io::reactor& ring;
  io::worker_pool& workers;
  io::buffer_pool& buffers;
  std::shared_ptr<content_catalogue> catalogue;
  settings given;
  io::folder root{};
  std::unique_ptr<inventory> index{};
  std::set<model::package_id> damaged{};  ///< packages whose record could not be read
  bool index_stale = false;  ///< a change of it failed: it is made anew before it is used

  std::unordered_map<model::file_id, staging_place> places{};  ///< on disk, or busy
  std::map<model::content_id, checked_manifest> manifests{};
  std::bitset<256> fan_out{};    ///< folders of filelib that are known to be durable
  std::uint32_t last_small = 0;  ///< number of a small file's name in staging
  std::uint64_t last_trash = 0;  ///< number of a folder's name in trash
  std::uint32_t snapshots = 0;   ///< under way: files without a use stay meanwhile

  /// Rounds that small files may join, without and with replacing; each closes its round in turn.
  std::array<std::shared_ptr<shared_round>, 2> gathering{};
  io::semaphore closing{1};

  io::semaphore records{1};  ///< one change of the records at a time
  io::semaphore naming{1};   ///< from names given in filelib/ to their barrier; after `records`
  io::semaphore manifest_memory{1};  ///< one whole manifest in memory at a time
  io::semaphore trashing{1};
};

using library_state = content_library::state;

// Shared steps, each in the source named ------------------------------------------------------

/// Makes the fan-out folders of these files, durably. file_store.cpp
io::task<result<void>> make_fan_out(library_state& library, std::vector<model::file_id> files);
/// What became of a name in filelib/.
enum class name_given : std::uint8_t {
  none,   ///< the library had the file
  fresh,  ///< nothing counted as the file before
  again,  ///< replaced one that did
};
/// Gives `staged` the file's name, unless the library has it and may keep it. One of the wrong size
/// is no file to keep. The caller holds `naming`, and makes it durable. file_store.cpp
io::task<result<name_given>> give_name(library_state& library, std::string staged,
                                       model::file_id file, io::on_existing how);
/// Takes a name back whose barrier failed: a power cut could take it. One that was there before
/// stays, whichever bytes it leads to. file_store.cpp
io::task<void> take_back(library_state& library, name_given name, model::file_id file);
/// Gives durable, verified bytes in staging their name, after their piece layer; true when they
/// were not there before. When the name's sync fails it is taken back. file_store.cpp
struct large_bytes {
  std::string path;
  model::file_id id;
  const hashing::piece_layer& layer;
};
/// The first half of it: the piece layer gets its name. file_store.cpp
io::task<result<void>> store_layer(library_state& library, const large_bytes& given);
io::task<result<bool>> store_large(library_state& library, const large_bytes& given,
                                   io::on_existing how);
/// Makes a file of filelib/ the next attempt in staging/, durably; its right pieces are to be
/// recorded after that. False: somebody writes the file, so it stays where it is. file_staging.cpp
io::task<result<bool>> stage_damaged(library_state& library, model::file_id file);
/// Removes a file from staging/, when it is there; false: somebody writes it. `dropped` is called
/// before it may be begun anew. file_staging.cpp
io::task<result<bool>> drop_staged(library_state& library, model::file_id file,
                                   std::function<void(const model::file_id&)> dropped);
/// One of the files that are looked for together.
struct file_lookup {
  model::file_id file;
  bool present = false;           ///< in full, and its piece layer if it has one
  std::optional<error> failed{};  ///< nobody knows
};
/// file_lookup.cpp
io::task<void> look_up(library_state& library, std::span<file_lookup> asked);
/// True when the file, and its piece layer if it has one, are there in full. file_lookup.cpp
io::task<result<bool>> is_in_library(library_state& library, model::file_id file);

/// The whole text of a checked manifest, from wherever it is. manifest_store.cpp
io::task<result<std::string>> read_manifest(library_state& library, model::content_id content);
/// Where it is, relative to the root: staged, or committed. manifest_store.cpp
result<std::string> manifest_place(const library_state& library, const model::content_id& content);

/// Removes it and its signature from staging/. manifest_store.cpp
io::task<void> remove_staged_manifest(library_state& library, model::content_id content);

/// Moves a library path into a folder of the trash; removes it when there is no room even for
/// that. `not_found` is a success. trash.cpp
io::task<result<void>> move_to_trash(library_state& library, std::string path,
                                     std::string trash_name);
/// A new name for a folder of the trash; later ones sort later. trash.cpp
std::string new_trash_name(library_state& library, std::string_view what);
/// Removes trash, oldest first, until so many bytes are freed; returns how many were. trash.cpp
io::task<result<std::uint64_t>> empty_trash(library_state& library, std::uint64_t bytes_wanted);

/// Makes the index agree with the catalogue: cheap when it does. inventory_upkeep.cpp
io::task<result<void>> reconcile_index(library_state& library);
io::task<result<void>> remake_index(library_state& library);
/// A failure makes the index stale, and is logged: the content itself is not touched.
/// inventory_upkeep.cpp
io::task<void> add_to_index(library_state& library, catalogue_entry entry);
/// Takes a content out of the index, and its files that nobody else uses out of filelib, also when
/// the index cannot be written. Its manifest is still there. inventory_upkeep.cpp
io::task<void> drop_files_of(library_state& library, catalogue_entry entry, std::string trash_name);
/// Moves files without a use out of filelib. inventory_upkeep.cpp
io::task<result<void>> sweep_unused(library_state& library, std::string trash_name);

/// Writes the package record of the catalogue's contents of the package, with `entry` put in or,
/// when its users are none, taken out. content_records.cpp
io::task<result<void>> write_record(library_state& library, catalogue_entry entry);
/// How long a package record may be.
inline constexpr std::uint64_t record_bytes_max = 16 * limits::mib;
/// Makes the reserve again, if there is room. content_records.cpp
inline constexpr std::uint64_t reserve_size = 1 * limits::mib;
io::task<void> keep_reserve(library_state& library);

}  // namespace sluice::storage
