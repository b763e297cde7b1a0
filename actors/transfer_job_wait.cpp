#include <algorithm>

#include "actors/reports.hpp"
#include "actors/transfer_job.hpp"

/// The part of a transfer job that waits, and says for what.
namespace sluice::actors {

using model::job_event;
using model::job_state;

namespace {

constexpr auto space_check_interval = std::chrono::seconds(10);
constexpr auto prestage_check_interval = std::chrono::seconds(60);
constexpr auto report_delay_first = std::chrono::seconds(5);
constexpr auto report_delay_last = std::chrono::seconds(60);

std::string doing_of(job_state state) {
  switch (state) {
    case job_state::not_started: return "has not started";
    case job_state::waiting_for_source: return "waits for a source";
    case job_state::parked: return "is parked: the library volume has no space";
    case job_state::downloading_signature: return "asks its sources for the manifest";
    case job_state::signature_downloaded: return "compares the manifest with the library";
    case job_state::downloading: return "downloads";
    case job_state::waiting_prestage: return "waits for prestaged content";
    case job_state::cancel_requested: return "stops, because it was cancelled";
    case job_state::downloaded: return "commits what it downloaded";
    case job_state::si_applied: return "reports its success";
    case job_state::failed: return "has failed";
    case job_state::cancelled: return "was cancelled";
    case job_state::succeeded: return "has succeeded";
  }
  return "is in an unknown state";
}

}  // namespace

void transfer_job_state::schedule_tick(std::chrono::nanoseconds delay) {
  self_->delayed_send(transfer_job_actor{self_}, delay, job_tick{wait_});
}

void transfer_job_state::sources_exhausted() {
  next_round_ = self_->clock().now() + limits::all_sources_failed_wait;
  if (quarantine_over_) { next_round_ = std::min(*next_round_, *quarantine_over_); }
  quarantine_over_.reset();
  current_source_.clear();
  rate_ = 0;
  std::string said;
  for (std::size_t i = 0; i < ranking_.size(); ++i) {
    if (gone_.contains(i)) { continue; }
    said += format("{} {} {}", said.empty() ? ":" : ",", ranking_[i].name, records_[i].words);
  }
  reason_ = "no source has it" + said;
  apply(job_event::sources_exhausted);
}

void transfer_job_state::wait_for_source() {
  return_turn();
  ++wait_;
  exhausted_ = false;
  probe_delay_ = limits::source_probe_first;
  if (rests_until_) {
    const std::chrono::nanoseconds left = *rests_until_ - self_->clock().now();
    probe_delay_ =
        std::clamp<std::chrono::nanoseconds>(left, std::chrono::seconds(1), probe_delay_);
    rests_until_.reset();
  }
  schedule_tick(probe_delay_);
}

void transfer_job_state::wait_for_space() {
  return_turn();
  ++wait_;
  rate_ = 0;
  schedule_tick(space_check_interval);
  say_parked();
}

void transfer_job_state::wait_for_prestage() {
  return_turn();
  ++wait_;
  look_for_prestaged();
}

/// What came in prestaged, or was there before, is found by its manifest and then by its files; an
/// order to send it again asks no more of a node that nothing is sent to.
void transfer_job_state::look_for_prestaged() {
  if (manifest_there_) { return look_for_files(); }
  const model::notification& given = setup_.notification;
  self_
      ->request(setup_.librarian, caf::infinite,
                actors::recheck_manifest{given.content, given.hash, given.manifest_size})
      .then(
          [this](const storage::content_facts& facts) {
            facts_ = facts;
            manifest_there_ = true;
            look_for_files();
          },
          [this, wait = wait_](caf::error&) {
            if (wait == wait_) { schedule_tick(prestage_check_interval); }
          });
}

void transfer_job_state::look_for_files() {
  storage::missing_request request;
  request.content = setup_.notification.content;
  self_->request(setup_.librarian, caf::infinite, list_missing{request})
      .then(
          [this, wait = wait_](const storage::missing_page& found) {
            if (wait != wait_ || situation_.state != job_state::waiting_prestage) { return; }
            if (found.files.empty() && found.end) { return apply(job_event::prestaged); }
            schedule_tick(prestage_check_interval);
          },
          [this, wait = wait_](caf::error&) {
            manifest_there_ = false;
            if (wait == wait_) { schedule_tick(prestage_check_interval); }
          });
}

void transfer_job_state::say(std::uint32_t id, std::vector<std::string> insertions) {
  caf::anon_send(setup_.journal,
                 append_reports{{status_row(setup_.parts, id, std::move(insertions))}});
}

void transfer_job_state::say_parked() {
  self_->request(setup_.librarian, caf::infinite, count_library{})
      .then(
          [this](const storage::content_library::totals& totals) {
            say(20005, {setup_.notification.content.package.text(), format("{}", space_wanted_),
                        format("{}", totals.bytes_free)});
          },
          [this](caf::error&) {
            say(20005, {setup_.notification.content.package.text(), format("{}", space_wanted_),
                        "not known"});
          });
}

void transfer_job_state::on_tick(std::uint64_t wait) {
  if (wait == 0) { return on_retry(); }
  if (wait != wait_) { return; }
  if (begins_at_ && situation_.state == job_state::not_started) { return begin_now(); }
  if (situation_.state == job_state::waiting_prestage) { return look_for_prestaged(); }
  if (situation_.state == job_state::parked) {
    self_->request(setup_.librarian, caf::infinite, count_library{space_wanted_})
        .then(
            [this, wait](const storage::content_library::totals& totals) {
              if (wait != wait_ || situation_.state != job_state::parked) { return; }
              if (totals.bytes_free < space_wanted_) { return schedule_tick(space_check_interval); }
              space_wanted_ = space_reserve;
              say(20006, {setup_.notification.content.package.text()});
              apply(job_event::space_found);
            },
            [this, wait](caf::error&) {
              if (wait == wait_) { schedule_tick(space_check_interval); }
            });
    return;
  }
  if (situation_.state != job_state::waiting_for_source) { return; }
  if (self_->clock().now() >= *next_round_) { return on_source_gained(); }
  probe_sources();
  probe_delay_ = std::min<std::chrono::nanoseconds>(probe_delay_ * 2, limits::source_probe_last);
  const auto left = *next_round_ - self_->clock().now();
  schedule_tick(std::min<std::chrono::nanoseconds>(probe_delay_, left));
}

/// Until the outbox takes it: a job that ended is known to this node only, and stays until then.
void transfer_job_state::store_last_report() {
  self_->request(setup_.journal, caf::infinite, append_reports{*last_report_})
      .then(
          [this](done) {
            last_report_.reset();
            last_report_trouble_.reset();
            if (forget_after_report_) { return finish(); }
            apply(job_event::reported);
          },
          [this](caf::error& failure) { on_last_report_refused(from_caf(failure)); });
}

void transfer_job_state::on_last_report_refused(const error& failure) {
  last_report_delay_ = last_report_trouble_ ? std::min(last_report_delay_ * 2, report_delay_last)
                                            : report_delay_first;
  last_report_trouble_ = failure;
  last_report_next_ = self_->clock().now() + last_report_delay_;
  self_->delayed_send(transfer_job_actor{self_}, last_report_delay_, report_again{});
}

model::calendar_time transfer_job_state::calendar_of(time_point when) const {
  const auto distance =
      std::chrono::duration_cast<std::chrono::milliseconds>(when - self_->clock().now());
  return setup_.parts.now() + distance;
}

model::why_report transfer_job_state::why() const {
  model::why_report report;
  report.subject = format("{} on {}", setup_.notification.content.text(), setup_.parts.name);
  report.doing = doing_of(situation_.state);
  report.since = calendar_of(since_);
  if (last_report_trouble_) {
    report.doing +=
        format(", but its last report could not be stored: {}", describe(*last_report_trouble_));
    report.next = "stores its last report again";
    report.next_time = calendar_of(last_report_next_);
  } else if (begins_at_ && situation_.state == job_state::not_started) {
    report.doing = "is held back a moment, so that not all ask their sources at once";
    report.next = "begins";
    report.next_time = calendar_of(*begins_at_);
  } else if (after_turn_) {
    report.doing =
        format("waits for its turn: {} jobs move bytes at once", limits::jobs_moving_max);
    report.next = "starts when one of them ends or waits";
  } else if (pausing_ && troubles_ > 0) {
    report.doing = format("waits a few seconds after its own disk failed: {}", reason_);
    report.next = "tries again by itself; after a few failures in a row the job fails";
  } else if (situation_.state == job_state::downloading && !current_source_.empty()) {
    report.doing = format("downloads from {}, {} bytes/s", current_source_, rate_);
    report.next = "commits when the last piece is verified";
  } else if (situation_.state == job_state::waiting_for_source) {
    report.next = "asks all sources again";
    report.next_time = calendar_of(*next_round_);
    report.unblock = model::is_pushed(setup_.notification)
                         ? format(
                               "the site opens a connection when it is this push's turn; it "
                               "tells when: sluice why {} --dp {}",
                               setup_.notification.content.package.text(), setup_.parts.name)
                         : format(
                               "start one of its sources, or add one: sluice dp source add {} "
                               "NAME:PRIORITY",
                               setup_.parts.name);
  } else if (situation_.state == job_state::waiting_prestage) {
    report.next = format("looks for it in its library every {} s", prestage_check_interval.count());
    report.unblock =
        format("to have it fetched instead: sluice dp set {} --prestaged off", setup_.parts.name);
  } else if (situation_.state == job_state::parked) {
    report.next = format("looks for space every {} s", space_check_interval.count());
    report.unblock = "free space on the library volume: " + reason_;
  }
  for (std::size_t i = 0; i < ranking_.size(); ++i) {
    if (gone_.contains(i)) { continue; }
    report.sources.push_back({ranking_[i].name, ranking_[i].priority, records_[i].words});
  }
  return report;
}

job_answer transfer_job_state::on_question() const {
  job_answer answer;
  answer.last = state_message(model::state_report::in_progress);
  answer.why = why();
  answer.row = {setup_.notification.job,
                setup_.notification.content,
                situation_.state,
                setup_.notification.package_size,
                model::byte_count{bytes_shown_},
                rate_,
                current_source_,
                reason_,
                wants_turn_};
  return answer;
}

}  // namespace sluice::actors
