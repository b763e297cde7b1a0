#pragma once

#include <string_view>

#include "model/manifest.hpp"

/// The spelling of a manifest's lines, apart from their order. Faults are one clause without a line
/// number; the parser adds it.
namespace sluice::model {

inline constexpr std::string_view manifest_magic = "sluice-manifest ";
inline constexpr std::string_view manifest_format = "1";
inline constexpr std::string_view manifest_algorithm = "sha256-tree";
inline constexpr std::uint32_t manifest_header_lines = 8;
/// Two paths with every byte encoded, a digest, a size and the separators.
inline constexpr std::size_t manifest_line_bytes_max = 2 * 3 * limits::path_bytes_max + 128;

/// Reads header line `number` (0 to 7) into `header`.
result<void> read_header_line(std::string_view line, std::uint32_t number, manifest_header& header);

/// Reads an entry line; the error's `doing` is the bare fault.
result<manifest_entry> read_entry_line(std::string_view line);

}  // namespace sluice::model
