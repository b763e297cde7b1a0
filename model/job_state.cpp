#include "model/job_state.hpp"

#include <array>
#include <initializer_list>
#include <span>

namespace sluice::model {

namespace {

/// One arrow of S2. `commands` come after `record_state`, which begins every transition.
struct arrow {
  constexpr arrow(job_state from_state, job_event on_event, job_state to_state,
                  std::initializer_list<job_command> to_do)
      : from(from_state), event(on_event), to(to_state) {
    for (const job_command command : to_do) { commands[count++] = command; }
  }

  job_state from;
  job_event event;
  job_state to;
  std::array<job_command, 3> commands{};
  std::size_t count = 0;
};

// The arrows whose end does not depend on the past; `advance` adds those that do, and the two
// events that many states share.
constexpr auto arrows = [] {
  using enum job_state;
  using enum job_event;
  using enum job_command;
  return std::array{
      arrow{not_started, started, downloading_signature, {report_started, fetch_manifest}},
      arrow{not_started, prestage_required, waiting_prestage, {report_warning, wait_for_prestage}},

      arrow{downloading_signature, manifest_fetched, signature_downloaded, {plan_missing}},
      arrow{downloading_signature,
            sources_exhausted,
            waiting_for_source,
            {report_warning, wait_for_source}},
      arrow{
          downloading_signature, no_space, parked, {stop_fetching, report_warning, wait_for_space}},
      arrow{downloading_signature,
            manifest_refused,
            failed,
            {stop_fetching, report_failure, forget_job}},

      arrow{signature_downloaded, files_missing, downloading, {report_in_progress, fetch_files}},
      arrow{signature_downloaded, nothing_missing, si_applied, {commit_content}},
      arrow{signature_downloaded, manifest_refused, failed, {report_failure, forget_job}},

      arrow{downloading, last_piece_verified, downloaded, {report_downloaded, commit_content}},
      arrow{downloading, sources_exhausted, waiting_for_source, {report_warning, wait_for_source}},
      arrow{downloading, no_space, parked, {stop_fetching, report_warning, wait_for_space}},

      arrow{waiting_prestage, prestaged, si_applied, {commit_content}},

      arrow{downloaded, committed, si_applied, {report_success}},
      arrow{downloaded, damage_found, downloading, {report_in_progress, fetch_files}},

      arrow{si_applied, committed, si_applied, {report_success}},
      arrow{si_applied, reported, succeeded, {forget_job}},

      arrow{cancel_requested, cancel_done, cancelled, {report_cancelled, forget_job}},
      arrow{cancel_requested, last_piece_verified, downloaded, {report_downloaded, commit_content}},
  };
}();

constexpr bool may_be_cancelled(job_state state) noexcept {
  switch (state) {
    case job_state::not_started:
    case job_state::waiting_for_source:
    case job_state::parked:
    case job_state::downloading_signature:
    case job_state::signature_downloaded:
    case job_state::downloading:
    case job_state::waiting_prestage: return true;
    case job_state::cancel_requested:
    case job_state::downloaded:
    case job_state::failed:
    case job_state::cancelled:
    case job_state::si_applied:
    case job_state::succeeded: return false;
  }
  return false;
}

job_transition go(job_situation next, std::span<const job_command> commands) {
  job_transition made{next, {}};
  made.commands.reserve(commands.size() + 1);
  made.commands.push_back(job_command::record_state);
  for (const job_command command : commands) { made.commands.push_back(command); }
  return made;
}

job_transition go(job_state to, std::initializer_list<job_command> commands) {
  return go({to}, std::span(commands.begin(), commands.size()));
}

/// Back from a wait to the work that it interrupted; from the manifest on when that is unclear.
job_transition resume(const job_situation& now) {
  if (now.resume_to == job_state::downloading) {
    return go(job_state::downloading, {job_command::report_in_progress, job_command::fetch_files});
  }
  return go(job_state::downloading_signature,
            {job_command::report_in_progress, job_command::fetch_manifest});
}

}  // namespace

job_transition advance(const job_situation& now, job_event event) {
  if (event == job_event::cancel_asked && may_be_cancelled(now.state)) {
    return go(job_state::cancel_requested,
              {job_command::report_cancel_requested, job_command::stop_fetching});
  }
  if (event == job_event::volume_broken && !is_final(now.state)) {
    return go(job_state::failed,
              {job_command::stop_fetching, job_command::report_failure, job_command::forget_job});
  }
  if (now.state == job_state::waiting_for_source && event == job_event::source_gained) {
    return resume(now);
  }
  if (now.state == job_state::parked && event == job_event::space_found) { return resume(now); }
  for (const arrow& one : arrows) {
    if (one.from != now.state || one.event != event) { continue; }
    const bool waits = one.to == job_state::waiting_for_source || one.to == job_state::parked;
    return go({one.to, waits ? now.state : job_state::downloading_signature},
              std::span(one.commands).first(one.count));
  }
  return {now, {}, false};
}

std::vector<job_command> commands_after_restart(const job_situation& now) {
  using enum job_command;
  switch (now.state) {
    case job_state::not_started: return {};
    case job_state::waiting_for_source: return {wait_for_source};
    case job_state::parked: return {wait_for_space};
    case job_state::downloading_signature: return {fetch_manifest};
    case job_state::signature_downloaded: return {plan_missing};
    case job_state::downloading: return {fetch_files};
    case job_state::waiting_prestage: return {wait_for_prestage};
    case job_state::cancel_requested: return {report_cancel_requested, stop_fetching};
    case job_state::downloaded:
    case job_state::si_applied: return {commit_content};
    case job_state::failed: return {report_failure, forget_job};
    case job_state::cancelled: return {report_cancelled, forget_job};
    case job_state::succeeded: return {forget_job};
  }
  return {};
}

bool is_final(job_state state) noexcept {
  return state == job_state::succeeded || state == job_state::failed ||
         state == job_state::cancelled;
}

bool is_known(state_report report) noexcept {
  switch (report) {
    case state_report::success:
    case state_report::warning:
    case state_report::failure:
    case state_report::download_started:
    case state_report::in_progress:
    case state_report::downloaded:
    case state_report::cancelled:
    case state_report::cancel_requested: return true;
  }
  return false;
}

bool is_waiting(job_state state) noexcept {
  return state == job_state::waiting_for_source || state == job_state::parked ||
         state == job_state::waiting_prestage;
}

}  // namespace sluice::model
