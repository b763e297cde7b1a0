#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.hpp"

namespace sluice::model {

enum class notification_action : std::uint8_t { add = 1, redistribute = 2 };
enum class package_priority : std::uint8_t { high = 1, medium = 2, low = 3 };
constexpr std::string_view name_of(package_priority priority) noexcept {
  switch (priority) {
    case package_priority::high: return "high";
    case package_priority::medium: return "medium";
    case package_priority::low: return "low";
  }
  return "unknown";
}

/// ConfigMgr's number for SHA-256 (CALG_SHA_256 is 0x800c).
inline constexpr std::uint32_t hash_algorithm_sha256 = 32780;

inline constexpr std::string_view http_protocol = "http";
inline constexpr std::string_view push_protocol = "push";

/// A place to read content from. `address` is "host:port" of its content server.
struct source_entry {
  std::string name;            ///< the source distribution point's label
  node_id node;                ///< who must answer there
  std::string address;         ///< host:port
  std::string protocol;        ///< "http", or "push": it opens the connections; no address then
  std::uint32_t priority = 1;  ///< lowest first; equal ones in random order
  bool operator==(const source_entry&) const = default;
};

/// What the site tells a pull distribution point (features B6). Idempotent by `job`.
struct notification {
  job_id job;
  content_id content;
  notification_action action = notification_action::add;
  bool allow_fallback = false;
  package_priority priority = package_priority::medium;
  byte_count package_size{};     ///< sum of the file sizes
  bool anonymous_access = true;  ///< access rules
  std::uint32_t hash_algorithm = hash_algorithm_sha256;
  digest hash;  ///< SHA-256 of the manifest's bytes
  byte_count manifest_size{};
  std::vector<source_entry> sources;
  bool prestaged = false;       ///< fetch nothing: the content comes prestaged (E3)
  std::string related_content;  ///< empty, or a content id
  bool operator==(const notification&) const = default;
};

/// True for "host:port": a name, an IPv4 address or an IPv6 address in brackets, and a port from 1
/// to 65535. Resolves nothing.
[[nodiscard]] bool is_address(std::string_view text) noexcept;

/// True when the site itself brings the content: then it is the only source.
[[nodiscard]] bool is_pushed(const notification& given) noexcept;

/// Refuses unknown algorithm, empty or too many sources, bad addresses, a source named twice and a
/// manifest that cannot be; names the fault.
result<void> check_notification(const notification& given);

}  // namespace sluice::model
