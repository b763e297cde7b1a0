#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::http {

/// A path of a content as it came over the wire, decoded once.
struct wire_path {
  std::string path;     ///< "folder/name", without slashes around it; "" is the content's root
  bool folder = false;  ///< ended in a slash, or is the root
};

/// Decodes the part of a target after its content id. Nothing when it is refused: a broken escape,
/// %2F, NUL, a backslash as it is, an empty segment, "." or ".." in any encoding (also between
/// backslashes), or text that is not UTF-8. Decoded once: %252e stays the text "%2e".
std::optional<wire_path> parse_wire_path(std::string_view encoded);

/// The path in a target or a link: everything but unreserved characters and '/' is escaped
/// (RFC 3986 2.3).
std::string encode_path(std::string_view path);

/// Percent escapes decoded; nothing when one is broken.
std::optional<std::string> percent_decoded(std::string_view encoded);

}  // namespace sluice::http
