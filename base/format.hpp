#pragma once

#include <fmt/core.h>

namespace sluice {

/// {}-style formatting; the one way text is put together in sluice.
using fmt::format;

}  // namespace sluice
