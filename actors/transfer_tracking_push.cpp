#include "actors/transfer_tracking.hpp"

/// What a tracking does for a standard distribution point, beside what it does for any.
namespace sluice::actors {

using model::site_job_state;

namespace {

/// The manager is asked again so often, in case it lost the wish.
constexpr auto ask_again_delay = std::chrono::minutes(5);
/// A connection that breaks is no try of the retry settings, so many times in a row.
constexpr std::uint32_t quick_tries_max = 3;
constexpr auto quick_try_delay = std::chrono::seconds(10);
/// A node that takes no more is done mostly, and its report on its way: so long it is waited for.
constexpr auto report_delay = std::chrono::seconds(10);
/// Less on a library volume is no room to begin: databases and status need it.
constexpr std::uint64_t room_min = 64 * limits::mib;

}  // namespace

model::push_slots::push transfer_tracking_state::this_push() const {
  return {setup_.package, setup_.name};
}

/// B16, F1: its turn is the manager's to give.
void transfer_tracking_state::want_push() {
  if (push_ == push_stage::none) { push_ = push_stage::asked; }
  const transfer_tracking_actor me{self_};
  caf::anon_send(setup_.parts.pushes, push_wanted{me, this_push(), facts_.notification.priority,
                                                  facts_.schedule, facts_.limit});
  if (push_ == push_stage::going) { return schedule(wait::running, facts_.settings.polling.delay); }
  schedule(wait::push, ask_again_delay);
}

tracking_news transfer_tracking_state::waits_for_turn() const {
  auto told = news();
  told.reason = format(
      "waits for its turn to be pushed: {} packages to {} distribution points "
      "each at a time",
      facts_.settings.push_packages, facts_.settings.push_threads);
  told.next_try = model::calendar_time{};
  return told;
}

void transfer_tracking_state::drop_push() {
  if (push_ == push_stage::none) { return; }
  push_ = push_stage::none;
  held_.reset();
  caf::anon_send(setup_.parts.pushes, push_dropped{this_push()});
}

void transfer_tracking_state::on_push_granted() {
  if (push_ != push_stage::asked) { return; }
  push_ = push_stage::granted;
  held_.reset();
  if (facts_.target.job_open) { return begin_push(); }
  look();  // for its slot, or it is under maintenance by now
}

/// B14: a standard distribution point is asked whether it is ready before anything is sent to it.
void transfer_tracking_state::ask_for_room() {
  if (calling_) { return; }
  calling_ = true;
  const transfer_tracking_actor me{self_};
  const auto taken =
      setup_.parts.clients->with_control(facts_.control_address, [me](rpc::control_service& node) {
        const auto answer = node.free_space({});
        room_told mail;
        if (answer) { mail.free = *answer; }
        if (!answer) { mail.failure = answer.error(); }
        caf::anon_send(me, std::move(mail));
      });
  if (!taken) { on_room_told({taken.error(), {}}); }
}

void transfer_tracking_state::on_room_told(const room_told& mail) {
  calling_ = false;
  if (look_again_) {
    look_again_ = false;
    return look();
  }
  if (mail.failure) {
    drop_push();
    say_cannot_push(*mail.failure);
    return retry_later(*mail.failure, "is not ready");
  }
  if (push_ != push_stage::granted) { return look(); }  // its window has closed meanwhile
  if (model::raw(mail.free) >= room_min) { return notify(); }
  drop_push();
  auto told = news();
  told.reason = format(
      "{} has {} bytes free on its library volume, too few to begin; free some "
      "there: sluice package remove, or a larger volume",
      setup_.name, model::raw(mail.free));
  told.next_try = in(facts_.settings.retry.delay);
  tell(std::move(told));
  schedule(wait::retry, facts_.settings.retry.delay);
}

/// Not with every try.
void transfer_tracking_state::say_cannot_push(const error& failure) {
  if (std::exchange(cannot_push_said_, true)) { return; }
  say(2323, {setup_.name, describe(failure)});
}

/// The node has the job, and takes what is pushed.
void transfer_tracking_state::begin_push() {
  push_ = push_stage::going;
  facts_.suspended = false;
  caf::anon_send(setup_.owner, slot_taken{setup_.package});
  caf::anon_send(setup_.parts.pushes,
                 push_begun{this_push(), facts_.notification.job, facts_.target.content,
                            facts_.control_address, facts_.content_address});
  auto told = news();
  told.job_state = site_job_state::in_progress;
  told.reason = "";
  told.next_try = model::calendar_time{};
  tell(std::move(told));
  schedule(wait::running, facts_.settings.polling.delay);
}

tracking_news transfer_tracking_state::waits_for_window(
    std::optional<model::calendar_time> until) const {
  auto told = news();
  told.reason =
      until ? format("its schedule ({}) lets no packages of {} priority through now",
                     model::text_of(facts_.schedule), model::name_of(facts_.notification.priority))
            : format(
                  "its schedule ({}) never lets packages of {} priority through; change one of "
                  "them: sluice dp set {} --schedule, sluice package set {} --priority",
                  model::text_of(facts_.schedule), model::name_of(facts_.notification.priority),
                  setup_.name, setup_.package.text());
  told.next_try = until.value_or(model::calendar_time{});
  return told;
}

/// F2, S1: what is verified over there is kept; a job that the node has is suspended, one that it
/// was not told of yet stays as it is. Neither keeps a slot from what the window lets through.
void transfer_tracking_state::on_push_held(const push_held& mail) {
  if (push_ == push_stage::none) { return; }
  push_ = push_stage::asked;
  held_ = mail;
  auto told = mail.for_its_turn ? waits_for_turn() : waits_for_window(mail.until);
  if (facts_.target.job_open) {
    told.job_state = mail.for_its_turn ? site_job_state::in_progress : site_job_state::suspended;
    facts_.suspended = !mail.for_its_turn;
  }
  tell(std::move(told));
  if (!mail.for_its_turn) { leave_slot(); }
  schedule(wait::push, ask_again_delay);
}

void transfer_tracking_state::on_push_ended(const push_ended& mail) {
  if (push_ == push_stage::none) { return; }
  push_ = push_stage::none;
  if (mail.over) {
    quick_tries_ = 0;
    cannot_push_said_ = false;
    return schedule(wait::push_over, report_delay);
  }
  const error failure = mail.failure.value_or(error{errc::peer_closed, 0, "push"});
  if (quick_tries_++ >= quick_tries_max) {
    quick_tries_ = 0;
    say_cannot_push(failure);
    return retry_later(failure, "could not be pushed to");
  }
  auto told = news();
  told.reason = format("the push to {} broke off: {}", setup_.name, describe(failure));
  told.next_try = in(quick_try_delay);
  tell(std::move(told));
  schedule(wait::retry, quick_try_delay);
}

}  // namespace sluice::actors
