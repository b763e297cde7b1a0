#pragma once

#include "actors/contracts.hpp"
#include "actors/push_messages.hpp"
#include "actors/site_messages.hpp"

/// Who may say what to whom on a site server, beside the actors of every node.
namespace sluice::actors {

/// The only writer of the site database. Desired state is its truth; proxies carry it out.
using site_actor = caf::typed_actor<
    caf::replies_to<add_package>::with<model::package_row>,
    caf::replies_to<update_package>::with<rpc::package_update_answer>,
    caf::reacts_to<usage_measured>, caf::reacts_to<superseded_tick>,
    caf::replies_to<remove_package>::with<done>,
    caf::replies_to<change_distribution_point>::with<model::distribution_point_row>,
    caf::replies_to<remove_distribution_point>::with<done>,
    caf::replies_to<distribute_package>::with<rpc::distribute_answer>,
    caf::replies_to<cancel_package>::with<rpc::cancel_answer>,
    caf::replies_to<change_group>::with<rpc::group_answer>,
    caf::replies_to<set_package>::with<model::package_row>,
    caf::replies_to<begin_validations>::with<rpc::validation_begun>,  // each call is a new cycle
    caf::replies_to<show_validation>::with<validation_rows>, caf::reacts_to<validation_taken>,
    caf::reacts_to<validation_heard>, caf::reacts_to<validation_overdue>,
    caf::reacts_to<change_policy>, caf::replies_to<facts_question>::with<distribution_facts>,
    caf::reacts_to<tracking_news>, caf::reacts_to<removal_done>, caf::reacts_to<site_message>,
    caf::reacts_to<proxy_due>, caf::replies_to<health_question>::with<done>,
    caf::replies_to<rpc::registration>::with<rpc::registration_answer>,
    caf::replies_to<rpc::heartbeat_request>::with<rpc::heartbeat_answer>,
    caf::replies_to<rpc::report_batch>::with<std::uint64_t>>;  // idempotent by sequence

/// Takes what nodes say, and passes on what is well-formed.
using management_point_actor =
    caf::typed_actor<caf::replies_to<rpc::registration>::with<rpc::registration_answer>,
                     caf::replies_to<rpc::heartbeat_request>::with<rpc::heartbeat_answer>,
                     caf::replies_to<rpc::report_batch>::with<std::uint64_t>>;

/// The site's side of one distribution point: a tracking for each target that has something to do,
/// a place in the queue for each that waits for a slot.
using distribution_point_proxy_actor =
    caf::typed_actor<caf::reacts_to<deliver>, caf::reacts_to<content_gained>,
                     caf::reacts_to<node_back>, caf::reacts_to<job_reported>,
                     caf::reacts_to<tracking_over>, caf::replies_to<slot_wanted>::with<bool>,
                     caf::reacts_to<slot_left>, caf::reacts_to<slot_taken>,
                     caf::reacts_to<node_is_full>, caf::reacts_to<slots_changed>>;

/// Pushes content to standard distribution points: how many at a time, when, how fast. All may be
/// repeated; answers come as mail to the `asker`.
using distribution_manager_actor = caf::typed_actor<
    caf::reacts_to<push_wanted>, caf::reacts_to<push_begun>, caf::reacts_to<push_ticket>,
    caf::reacts_to<push_over>, caf::reacts_to<push_due>, caf::reacts_to<push_dropped>,
    caf::reacts_to<push_slots_changed>, caf::replies_to<health_question>::with<done>>;

/// One (package, distribution point) until it is at rest: waits for a source, notifies, pushes,
/// polls, withdraws.
using transfer_tracking_actor =
    caf::typed_actor<caf::reacts_to<push_granted>, caf::reacts_to<push_held>,
                     caf::reacts_to<push_ended>, caf::reacts_to<room_told>, caf::reacts_to<deliver>,
                     caf::reacts_to<content_gained>, caf::reacts_to<node_back>,
                     caf::reacts_to<job_reported>, caf::reacts_to<tracking_tick>,
                     caf::reacts_to<notified>, caf::reacts_to<polled>, caf::reacts_to<withdrawn>,
                     caf::reacts_to<cancel_answered>>;

}  // namespace sluice::actors
