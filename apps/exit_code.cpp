#include "apps/exit_code.hpp"

namespace sluice::cli {

exit_code exit_code_of(errc code) noexcept {
  switch (code) {
    case errc::not_found: return exit_code::not_found;
    case errc::corrupt: return exit_code::integrity;
    case errc::no_space: return exit_code::try_later;
    case errc::timed_out: return exit_code::timeout;
    case errc::peer_closed: return exit_code::unreachable;
    case errc::limit_reached: return exit_code::try_later;
    case errc::cancelled: return exit_code::failed;
    case errc::os_failed: return exit_code::failed;
    case errc::invalid: return exit_code::usage;
    case errc::denied: return exit_code::denied;
    case errc::conflict: return exit_code::conflict;
    case errc::unreachable: return exit_code::unreachable;
    case errc::refused: return exit_code::failed;
    case errc::incompatible: return exit_code::failed;
  }
  return exit_code::failed;
}

}  // namespace sluice::cli
