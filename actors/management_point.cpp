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

/// Drops states with a code nobody knows and tells the operator (2360); the rest is taken.
rpc::report_batch sifted(const site_actor& site, rpc::report_batch batch) {
  std::erase_if(batch.states, [&](const model::state_message& message) {
    if (known_report(message.report)) { return false; }
    caf::anon_send(
        site, site_message{
                  2360, {message.content.text(), format("{}", static_cast<int>(message.report))}});
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
        return self->delegate(self->state.site, sifted(self->state.site, batch));
      },
  };
}

}  // namespace sluice::actors
