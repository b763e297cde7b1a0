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
  trackings_.erase(ended);
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

void distribution_point_proxy_state::on_over(model::package_id package) {
  trackings_.erase(package);
  // The tracking may have ended before it read the last `deliver`: a new one looks once more.
  if (again_.erase(package) > 0) { on_deliver({package}); }
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
      [&state](const tracking_over& mail) { state.on_over(mail.package); },
  };
}

}  // namespace sluice::actors
