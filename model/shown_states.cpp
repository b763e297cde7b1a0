#include "model/shown_states.hpp"

#include <array>

namespace sluice::model {

bool may_follow(package_status from, package_status to) noexcept {
  using enum package_status;
  switch (from) {
    case none: return to == sent;
    case sent: return to == received || to == retry;
    case received: return to == installed || to == retry;
    case installed: return to == pending_remove || to == sent;
    case retry: return to == sent || to == failed;
    case failed: return to == installed || to == pending_remove || to == sent;
    case removed: return to == sent;
    case pending_remove: return to == removed || to == retry_remove;
    case remove_failed: return false;
    case retry_remove: return to == pending_remove || to == remove_failed;
  }
  return false;
}

package_status status_of(package_state state, std::optional<site_job_state> job) noexcept {
  switch (state) {
    case package_state::installed:
    case package_state::content_monitoring: return package_status::installed;
    case package_state::install_retrying: return package_status::retry;
    case package_state::install_failed: return package_status::failed;
    case package_state::removal_pending: return package_status::pending_remove;
    case package_state::removal_retrying: return package_status::retry_remove;
    case package_state::removal_failed: return package_status::remove_failed;
    case package_state::install_pending:
    case package_state::content_updating:
      if (!job) { return package_status::none; }
      return *job == site_job_state::in_progress || *job == site_job_state::suspended
                 ? package_status::received
                 : package_status::sent;
  }
  return package_status::none;
}

bool may_follow(transfer_state from, transfer_state to) noexcept {
  using enum transfer_state;
  const bool active =
      from != suspended && from != acknowledged && from != error && from != cancelled;
  if (to == cancelled) { return from != acknowledged && from != cancelled; }
  if (to == error || to == suspended) { return active; }
  switch (from) {
    case suspended:
    case transient_error:
    case error: return to == queued;
    case queued: return to == connecting;
    case connecting: return to == transferring || to == transient_error;
    case transferring: return to == transferred || to == transient_error;
    case transferred: return to == acknowledged;
    case acknowledged:
    case cancelled: return false;
  }
  return false;
}

transfer_state transfer_of(job_state state, bool waits_for_turn) noexcept {
  switch (state) {
    case job_state::not_started: return transfer_state::queued;
    case job_state::waiting_for_source: return transfer_state::transient_error;
    case job_state::parked:
    case job_state::waiting_prestage:
    case job_state::cancel_requested: return transfer_state::suspended;
    case job_state::downloading_signature:
    case job_state::signature_downloaded:
      return waits_for_turn ? transfer_state::queued : transfer_state::connecting;
    case job_state::downloading:
      return waits_for_turn ? transfer_state::queued : transfer_state::transferring;
    case job_state::downloaded:
    case job_state::si_applied: return transfer_state::transferred;
    case job_state::succeeded: return transfer_state::acknowledged;
    case job_state::failed: return transfer_state::error;
    case job_state::cancelled: return transfer_state::cancelled;
  }
  return transfer_state::error;
}

std::string_view name_of(package_status status) noexcept {
  static constexpr std::array<std::string_view, 10> names{
      "none",   "sent",    "received",       "installed",     "retry",
      "failed", "removed", "pending_remove", "remove_failed", "retry_remove"};
  const auto index = static_cast<std::size_t>(status);
  return index < names.size() ? names[index] : "unknown";
}

std::string_view name_of(transfer_state state) noexcept {
  static constexpr std::array<std::string_view, 9> names{
      "suspended",    "queued",          "connecting", "transferring", "transferred",
      "acknowledged", "transient_error", "error",      "cancelled"};
  const auto index = static_cast<std::size_t>(state);
  return index < names.size() ? names[index] : "unknown";
}

}  // namespace sluice::model
