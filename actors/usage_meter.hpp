#pragma once

#include "actors/contracts.hpp"
#include "actors/node_parts.hpp"
#include "storage/storage.hpp"

namespace sluice::actors {

using usage_listener = std::function<void(std::vector<model::usage_window>)>;

struct usage_meter_setup {
  calendar_clock now;
  std::shared_ptr<http::server_counters> counters;
  std::unique_ptr<storage::usage_book> book;
  usage_listener tell;  ///< what the windows are now, whenever they changed
};

/// Takes from the content servers who came, every 30 seconds, and keeps it in the usage book. What
/// came after the last time is lost when the node stops. A detached actor: it writes to disk.
class usage_meter_state {
public:
  using self_pointer = usage_meter_actor::stateful_pointer<usage_meter_state>;
  void begin(self_pointer self, std::shared_ptr<usage_meter_setup> setup);
  void on_tick();

private:
  self_pointer self_ = nullptr;
  std::shared_ptr<usage_meter_setup> setup_;
  std::vector<model::usage_window> told_;
};

usage_meter_actor::behavior_type usage_meter(usage_meter_state::self_pointer self,
                                             std::shared_ptr<usage_meter_setup> setup);

}  // namespace sluice::actors
