#include "actors/usage_meter.hpp"

namespace sluice::actors {

void usage_meter_state::begin(self_pointer self, std::shared_ptr<usage_meter_setup> setup) {
  self_ = self;
  setup_ = std::move(setup);
  on_tick();
}

void usage_meter_state::on_tick() {
  self_->delayed_send(usage_meter_actor{self_}, limits::heartbeat_interval, usage_tick{});
  const model::calendar_time now = setup_->now();
  const std::vector<model::visit> visits = setup_->counters->visitors.take();
  const auto added = setup_->book->add(visits, now);
  if (!added) {
    log::error("usage_meter", describe(added.error()));
    for (const model::visit& one : visits) { setup_->counters->visitors.add(one); }
    return;
  }
  auto windows = setup_->book->windows(now);
  if (!windows) { return log::error("usage_meter", describe(windows.error())); }
  if (*windows == told_) { return; }
  told_ = *windows;
  setup_->tell(std::move(*windows));
}

usage_meter_actor::behavior_type usage_meter(usage_meter_state::self_pointer self,
                                             std::shared_ptr<usage_meter_setup> setup) {
  self->state.begin(self, std::move(setup));
  return {[self](usage_tick) { self->state.on_tick(); }};
}

}  // namespace sluice::actors
