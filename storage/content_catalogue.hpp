#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "model/model.hpp"
#include "storage/library_user.hpp"

namespace sluice::storage {

/// One committed content, as its package record says.
struct catalogue_entry {
  model::content_id content;
  std::uint8_t users = 0;  ///< mask of library_user
  model::digest manifest_hash;
  model::byte_count manifest_size{};
  model::byte_count bytes{};
  std::uint32_t files = 0;

  [[nodiscard]] bool is_for(library_user user) const noexcept {
    return (users & static_cast<std::uint8_t>(user)) != 0;
  }
  bool operator==(const catalogue_entry&) const = default;
};

/// Which contents are committed, and for whom. Written by the content library's reactor, read by
/// every reactor and thread. About 200 bytes a content.
class content_catalogue {
public:
  void put(const catalogue_entry& entry);
  void remove(const model::content_id& content);
  [[nodiscard]] std::optional<catalogue_entry> find(const model::content_id& content) const;
  /// The newest version of a package that `user` holds.
  [[nodiscard]] std::optional<catalogue_entry> newest(const model::package_id& package,
                                                      library_user user) const;
  [[nodiscard]] std::vector<catalogue_entry> all() const;  ///< sorted
  /// Those of which `user` holds a newer version as well.
  [[nodiscard]] std::vector<model::content_id> former(library_user user) const;
  /// All versions of one package, sorted.
  [[nodiscard]] std::vector<catalogue_entry> versions(const model::package_id& package) const;
  /// Changes whenever anything does: caches compare it.
  [[nodiscard]] std::uint64_t revision() const noexcept;

private:
  mutable std::mutex mutex_;
  std::map<model::content_id, catalogue_entry> entries_;
  std::atomic<std::uint64_t> revision_ = 0;
};

}  // namespace sluice::storage
