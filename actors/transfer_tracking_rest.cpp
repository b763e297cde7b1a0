#include "actors/transfer_tracking.hpp"

/// Polls, removal, and what needs no network.
namespace sluice::actors {

using model::package_state;
using model::site_job_state;

/// B9, B10: reports lead; polls are the backup. Exhausted polls end only the site's job.
/// One because the node is back is no try of these.
void transfer_tracking_state::poll(bool counted) {
  if (calling_ || asking_) { return; }
  auto told = news();
  if (counted) { ++polls_; }
  told.polls = polls_;
  if (polls_ > facts_.settings.polling.number) {
    told.job_state = site_job_state::cancelled;
    told.state = package_state::install_failed;
    told.reason = format("{} sent no news for {} polls; its report will still count", setup_.name,
                         facts_.settings.polling.number);
    tell(told);
    return over();
  }
  tell(std::move(told));
  calling_ = true;
  first_poll_ = counted && polls_ == 1;
  heard_meanwhile_ = false;
  const transfer_tracking_actor me{self_};
  const auto taken = setup_.parts.clients->with_control(
      facts_.control_address, [me, job = facts_.notification.job](rpc::control_service& node) {
        auto answer = node.poll({}, job);
        polled mail;
        if (answer) { mail.answer = std::move(*answer); }
        if (!answer) { mail.failure = answer.error(); }
        caf::anon_send(me, std::move(mail));
      });
  if (!taken) {
    calling_ = false;
    schedule(wait::running, facts_.settings.polling.delay);
  }
}

void transfer_tracking_state::on_polled(const polled& mail) {
  calling_ = false;
  if (look_again_) {
    look_again_ = false;
    return look();
  }
  if (!mail.failure && mail.answer.known && !heard_meanwhile_) {
    polls_ = 0;
    auto told = news();
    told.polled = mail.answer.state;
    tell(std::move(told));
    set_node_state(mail.answer.state.state);
  }
  if (mail.failure && first_poll_) { say(2397, {setup_.package.text(), setup_.name}); }
  if (!mail.failure && !mail.answer.known) { say(2398, {setup_.package.text(), setup_.name}); }
  schedule(wait::running, facts_.settings.polling.delay);
  if (!mail.failure && mail.answer.known && facts_.pushed && push_ == push_stage::none) {
    return want_push();  // it lost its connections, and waits for others
  }
  // A node that lost the job (its database was made anew) is told again; one that finished it
  // answers "known".
  if (!mail.failure && !mail.answer.known) { return notify(); }
  if (!mail.failure && other_sources_ && !asking_) { look(); }
}

/// The site's own distribution point: the bytes are in the same library.
void transfer_tracking_state::install_locally() {
  self_
      ->request(setup_.parts.librarian, caf::infinite,
                add_content_user{facts_.target.content, storage::library_user::distribution_point})
      .then(
          [this](done) {
            auto told = news();
            told.job_state = site_job_state::complete;
            told.state = package_state::installed;
            told.reason = "";
            tell(told);
            over();
          },
          [this](caf::error& failure) {
            auto told = news();
            told.job_state = site_job_state::failed;
            told.state = package_state::install_failed;
            told.reason = describe(from_caf(failure));
            tell(told);
            over();
          });
}

void transfer_tracking_state::withdraw_locally() {
  self_
      ->request(
          setup_.parts.librarian, caf::infinite,
          drop_content{facts_.target.content, storage::library_user::distribution_point, true})
      .then([this](done) { on_withdrawn({}); },
            [this](caf::error& failure) {
              const error given = from_caf(failure);
              on_withdrawn(given.code == errc::not_found ? withdrawn{} : withdrawn{given});
            });
}

/// C5: the node is asked until it answers, also when it was away in between; that it has stopped
/// is what its report says.
void transfer_tracking_state::ask_to_cancel() {
  ask_to(facts_.former_job ? stop_what::former_job : stop_what::job);
}

/// C4: when its job has stopped; the same until it says that it is done.
void transfer_tracking_state::ask_to_discard() { ask_to(stop_what::what_it_fetched); }

void transfer_tracking_state::ask_to(stop_what what) {
  if (calling_) { return; }
  calling_ = true;
  stopping_ = what;
  rpc::job_cancel asked{facts_.notification.job, facts_.cancelled_by};
  if (what == stop_what::former_job) { asked.job = *facts_.former_job; }
  if (what == stop_what::what_it_fetched) { asked.discard = facts_.target.content; }
  const transfer_tracking_actor me{self_};
  const auto taken = setup_.parts.clients->with_control(
      facts_.control_address, [me, asked = std::move(asked)](rpc::control_service& node) {
        const auto answer = node.cancel({}, asked);
        cancel_answered mail;
        if (answer) { mail.answer = *answer; }
        if (!answer) { mail.failure = answer.error(); }
        caf::anon_send(me, std::move(mail));
      });
  if (!taken) { on_cancel_answered({taken.error(), {}}); }
}

void transfer_tracking_state::on_discard_answered(const cancel_answered& mail) {
  constexpr auto soon = std::chrono::seconds(2);
  const bool runs = !mail.failure && mail.answer == rpc::cancel_outcome::requested;
  const bool begins = mail.failure && mail.failure->code == errc::limit_reached;
  if (runs || begins) { return schedule(wait::cancelling, soon); }
  if (mail.failure) { return schedule(wait::cancelling, facts_.settings.retry.delay); }
  auto told = news();
  told.discarded = true;
  tell(std::move(told));
  over();
}

void transfer_tracking_state::on_cancel_answered(const cancel_answered& mail) {
  calling_ = false;
  if (look_again_) {
    look_again_ = false;
    return look();
  }
  if (stopping_ == stop_what::what_it_fetched) { return on_discard_answered(mail); }
  auto told = news();
  if (stopping_ == stop_what::former_job && !mail.failure) {
    told.former_over = true;  // its own reports say no more of this row
    tell(std::move(told));
    return look();
  }
  if (mail.failure) {
    told.reason = format("is being cancelled by {}: {} did not take it: {}", facts_.cancelled_by,
                         setup_.name, describe(*mail.failure));
    const bool begins = mail.failure->code == errc::limit_reached;
    const std::chrono::seconds delay =
        begins ? std::chrono::seconds(2) : facts_.settings.retry.delay;
    told.next_try = in(delay);
    tell(told);
    return schedule(wait::cancelling, delay);
  }
  if (mail.answer == rpc::cancel_outcome::unknown) {  // it never began there, or was forgotten
    told.job_state = site_job_state::cancelled;
    told.state = package_state::install_failed;
    told.reason = format("cancelled by {}", facts_.cancelled_by);
    told.next_try = model::calendar_time{};
    told.cancelled = true;
    tell(told);
    return facts_.discarding ? ask_to_discard() : over();
  }
  if (mail.answer == rpc::cancel_outcome::too_late) {
    told.reason =
        format("{} wished to cancel it, too late: all of it is there", facts_.cancelled_by);
    told.next_try = model::calendar_time{};
    told.cancel_over = true;
    tell(told);
  }
  run();
}

void transfer_tracking_state::withdraw() {
  if (calling_) { return; }
  leave_slot();
  calling_ = true;
  const transfer_tracking_actor me{self_};
  const auto taken = setup_.parts.clients->with_control(
      facts_.control_address, [me, content = facts_.target.content](rpc::control_service& node) {
        const auto answer = node.remove_content({}, content);
        withdrawn mail;
        if (!answer) { mail.failure = answer.error(); }
        caf::anon_send(me, std::move(mail));
      });
  if (!taken) { on_withdrawn({taken.error()}); }
}

void transfer_tracking_state::on_withdrawn(const withdrawn& mail) {
  constexpr auto too_many_calls_delay = std::chrono::seconds(2);
  calling_ = false;
  if (!mail.failure) {
    caf::anon_send(setup_.site, removal_done{setup_.package, setup_.name});
    return over();
  }
  if (look_again_) {
    look_again_ = false;
    return look();
  }
  if (mail.failure->code == errc::limit_reached) {  // it takes none just now: that is no try
    auto told = news();
    told.reason = format("{} does not remove it yet: {}", setup_.name, describe(*mail.failure));
    told.next_try = in(too_many_calls_delay);
    tell(told);
    return schedule(wait::withdrawing, too_many_calls_delay);
  }
  auto told = news();
  told.state = package_state::removal_retrying;
  told.reason = format("{} did not remove it: {}", setup_.name, describe(*mail.failure));
  // The site's own never gives up: no heartbeat of it would begin anew.
  if (facts_.tries_left > 0 && !facts_.target.own) { --facts_.tries_left; }
  told.tries_left = facts_.tries_left;
  if (facts_.tries_left == 0) {
    told.state = package_state::removal_failed;
    told.next_try = model::calendar_time{};
    tell(told);
    return over();  // the next heartbeat of the node begins anew
  }
  told.next_try = in(facts_.settings.retry.delay);
  tell(told);
  schedule(wait::withdrawing, facts_.settings.retry.delay);
}

transfer_tracking_actor::behavior_type transfer_tracking(transfer_tracking_state::self_pointer self,
                                                         transfer_tracking_setup setup) {
  auto& state = self->state;
  state.begin(self, std::move(setup));
  return {
      [&state](const deliver&) { state.look(); },
      [&state](const content_gained& mail) { state.on_content_gained(mail); },
      [&state](const node_back& mail) { state.on_node_back(mail.name); },
      [&state](const job_reported& mail) { state.on_reported(mail.message); },
      [&state](tracking_tick tick) { state.on_tick(tick.number); },
      [&state](const notified& mail) { state.on_notified(mail); },
      [&state](push_granted) { state.on_push_granted(); },
      [&state](const push_held& mail) { state.on_push_held(mail); },
      [&state](const push_ended& mail) { state.on_push_ended(mail); },
      [&state](const room_told& mail) { state.on_room_told(mail); },
      [&state](const polled& mail) { state.on_polled(mail); },
      [&state](const withdrawn& mail) { state.on_withdrawn(mail); },
      [&state](const cancel_answered& mail) { state.on_cancel_answered(mail); },
  };
}

}  // namespace sluice::actors
