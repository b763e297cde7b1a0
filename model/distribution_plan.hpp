#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/notification.hpp"

/// What has to be done so that every target has what it should have. Pure.
namespace sluice::model {

/// The facts about one (content, distribution point) target.
struct plan_target {
  content_id content;
  std::string distribution_point;
  bool own = false;  ///< the site's own: content is taken from the site library, no transfer
  bool maintenance = false;           ///< it takes nothing new (A9)
  bool prestaged = false;             ///< its node waits for what comes prestaged (E3)
  bool has_it = false;                ///< the site database shows it installed
  bool job_open = false;              ///< a job for it is under way
  std::vector<source_entry> sources;  ///< its configured sources
  std::vector<bool> source_has_it;    ///< availability index, same order
};

enum class plan_action : std::uint8_t {
  nothing,          ///< it has it, or a job is on its way
  install_locally,  ///< the site's own distribution point: add the user, no bytes move
  notify,           ///< at least one source holds it (B1): a notification, when there is a slot
  wait_for_source,  ///< none does (B2, B3, message 8212)
  wait_for_maintenance,  ///< until it ends
};

struct planned_step {
  plan_action action = plan_action::nothing;
  std::vector<std::string> lacking;  ///< wait_for_source: the sources asked
};
/// In this order: has_it or job_open, own, maintenance, prestaged (notify), no source; else notify.
/// `sources` and `source_has_it` are of equal length.
planned_step plan(const plan_target& facts);

/// `distribution_point` may pull from `source`.
struct source_edge {
  std::string distribution_point;
  std::string source;
};
/// A ring in the edges as they would be (D2), as a path "a -> b -> a"; nothing when there is none.
std::optional<std::string> source_cycle(const std::vector<source_edge>& edges);

}  // namespace sluice::model
