#pragma once

#include <cstdint>

namespace sluice::storage {

/// Who holds a content in the library of a node; bytes go with the last user. Bits of a mask.
enum class library_user : std::uint8_t { site = 1, distribution_point = 2 };

}  // namespace sluice::storage
