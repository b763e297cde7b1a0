#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "rpc/services.hpp"

/// Who may call what, as written beside each method of sluice.thrift.
namespace sluice::rpc {

enum class authorization : std::uint8_t {
  anyone,  ///< who could connect
  admin,   ///< an operator: the Unix socket's file mode says who
  node,    ///< a distribution point: a certificate, or loopback until mutual TLS exists
  site,    ///< the site: likewise
};

struct method_authorization {
  std::string_view service;
  std::string_view method;
  authorization needed;
};

/// Made from sluice.thrift when sluice is built.
std::span<const method_authorization> authorization_table() noexcept;

/// Why `caller` may not call; nothing when it may. What the table does not list nobody may call.
std::optional<error> refusal(const principal& caller, std::string_view service,
                             std::string_view method);

}  // namespace sluice::rpc
