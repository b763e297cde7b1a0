#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.hpp"

namespace sluice::http {

/// Bytes `offset` .. `offset + length - 1` of something; never empty.
struct byte_range {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool operator==(const byte_range&) const = default;
};

/// What a Range field asks of `size` bytes (RFC 9110 14.1).
///
///   whole            no field, or a unit other than bytes: answer 200
///   partial          1 to 8 ranges, ascending, not overlapping, inside the size: answer 206
///   unsatisfiable    anything else: answer 416
struct range_request {
  enum class kind : std::uint8_t { whole, partial, unsatisfiable };
  kind asked = kind::whole;
  std::vector<byte_range> ranges;
};
range_request parse_range(std::string_view field, std::uint64_t size);

/// "bytes 0-99/1000"
std::string print_content_range(const byte_range& range, std::uint64_t size);

/// A Content-Range as a server may send it; `size` is none for "*", `range` none for "bytes */N".
struct content_range {
  std::optional<byte_range> range;
  std::optional<std::uint64_t> size;
};
/// Nothing when it is malformed, or its numbers contradict each other.
std::optional<content_range> parse_content_range(std::string_view field);

/// Digits only, no sign, no overflow.
std::optional<std::uint64_t> parse_decimal(std::string_view digits) noexcept;

}  // namespace sluice::http
