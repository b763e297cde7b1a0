#include "actors/management_point.hpp"

#include "actors/failure.hpp"
#include "actors/site_rules.hpp"

namespace sluice::actors {

/// Of a name that the site does not know nothing is kept: anybody may send one.
void management_point_state::say_refused(const std::string& name, const error& failure) {
  if (failure.code != errc::denied && failure.code != errc::invalid) { return; }
  const std::string why = describe(failure);
  if (std::exchange(refused[name], why) == why) { return; }  // a node asks every few seconds
  caf::anon_send(site, site_message{2370, {name, why}});
}

management_point_actor::behavior_type management_point(
    management_point_actor::stateful_pointer<management_point_state> self, site_actor site) {
  self->state.site = std::move(site);
  return {
      [self](const rpc::registration& given) -> caf::result<rpc::registration_answer> {
        if (!is_good_name(given.name)) {
          return to_caf(
              error{errc::invalid, 0, format("register a node named '{}'", escaped(given.name))});
        }
        auto promise = self->make_response_promise<rpc::registration_answer>();
        self->request(self->state.site, caf::infinite, given)
            .then(
                [self, promise, name = given.name](rpc::registration_answer& answer) mutable {
                  self->state.refused.erase(name);
                  promise.deliver(std::move(answer));
                },
                [self, promise, name = given.name](caf::error& failure) mutable {
                  self->state.say_refused(name, from_caf(failure));
                  promise.deliver(std::move(failure));
                });
        return promise;
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
