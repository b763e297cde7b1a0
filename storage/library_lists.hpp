#pragma once

#include <string>
#include <vector>

#include "storage/content_library.hpp"

namespace sluice::storage {

/// Compares the package records on disk, and the index, with the contents that the library serves,
/// and writes anew what differs. Returns what did, one item each: "the package record of PKG00012
/// is missing", "PKG00012.1 is not in the index". An item that could not be written anew comes up
/// again the next time. Fails when they cannot be compared at all.
[[nodiscard]] io::task<result<std::vector<std::string>>> compare_lists(content_library& library);

}  // namespace sluice::storage
