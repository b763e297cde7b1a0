#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/base.hpp"

namespace sluice::model {

/// S2: where a content is on its way to this distribution point. Values are stored; never renumber.
enum class job_state : std::uint8_t {
  not_started = 1,
  waiting_for_source = 2,
  parked = 3,
  downloading_signature = 4,
  signature_downloaded = 5,
  downloading = 6,
  waiting_prestage = 7,
  cancel_requested = 8,
  downloaded = 9,
  failed = 10,
  cancelled = 11,
  si_applied = 13,
  succeeded = 14,
};

/// What can happen to a job.
enum class job_event : std::uint8_t {
  started,            ///< a slot is free, the job begins
  prestage_required,  ///< the distribution point takes prestaged content only
  prestaged,          ///< the content came in prestaged
  manifest_fetched,   ///< fetched and verified (B5)
  manifest_refused,   ///< every source's manifest is wrong, or the site's word is
  nothing_missing,    ///< the library holds all files already, or there are none
  files_missing,      ///< there is something to fetch
  sources_exhausted,  ///< no source has it (D10)
  source_gained,      ///< a source gained it, came back, or 30 minutes have passed
  no_space,           ///< a reservation or a write found the volume full
  space_found,
  last_piece_verified,  ///< the commit point (C2)
  damage_found,         ///< commit found damage; fetch again
  committed,            ///< data and package record are durable
  reported,             ///< the outbox holds the final status
  cancel_asked,
  cancel_done,    ///< everything in flight has stopped
  volume_broken,  ///< the library volume takes no writes
};

/// What the actor has to do now.
enum class job_command : std::uint8_t {
  fetch_manifest,
  plan_missing,  ///< ask the librarian what is missing
  fetch_files,
  wait_for_source,  ///< 30 min timer, probes, early wake
  wait_for_space,
  wait_for_prestage,
  stop_fetching,
  commit_content,           ///< data record, package record
  report_started,           ///< S3 8
  report_in_progress,       ///< S3 16
  report_downloaded,        ///< S3 32
  report_success,           ///< S3 1
  report_failure,           ///< S3 4
  report_warning,           ///< S3 2: waiting, parked
  report_cancel_requested,  ///< S3 128
  report_cancelled,         ///< S3 64
  record_state,             ///< journal the new state (always the first command of a transition)
  forget_job,               ///< the job row goes, history stays (B12)
};

/// S3: what the site is told.
enum class state_report : std::uint8_t {
  success = 1,
  warning = 2,
  failure = 4,
  download_started = 8,
  in_progress = 16,
  downloaded = 32,
  cancelled = 64,
  cancel_requested = 128,
};

/// Where a waiting job goes back to is part of its state.
struct job_situation {
  job_state state = job_state::not_started;
  job_state resume_to = job_state::downloading_signature;  ///< for waiting_for_source and parked
};
struct job_transition {
  job_situation next;
  std::vector<job_command> commands;
  bool allowed = true;
};

/// Pure: S2 of the feature contract.
job_transition advance(const job_situation& now, job_event event);

std::string_view name_of(job_state state) noexcept;  ///< "waiting_for_source"
std::string_view name_of(job_event event) noexcept;
bool is_final(job_state state) noexcept;

}  // namespace sluice::model
