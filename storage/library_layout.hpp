#pragma once

#include <string>

#include "model/model.hpp"

/// Every path of the content library, relative to its root, and nothing else.
namespace sluice::storage {

std::string file_path(const model::file_id& file);         // filelib/3fa9/3fa9....1048577
std::string piece_layer_path(const model::file_id& file);  // filelib/3fa9/3fa9....1048577.pieces
std::string manifest_path(const model::content_id& id);    // datalib/PKG00012.3
std::string signature_path(const model::content_id& id);   // datalib/PKG00012.3.sig
std::string package_path(const model::package_id& id);     // pkglib/PKG00012
std::string staging_path(const model::file_id& file,
                         std::uint32_t attempt);                 // staging/3fa9....1048577.1
std::string staging_manifest_path(const model::content_id& id);  // staging/PKG00012.3
inline constexpr const char* trash_folder = "trash";

}  // namespace sluice::storage
