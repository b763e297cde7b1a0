#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/content_catalogue.hpp"

namespace sluice::storage {

/// The index of a library: which files its committed contents refer to, and how often. It can be
/// made anew from the library at any time, so its last changes may be lost, and a broken one is
/// thrown away.
///
/// Threads: one at a time; every call blocks (call it on a worker). Every call is one transaction.
/// On disk: about 100 bytes per distinct file.
class inventory {
public:
  /// "" as path: in memory.
  static result<std::unique_ptr<inventory>> open(const std::string& path);
  ~inventory();

  struct row {
    model::content_id content;
    model::digest manifest_hash;
    std::uint32_t files = 0;
    bool operator==(const row&) const = default;
  };
  result<std::vector<row>> contents();
  /// `manifest`: its verified text. Adding a content that is there changes nothing.
  result<void> add(const row& content, std::string_view manifest);
  /// Removing a content that is not there changes nothing.
  result<void> remove(const model::content_id& content, std::string_view manifest);
  result<void> clear();

  /// Files without a use: at most `files_max` of them.
  result<std::vector<model::file_id>> unused(std::uint32_t files_max);
  /// They have left the file library (those that are in use again stay).
  result<void> forget_unused(const std::vector<model::file_id>& files);
  result<bool> is_used(const model::file_id& file);

  // Files that no content was committed with. Spared ones are known until `forget_spared`.
  result<void> forget_spared();
  result<void> spare(const std::vector<model::file_id>& files);
  /// They count as unused, but those that are in use and the spared.
  result<void> mark_unused(const std::vector<model::file_id>& files);

  struct totals {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
  };
  result<totals> count();

private:
  struct state;
  explicit inventory(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

/// Feeds a verified manifest's text to `take`, file by file; memory: a chunk.
result<void> for_each_file(std::string_view manifest,
                           const std::function<void(const model::file_id&)>& take);

}  // namespace sluice::storage
