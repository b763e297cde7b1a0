#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "storage/storage.hpp"

namespace sluice::actors::testing {

/// A package as the stand-ins see it: files of equal size, `files_per_page` to a page.
struct fake_package {
  std::vector<model::file_id> files;
  [[nodiscard]] std::uint64_t bytes() const;
};

/// What the library stand-in holds and how it behaves.
struct fake_library {
  std::map<model::content_id, fake_package> packages;  ///< whose manifests exist
  std::set<model::content_id> manifests;               ///< here already
  std::set<model::file_id> files;
  std::set<model::content_id> committed;
  std::vector<model::content_id> dropped;
  std::set<model::content_id> for_site;  ///< snapshots that the site has not dropped
  std::deque<error> drop_failures;       ///< the next drops for the site end so
  std::function<void()> after_snapshot;  ///< before its answer leaves
  std::size_t files_per_page = 4;
  std::uint64_t bytes_free = 1ULL << 40;
  std::uint64_t bytes_in_trash = 0;
  std::vector<model::content_id> dropped_with_older{};  ///< of `dropped`
  std::vector<std::vector<model::content_id>> former_asked{};
  std::vector<storage::discard_request> discarded{};
  std::vector<std::chrono::nanoseconds> former_before{};
  std::optional<error> snapshot_failure{};
  storage::snapshot_outcome snapshot;            ///< of every package that is added
  std::deque<error> commit_failures;             ///< the next commits end so
  std::optional<model::file_id> lost_at_commit;  ///< gone when the next commit fails
  std::size_t installs = 0;
};

}  // namespace sluice::actors::testing
