#pragma once

#include "base/base.hpp"

namespace sluice::cli {

/// How `sluice` ends. Scripts depend on the numbers; never renumber.
enum class exit_code : int {
  ok = 0,
  failed = 1,
  usage = 2,  ///< the command line, or a request that is wrong in itself
  not_found = 3,
  denied = 4,
  conflict = 5,
  partial = 6,  ///< some targets succeeded, some did not
  timeout = 7,
  unreachable = 8,  ///< nobody answers at the socket
  integrity = 9,    ///< bytes do not match their digest or format
  try_later = 75,   ///< EX_TEMPFAIL of sysexits(3)
};

/// The one place where an error becomes an exit code.
exit_code exit_code_of(errc code) noexcept;

}  // namespace sluice::cli
