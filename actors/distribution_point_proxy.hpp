#pragma once

#include <map>
#include <set>

#include "actors/transfer_tracking.hpp"

namespace sluice::actors {

struct distribution_point_proxy_setup {
  site_parts parts;
  site_actor site;
  std::string name;
};

/// The site's side of one distribution point: a tracking for each target that has something to do,
/// a place in the queue for each that waits for one of the open jobs (B4, D15).
class distribution_point_proxy_state {
public:
  using self_pointer =
      distribution_point_proxy_actor::stateful_pointer<distribution_point_proxy_state>;

  distribution_point_proxy_state() = default;
  distribution_point_proxy_state(const distribution_point_proxy_state&) = delete;
  distribution_point_proxy_state& operator=(const distribution_point_proxy_state&) = delete;
  ~distribution_point_proxy_state();  ///< ends its trackings: nobody else would

  void begin(self_pointer self, distribution_point_proxy_setup setup);
  void on_deliver(const deliver& mail);
  void on_content_gained(const content_gained& mail);
  void on_node_back(const node_back& mail);
  void on_reported(const job_reported& mail);
  void on_over(const tracking_over& mail);
  bool on_slot_wanted(const slot_wanted& mail);
  void on_slot_left(model::package_id package);
  void on_slot_taken(model::package_id package);
  void on_slots_changed(std::uint32_t most);
  void on_node_is_full(model::package_id package);

private:
  void on_down(const caf::down_msg& mail);
  void admit();
  transfer_tracking_actor tracking_of(model::package_id package);

  self_pointer self_ = nullptr;
  distribution_point_proxy_setup setup_;
  model::job_slots slots_{limits::jobs_per_distribution_point_max};
  std::map<model::package_id, transfer_tracking_actor> trackings_;
  std::set<model::package_id> refused_;  ///< have a slot here, and found the node full
  std::set<model::package_id>
      again_;  ///< told to look while a tracking was there: it may have ended
};

distribution_point_proxy_actor::behavior_type distribution_point_proxy(
    distribution_point_proxy_state::self_pointer self, distribution_point_proxy_setup setup);

}  // namespace sluice::actors
