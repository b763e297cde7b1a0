#pragma once

#include <chrono>
#include <cstdint>
#include <string>

/// What is known of files and folders, and how they are asked for.
namespace sluice::io {

enum class file_kind : std::uint8_t { regular, folder, link, other };

struct file_facts {
  file_kind kind = file_kind::other;
  std::uint64_t size = 0;
  std::uint32_t permissions = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t links = 0;
  std::chrono::nanoseconds modified{};  ///< since the epoch
  std::chrono::nanoseconds changed{};   ///< ctime
};

struct volume_facts {
  std::uint64_t bytes_free = 0;  ///< for us
  std::uint64_t bytes_total = 0;
  std::uint64_t inodes_free = 0;
  std::uint64_t inodes_total = 0;
};

struct folder_entry {
  std::string name;
  file_kind kind = file_kind::other;
};

/// Whose turn it is at the disk, where its scheduler looks at that (ioprio_set(2)).
enum class disk_class : std::uint8_t { usual = 0, best_effort = 2, idle = 3 };

struct turn_at_disk {
  disk_class which = disk_class::usual;
  unsigned level = 0;  ///< 0 is first and 7 last
};

enum class access_mode : std::uint8_t { read, write, read_write };
enum class on_existing : std::uint8_t { keep, replace };

struct open_options {
  access_mode access = access_mode::read;
  bool create = false;
  bool exclusive = false;  ///< with create: fails with `conflict` when it exists
  bool truncate = false;
  bool direct = false;  ///< O_DIRECT; falls back to buffered where the file system has none
  bool regular =
      false;  ///< nothing else: a pipe or device is refused (`invalid`), never waited for
  std::uint32_t permissions = 0640;
};

}  // namespace sluice::io
