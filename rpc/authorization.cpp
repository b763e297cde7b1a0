#include "rpc/authorization.hpp"

#include <algorithm>

#include "rpc/principal.hpp"

namespace sluice::rpc {

namespace {

bool may(const principal& caller, authorization needed) {
  const bool on_unix_socket = caller.how == principal::way::unix_socket;
  switch (needed) {
    case authorization::anyone: return true;
    case authorization::admin: return on_unix_socket;
    case authorization::node:
    case authorization::site: return !on_unix_socket;
  }
  return false;
}

std::string_view advice(authorization needed) {
  return needed == authorization::admin ? "use the node's Unix socket"
                                        : "use the node's Thrift address";
}

}  // namespace

std::optional<error> refusal(const principal& caller, std::string_view service,
                             std::string_view method) {
  const auto table = authorization_table();
  const auto row = std::find_if(table.begin(), table.end(), [&](const method_authorization& one) {
    return one.service == service && one.method == method;
  });
  if (row == table.end()) {
    return error{errc::invalid, 0,
                 format("call {}.{}: there is no such method", service, escaped(method, 64))};
  }
  if (may(caller, row->needed)) { return std::nullopt; }
  return error{
      errc::denied, 0,
      format("call {}.{} as {}: {}", service, method, describe(caller), advice(row->needed))};
}

}  // namespace sluice::rpc
