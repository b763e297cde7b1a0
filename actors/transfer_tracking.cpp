#include "actors/transfer_tracking.hpp"

#include <algorithm>

#include "actors/site_rules.hpp"

namespace sluice::actors {

using model::package_state;
using model::site_job_state;

namespace {

constexpr auto not_ready_delay = std::chrono::seconds(2);

/// D3: a sentence, when the policy leaves none of its sources.
std::string excluded_sources(const distribution_facts& facts) {
  std::string names;
  for (const model::source_entry& source : facts.target.sources) {
    if (is_allowed(source.protocol, facts.settings.source_protocols)) { return {}; }
    names += format("{}{} ({})", names.empty() ? "" : ", ", source.name, source.protocol);
  }
  if (names.empty()) { return {}; }
  return format("source_protocols in the site's sluiced.toml allows none of its sources: {}",
                names);
}

/// It asks its sources, or is going to.
bool fetches(model::job_state state) noexcept {
  return state == model::job_state::downloading_signature ||
         state == model::job_state::signature_downloaded || state == model::job_state::downloading;
}

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

void transfer_tracking_state::over(bool waits_for_slot) {
  drop_push();
  caf::anon_send(setup_.owner, tracking_over{setup_.package, waits_for_slot});
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
            schedule(wait::retry, facts_.settings.retry.delay);
          });
}

void transfer_tracking_state::act(const distribution_facts& facts) {
  const bool new_job = facts.notification.job != facts_.notification.job;
  const auto& sources = facts.notification.sources;  // none: all are away, and it keeps what it has
  const bool others = !sources.empty() && sources != facts_.notification.sources;
  other_sources_ = !new_job && (other_sources_ || others);
  if (sources.empty() && !facts.pushed) { other_sources_ = false; }
  facts_ = facts;
  if (new_job || !facts.pushed) { drop_push(); }
  if (new_job) {
    source_checks_ = 0;
    polls_ = facts.polls;
    node_state_ = facts.node_state;
    may_be_there_ = false;
  }
  if (!facts.wanted) { return over(); }
  // Also when it was cancelled at the site while a notification was on its way.
  const bool is_to_stop = facts.cancelling || (facts.held && may_be_there_);
  if (is_to_stop || facts.removing) { drop_push(); }
  if (is_to_stop && !facts.removing) { return ask_to_cancel(); }
  if (facts.removing) { return facts.target.own ? withdraw_locally() : withdraw(); }
  if (facts.discarding) { return ask_to_discard(); }
  const model::planned_step step = model::plan(facts.target);
  switch (step.action) {
    case model::plan_action::nothing:
      if (!facts.target.job_open) { return over(); }
      return other_sources_ ? notify() : run();
    case model::plan_action::install_locally: return install_locally();
    case model::plan_action::notify:
      // One that waits for its window or its turn wants its slot when that has come.
      return facts.pushed && push_ == push_stage::asked ? want_push() : want_slot();
    case model::plan_action::wait_for_source: return wait_for_source(step.lacking);
    case model::plan_action::wait_for_maintenance: return wait_for_maintenance();
  }
}

void transfer_tracking_state::leave_slot() {
  caf::anon_send(setup_.owner, slot_left{setup_.package});
}

/// It is open over there: its slot is taken, unless it waits for something else.
void transfer_tracking_state::run() {
  const bool is_held = held_ && !held_->for_its_turn;
  if (!is_held && !model::is_waiting(node_state_)) {
    caf::anon_send(setup_.owner, slot_taken{setup_.package});
  }
  if (facts_.pushed && !facts_.cancelling) {
    if (push_ == push_stage::granted) { return begin_push(); }
    if (is_held && !facts_.suspended) { return on_push_held(*held_); }
    return want_push();
  }
  schedule(wait::running, facts_.settings.polling.delay);
}

void transfer_tracking_state::set_node_state(model::job_state state) {
  const bool waited = model::is_waiting(node_state_);
  node_state_ = state;
  const bool waits = model::is_waiting(node_state_);
  if (waits && !waited) { leave_slot(); }
  if (waited && !waits) { caf::anon_send(setup_.owner, slot_taken{setup_.package}); }
  // What it was told before this site began is not known here: it is told once, when it is heard.
  const bool needs_sources =
      state == model::job_state::waiting_for_source || (fetches(state) && !facts_.pushed);
  if (needs_sources && (!may_be_there_ || other_sources_)) {
    other_sources_ = true;
    look();
  }
}

