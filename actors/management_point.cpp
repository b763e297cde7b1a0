#include "actors/management_point.hpp"

#include "actors/site_rules.hpp"

namespace sluice::actors {

namespace {

bool known_report(model::state_report report) noexcept {
  switch (report) {
    case model::state_report::success:
    case model::state_report::warning:
    case model::state_report::failure:
    case model::state_report::download_started:
    case model::state_report::in_progress:
    case model::state_report::downloaded:
    case model::state_report::cancelled:
    case model::state_report::cancel_requested: return true;
  }
  return false;
}

/// A state with a code nobody knows becomes a message to the operator (2360) under the same
/// sequence, so that it is acknowledged; the rest is taken as it is.
rpc::report_batch sifted(rpc::report_batch batch) {
  std::erase_if(batch.states, [&](const model::state_message& given) {
    if (known_report(given.report)) { return false; }
    model::status_message message;
    message.sequence = given.sequence;
    message.time = given.time;
    message.id = 2360;
    message.insertions = {given.content.text(), format("{}", static_cast<int>(given.report))};
    batch.messages.push_back(std::move(message));
    return true;
  });
  return batch;
}

}  // namespace

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
        return self->delegate(self->state.site, sifted(batch));
      },
  };
}

}  // namespace sluice::actors
