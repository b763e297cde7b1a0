#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace sluice {

/// Lower-case hex digits, two per byte.
std::string to_hex(std::span<const std::byte> bytes);

/// Fills `into` from exactly 2 * into.size() lower-case hex digits; false when `text` is anything
/// else.
[[nodiscard]] bool from_hex(std::string_view text, std::span<std::byte> into) noexcept;

}  // namespace sluice