/// B2, B3: look every 20 minutes; a source that reports success ends the wait at once.
void transfer_tracking_state::wait_for_source(const std::vector<std::string>& lacking) {
  leave_slot();
  ++source_checks_;
  std::string names;
  for (const std::string& name : lacking) { names += (names.empty() ? "" : ", ") + name; }
  const std::string id = setup_.package.text();
  auto told = news();
  const std::string excluded = excluded_sources(facts_);
  told.reason = !excluded.empty() ? excluded
                : lacking.empty()
                    ? format("{0} has no source; add one: sluice dp source add {0} NAME:PRIORITY",
                             setup_.name)
                    : format("no source of {} holds {} yet (asked: {})", setup_.name, id, names);
  const auto delay = facts_.settings.content_availability_check;
  told.next_try = in(delay);
  tell(told);
  if (source_checks_ == 1) { say(2372, {id, setup_.name}); }
  say(8212, {id, setup_.name, names, format("{}/{}", source_checks_, facts_.settings.retry.number),
             format("{} min", delay.count())});
  schedule(wait::source, delay);
}

/// A9. Whoever ends the maintenance ends the wait.
void transfer_tracking_state::wait_for_maintenance() {
  drop_push();
  leave_slot();
  auto told = news();
  told.reason = format(
      "{0} is under maintenance; when that is over: sluice dp set {0} "
      "--maintenance off",
      setup_.name);
  const auto delay = facts_.settings.content_availability_check;
  told.next_try = in(delay);
  tell(std::move(told));
  schedule(wait::source, delay);
}

/// B4: the slot is its proxy's to give.
void transfer_tracking_state::want_slot() {
  asking_ = true;
  self_
      ->request(setup_.owner, caf::infinite,
                slot_wanted{setup_.package, facts_.notification.priority})
      .then(
          [this](bool mine) {
            asking_ = false;
            if (look_again_) {
              look_again_ = false;
              return look();
            }
            if (!mine) { return wait_for_slot(); }
            if (!facts_.pushed) { return notify(); }
            push_ == push_stage::granted ? ask_for_room() : want_push();
          },
          [this](caf::error& failure) {
            asking_ = false;
            log::error("transfer_tracking", describe(from_caf(failure)));
            schedule(wait::retry, facts_.settings.retry.delay);
          });
}

/// Uses no try. Nothing is kept for it but its row and its place in the queue.
void transfer_tracking_state::wait_for_slot() {
  auto told = news();
  told.reason =
      format("waits until one of the {} jobs of {} ends", facts_.settings.active_jobs, setup_.name);
  told.next_try = model::calendar_time{};
  if (facts_.reason != *told.reason) {
    say(8211, {setup_.package.text(), setup_.name, *told.reason, "0"});
    tell(std::move(told));
  }
  over(true);
}

/// It has more jobs than the site knows of.
void transfer_tracking_state::wait_until_it_takes_more() {
  drop_push();
  auto told = news();
  told.reason = format("{} takes no more jobs at the moment", setup_.name);
  told.next_try = in(facts_.settings.retry.delay);
  say(8211, {setup_.package.text(), setup_.name, *told.reason, "0"});
  tell(std::move(told));
  caf::anon_send(setup_.owner, node_is_full{setup_.package});
  schedule(wait::capacity, facts_.settings.retry.delay);
}

void transfer_tracking_state::notify() {
  if (calling_) { return; }
  calling_ = true;
  if (!facts_.target.job_open) {
    auto told = news();
    told.pushed = facts_.pushed;  // before a report of the node can make it an open job
    if (!may_be_there_) { told.job_state = site_job_state::ready; }  // a cancel has to ask the node
    tell(std::move(told));
  }
  may_be_there_ = true;
  const transfer_tracking_actor me{self_};
  const auto taken = setup_.parts.clients->with_control(
      facts_.control_address, [me, given = facts_.notification](rpc::control_service& node) {
        const auto answer = node.notify({}, given);
        notified mail;
        if (answer) { mail.answer = *answer; }
        if (!answer) { mail.failure = answer.error(); }
        caf::anon_send(me, std::move(mail));
      });
  if (!taken) { on_notified({taken.error(), {}}); }
}

