#include <array>

#include "model/job_state.hpp"

namespace sluice::model {

std::string_view name_of(job_state state) noexcept {
  switch (state) {
    case job_state::not_started: return "not_started";
    case job_state::waiting_for_source: return "waiting_for_source";
    case job_state::parked: return "parked";
    case job_state::downloading_signature: return "downloading_signature";
    case job_state::signature_downloaded: return "signature_downloaded";
    case job_state::downloading: return "downloading";
    case job_state::waiting_prestage: return "waiting_prestage";
    case job_state::cancel_requested: return "cancel_requested";
    case job_state::downloaded: return "downloaded";
    case job_state::failed: return "failed";
    case job_state::cancelled: return "cancelled";
    case job_state::si_applied: return "si_applied";
    case job_state::succeeded: return "succeeded";
  }
  return "unknown";
}

std::string_view name_of(job_event event) noexcept {
  static constexpr std::array<std::string_view, 18> names{
      "started",          "prestage_required", "prestaged",     "manifest_fetched",
      "manifest_refused", "nothing_missing",   "files_missing", "sources_exhausted",
      "source_gained",    "no_space",          "space_found",   "last_piece_verified",
      "damage_found",     "committed",         "reported",      "cancel_asked",
      "cancel_done",      "volume_broken"};
  static_assert(names.size() == static_cast<std::size_t>(last_job_event) + 1);
  const auto index = static_cast<std::size_t>(event);
  return index < names.size() ? names[index] : "unknown";
}

std::string_view name_of(job_command command) noexcept {
  static constexpr std::array<std::string_view, 18> names{
      "fetch_manifest",     "plan_missing",      "fetch_files",
      "wait_for_source",    "wait_for_space",    "wait_for_prestage",
      "stop_fetching",      "commit_content",    "report_started",
      "report_in_progress", "report_downloaded", "report_success",
      "report_failure",     "report_warning",    "report_cancel_requested",
      "report_cancelled",   "record_state",      "forget_job"};
  const auto index = static_cast<std::size_t>(command);
  return index < names.size() ? names[index] : "unknown";
}

std::string_view name_of(state_report report) noexcept {
  switch (report) {
    case state_report::success: return "success";
    case state_report::warning: return "warning";
    case state_report::failure: return "failure";
    case state_report::download_started: return "download_started";
    case state_report::in_progress: return "in_progress";
    case state_report::downloaded: return "downloaded";
    case state_report::cancelled: return "cancelled";
    case state_report::cancel_requested: return "cancel_requested";
  }
  return "unknown";
}

}  // namespace sluice::model
