#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.hpp"

/// A manifest says what one content version consists of. Its bytes are hashed and signed, so every
/// manifest has exactly one spelling: print(parse(x)) is x, and anything else is refused.
///
///   manifest = header *entry
///   header   = "sluice-manifest 1" LF
///              "site " site LF            three letters or digits, those of the package
///              "package " package LF      PackageID
///              "version " number LF       1 .. 2^32-1
///              "algorithm sha256-tree" LF the tree of BEP 52 over leaves of 16 KiB
///              "entries " number LF       how many entries follow, at most 1,000,000
///              "files " number LF         how many of them are of kind f or x
///              "bytes " number LF         the sum of their sizes
///   entry    = ("f" / "x") SP number SP digest SP path LF    file, executable file: size, root
///            / "d" SP path LF                                folder
///            / "l" SP target SP path LF                      symbolic link
///   number   = "0" / (%x31-39 *DIGIT)     at most 2^63-1
///   digest   = 64(DIGIT / %x61-66)        lower-case hex
///   path, target = 1*(ALPHA / DIGIT / "-" / "." / "_" / "~" / "/" / "%" 2(DIGIT / %x41-46))
///
/// A byte that may stand for itself is never percent-encoded. Entries are sorted bytewise by
/// decoded path. Decoded paths are UTF-8 without NUL, of 1 to 4096 bytes, relative, of components
/// that are neither empty nor "." nor "..", each only once; only a folder may be another entry's
/// parent, but a parent need not be listed. A link's target passes `link_stays_inside`. A file of
/// size 0 has the SHA-256 of nothing. The whole has at most 64 MiB.
namespace sluice::model {

/// `f` file, `x` executable file, `d` folder, `l` symbolic link.
enum class entry_kind : char { file = 'f', executable = 'x', folder = 'd', link = 'l' };

/// One line of a manifest. `path` is relative, '/'-separated, UTF-8, decoded.
struct manifest_entry {
  entry_kind kind = entry_kind::file;
  std::string path;
  file_id file;             ///< f, x
  std::string link_target;  ///< l: relative, stays inside the tree

  [[nodiscard]] bool is_file() const noexcept {
    return kind == entry_kind::file || kind == entry_kind::executable;
  }
  bool operator==(const manifest_entry&) const = default;
};

/// The first lines of a manifest.
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
/// Refuses whatever the grammar above does not allow, and counts that the header did not promise.
/// Memory: one line, the previous path, and a number per open prefix of it; never the whole.
/// Errors name the line and the cause: `corrupt`, `limit_reached`, or `incompatible` for another
/// format number. After an error the parser stays failed.
class manifest_parser {
public:
  /// Appends the entries that `bytes` completes to `into`.
  result<void> feed(std::string_view bytes, std::vector<manifest_entry>& into);
  /// Checks that the header's promises were kept; call once after the last byte.
  result<void> finish();
  /// Valid once the first entry came out, or after `finish`.
  [[nodiscard]] const manifest_header& header() const noexcept { return header_; }

private:
  result<void> take_bytes(std::string_view bytes, std::vector<manifest_entry>& into);
  result<void> take_line(std::string_view line, std::vector<manifest_entry>& into);
  result<void> take_header_line(std::string_view line);
  result<void> take_entry(manifest_entry entry, std::vector<manifest_entry>& into);
  result<void> check_place(const manifest_entry& entry);
  [[nodiscard]] error refusal(std::string_view why, errc code = errc::corrupt) const;

  manifest_header header_;
  std::string partial_;
  std::string previous_path_;
  /// Lengths of the prefixes of `previous_path_` that are entries but no folders.
  std::vector<std::size_t> closed_prefixes_;
  std::optional<error> failure_;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t line_ = 0;  ///< of the line being read, from 1
  std::uint32_t entries_ = 0;
  std::uint32_t files_ = 0;
  std::uint64_t file_bytes_ = 0;
};

/// The content that a manifest's first lines name, whatever else may be wrong with it; nothing when
/// they name none.
std::optional<content_id> content_of_manifest(std::string_view beginning);

/// One entry line without its LF: for readers that go on in the middle of a manifest that was
/// verified before. Checks the line by itself, not its place among the others.
result<manifest_entry> parse_manifest_entry(std::string_view line);

/// Why `path` cannot be an entry's path; nothing when it can.
std::optional<std::string> path_fault(std::string_view path);

/// True when a link at `path` with this target leads to a place inside the tree, also through
/// other links: relative, UTF-8, 1 to 4096 bytes, and ".." only at its front and not above the
/// root. (A ".." behind a name could leave the tree when the name is itself a link: a/../.. is
/// refused.)
[[nodiscard]] bool link_stays_inside(std::string_view path, std::string_view target);

/// Percent-encoding of RFC 3986: unreserved characters and '/' stand for themselves.
std::string percent_encoded(std::string_view bytes);

/// The whole text at once, for small ones and tests.
struct manifest {
  manifest_header header;
  std::vector<manifest_entry> entries;
  bool operator==(const manifest&) const = default;
};
result<manifest> parse_manifest(std::string_view text);
std::string print_manifest(const manifest& whole);

}  // namespace sluice::model
