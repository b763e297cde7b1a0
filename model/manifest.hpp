#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.hpp"

namespace sluice::model {

/// `f` file, `x` executable file, `d` folder, `l` symbolic link.
enum class entry_kind : char { file = 'f', executable = 'x', folder = 'd', link = 'l' };

/// One line of a manifest. `path` is relative, '/'-separated, UTF-8, decoded.
struct manifest_entry {
  entry_kind kind = entry_kind::file;
  std::string path;
  file_id file;             ///< f, x
  std::string link_target;  ///< l: relative, stays inside the tree

  bool operator==(const manifest_entry&) const = default;
};

/// The first lines of a manifest: "sluice-manifest 1", site, package, version, algorithm, counts.
struct manifest_header {
  content_id content;
  std::uint32_t entries = 0;
  std::uint32_t files = 0;  ///< entries of kind f and x
  byte_count bytes{};       ///< sum of their sizes
  bool operator==(const manifest_header&) const = default;
};

/// Prints a manifest; entries must come sorted by path (bytewise) and obey the parser's rules.
class manifest_printer {
public:
  static std::string print_header(const manifest_header& header);
  static std::string print_entry(const manifest_entry& entry);
};

/// Reads a manifest as a stream: feed bytes as they come, take entries as they complete.
/// Refuses absolute, `.`, `..`, empty and duplicate paths, a file as another's parent, links that
/// leave the tree, wrong order, wrong counts, more than the limits. Memory: one line, plus the
/// previous path (and 40 bytes per non-folder prefix kept for the parent rule where needed).
class manifest_parser {
public:
  /// Appends the entries that `bytes` completes to `into`.
  result<void> feed(std::string_view bytes, std::vector<manifest_entry>& into);
  /// Checks that the header's promises were kept; call once after the last byte.
  result<void> finish();
  /// Valid once the first entry came out, or after `finish`.
  [[nodiscard]] const manifest_header& header() const noexcept { return header_; }

private:
  result<void> take_line(std::string_view line, std::vector<manifest_entry>& into);
  manifest_header header_;
  std::string partial_;
  std::string previous_path_;
  std::vector<std::string> open_files_;  // files whose path may be a prefix of what follows
  std::uint64_t bytes_read_ = 0;
  std::uint64_t line_ = 0;
  std::uint32_t entries_ = 0;
  std::uint32_t files_ = 0;
  std::uint64_t file_bytes_ = 0;
};

/// The whole text at once, for small ones and tests.
struct manifest {
  manifest_header header;
  std::vector<manifest_entry> entries;
};
result<manifest> parse_manifest(std::string_view text);
std::string print_manifest(const manifest& whole);

}  // namespace sluice::model
