#include "actors/transfer_job.hpp"

#include <algorithm>

#include "actors/reports.hpp"

namespace sluice::actors {

using model::job_command;
using model::job_event;
using model::job_state;
using model::state_report;

void transfer_job_state::begin(self_pointer self, transfer_job_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
  random_ = seeded_random(setup_.seed);
  for (const model::source_entry& source : setup_.notification.sources) {
    ranking_.push_back({source.name, source.priority, model::source_verdict::untried});
    records_.emplace_back();
  }
  rate_time_ = reported_time_ = since_ = self->clock().now();
}

void transfer_job_state::on_start() {
  if (model::is_final(setup_.before.state)) {
    situation_ = setup_.before;
    reason_ = setup_.reason_before;
    brings_nothing_ = true;
    caf::anon_send(setup_.owner, job_settled{setup_.notification.job});
    for (const job_command command : model::commands_after_restart(situation_)) {
      carry_out(command);
    }
    return;
  }
  const std::chrono::nanoseconds stagger = setup_.parts.pulling.start_stagger;
  const bool is_new = setup_.before.state == job_state::not_started;
  // The turns of pushes are the site's to give: one that came is not held up.
  const bool fetches = !setup_.notification.prestaged && !model::is_pushed(setup_.notification);
  if (!is_new || stagger.count() == 0 || !fetches) { return begin_now(); }
  const std::chrono::nanoseconds delay(random_() % static_cast<std::uint64_t>(stagger.count()));
  begins_at_ = self_->clock().now() + delay;
  ++wait_;
  schedule_tick(delay);
}

void transfer_job_state::begin_now() {
  begins_at_.reset();
  apply(setup_.notification.prestaged ? job_event::prestage_required : job_event::started);
  if (setup_.before.state == job_state::cancel_requested) {
    on_cancel("the request before the restart");
  }
}

void transfer_job_state::apply(job_event event) {
  const model::job_transition step = model::advance(situation_, event);
  if (!step.allowed) {
    log::info("transfer_job",
              format("{}: {} does not apply to {}", setup_.notification.content.text(),
                     model::name_of(event), model::name_of(situation_.state)));
    return;
  }
  if (step.next.state != situation_.state) { since_ = self_->clock().now(); }
  const bool waits = model::is_waiting(step.next.state);
  if (waits != model::is_waiting(situation_.state)) {
    caf::anon_send(setup_.owner, job_waits{setup_.notification.job, waits});
  }
  situation_ = step.next;
  if (!brings_nothing_ && (event == job_event::committed || model::is_final(situation_.state))) {
    brings_nothing_ = true;
    caf::anon_send(setup_.owner, job_settled{setup_.notification.job});
  }
  for (const job_command command : step.commands) { carry_out(command); }
}

void transfer_job_state::carry_out(job_command command) {
  if (carry_out_report(command)) { return; }
  switch (command) {
    case job_command::fetch_manifest:
    case job_command::plan_missing:
    case job_command::fetch_files: return with_turn(command);
    case job_command::wait_for_source: return wait_for_source();
    case job_command::wait_for_space: return wait_for_space();
    case job_command::wait_for_prestage: return wait_for_prestage();
    case job_command::stop_fetching: return stop_fetching();
    case job_command::commit_content: return commit();
    case job_command::record_state: return record_state();
    case job_command::forget_job: return finish();
    default: SLUICE_CHECK(false);
  }
}

bool transfer_job_state::carry_out_report(job_command command) {
  switch (command) {
    case job_command::report_started: report(state_report::download_started, false); return true;
    case job_command::report_in_progress: report(state_report::in_progress, false); return true;
    case job_command::report_downloaded: report(state_report::downloaded, false); return true;
    case job_command::report_success: report(state_report::success, true); return true;
    case job_command::report_failure: report(state_report::failure, true); return true;
    case job_command::report_warning: report(state_report::warning, false); return true;
    case job_command::report_cancelled: report(state_report::cancelled, true); return true;
    case job_command::report_cancel_requested:
      report(state_report::cancel_requested, false);
      return true;
    default: return false;
  }
}

/// Moving bytes needs one of the node's four turns; the command waits for it.
void transfer_job_state::with_turn(job_command command) {
  if (!has_turn_) {
    after_turn_ = command;
    if (!wants_turn_) {
      wants_turn_ = true;
      caf::anon_send(setup_.owner, turn_wanted{setup_.notification.job});
    }
    return;
  }
  switch (command) {
    case job_command::fetch_manifest: return recheck_manifest();
    case job_command::plan_missing: return plan_missing();
    default: return check_space();
  }
}

void transfer_job_state::on_turn() {
  has_turn_ = true;
  wants_turn_ = false;
  if (!after_turn_) { return return_turn(); }
  const job_command command = *after_turn_;
  after_turn_.reset();
  with_turn(command);
}

void transfer_job_state::return_turn() {
  after_turn_.reset();
  if (!has_turn_) { return; }
  has_turn_ = false;
  caf::anon_send(setup_.owner, turn_returned{setup_.notification.job});
}

void transfer_job_state::record_state() {
  storage::job_record row;
  row.notification.job = setup_.notification.job;
  row.situation = situation_;
  row.bytes_done = bytes_shown_;
  row.bytes_transferred = totals_now().bytes_transferred;
  row.reason = reason_;
  caf::anon_send(setup_.journal, update_job{std::move(row)});
}

model::state_message transfer_job_state::state_message(state_report what) const {
  const page_progress totals = totals_now();
  model::state_message message;
  message.time = setup_.parts.now();
  message.job = setup_.notification.job;
  message.content = setup_.notification.content;
  message.report = what;
  message.state = situation_.state;
  message.bytes_total = setup_.notification.package_size;
  message.bytes_done = model::byte_count{bytes_shown_};
  message.bytes_transferred = model::byte_count{totals.bytes_transferred};
  message.pieces_verified = totals.pieces_verified;
  message.bytes_per_second = rate_;
  message.source = current_source_;
  message.reason = reason_;
  if (situation_.state == job_state::waiting_for_source && next_round_) {
    message.next_try = calendar_of(*next_round_);
  }
  return message;
}

void transfer_job_state::report(state_report what, bool final_report) {
  if (last_report_) { return; }  // nothing comes after it
  if (what == state_report::success) {
    bytes_shown_ = model::raw(setup_.notification.package_size);
  }
  if (what == state_report::download_started || what == state_report::success) { reason_.clear(); }
  reported_time_ = self_->clock().now();
  append_reports mail;
  mail.rows.push_back({0, state_message(what), std::nullopt});
  if (!final_report) {
    caf::anon_send(setup_.journal, std::move(mail));
    return;
  }
  log::info("transfer_job",
            format("{}: {}{}", setup_.notification.content.text(), model::name_of(situation_.state),
                   reason_.empty() ? "" : ": " + reason_));
  last_report_ = std::move(mail);
  store_last_report();
}

/// Nothing is forgotten before its last report is durable.
void transfer_job_state::finish() {
  return_turn();
  if (last_report_) {
    forget_after_report_ = true;
    return;
  }
  caf::anon_send(setup_.journal, forget_job{setup_.notification.job});
  caf::anon_send(setup_.owner, job_over{setup_.notification.job});
  self_->quit();
}

void transfer_job_state::recheck_manifest() {
  const model::notification& given = setup_.notification;
  self_
      ->request(setup_.librarian, caf::infinite,
                actors::recheck_manifest{given.content, given.hash, given.manifest_size})
      .then(
          [this](const storage::content_facts& facts) {
            facts_ = facts;
            apply(job_event::manifest_fetched);
          },
          [this](caf::error&) { ask_manifest(); });
}

void transfer_job_state::ask_manifest() {
  if (situation_.state != job_state::downloading_signature) { return; }
  const auto source = choose(passed_over_);
  if (!source) { return sources_exhausted(); }
  const model::notification& given = setup_.notification;
  current_source_ = given.sources[*source].name;
  if (records_[*source].left == patience::spent) { records_[*source].left = patience::used; }
  self_
      ->request(
          setup_.sources[*source], caf::infinite,
          fetch_manifest{given.content, given.hash, given.manifest_size, is_in_haste(*source)})
      .then([this, at = *source](const manifest_outcome& outcome) { on_manifest(at, outcome); },
            [this, at = *source](caf::error& failure) {
              manifest_outcome outcome;
              outcome.failure = source_failure{model::source_verdict::bad, from_caf(failure), "",
                                               "stopped answering"};
              on_manifest(at, outcome);
            });
}

void transfer_job_state::on_manifest(std::size_t source, const manifest_outcome& outcome) {
  if (outcome.facts) {
    facts_ = *outcome.facts;
    passed_over_.reset();
    praise(source);
    return apply(job_event::manifest_fetched);
  }
  if (outcome.failure && outcome.failure->in_haste) {
    passed_over_ = source;
    pass_over(source, *outcome.failure);
    return ask_manifest();
  }
  if (outcome.failure) {
    const bool again = is_asked_again(source, *outcome.failure);
    if (again && pausing_) { return; }
    if (!again) { mark(source, *outcome.failure); }
    return ask_manifest();
  }
  if (outcome.trouble->code == errc::invalid) {
    reason_ = describe(*outcome.trouble);
    return apply(job_event::manifest_refused);
  }
  on_trouble(*outcome.trouble);
}

void transfer_job_state::commit() {
  self_
      ->request(
          setup_.librarian, caf::infinite,
          install_content{setup_.notification.content, storage::library_user::distribution_point})
      .then([this](done) { apply(job_event::committed); },
            [this](caf::error& given) { on_commit_failed(from_caf(given)); });
}

void transfer_job_state::on_commit_failed(const error& failure) {
  const bool is_damage = failure.code == errc::corrupt || failure.code == errc::not_found;
  // Where nothing was found to be fetched again, looking once more does not help.
  if (is_damage && std::exchange(fetched_since_commit_, false)) {
    reason_ = describe(failure);
    cursor_ = {};
    at_end_ = false;
    if (situation_.state == job_state::downloaded) {
      apply(job_event::damage_found);
      if (cancel_wanted_) { on_cancel(*cancel_wanted_); }
      return;
    }
  }
  commit_lacks_room_ = failure.code == errc::no_space;
  on_trouble(failure);
  if (cancel_wanted_) { on_cancel(*cancel_wanted_); }
}

/// After the commit point it is too late (C2), unless the commit turns out not to be the end.
void transfer_job_state::on_cancel(const std::string& user) {
  if (brings_nothing_) { return; }
  if (model::advance(situation_, job_event::cancel_asked).allowed) {
    reason_ = format("cancelled by {}", user);
    return apply(job_event::cancel_asked);
  }
  cancel_wanted_ = user;
  if (!commit_lacks_room_) { return; }
  reason_ = format("given up for {}: the library has no room for its records", user);
  apply(job_event::volume_broken);
}

rpc::cancel_outcome transfer_job_state::on_cancel_wish(const std::string& user) {
  if (situation_.state == job_state::cancel_requested) { return rpc::cancel_outcome::requested; }
  const bool brought_nothing =
      situation_.state == job_state::failed || situation_.state == job_state::cancelled;
  if (brought_nothing) { return rpc::cancel_outcome::unknown; }
  const bool stops = model::advance(situation_, job_event::cancel_asked).allowed;
  if (brings_nothing_ || !stops) { return rpc::cancel_outcome::too_late; }
  reason_ = format("cancelled by {}", user);
  apply(job_event::cancel_asked);
  return rpc::cancel_outcome::requested;
}

void transfer_job_state::on_source_gained() {
  model::start_over(ranking_);
  for (auto& record : records_) { record.was_silent = false; }
  passed_over_.reset();
  for (const std::size_t gone : gone_) {
    ranking_[gone].verdict = model::source_verdict::quarantined;
  }
  exhausted_ = false;
  if (situation_.state == job_state::waiting_for_source) { apply(job_event::source_gained); }
}

/// This node's own trouble. Space parks; a broken write is tried again, under a new attempt, a few
/// times.
void transfer_job_state::on_trouble(const error& trouble) {
  constexpr std::uint32_t troubles_max = 5;
  if (trouble.code == errc::cancelled || model::is_final(situation_.state)) { return; }
  reason_ = describe(trouble);
  log::warning("transfer_job", format("{}: {}", setup_.notification.content.text(), reason_));
  const job_state before = situation_.state;
  const bool parks = model::advance(situation_, job_event::no_space).allowed;
  if (trouble.code == errc::no_space && parks) { apply(job_event::no_space); }
  if (trouble.code != errc::no_space && ++troubles_ > troubles_max) {
    say(20007, {setup_.parts.name, "of its library", format("{} ({})", trouble.os_error, reason_)});
    return apply(job_event::volume_broken);
  }
  if (situation_.state == before) { pause(std::chrono::seconds(troubles_ + 1)); }
}

void transfer_job_state::pause(std::chrono::seconds delay) {
  if (pausing_) { return; }
  pausing_ = true;
  self_->delayed_send(transfer_job_actor{self_}, delay, job_tick{0});
}

/// Once more what the state is about, after a trouble or while another job holds a file of ours.
void transfer_job_state::on_retry() {
  pausing_ = false;
  switch (situation_.state) {
    case job_state::downloading_signature: return with_turn(job_command::fetch_manifest);
    case job_state::signature_downloaded: return with_turn(job_command::plan_missing);
    case job_state::downloading: return pump();
    case job_state::downloaded:
    case job_state::si_applied: return commit();
    case job_state::cancel_requested: return stop_fetching();
    default: return;
  }
}

transfer_job_actor::behavior_type transfer_job(transfer_job_state::self_pointer self,
                                               transfer_job_setup setup) {
  auto& state = self->state;
  state.begin(self, std::move(setup));
  return {
      [&state](start_job) { state.on_start(); },
      [&state](turn_granted) { state.on_turn(); },
      [&state](const cancel_job& mail) { state.on_cancel(mail.user); },
      [&state](const cancel_wish& mail) { return state.on_cancel_wish(mail.user); },
      [&state](source_gained) { state.on_source_gained(); },
      [&state](const told_again& mail) { state.on_told_again(mail); },
      [&state](const page_progress& progress) { state.on_progress(progress); },
      [&state](job_tick tick) { state.on_tick(tick.wait); },
      [&state](report_again) { state.store_last_report(); },
      [&state](job_question) { return state.on_question(); },
  };
}

}  // namespace sluice::actors
