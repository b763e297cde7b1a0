#pragma once

#include <string>
#include <string_view>

namespace sluice {

/// Text from outside, safe for a terminal or a log line: control characters and bytes that are not
/// UTF-8 become \xNN, a backslash becomes \\; at most `bytes_max` bytes of it, then "...".
std::string escaped(std::string_view text, std::size_t bytes_max = 1024);

/// True when `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace sluice
