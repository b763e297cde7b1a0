#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
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
  /// Changes whenever anything does: caches compare it.
  [[nodiscard]] std::uint64_t revision() const noexcept;
};

}  // namespace sluice::storage
