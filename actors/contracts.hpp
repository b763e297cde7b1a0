#pragma once

#include "actors/mail_types.hpp"

/// Who may say what to whom on a node: one comment and its signatures for every actor. Unless a
/// line says otherwise a request may be repeated safely. Failures come back as `caf::error` made by
/// `to_caf`.
namespace sluice::actors {

/// The only writer of the node database. One transaction per request; mail from one sender keeps
/// its order, so "state, then report" needs no waiting in between; "forget" waits for the last
/// report.
using node_journal_actor = caf::typed_actor<
    caf::replies_to<add_job>::with<bool>,  // false: this job id was taken before
    caf::replies_to<update_job>::with<done>, caf::replies_to<replace_sources>::with<done>,
    caf::replies_to<forget_job>::with<done>, caf::replies_to<recall_job>::with<recalled_job>,
    caf::replies_to<record_pieces>::with<done>,
    caf::replies_to<recall_pieces>::with<recorded_pieces>,
    caf::replies_to<forget_pieces>::with<done>, caf::replies_to<pin_keys>::with<done>,
    caf::replies_to<forget_site>::with<std::uint64_t>,
    caf::replies_to<append_reports>::with<done>,  // not idempotent: each call is new reports
    caf::reacts_to<watch_outbox>, caf::replies_to<read_outbox>::with<outbox_page>,
    caf::replies_to<acknowledge_reports>::with<done>, caf::replies_to<health_question>::with<done>>;

/// The only writer of the content library, as an actor: each request becomes a task of the
/// library's reactor.
using librarian_actor = caf::typed_actor<
    caf::replies_to<recheck_manifest>::with<storage::content_facts>,
    caf::replies_to<list_missing>::with<storage::missing_page>,
    caf::replies_to<measure_missing>::with<std::uint64_t>,
    caf::replies_to<install_content>::with<done>, caf::replies_to<add_content_user>::with<done>,
    caf::replies_to<drop_content>::with<done>, caf::replies_to<drop_former>::with<done>,
    caf::replies_to<discard_staging>::with<done>,
    caf::replies_to<make_snapshot>::with<storage::snapshot_outcome>,
    caf::replies_to<count_library>::with<storage::content_library::totals>,
    caf::replies_to<health_question>::with<done>, caf::reacts_to<trash_tick>,
    caf::reacts_to<trust_keys>, caf::reacts_to<operation_done<result<storage::content_facts>>>,
    caf::reacts_to<operation_done<result<storage::missing_page>>>,
    caf::reacts_to<operation_done<result<std::uint64_t>>>,
    caf::reacts_to<operation_done<result<void>>>,
    caf::reacts_to<operation_done<result<storage::snapshot_outcome>>>,
    caf::reacts_to<operation_done<result<storage::content_library::totals>>>>;

/// Takes progress of a page while it is fetched, a few times a second at most.
using progress_listener = caf::typed_actor<caf::reacts_to<page_progress>>;

/// One source in use: its connections, its failures, its blame. Shared by all jobs of the node.
using content_source_actor = caf::typed_actor<
    caf::replies_to<probe_content>::with<bool>,
    caf::replies_to<fetch_manifest>::with<manifest_outcome>,
    caf::replies_to<fetch_page, progress_listener>::with<page_outcome>, caf::reacts_to<stop_pages>,
    caf::replies_to<open_door>::with<done>, caf::reacts_to<connection_taken>,
    caf::reacts_to<push_awaited>, caf::reacts_to<source_back>, caf::reacts_to<operation_done<bool>>,
    caf::reacts_to<operation_done<manifest_outcome>>, caf::reacts_to<operation_done<page_outcome>>>;

/// The site repeats its notification: a source came back or gained the content (D10), or there are
/// other sources now. To a transfer job.
struct told_again {
  std::vector<model::source_entry> sources;
  std::vector<content_source_actor> actors;  ///< one for each of them
};

/// One content on its way (S2). Sends `turn_wanted`, `turn_returned`, `job_settled` and then
/// `job_over` to its distribution point.
using transfer_job_actor = caf::typed_actor<
    caf::reacts_to<start_job>, caf::reacts_to<turn_granted>, caf::reacts_to<cancel_job>,
    caf::replies_to<cancel_wish>::with<rpc::cancel_outcome>, caf::reacts_to<source_gained>,
    caf::reacts_to<told_again>, caf::reacts_to<page_progress>, caf::reacts_to<job_tick>,
    caf::reacts_to<report_again>, caf::replies_to<job_question>::with<job_answer>>;

/// Takes notifications, knows every open job, lets four of them move bytes at once.
using distribution_point_actor = caf::typed_actor<
    caf::replies_to<model::notification>::with<rpc::notify_answer>,  // idempotent
                                                                     // by job id
    caf::replies_to<poll_job>::with<rpc::poll_answer>,
    caf::replies_to<push_question>::with<std::string>,  // a new ticket each time
    caf::replies_to<cancel_order>::with<rpc::cancel_outcome>,
    caf::replies_to<node_question>::with<model::node_report>,
    caf::replies_to<why_question>::with<model::why_report>,
    caf::replies_to<drop_content>::with<done>, caf::replies_to<leave_site>::with<done>,
    caf::replies_to<health_question>::with<done>, caf::reacts_to<turn_wanted>,
    caf::reacts_to<turn_returned>, caf::reacts_to<job_settled>, caf::reacts_to<job_over>,
    caf::reacts_to<job_waits>, caf::reacts_to<job_due>, caf::reacts_to<site_registered>>;

/// Proves what the distribution point holds, one cycle at a time, and takes out of service what is
/// wrong (J2-J10). `begin_validation` is idempotent by cycle and part.
using content_validation_actor = caf::typed_actor<
    caf::replies_to<begin_validation>::with<done>,
    caf::replies_to<validation_question>::with<model::validation_row>,
    caf::replies_to<abort_validations>::with<done>, caf::replies_to<health_question>::with<done>,
    caf::reacts_to<validation_moved>, caf::reacts_to<validation_again>,
    caf::reacts_to<operation_done<result<std::vector<std::string>>>>,  // lists compared
    caf::reacts_to<operation_done<result<storage::validation_report>>>,
    caf::reacts_to<operation_done<storage::content_repair>>>;

/// Registers the node, keeps its heart beating, delivers the outbox until it is acknowledged.
using status_reporter_actor =
    caf::typed_actor<caf::reacts_to<reports_waiting>, caf::reacts_to<reporter_tick>,
                     caf::reacts_to<registered>, caf::reacts_to<submitted>,
                     caf::reacts_to<heart_beaten>, caf::reacts_to<usage_measured>,
                     caf::reacts_to<change_host_settings>, caf::reacts_to<site_called>,
                     caf::replies_to<reporter_question>::with<reporter_answer>,
                     caf::replies_to<adopt_site>::with<model::adoption>>;

/// Asks the site for its commands, on a node that opens no control port.
using outbound_contact_actor =
    caf::typed_actor<caf::reacts_to<contact_due>, caf::reacts_to<contact_answered>>;

/// Keeps who was given content by this node.
using usage_meter_actor = caf::typed_actor<caf::reacts_to<usage_tick>>;

}  // namespace sluice::actors
