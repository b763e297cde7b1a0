#include "actors/transfer_tracking.hpp"

#include <algorithm>

namespace sluice::actors {

using model::package_state;
using model::site_job_state;

namespace {

constexpr auto not_ready_delay = std::chrono::seconds(2);

}  // namespace

void transfer_tracking_state::begin(self_pointer self, transfer_tracking_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
}

tracking_news transfer_tracking_state::news() const {
  tracking_news made;
  made.package = setup_.package;
  made.name = setup_.name;
  if (!facts_.removing) { made.job = facts_.notification.job; }
  return made;
}

void transfer_tracking_state::tell(tracking_news news) {
  caf::anon_send(setup_.site, std::move(news));
}

void transfer_tracking_state::say(std::uint32_t id, std::vector<std::string> insertions) {
  caf::anon_send(setup_.site, site_message{id, std::move(insertions)});
}

model::calendar_time transfer_tracking_state::in(std::chrono::nanoseconds delay) const {
  return setup_.parts.node.now() + std::chrono::duration_cast<std::chrono::milliseconds>(delay);
}

void transfer_tracking_state::schedule(wait what, std::chrono::nanoseconds delay) {
  waiting_ = what;
  self_->delayed_send(transfer_tracking_actor{self_}, delay, tracking_tick{++ticks_});
}

void transfer_tracking_state::over() {
  caf::anon_send(setup_.owner, tracking_over{setup_.package});
  self_->quit();
}

void transfer_tracking_state::look() {
  if (asking_ || calling_) {
    look_again_ = true;
    return;
  }
  asking_ = true;
  self_->request(setup_.site, caf::infinite, facts_question{setup_.package, setup_.name})
      .then(
          [this](const distribution_facts& facts) {
            asking_ = false;
            if (look_again_) {
              look_again_ = false;
              return look();
            }
            act(facts);
          },
          [this](caf::error& failure) {
            asking_ = false;
            log::error("transfer_tracking", describe(from_caf(failure)));
            schedule(wait::retry, limits::notification_retry_delay);
          });
}

void transfer_tracking_state::act(const distribution_facts& facts) {
  const bool new_job = facts.notification.job != facts_.notification.job;
  facts_ = facts;
  if (new_job) {
    tries_ = polls_ = source_checks_ = 0;
    node_state_ = model::job_state::not_started;
  }
  if (!facts.wanted) { return over(); }
  if (facts.removing) { return facts.target.own ? withdraw_locally() : withdraw(); }
  const model::planned_step step = model::plan(facts.target);
  switch (step.action) {
    case model::plan_action::nothing:
      if (!facts.target.job_open) { return over(); }
      return schedule(wait::running, limits::status_poll_delay);
    case model::plan_action::install_locally: return install_locally();
    case model::plan_action::notify: return notify();
    case model::plan_action::wait_for_source: return wait_for_source(step.lacking);
    case model::plan_action::wait_for_slot:
      return wait_for_slot(
          format("{} has {} open jobs", setup_.name, facts.target.jobs_open_there));
  }
}

/// B2, B3: look every 20 minutes; a source that reports success ends the wait at once.
void transfer_tracking_state::wait_for_source(const std::vector<std::string>& lacking) {
  ++source_checks_;
  std::string names;
  for (const std::string& name : lacking) { names += (names.empty() ? "" : ", ") + name; }
  const std::string id = setup_.package.text();
  auto told = news();
  told.reason = lacking.empty()
                    ? format("{0} has no source; add one: sluice dp source add {0} NAME:PRIORITY",
                             setup_.name)
                    : format("no source of {} holds {} yet (asked: {})", setup_.name, id, names);
  told.next_try = in(limits::content_availability_check);
  tell(told);
  say(8212,
      {id, setup_.name, names, format("{}/{}", source_checks_, limits::notification_tries_max),
       format("{} min", limits::content_availability_check.count())});
  schedule(wait::source, limits::content_availability_check);
}

void transfer_tracking_state::wait_for_slot(const std::string& reason) {
  auto told = news();
  told.reason = reason;
  told.next_try = in(limits::notification_retry_delay);
  tell(told);
  say(8211, {setup_.package.text(), setup_.name, reason, "0"});
  schedule(wait::slot, limits::notification_retry_delay);
}

void transfer_tracking_state::notify() {
  if (calling_) { return; }
  calling_ = true;
  const transfer_tracking_actor me{self_};
  const auto taken = setup_.parts.clients->with_control(
      facts_.control_address, [me, given = facts_.notification](rpc::control_service& node) {
        const auto answer = node.notify({}, given);
        notified mail;
        if (answer) { mail.answer = *answer; }
        if (!answer) { mail.failure = answer.error(); }
        caf::anon_send(me, std::move(mail));
      });
  if (!taken) {
    calling_ = false;
    retry_later(taken.error());
  }
}

void transfer_tracking_state::on_notified(const notified& mail) {
  calling_ = false;
  if (look_again_) {
    look_again_ = false;
    if (!mail.failure && mail.answer == rpc::notify_answer::accepted) { polls_ = 0; }
    return look();
  }
  if (mail.failure && mail.failure->code == errc::limit_reached) {
    // It runs, but is not ready: it has yet to learn the site's keys. That is no try.
    auto told = news();
    told.reason = describe(*mail.failure);
    told.next_try = in(not_ready_delay);
    tell(told);
    return schedule(wait::retry, not_ready_delay);
  }
  if (mail.failure) { return retry_later(*mail.failure); }
  if (mail.answer == rpc::notify_answer::at_capacity) {
    return wait_for_slot(format("{} takes no more jobs at the moment", setup_.name));
  }
  auto told = news();
  told.job_state = site_job_state::started;
  told.reason = "";
  told.next_try = model::calendar_time{};
  tell(told);
  say(8210, {setup_.package.text(), setup_.name, facts_.notification.job.text()});
  // "known" is no news of the job: it may be long over there.
  if (mail.answer == rpc::notify_answer::accepted) { polls_ = 0; }
  schedule(wait::running, limits::status_poll_delay);
}

/// B7, B8: 30 tries, 20 minutes apart; after the last the site's job is cancelled.
void transfer_tracking_state::retry_later(const error& failure) {
  ++tries_;
  auto told = news();
  told.tries_left =
      limits::notification_tries_max - std::min(tries_, limits::notification_tries_max);
  told.reason = format("{} did not take the notification: {}", setup_.name, describe(failure));
  say(8211, {setup_.package.text(), setup_.name, describe(failure), format("{}", tries_)});
  if (tries_ >= limits::notification_tries_max) {
    told.job_state = site_job_state::cancelled;
    told.state = package_state::install_failed;
    told.next_try = model::calendar_time{};
    tell(told);
    return over();  // the next heartbeat of the node opens a new job
  }
  told.state = package_state::install_retrying;
  told.next_try = in(limits::notification_retry_delay);
  tell(told);
  schedule(wait::retry, limits::notification_retry_delay);
}

void transfer_tracking_state::on_tick(std::uint64_t number) {
  if (number != ticks_) { return; }
  if (waiting_ == wait::running) { return poll(); }
  look();
}

void transfer_tracking_state::on_content_gained(const content_gained& mail) {
  const auto& sources = facts_.notification.sources;
  const bool mine = std::any_of(sources.begin(), sources.end(),
                                [&](const auto& source) { return source.name == mail.name; });
  if (waiting_ == wait::source) { return look(); }
  const bool node_waits = node_state_ == model::job_state::waiting_for_source;
  if (waiting_ == wait::running && mine && node_waits) { notify(); }
}

/// A node came back: as target it is told at once what it missed; as source it ends the waits of
/// others (D10).
void transfer_tracking_state::on_node_back(const std::string& name) {
  if (name == setup_.name) {
    if (calling_) {  // the answer of before it came back says nothing any more
      look_again_ = true;
      return;
    }
    if (waiting_ == wait::retry || waiting_ == wait::withdrawing) { return look(); }
    if (waiting_ == wait::running) { return poll(); }
    return;
  }
  if (waiting_ == wait::source) { return look(); }
  const auto& sources = facts_.notification.sources;
  const bool mine = std::any_of(sources.begin(), sources.end(),
                                [&](const auto& source) { return source.name == name; });
  const bool node_waits = node_state_ == model::job_state::waiting_for_source;
  if (mine && waiting_ == wait::running && node_waits) { notify(); }
}

void transfer_tracking_state::on_reported(const model::state_message& message) {
  if (message.job != facts_.notification.job) { return; }
  node_state_ = message.state;
  polls_ = 0;
  switch (message.report) {
    case model::state_report::success:
    case model::state_report::failure:
    case model::state_report::cancelled: return over();
    default: break;
  }
}

}  // namespace sluice::actors
