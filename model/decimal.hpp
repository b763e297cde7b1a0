#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::model {

/// A decimal number as sluice prints it: digits only, no sign, no leading zero, at most `largest`.
/// Nothing for any other text, so that every number has exactly one spelling.
std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t largest) noexcept;

}  // namespace sluice::model
