#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

/// Who is given content by a distribution point (features D11): its usage.
namespace sluice::model {

/// Told apart by what a request says of itself; a distribution point is a client, too.
enum class visitor_kind : std::uint8_t { client = 1, distribution_point = 2 };
constexpr std::string_view name_of(visitor_kind kind) noexcept {
  return kind == visitor_kind::distribution_point ? "distribution_point" : "client";
}

/// Content that one visitor was given: `identity` of its certificate, or else its address.
struct visit {
  visitor_kind kind = visitor_kind::client;
  std::string identity;
  std::uint64_t bytes = 0;  ///< of files, as sent
  bool operator==(const visit&) const = default;
};

/// What was given in the last `days` days, today's part (UTC) included. Each visitor counts once,
/// "Client Accessed (Unique)".
struct usage_window {
  std::uint32_t days = 1;
  std::uint32_t clients = 0;
  std::uint32_t distribution_points = 0;
  std::uint64_t client_bytes = 0;
  std::uint64_t distribution_point_bytes = 0;
  [[nodiscard]] std::uint32_t accessed() const noexcept { return clients + distribution_points; }
  [[nodiscard]] std::uint64_t bytes() const noexcept {
    return client_bytes + distribution_point_bytes;
  }
  bool operator==(const usage_window&) const = default;
};

/// The windows that are kept, the longest last.
inline constexpr std::array<std::uint32_t, 3> usage_days{1, 7, 30};

}  // namespace sluice::model
