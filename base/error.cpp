#include "base/error.hpp"

#include <array>
#include <cerrno>
#include <system_error>

namespace sluice {

std::string_view name_of(errc code) noexcept {
  static constexpr std::array<std::string_view, 14> names{
      "not_found",     "corrupt",     "no_space",  "timed_out",   "peer_closed",
      "limit_reached", "cancelled",   "os_failed", "invalid",     "denied",
      "conflict",      "unreachable", "refused",   "incompatible"};
  const auto index = static_cast<std::size_t>(code);
  return index < names.size() ? names[index] : "unknown";
}

std::string describe(const error& failure) {
  std::string text = "cannot " + failure.doing + ": ";
  if (failure.os_error != 0) {
    text += std::generic_category().message(failure.os_error);
  } else {
    for (char letter : name_of(failure.code)) { text += letter == '_' ? ' ' : letter; }
  }
  return text;
}

error os_failure(int os_error, std::string doing) {
  errc code = errc::os_failed;
  switch (os_error) {
    case ENOSPC:
    case EDQUOT: code = errc::no_space; break;
    case ENOENT: code = errc::not_found; break;
    case EEXIST: code = errc::conflict; break;
    case EACCES:
    case EPERM: code = errc::denied; break;
    case ETIMEDOUT:
    case ETIME: code = errc::timed_out; break;
    case ECANCELED: code = errc::cancelled; break;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH: code = errc::unreachable; break;
    case ECONNRESET:
    case EPIPE: code = errc::peer_closed; break;
    default: break;
  }
  return {code, os_error, std::move(doing)};
}

}  // namespace sluice
