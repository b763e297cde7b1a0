#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "storage/content_catalogue.hpp"

/// The text of `pkglib/<PackageID>`: which versions of a package are committed, and for whom. It
/// is the promise: a content is in the library when, and only when, its line is here.
///
///   record  = "sluice-package 1" LF "package " PackageID LF *content
///   content = "content " version SP users SP manifest-hash SP manifest-size SP bytes SP files LF
///
/// Versions ascend; `users` is the mask of `library_user` in decimal.
namespace sluice::storage {

std::string print_package_record(const model::package_id& package,
                                 const std::vector<catalogue_entry>& contents);

/// `incompatible` for a newer format number, `corrupt` for anything else that is not a record.
result<std::vector<catalogue_entry>> parse_package_record(const model::package_id& package,
                                                          std::string_view text);

}  // namespace sluice::storage
