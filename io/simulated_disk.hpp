#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/file.hpp"

namespace sluice::io::detail {

/// A file, folder or link of a simulated disk. `durable` is what a power cut leaves of it.
struct node : std::enable_shared_from_this<node> {
  file_kind kind = file_kind::regular;
  std::uint64_t number = 0;
  std::uint32_t permissions = 0;
  std::uint64_t links = 0;
  std::chrono::nanoseconds changed{};
  std::string bytes;  ///< of a file; the target of a link
  std::string durable_bytes;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> unsynced;  ///< (offset, length) written
  std::map<std::string, std::shared_ptr<node>, std::less<>> names;
  std::map<std::string, std::shared_ptr<node>, std::less<>> durable_names;
};
using node_pointer = std::shared_ptr<node>;

/// A disk in memory. Results < 0 are negated errnos, as in `operation`.
///
/// Durability: bytes are durable when their file was synced. Names are a journal: syncing a folder
/// makes all name changes durable up to its last one, and a power cut keeps some first part of the
/// rest. Of unsynced bytes it keeps any blocks of 4096.
class simulated_disk {
public:
  simulated_disk();

  /// The node of `path` beneath `start` (RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS), or why not.
  std::int64_t find(const node_pointer& start, std::string_view path, node_pointer& into) const;
  std::int64_t open(const node_pointer& start, std::string_view path, const open_options& options,
                    std::chrono::nanoseconds now, node_pointer& into);

  std::int64_t read(const node& from, std::span<std::byte> into, std::uint64_t offset) const;
  std::int64_t write(node& to, std::span<const std::byte> bytes, std::uint64_t offset,
                     std::chrono::nanoseconds now);
  std::int64_t resize(node& of, std::uint64_t size, bool only_grow, std::chrono::nanoseconds now);
  void sync(node& of);
  void sync_all();
  /// What a failed sync leaves: the kernel believes the pages clean, and the bytes never arrive.
  static void lose_unsynced(node& of) { of.unsynced.clear(); }
  void lose_all_unsynced();

  std::int64_t make_folder(node& in, const std::string& name, std::uint32_t permissions,
                           std::chrono::nanoseconds now);
  std::int64_t make_link(node& in, const std::string& name, std::string target);
  std::int64_t remove(const node_pointer& in, const std::string& name, bool folder);
  std::int64_t rename(const node_pointer& from, const std::string& name, const node_pointer& to,
                      const std::string& new_name, bool replace);
  [[nodiscard]] file_facts facts(const node& of) const;
  [[nodiscard]] volume_facts volume() const;

  /// `random` decides what of the unsynced survives.
  void cut_power(const std::function<std::uint64_t()>& random);

  [[nodiscard]] const node_pointer& root() const { return root_; }
  void set_size(std::uint64_t bytes) { bytes_total_ = bytes; }
  [[nodiscard]] std::uint64_t size() const { return bytes_total_; }
  [[nodiscard]] std::uint64_t used() const { return bytes_used_; }

private:
  /// One name set to a node, or (null) removed.
  struct name_change {
    node_pointer folder;
    std::string name;
    node_pointer child;
  };
  /// Those of one call are durable together.
  using change = std::vector<name_change>;
  void apply(change made);
  void commit(std::size_t changes);
  void free_bytes(const node& gone);
  node_pointer make(file_kind kind, std::uint32_t permissions, std::chrono::nanoseconds now);

  node_pointer root_;
  std::vector<change> journal_;  ///< not yet durable
  std::uint64_t nodes_made_ = 0;
  std::uint64_t bytes_total_ = 1024 * limits::gib;
  std::uint64_t bytes_used_ = 0;
};

}  // namespace sluice::io::detail
