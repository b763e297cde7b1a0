#include "actors/outbound_contact.hpp"

namespace sluice::actors {

std::optional<rpc::command_contact> command_taker::perform(const rpc::site_command& command) {
  const std::lock_guard lock(one_at_a_time_);
  if (closed_) { return std::nullopt; }
  return session_.perform(command);
}

rpc::command_contact command_taker::idle() {
  const std::lock_guard lock(one_at_a_time_);
  return {session_.session(), 0, {}};
}

void command_taker::close() {
  const std::lock_guard lock(one_at_a_time_);
  closed_ = true;
}

void outbound_contact_state::begin(self_pointer self, outbound_contact_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
  on_due();
}

void outbound_contact_state::on_due() {
  self_->delayed_send(outbound_contact_actor{self_}, limits::outbound_interval, contact_due{});
  if (!asking_) { ask(setup_.taker->idle()); }
}

/// One heartbeat, and what it brings. That the site cannot be reached is the status reporter's to
/// say. What runs on the pool's thread does not own the pool.
void outbound_contact_state::ask(rpc::command_contact said) {
  const outbound_contact_actor me{self_};
  rpc::heartbeat_request beat{setup_.node, setup_.epoch, 0, {}, std::move(said)};
  const auto taken = setup_.clients->with_management_point(
      setup_.site_address,
      [me, beat = std::move(beat), taker = setup_.taker](rpc::management_point_service& site) {
        const auto answer = site.heartbeat({}, beat);
        contact_answered mail;
        if (answer && answer->command) { mail.said = taker->perform(*answer->command); }
        caf::anon_send(me, std::move(mail));
      });
  asking_ = taken.ok();
}

void outbound_contact_state::on_answered(const contact_answered& mail) {
  asking_ = false;
  if (mail.said) { ask(*mail.said); }
}

outbound_contact_actor::behavior_type outbound_contact(outbound_contact_state::self_pointer self,
                                                       outbound_contact_setup setup) {
  self->state.begin(self, std::move(setup));
  return {[self](contact_due) { self->state.on_due(); },
          [self](const contact_answered& mail) { self->state.on_answered(mail); }};
}

}  // namespace sluice::actors
