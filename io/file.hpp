#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/file_values.hpp"
#include "io/reactor.hpp"

namespace sluice::io {

struct bundled_file;

/// An open file. Reads and writes are positional. Closed explicitly; dropping an open one closes it
/// too. It stays where it is while one of its operations is under way.
///
/// With `direct`: offsets, lengths and memory aligned to 4096, except that `write_tail` takes the
/// last block of a file at its exact length.
class file {
public:
  file() = default;
  file(file&&) noexcept;
  file& operator=(file&&) noexcept;
  ~file();
  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
  /// Reads until `into` is full or the file ends; returns the bytes read.
  [[nodiscard]] task<result<std::size_t>> read(std::span<std::byte> into, std::uint64_t offset);
  /// Writes all of it; short writes are continued.
  [[nodiscard]] task<result<void>> write(std::span<const std::byte> bytes, std::uint64_t offset);
  /// The end of a file whose length is not a multiple of 4096, through a buffered handle of its
  /// own.
  [[nodiscard]] task<result<void>> write_tail(std::span<const std::byte> bytes,
                                              std::uint64_t offset);
  [[nodiscard]] task<result<void>> sync_data();
  [[nodiscard]] task<result<void>> sync_all();
  [[nodiscard]] task<result<void>> allocate(
      std::uint64_t size);  ///< disk blocks for 0..size, size set
  [[nodiscard]] task<result<void>> truncate(std::uint64_t size);
  [[nodiscard]] task<result<void>> set_permissions(std::uint32_t permissions);
  [[nodiscard]] task<result<file_facts>> facts();
  /// Of the reads and writes from now on.
  void set_turn(turn_at_disk turn) noexcept;
  [[nodiscard]] task<void> close();
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }  ///< io only
  /// Of the last time that it was sent from its beginning; io only.
  [[nodiscard]] send_progress& sent_before() const noexcept { return sent_before_; }

private:
  friend class folder;
  file(reactor& ring, int descriptor, bool direct, std::string name) noexcept;
  void drop() noexcept;
  [[nodiscard]] error failure(std::int64_t outcome, std::string_view what) const;
  [[nodiscard]] task<result<void>> simple(operation asked, std::string_view what);
  [[nodiscard]] task<result<void>> write_through(int descriptor, std::span<const std::byte> bytes,
                                                 std::uint64_t offset);

  reactor* ring_ = nullptr;
  int descriptor_ = -1;
  int tail_descriptor_ = -1;  ///< buffered, made by the first `write_tail` that needs it
  bool direct_ = false;
  std::uint16_t priority_ = 0;
  mutable send_progress sent_before_;
  std::string name_;
};

/// An open folder; every path is relative to it and cannot leave it (openat2 RESOLVE_BENEATH, no
/// symlinks followed).
class folder {
public:
  folder() = default;
  folder(folder&&) noexcept;
  folder& operator=(folder&&) noexcept;
  ~folder();
  /// By absolute path; the path's own links are followed.
  static task<result<folder>> open(reactor& ring, std::string absolute_path);
  [[nodiscard]] task<result<folder>> open_folder(std::string path) const;
  [[nodiscard]] task<result<file>> open_file(std::string path, open_options options) const;
  /// One folder in an existing one; `conflict` when the name is taken.
  [[nodiscard]] task<result<void>> make_folder(std::string path) const;
  /// Makes the folder and its missing parents; existing is a success.
  [[nodiscard]] task<result<void>> make_folders(std::string path) const;
  /// renameat2: `keep` fails with `conflict` when `to` exists; `replace` puts it in its place
  /// atomically.
  [[nodiscard]] task<result<void>> rename(std::string from, std::string to, on_existing how) const;
  [[nodiscard]] task<result<void>> remove_file(std::string path) const;
  [[nodiscard]] task<result<void>> remove_folder(std::string path) const;
  [[nodiscard]] task<result<file_facts>> facts(
      std::string path) const;  ///< of a link: the link itself
  [[nodiscard]] task<result<std::string>> read_link(std::string path) const;
  /// Names in no particular order, without . and ..; "" or "." for this folder.
  [[nodiscard]] task<result<std::vector<folder_entry>>> list(std::string path) const;
  [[nodiscard]] task<result<void>> sync(
      std::string path = ".") const;  ///< fsync of a folder beneath
  [[nodiscard]] task<result<volume_facts>> volume() const;
  [[nodiscard]] task<result<void>> sync_volume() const;  ///< syncfs
  [[nodiscard]] task<void> close();

  // Bundles (bundle.hpp) of at most `files_per_bundle_max` files; each has its own outcome. They
  // run to their end: there is no way to cancel them.
  /// Into `memory` (`bundle_memory`) where they have no room of their own, as many as it takes;
  /// past the page cache, with `if_cached` only where a file is not in it.
  [[nodiscard]] task<void> read_files(std::span<bundled_file> files, std::span<std::byte> memory,
                                      bool if_cached, turn_at_disk turn = {}) const;
  /// Made, or emptied if they were there.
  [[nodiscard]] task<void> write_files(std::span<bundled_file> files, bool durable) const;
  [[nodiscard]] task<void> rename_files(std::span<bundled_file> files, on_existing how) const;
  [[nodiscard]] task<void> look_at_files(std::span<bundled_file> files) const;  ///< `before`

  /// Small files whole: manifests, records, keys.
  [[nodiscard]] task<result<std::string>> read_whole(std::string path,
                                                     std::uint64_t bytes_max) const;
  /// Writes `<path>.new`, fsync, rename, fsync of the folder: after a crash the old or the new one.
  [[nodiscard]] task<result<void>> write_whole(std::string path, std::string bytes,
                                               std::uint32_t permissions = 0640) const;

private:
  folder(reactor& ring, int descriptor, std::string name) noexcept;
  void drop() noexcept;
  [[nodiscard]] task<void> bundle(operation asked, std::string_view what) const;
  /// Where the last component of a path lies.
  struct place;
  [[nodiscard]] task<result<place>> find(std::string path) const;
  [[nodiscard]] task<result<void>> write_new(std::string path, std::string bytes,
                                             std::uint32_t permissions) const;
  [[nodiscard]] task<result<void>> change(opcode code, std::string path, std::uint32_t flags,
                                          std::string_view what) const;
  [[nodiscard]] error failure(std::int64_t outcome, std::string_view what,
                              std::string_view path) const;

  reactor* ring_ = nullptr;
  int descriptor_ = -1;
  std::string name_;
};

}  // namespace sluice::io
