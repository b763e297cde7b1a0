#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

/// What the caller can do about a failure; the words are in `error::doing`.
enum class errc : std::uint8_t {
  not_found,      ///< Nobody has it; asking again will not help.
  corrupt,        ///< The bytes do not match their digest or format; blame the source.
  no_space,       ///< The library volume is full; park and wait.
  timed_out,      ///< The other side was too slow; try another source.
  peer_closed,    ///< The connection ended early; resume from the last verified piece.
  limit_reached,  ///< One of limits.hpp said no; back off.
  cancelled,      ///< The caller gave up.
  os_failed,      ///< See `error::os_error`.
  invalid,        ///< The request itself is wrong; correct it.
  denied,         ///< The principal may not do this.
  conflict,       ///< It contradicts what exists; look at that first.
  unreachable,    ///< No connection to the other side; check address and that it runs.
  refused,        ///< The other side understood and said no; try another source.
  incompatible,   ///< Protocol or format versions do not overlap; upgrade one side.
};

/// The stable lower-case name of a code, as printed in --json: "not_found".
std::string_view name_of(errc code) noexcept;

/// A failure of life (bugs stop the process instead, see check.hpp).
struct [[nodiscard]] error {
  errc code = errc::os_failed;
  int os_error = 0;   ///< errno, or 0
  std::string doing;  ///< "rename 3fa9... into the file library": what failed, naming the thing

  bool operator==(const error&) const = default;
};

/// One line for a human: "cannot <doing>: <cause>", the cause only once.
std::string describe(const error& failure);

/// An `errno` as an error; ENOSPC/EDQUOT become `no_space`, ENOENT `not_found`, and so on.
error os_failure(int os_error, std::string doing);

}  // namespace sluice
