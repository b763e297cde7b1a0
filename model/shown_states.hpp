#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/distribution_state.hpp"
#include "model/job_state.hpp"

/// States that administrators know from ConfigMgr and BITS, read off those that are kept. Values
/// are theirs; never renumber.
namespace sluice::model {

/// S4: a package's status on a distribution point.
enum class package_status : std::uint8_t {
  none = 0,
  sent = 1,
  received = 2,
  installed = 3,
  retry = 4,
  failed = 5,
  removed = 6,  ///< nothing is kept of one that is removed
  pending_remove = 7,
  remove_failed = 8,
  retry_remove = 9,
};
/// True when S4 lists the transition (0→1→2→3; 1|2→4→1; 4→5; 5→3; 3|5→7→6; 7→9→7; 9→8; 3|5|6→1).
[[nodiscard]] bool may_follow(package_status from, package_status to) noexcept;
[[nodiscard]] package_status status_of(package_state state,
                                       std::optional<site_job_state> job) noexcept;

/// S7: a transfer.
enum class transfer_state : std::uint8_t {
  suspended,
  queued,
  connecting,
  transferring,
  transferred,
  acknowledged,
  transient_error,
  error,
  cancelled,
};
/// True when S7 lists the transition (suspended→queued→connecting→transferring→transferred→
/// acknowledged; connecting|transferring→transient_error→queued; any active→error→queued; any
/// active→suspended; all but acknowledged→cancelled).
[[nodiscard]] bool may_follow(transfer_state from, transfer_state to) noexcept;
/// `waits_for_turn`: others of its node move bytes meanwhile.
[[nodiscard]] transfer_state transfer_of(job_state state, bool waits_for_turn) noexcept;

std::string_view name_of(package_status status) noexcept;
std::string_view name_of(transfer_state state) noexcept;

}  // namespace sluice::model
