#pragma once

#include <string>
#include <vector>

#include "io/io.hpp"
#include "model/model.hpp"

namespace sluice::storage {

/// What keeps a folder from becoming a package. Memory: the first 100 of them.
class offenders {
public:
  void add(std::string_view path, std::string_view why);
  [[nodiscard]] bool none() const noexcept { return count_ == 0; }
  /// "'a' is a socket; 'b' cannot be read; and 3 more"
  [[nodiscard]] std::string text() const;

private:
  std::vector<std::string> first_;
  std::uint64_t count_ = 0;
};

/// What lies beneath a folder, sorted as a manifest wants it. Sizes and digests are not known yet.
/// Folders are listed only when they are empty: the others follow from their files.
struct source_tree {
  std::vector<model::manifest_entry> entries;
  offenders refused;
};

/// Looks at every name beneath `source`, follows no link. Fails with `invalid` when there are more
/// entries than a manifest may have.
[[nodiscard]] io::task<result<source_tree>> walk_source(io::folder& source);

}  // namespace sluice::storage
