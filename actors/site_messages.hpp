#pragma once

#include <functional>
#include <string>

#include "actors/messages.hpp"
#include "actors/site_policy.hpp"

/// What actors of a site server say to one another.
namespace sluice::actors {

// To the site, from an operator -----------------------------------------------------------------
struct add_package {
  rpc::package_add_request request;
  std::string admin;
  std::function<void(storage::snapshot_progress)> progress;  ///< any thread
};
struct remove_package {
  model::package_id package;
  std::string admin;
};
struct change_distribution_point {
  rpc::distribution_point_request request;
  bool add = false;
  std::string admin;
};
struct remove_distribution_point {
  std::string name;
  std::string admin;
};
struct distribute_package {
  rpc::distribute_request request;
  std::string admin;
};

struct change_group {
  rpc::group_request request;
  std::string admin;
};
struct cancel_package {
  rpc::cancel_request request;
  std::string admin;
};
struct set_package {
  rpc::package_set_request request;
  std::string admin;
};

struct begin_validations {
  rpc::validation_request request;
};
struct show_validation {
  model::cycle_id cycle;
  rpc::page_request page;
};

struct change_policy {
  site_policy policy;
};

// To the site, from its own actors --------------------------------------------------------------
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
  model::distribution_settings settings;
  std::uint32_t tries_left = 0;
  std::uint32_t polls = 0;  ///< in vain, since it was last heard of
  model::job_state node_state = model::job_state::not_started;
  std::string reason;        ///< what the row says of its wait
  bool held = false;         ///< cancelled by an operator
  bool cancelling = false;   ///< the node is to be asked to stop
  std::string cancelled_by;  ///< whose wish that is
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
  bool cancelled = false;
  bool cancel_over = false;  ///< it was too late
};
struct removal_done {
  model::package_id package;
  std::string name;
};
/// A proxy that ended by itself is due to be begun again.
struct proxy_due {
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

// To the site, of validations it ordered ----------------------------------------------------------
/// A distribution point took the order, or did not.
struct validation_taken {
  model::cycle_id cycle;
  std::string name;
  std::optional<error> failure;
};
struct validation_heard {
  model::cycle_id cycle;
  std::string name;
  result<model::validation_row> row;
};
/// Whoever began the cycle has waited long enough for the answers.
struct validation_overdue {
  model::cycle_id cycle;
};
using validation_rows = rpc::page<model::validation_row>;

/// Outcomes that come back from rpc threads to a tracking.
struct notified {
  std::optional<error> failure;
  rpc::notify_answer answer{};
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

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::add_package)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::remove_package)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::change_distribution_point)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::remove_distribution_point)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::distribute_package)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::change_policy)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::begin_validations)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::show_validation)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::validation_taken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::validation_heard)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::validation_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::validation_rows)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::validation_begun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::facts_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::distribution_facts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::tracking_news)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::removal_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::proxy_due)
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
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::polled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::withdrawn)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::cancel_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::cancel_package)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::change_group)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::group_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::set_package)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::cancel_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::model::package_row)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::model::distribution_point_row)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::distribute_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::registration)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::registration_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::heartbeat_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::heartbeat_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::report_batch)
