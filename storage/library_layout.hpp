#pragma once

#include <string>
#include <string_view>

#include "model/model.hpp"

/// Every path of the content library, relative to its root, and nothing else.
/// docs/library_layout.md has the grammar.
namespace sluice::storage {

std::string file_folder(const model::file_id& file);       // filelib/3f
std::string file_path(const model::file_id& file);         // filelib/3f/3fa9....1048577
std::string piece_layer_path(const model::file_id& file);  // filelib/3f/3fa9....1048577.pieces
std::string manifest_path(const model::content_id& id);    // datalib/PKG00012.3
std::string signature_path(const model::content_id& id);   // datalib/PKG00012.3.sig
std::string package_path(const model::package_id& id);     // pkglib/PKG00012
std::string staging_path(const model::file_id& file,
                         std::uint32_t attempt);                  // staging/3fa9....1048577.1
std::string staging_manifest_path(const model::content_id& id);   // staging/PKG00012.3
std::string staging_signature_path(const model::content_id& id);  // staging/PKG00012.3.sig

/// What a name in `staging/` is, when it is a large file's: the way back from `staging_path`.
struct staged_name {
  model::file_id file;
  std::uint32_t attempt = 0;
};
/// `invalid` for any other name.
result<staged_name> parse_staged_name(std::string_view name);

inline constexpr const char* package_folder = "pkglib";
inline constexpr const char* data_folder = "datalib";
inline constexpr const char* files_folder = "filelib";
inline constexpr const char* staging_folder = "staging";
inline constexpr const char* trash_folder = "trash";
inline constexpr const char* reserve_path = "reserve";  ///< given up to record a removal

}  // namespace sluice::storage
