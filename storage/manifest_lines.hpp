#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/io.hpp"
#include "model/model.hpp"

namespace sluice::storage {

/// A file entry of the manifest, and where the line after it begins.
struct listed_file {
  model::file_id file;
  std::uint64_t end = 0;
  bool present = false;
  std::optional<error> failed{};
};

/// Reads lines of a manifest from an offset on. Of one that was not verified they may be anything.
struct line_reader {
  io::file& from;
  std::uint64_t offset = 0;  ///< of the next line
  std::string text{};        ///< bytes from `offset` on
  bool in_header = false;
  bool end = false;

  /// The next file entry; nothing at the end of the buffered text.
  result<std::optional<listed_file>> next();
};

/// Up to 256 more files, none beyond `until`; fewer only there, and none at the end.
io::task<result<std::vector<listed_file>>> read_files(line_reader& reader, std::uint64_t until);

}  // namespace sluice::storage
