#pragma once

#include <map>
#include <memory>

#include "http/manifest_index.hpp"
#include "io/io.hpp"
#include "storage/storage.hpp"

namespace sluice::http {

/// Indexes of the manifests asked for lately, within a number of bytes (one is always admitted,
/// whatever its size: at most 75 MiB, by the limits of a manifest). Built by reading the manifest
/// as a stream, one at a time, and once however many ask for it meanwhile. Lifetime: outlives its
/// tasks. Threads: its reactor's.
class manifest_index_cache {
public:
  manifest_index_cache(const storage::library_reader& library,
                       std::shared_ptr<const storage::content_catalogue> catalogue,
                       std::uint64_t bytes_max);
  /// The index of a content that the catalogue holds.
  [[nodiscard]] io::task<result<std::shared_ptr<const manifest_index>>> get(
      storage::catalogue_entry content);
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint64_t built() const noexcept { return built_; }  ///< for tests

private:
  struct kept_index {
    std::shared_ptr<const manifest_index> index;
    model::digest manifest_hash;
    std::uint64_t used = 0;
  };
  struct flight;

  void forget_removed();
  void make_room(std::uint64_t bytes);
  [[nodiscard]] io::task<result<manifest_index>> build(storage::catalogue_entry content);

  const storage::library_reader& library_;
  std::shared_ptr<const storage::content_catalogue> catalogue_;
  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  std::uint64_t uses_ = 0;
  std::uint64_t built_ = 0;
  std::uint64_t revision_ = 0;
  std::map<model::content_id, kept_index> kept_;
  std::map<model::content_id, std::shared_ptr<flight>> under_way_;
  io::semaphore builders_{1};
};

}  // namespace sluice::http
