#include "actors/distribution_point_proxy.hpp"

#include <algorithm>

namespace sluice::actors {

distribution_point_proxy_state::~distribution_point_proxy_state() {
  for (const auto& [package, tracking] : trackings_) {
    caf::anon_send_exit(tracking, caf::exit_reason::user_shutdown);
  }
}

void distribution_point_proxy_state::begin(self_pointer self,
                                           distribution_point_proxy_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
  slots_.set_most(setup_.parts.policy.distribution.active_jobs);
  self->set_down_handler([this](const caf::down_msg& mail) { on_down(mail); });
}

/// A tracking that ended without saying so, of an error nobody foresaw, is begun again from its
/// row after a while.
void distribution_point_proxy_state::on_down(const caf::down_msg& mail) {
  const auto ended = std::find_if(trackings_.begin(), trackings_.end(), [&](const auto& entry) {
    return entry.second.address() == mail.source;
  });
  if (ended == trackings_.end()) { return; }
  log::error("site", format("what the site does for {} on {} ended ({}); it begins again in {} s",
                            ended->first.text(), setup_.name, caf::to_string(mail.reason),
                            limits::actor_restart_delay.count()));
  self_->delayed_send(distribution_point_proxy_actor{self_}, limits::actor_restart_delay,
                      deliver{ended->first});
  slots_.leave(ended->first);
  trackings_.erase(ended);
  admit();
}

transfer_tracking_actor distribution_point_proxy_state::tracking_of(model::package_id package) {
  const auto found = trackings_.find(package);
  if (found != trackings_.end()) { return found->second; }
  transfer_tracking_setup setup{setup_.parts, setup_.site, distribution_point_proxy_actor{self_},
                                package, setup_.name};
  const auto made = self_->spawn<caf::monitored>(transfer_tracking, std::move(setup));
  trackings_.emplace(package, made);
  return made;
}

void distribution_point_proxy_state::on_deliver(const deliver& mail) {
  if (mail.running) { slots_.take(mail.package); }
  if (trackings_.contains(mail.package)) { again_.insert(mail.package); }
  caf::anon_send(tracking_of(mail.package), mail);
}

void distribution_point_proxy_state::on_content_gained(const content_gained& mail) {
  const auto found = trackings_.find(mail.content.package);
  if (found != trackings_.end()) { caf::anon_send(found->second, mail); }
}

void distribution_point_proxy_state::on_node_back(const node_back& mail) {
  for (const auto& [package, tracking] : trackings_) { caf::anon_send(tracking, mail); }
}

void distribution_point_proxy_state::on_reported(const job_reported& mail) {
  const auto found = trackings_.find(mail.package);
  if (found != trackings_.end()) { caf::anon_send(found->second, mail); }
}

void distribution_point_proxy_state::on_over(const tracking_over& mail) {
  trackings_.erase(mail.package);
  refused_.erase(mail.package);
  if (!mail.waits_for_slot) { slots_.leave(mail.package); }
  // The tracking may have ended before it read the last `deliver`: a new one looks once more.
  if (again_.erase(mail.package) > 0) { on_deliver({mail.package}); }
  admit();
}

bool distribution_point_proxy_state::on_slot_wanted(const slot_wanted& mail) {
  return slots_.ask(mail.package, mail.priority);
}

void distribution_point_proxy_state::on_slot_left(model::package_id package) {
  slots_.leave(package);
  admit();
}

void distribution_point_proxy_state::on_slot_taken(model::package_id package) {
  slots_.take(package);
}

void distribution_point_proxy_state::on_slots_changed(std::uint32_t most) {
  slots_.set_most(most);
  admit();
}

void distribution_point_proxy_state::on_node_is_full(model::package_id package) {
  refused_.insert(package);
}

/// A job has ended, or waits. Whose turn it is looks at its row again: it may not be wanted any
/// more.
void distribution_point_proxy_state::admit() {
  if (!refused_.empty()) { on_deliver({refused_.extract(refused_.begin()).value()}); }
  while (const auto next = slots_.next()) { on_deliver({*next}); }
}

distribution_point_proxy_actor::behavior_type distribution_point_proxy(
    distribution_point_proxy_state::self_pointer self, distribution_point_proxy_setup setup) {
  auto& state = self->state;
  state.begin(self, std::move(setup));
  return {
      [&state](const deliver& mail) { state.on_deliver(mail); },
      [&state](const content_gained& mail) { state.on_content_gained(mail); },
      [&state](const node_back& mail) { state.on_node_back(mail); },
      [&state](const job_reported& mail) { state.on_reported(mail); },
      [&state](const tracking_over& mail) { state.on_over(mail); },
      [&state](const slot_wanted& mail) { return state.on_slot_wanted(mail); },
      [&state](slot_left mail) { state.on_slot_left(mail.package); },
      [&state](slot_taken mail) { state.on_slot_taken(mail.package); },
      [&state](slots_changed mail) { state.on_slots_changed(mail.most); },
      [&state](node_is_full mail) { state.on_node_is_full(mail.package); },
  };
}

}  // namespace sluice::actors
