#include "base/error.hpp"

#include <algorithm>
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

namespace {

/// What `doing` does not say already: the words of the system, or those of the code when there is
/// no sentence about it ("read x: it is a folder").
std::string cause_of(const error& failure) {
  if (failure.os_error != 0) {
    std::string words = std::generic_category().message(failure.os_error);
    return failure.doing.find(words) == std::string::npos ? words : "";
  }
  if (failure.code == errc::invalid || failure.doing.find(": ") != std::string::npos) { return {}; }
  std::string words(name_of(failure.code));
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

}  // namespace

std::string describe(const error& failure) {
  const std::string cause = cause_of(failure);
  return "cannot " + failure.doing + (cause.empty() ? "" : ": " + cause);
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
