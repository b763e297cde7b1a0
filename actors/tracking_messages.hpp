#pragma once

#include <optional>
#include <string>

#include "actors/messages.hpp"

/// What is said of one distribution on its way: between the site, a proxy and its trackings.
namespace sluice::actors {

// To the site -----------------------------------------------------------------------------------
struct facts_question {
  model::package_id package;
  std::string name;
};
/// What a transfer tracking needs to decide.
struct distribution_facts {
  bool wanted = false;  ///< false: the row is gone, nothing to do
  bool removing = false;
  model::plan_target target;
  model::notification notification;  ///< whole, ready to be sent
  std::string control_address;
  /// Of a standard distribution point, or of a job that was begun when it was one.
  bool pushed = false;
  std::string content_address;
  model::distribution_schedule schedule;
  model::rate_limit limit;
  model::distribution_settings settings;
  std::uint32_t tries_left = 0;
  std::uint32_t polls = 0;  ///< in vain, since it was last heard of
  model::job_state node_state = model::job_state::not_started;
  std::string reason;        ///< what the row says of its wait
  bool held = false;         ///< cancelled by an operator
  bool cancelling = false;   ///< the node is to be asked to stop
  bool discarding = false;   ///< it has stopped, and is to throw away what it fetched
  bool suspended = false;    ///< says the row (S1)
  std::string cancelled_by;  ///< whose wish that is
  std::optional<model::job_id> former_job;  ///< is to stop as well
};
/// Written into the distribution's row; unset fields stay.
struct tracking_news {
  model::package_id package;
  std::string name;
  std::optional<model::job_id> job;  ///< news of another job than the row's are dropped
  std::optional<model::site_job_state> job_state;
  std::optional<model::package_state> state;
  std::optional<std::string> reason;
  std::optional<std::uint32_t> tries_left;
  std::optional<model::calendar_time> next_try;  ///< the epoch: none
  std::optional<std::uint32_t> polls;
  std::optional<model::state_message> polled;  ///< what the node answered to a poll
  std::optional<bool> pushed;                  ///< the job that starts is one that the site pushes
  bool cancelled = false;
  bool cancel_over = false;  ///< it was too late
  bool discarded = false;    ///< what the node fetched is gone, or has become the content
  bool former_over = false;  ///< the node was asked to stop the job before this one
};
struct removal_done {
  model::package_id package;
  std::string name;
};

// To a proxy, and on to its trackings -------------------------------------------------------------
/// Look at this target: something changed. `running`: it is open over there, so its slot is taken.
struct deliver {
  model::package_id package;
  bool running = false;
};
struct content_gained {
  model::content_id content;
  std::string name;
};
struct node_back {
  std::string name;
};  ///< registered, or heard again after a silence
struct job_reported {
  model::package_id package;
  model::state_message message;
};
struct tracking_over {
  model::package_id package;
  bool waits_for_slot = false;  ///< it is begun again when its turn comes
};
/// Before a notification: may it have one of the open jobs of this distribution point?
struct slot_wanted {
  model::package_id package;
  model::package_priority priority = model::package_priority::medium;
};
/// The job waits over there for something else than its turn, or goes on.
struct slot_left {
  model::package_id package;
};
struct slot_taken {
  model::package_id package;
};
/// The node takes no more, whatever is counted here: tell it when another job has ended.
struct node_is_full {
  model::package_id package;
};
struct slots_changed {
  std::uint32_t most = 0;
};
struct tracking_tick {
  std::uint64_t number = 0;
};

/// Outcomes that come back from rpc threads to a tracking.
struct notified {
  std::optional<error> failure;
  rpc::notify_answer answer{};
};
struct room_told {  ///< B14
  std::optional<error> failure;
  model::byte_count free{};
};
struct polled {
  std::optional<error> failure;
  rpc::poll_answer answer;
};
struct withdrawn {
  std::optional<error> failure;
};
struct cancel_answered {
  std::optional<error> failure;
  rpc::cancel_outcome answer = rpc::cancel_outcome::unknown;
};

}  // namespace sluice::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::facts_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::distribution_facts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::tracking_news)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::removal_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::deliver)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::content_gained)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::node_back)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::job_reported)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::tracking_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::slot_wanted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::slot_left)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::slot_taken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::slots_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::node_is_full)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::tracking_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::notified)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::room_told)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::polled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::withdrawn)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::cancel_answered)
