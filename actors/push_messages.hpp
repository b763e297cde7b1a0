#pragma once

#include <optional>
#include <string>

#include "actors/messages.hpp"
#include "http/http.hpp"

/// What is said of pushes to standard distribution points: between the Distribution Manager, the
/// trackings of the targets, and what runs a push.
namespace sluice::actors {

/// The tracking that asked, as the manager answers it.
using push_asker =
    caf::typed_actor<caf::reacts_to<struct push_granted>, caf::reacts_to<struct push_held>,
                     caf::reacts_to<struct push_ended>>;

// To the Distribution Manager, from a tracking ---------------------------------------------------
/// It wants to push; repeated, it changes what is different (schedule, limit, priority).
struct push_wanted {
  push_asker asker;
  model::push_slots::push what;
  model::package_priority priority = model::package_priority::medium;
  model::distribution_schedule schedule;
  model::rate_limit limit;
};
/// Its turn has come, and the node has the job.
struct push_begun {
  model::push_slots::push what;
  model::job_id job;
  model::content_id content;
  std::string control_address;
  std::string content_address;
};
/// It has ended, or is not wanted any more.
struct push_dropped {
  model::push_slots::push what;
};
/// B16, of the site's policy.
struct push_slots_changed {
  std::uint32_t packages = 0;
  std::uint32_t threads = 0;
};

// To the Distribution Manager, from elsewhere ----------------------------------------------------
struct push_ticket {  ///< what the node answered
  model::push_slots::push what;
  std::uint64_t number = 0;  ///< of the push, counted by the manager: others are old news
  std::optional<error> failure;
  std::string ticket;
};
struct push_over {
  model::push_slots::push what;
  std::uint64_t number = 0;
  http::push_end end;
};
/// A window may have opened or closed for it.
struct push_due {
  model::push_slots::push what;
  std::uint64_t number = 0;  ///< of the timer
};

// To a tracking ----------------------------------------------------------------------------------
struct push_granted {};
/// It waits, or was cut off: its schedule lets nothing of this priority through; or does again, and
/// it waits for its turn.
struct push_held {
  std::optional<model::calendar_time> until;  ///< nothing: it never will
  bool for_its_turn = false;
  bool operator==(const push_held&) const = default;
};
struct push_ended {
  bool over = false;  ///< the node takes no more: it is done, or does not know the job
  std::optional<error> failure;
};

}  // namespace sluice::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::push_wanted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::push_begun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::push_dropped)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::push_slots_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::push_ticket)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::push_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::push_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::push_granted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::push_held)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::push_ended)