void transfer_tracking_state::on_notified(const notified& mail) {
  calling_ = false;
  if (look_again_) {
    look_again_ = false;
    if (!mail.failure && mail.answer == rpc::notify_answer::accepted) { polls_ = 0; }
    return look();
  }
  const bool sources_only = other_sources_ && facts_.target.job_open;
  if (mail.failure && mail.failure->code == errc::limit_reached && facts_.target.job_open) {
    other_sources_ = true;  // its job is just being begun there: in a moment
    return schedule(wait::retry, not_ready_delay);
  }
  if (mail.failure && sources_only) { return run(); }  // and later
  other_sources_ = false;
  if (sources_only && mail.answer == rpc::notify_answer::known) { return run(); }
  if (mail.failure && mail.failure->code == errc::limit_reached) {
    // It is not ready, as it has yet to learn the site's keys; or its calls of before are still
    // under way. That is no try.
    auto told = news();
    told.reason = describe(*mail.failure);
    told.next_try = in(not_ready_delay);
    tell(told);
    return schedule(wait::retry, not_ready_delay);
  }
  if (mail.failure) {
    drop_push();
    return retry_later(*mail.failure, "did not take the notification");
  }
  if (mail.answer == rpc::notify_answer::at_capacity) { return wait_until_it_takes_more(); }
  facts_.target.job_open = true;
  auto told = news();
  told.job_state = site_job_state::started;
  told.reason = "";
  told.next_try = model::calendar_time{};
  tell(told);
  say(8210, {setup_.package.text(), setup_.name, facts_.notification.job.text()});
  // "known" is no news of the job: it may be long over there.
  if (mail.answer == rpc::notify_answer::accepted) { polls_ = 0; }
  run();
}

/// B7, B8: so many tries, so far apart; after the last the site's job is cancelled. The row counts
/// them: a restart of the site begins no new round.
void transfer_tracking_state::retry_later(const error& failure, std::string_view how) {
  if (facts_.tries_left > 0) { --facts_.tries_left; }
  const std::uint32_t all = std::max(facts_.settings.retry.number, facts_.tries_left + 1);
  auto told = news();
  told.tries_left = facts_.tries_left;
  told.reason = format("{} {}: {}", setup_.name, how, describe(failure));
  say(8211, {setup_.package.text(), setup_.name, describe(failure),
             format("{}", all - facts_.tries_left)});
  const bool away = failure.code == errc::unreachable || failure.code == errc::timed_out;
  if (away) {
    say(2391, {setup_.name, describe(failure),
               facts_.tries_left == 0 ? "when it is heard of"
                                      : format("{} min", facts_.settings.retry.delay.count())});
  }
  if (facts_.tries_left == 0) {
    told.job_state = site_job_state::cancelled;
    told.state = package_state::install_failed;
    told.next_try = model::calendar_time{};
    tell(told);
    return over();  // the next heartbeat of the node opens a new job
  }
  told.state = package_state::install_retrying;
  told.next_try = in(facts_.settings.retry.delay);
  tell(told);
  schedule(wait::retry, facts_.settings.retry.delay);
}

void transfer_tracking_state::on_tick(std::uint64_t number) {
  if (number != ticks_) { return; }
  if (waiting_ == wait::push_over) { return poll(false); }
  if (waiting_ != wait::running) { return look(); }
  if (facts_.cancelling) { return ask_to_cancel(); }
  poll(true);
}

void transfer_tracking_state::on_content_gained(const content_gained& mail) {
  on_source_back(mail.name);
}

/// Among all that are configured: one that was away when the node was told may be new to it.
void transfer_tracking_state::on_source_back(const std::string& name) {
  const auto& sources = facts_.target.sources;
  const bool mine = std::any_of(sources.begin(), sources.end(),
                                [&](const auto& source) { return source.name == name; });
  if (!mine) { return; }
  if (waiting_ == wait::source) { return look(); }
  if (waiting_ != wait::running || node_state_ != model::job_state::waiting_for_source) { return; }
  other_sources_ = true;
  look();
}

/// A node came back: as target it is told at once what it missed; as source it ends the waits of
/// others (D10).
void transfer_tracking_state::on_node_back(const std::string& name) {
  if (name == setup_.name) {
    if (calling_) {  // the answer of before it came back says nothing any more
      look_again_ = true;
      other_sources_ = other_sources_ || (facts_.target.job_open && !facts_.pushed);
      return;
    }
    const bool was_away = waiting_ == wait::retry || waiting_ == wait::capacity;
    if (push_ == push_stage::none && facts_.pushed && waiting_ == wait::running) { return look(); }
    const bool is_stopping = waiting_ == wait::withdrawing || waiting_ == wait::cancelling;
    if (was_away || is_stopping) { return look(); }
    if (waiting_ == wait::running) {
      other_sources_ = !facts_.pushed;  // it may have come back without those it was told last
      return poll(false);
    }
    return;
  }
  on_source_back(name);
}

void transfer_tracking_state::on_reported(const model::state_message& message) {
  if (message.job != facts_.notification.job) { return; }
  polls_ = 0;
  heard_meanwhile_ = calling_;
  switch (message.report) {
    case model::state_report::success:
    case model::state_report::failure:
    case model::state_report::cancelled: return over();
    default: quick_tries_ = 0; set_node_state(message.state);
  }
}

}  // namespace sluice::actors
