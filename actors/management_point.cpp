#include "actors/management_point.hpp"

#include "actors/site_rules.hpp"

namespace sluice::actors {

management_point_actor::behavior_type management_point(
    management_point_actor::stateful_pointer<management_point_state> self, site_actor site) {
  self->state.site = std::move(site);
  return {
      [self](const rpc::registration& given) -> caf::result<rpc::registration_answer> {
        if (!is_good_name(given.name)) {
          return to_caf(
              error{errc::invalid, 0, format("register a node named '{}'", escaped(given.name))});
        }
        return self->delegate(self->state.site, given);
      },
      [self](const rpc::heartbeat_request& given) {
        return self->delegate(self->state.site, given);
      },
      [self](const rpc::report_batch& batch) -> caf::result<std::uint64_t> {
        return self->delegate(self->state.site, batch);
      },
  };
}

}  // namespace sluice::actors
