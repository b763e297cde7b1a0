#include "actors/distribution_manager.hpp"

#include <algorithm>

namespace sluice::actors {

namespace {

/// Between two looks at the calendar, however far the next edge of a window is: it may be set anew.
constexpr auto look_again_max = std::chrono::hours(1);
/// A node expects a byte within this, and the longest pause of the limit.
constexpr auto silence = limits::source_stall_deadline;

std::chrono::seconds patience_of(const model::rate_limit& limit) {
  // Each of the connections may have to wait for a block of its own.
  return silence + std::chrono::seconds(limit.pause_seconds) * limits::http_connections_per_source;
}

}  // namespace

void distribution_manager_state::begin(self_pointer self, distribution_manager_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
  slots_.set_most(setup_.settings.push_packages, setup_.settings.push_threads);
  self->set_down_handler([this](const caf::down_msg& mail) { on_down(mail); });
}

/// A tracking that ended without saying so wants nothing any more.
void distribution_manager_state::on_down(const caf::down_msg& mail) {
  std::vector<push> gone;
  for (const auto& [what, each] : pushes_) {
    if (each.wish.asker->address() == mail.source) { gone.push_back(what); }
  }
  for (const push& what : gone) { on_dropped({what}); }
}

void distribution_manager_state::on_wanted(const push_wanted& mail) {
  entry& of = pushes_[mail.what];
  if (of.wish.asker != mail.asker) { self_->monitor(mail.asker); }
  const bool other_limit = of.wish.limit != mail.limit;
  const bool other_window = of.wish.schedule != mail.schedule || of.wish.priority != mail.priority;
  if (other_window || of.wish.asker != mail.asker) { of.told.reset(); }
  of.wish = mail;
  if (other_limit && of.running) { of.running->change(mail.limit); }
  look(mail.what, of);
}

/// What its schedule says of it now; comes back at the next edge.
void distribution_manager_state::look(const push& what, entry& of) {
  const model::calendar_time now = setup_.now();
  const auto& schedule = of.wish.schedule;
  const auto edge = model::next_change(schedule, of.wish.priority, now);
  of.timer = ++last_;
  if (edge) {
    const auto delay = std::min<std::chrono::nanoseconds>(*edge - now, look_again_max);
    self_->delayed_send(distribution_manager_actor{self_}, delay, push_due{what, of.timer});
  }
  if (model::lets_through(schedule, of.wish.priority, now)) {
    if (slots_.goes_on(what) && of.number == 0) {
      of.told.reset();
      return caf::anon_send(of.wish.asker, push_granted{});
    }
    slots_.ask(what, of.wish.priority);
    grant();
    if (!slots_.goes_on(what)) { tell_held(of, {{}, true}); }
    return;
  }
  of.number = 0;
  of.running.reset();  // what is verified over there stays (F2)
  slots_.leave(what);
  tell_held(of, {edge});
  grant();
}

/// Once for each reason: each is written down.
void distribution_manager_state::tell_held(entry& of, const push_held& why) {
  if (of.told == why) { return; }
  of.told = why;
  caf::anon_send(of.wish.asker, why);
}

void distribution_manager_state::grant() {
  while (const auto next = slots_.next()) {
    const auto found = pushes_.find(*next);
    SLUICE_CHECK(found != pushes_.end());
    found->second.told.reset();
    caf::anon_send(found->second.wish.asker, push_granted{});
  }
}

void distribution_manager_state::on_begun(const push_begun& mail) {
  const auto found = pushes_.find(mail.what);
  if (found == pushes_.end() || found->second.number != 0) { return; }
  entry& of = found->second;
  if (!slots_.goes_on(mail.what)) {  // what it was granted was another one's
    of.told.reset();
    tell_held(of, {{}, true});
    return look(mail.what, of);
  }
  of.order = mail;
  of.number = ++last_;
  const distribution_manager_actor me{self_};
  const auto patience = patience_of(of.wish.limit);
  const auto taken = setup_.clients->with_control(
      mail.control_address, [me, what = mail.what, number = of.number, job = mail.job,
                             patience](rpc::control_service& node) {
        auto answer = node.begin_push({}, job, patience);
        push_ticket told{what, number, {}, {}};
        if (answer) { told.ticket = std::move(*answer); }
        if (!answer) { told.failure = answer.error(); }
        caf::anon_send(me, std::move(told));
      });
  if (!taken) { on_ticket({mail.what, of.number, taken.error(), {}}); }
}

void distribution_manager_state::on_ticket(const push_ticket& mail) {
  const auto found = pushes_.find(mail.what);
  if (found == pushes_.end() || found->second.number != mail.number) { return; }
  entry& of = found->second;
  if (mail.failure) {
    const bool over = mail.failure->code == errc::not_found;
    return end(mail.what, of, {over, over ? std::nullopt : mail.failure});
  }
  const distribution_manager_actor me{self_};
  push_work work{of.order.content_address, mail.ticket, of.order.content, of.wish.limit,
                 of.wish.schedule.zone};
  of.running = setup_.runner->start(
      std::move(work), [me, what = mail.what, number = mail.number](http::push_end how) {
        caf::anon_send(me, push_over{what, number, std::move(how)});
      });
}

void distribution_manager_state::on_over(const push_over& mail) {
  const auto found = pushes_.find(mail.what);
  if (found == pushes_.end() || found->second.number != mail.number) { return; }
  end(mail.what, found->second, {mail.end.over, mail.end.failure});
}

/// Its slot is free; who wants to go on asks again.
void distribution_manager_state::end(const push& what, entry& of, push_ended how) {
  of.number = 0;
  of.running.reset();
  of.told.reset();
  of.timer = ++last_;
  slots_.leave(what);
  caf::anon_send(of.wish.asker, std::move(how));
  grant();
}

void distribution_manager_state::on_due(const push_due& mail) {
  const auto found = pushes_.find(mail.what);
  if (found == pushes_.end() || found->second.timer != mail.number) { return; }
  look(mail.what, found->second);
}

void distribution_manager_state::on_dropped(const push_dropped& mail) {
  const auto found = pushes_.find(mail.what);
  if (found == pushes_.end()) { return; }
  self_->demonitor(found->second.wish.asker->address());
  pushes_.erase(found);
  slots_.leave(mail.what);
  grant();
}

void distribution_manager_state::on_slots(const push_slots_changed& mail) {
  slots_.set_most(mail.packages, mail.threads);
  grant();
}

distribution_manager_actor::behavior_type distribution_manager(
    distribution_manager_state::self_pointer self, distribution_manager_setup setup) {
  auto& state = self->state;
  state.begin(self, std::move(setup));
  return {
      [&state](const push_wanted& mail) { state.on_wanted(mail); },
      [&state](const push_begun& mail) { state.on_begun(mail); },
      [&state](const push_ticket& mail) { state.on_ticket(mail); },
      [&state](const push_over& mail) { state.on_over(mail); },
      [&state](const push_due& mail) { state.on_due(mail); },
      [&state](const push_dropped& mail) { state.on_dropped(mail); },
      [&state](const push_slots_changed& mail) { state.on_slots(mail); },
      [](health_question) { return done{}; },
  };
}

}  // namespace sluice::actors
