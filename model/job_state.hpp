#pragma once

#include <array>
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
  /// For waiting_for_source and parked: downloading_signature or downloading. Otherwise not used.
  job_state resume_to = job_state::downloading_signature;
  bool operator==(const job_situation&) const = default;
};
struct job_transition {
  job_situation next;
  std::vector<job_command> commands;
  bool allowed = true;
};

/// Pure: S2 of the feature contract. The table; every pair it does not list is refused: `allowed`
/// is false, the situation is unchanged, there are no commands (the caller logs it and goes on).
///
///   not_started           -> downloading_signature   started
///                         -> waiting_prestage        prestage_required
///   downloading_signature -> signature_downloaded    manifest_fetched
///                         -> waiting_for_source      sources_exhausted
///                         -> parked                  no_space
///   signature_downloaded  -> downloading             files_missing
///                         -> si_applied              nothing_missing
///   downloading           -> downloaded              last_piece_verified
///                         -> waiting_for_source      sources_exhausted
///                         -> parked                  no_space
///   waiting_for_source    -> where it came from      source_gained
///   parked                -> where it came from      space_found
///   waiting_prestage      -> si_applied              prestaged
///   downloaded            -> si_applied              committed
///                         -> downloading             damage_found
///   si_applied            -> si_applied              committed: it came without `downloaded`
///                         -> succeeded               reported
///   cancel_requested      -> cancelled               cancel_done
///                         -> downloaded              last_piece_verified: too late (C2)
///   all before downloaded -> cancel_requested        cancel_asked (later: refused, "too late")
///   downloading_signature, signature_downloaded
///                         -> failed                  manifest_refused
///   all but the final     -> failed                  volume_broken
///
/// A final state is entered with its report, if it has one, and `forget_job`.
job_transition advance(const job_situation& now, job_event event);

/// What a job found in the journal at start-up has to do, so that it goes on where it was. The
/// commands are safe to repeat. A `not_started` job waits for its slot: no commands.
std::vector<job_command> commands_after_restart(const job_situation& now);

std::string_view name_of(job_state state) noexcept;  ///< "waiting_for_source"
std::string_view name_of(job_event event) noexcept;
std::string_view name_of(job_command command) noexcept;
std::string_view name_of(state_report report) noexcept;
[[nodiscard]] bool is_final(job_state state) noexcept;
/// False for a code that only a later release knows.
[[nodiscard]] bool is_known(state_report report) noexcept;
/// It waits for something that is not its turn: a source, space, prestaged content. It has no slot.
[[nodiscard]] bool is_waiting(job_state state) noexcept;

inline constexpr std::array<job_state, 13> all_job_states{job_state::not_started,
                                                          job_state::waiting_for_source,
                                                          job_state::parked,
                                                          job_state::downloading_signature,
                                                          job_state::signature_downloaded,
                                                          job_state::downloading,
                                                          job_state::waiting_prestage,
                                                          job_state::cancel_requested,
                                                          job_state::downloaded,
                                                          job_state::failed,
                                                          job_state::cancelled,
                                                          job_state::si_applied,
                                                          job_state::succeeded};
/// The last enumerator of `job_event`; they count from 0.
inline constexpr job_event last_job_event = job_event::volume_broken;

}  // namespace sluice::model
