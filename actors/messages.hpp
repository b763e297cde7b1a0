#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/source_messages.hpp"
#include "model/model.hpp"
#include "rpc/rpc.hpp"
#include "storage/storage.hpp"

/// What actors of a node say to one another: values only, never descriptors, spans or buffers.
namespace sluice::actors {

// To whoever is watched over --------------------------------------------------------------------
struct health_question {};  ///< `done` when its turn comes; an error when it could not begin

// To the node journal ---------------------------------------------------------------------------
struct add_job {
  storage::job_record job;
};  ///< answers false when the id is known already
struct update_job {
  storage::job_record job;  ///< of the notification its id only
};
struct replace_sources {
  model::notification told;  ///< its sources replace the recorded ones of its job
};
struct forget_job {
  model::job_id job;
};
struct recall_job {
  model::job_id job;
};
struct recalled_job {
  std::optional<storage::job_record> job;  ///< nothing: it is over
};
struct record_pieces {
  std::vector<storage::verified_run> runs;
};
struct recall_pieces {
  std::vector<model::file_id> files;
};
struct forget_pieces {
  model::file_id file;
};
struct append_reports {
  std::vector<storage::outbox_row> rows;
};
struct read_outbox {
  std::uint32_t rows_max = 0;
};
struct pin_keys {
  std::vector<hashing::public_key> keys;
};
/// The node has another from now on; answers how many reports to the former one are dropped.
struct forget_site {
  std::vector<hashing::public_key> keys;  ///< of the other one
};
struct acknowledge_reports {
  std::uint64_t up_to = 0;
};
/// Told whenever reports were appended to the outbox.
using reports_listener = caf::typed_actor<caf::reacts_to<struct reports_waiting>>;
struct watch_outbox {
  reports_listener listener;
};
using recorded_pieces = std::vector<storage::verified_run>;
using outbox_page = std::vector<storage::outbox_row>;

// To the librarian ------------------------------------------------------------------------------
struct list_missing {
  storage::missing_request request;
};
struct recheck_manifest {  ///< a staged or committed manifest that may be there already
  model::content_id content;
  model::digest hash;
  model::byte_count size{};
};
struct install_content {
  model::content_id content;
  storage::library_user user;
};
struct add_content_user {
  model::content_id content;
  storage::library_user user;
};
struct drop_content {
  model::content_id content;
  storage::library_user user;
  bool older = false;  ///< and all versions before it
};
/// Those that a newer version followed before this time, since the epoch.
struct drop_former {
  std::vector<model::content_id> contents;
  storage::library_user user;
  std::chrono::nanoseconds before{};
};
struct measure_missing {  ///< answers how many bytes of room the content still needs
  model::content_id content;
  bool all = false;  ///< redistribute
};
struct count_library {
  std::uint64_t bytes_wanted = 0;  ///< trash is emptied until so many are free
};
struct trash_tick {};  ///< time to look for old trash
struct trust_keys {
  std::vector<hashing::public_key> keys;
};
struct make_snapshot {
  std::string source_root;
  std::string source_path;
  model::content_id content;
  std::function<void(storage::snapshot_progress)> progress;  ///< called on the reactor's thread
  std::optional<model::content_id> unless_same_as{};
};

struct discard_staging {
  storage::discard_request asked;
};

// To a transfer job -----------------------------------------------------------------------------
struct start_job {};
struct turn_granted {};
struct cancel_job {
  std::string user;
};
/// An operator's wish: answers whether the job will stop, and never undoes what is whole (C2).
struct cancel_wish {
  std::string user;
};
struct source_gained {};
struct told_again;  ///< with the actors of its sources: see contracts.hpp
struct job_question {};
struct job_answer {
  model::node_job_row row;
  model::why_report why;
  model::state_message last;
};
struct job_tick {
  std::uint64_t wait = 0;
};
struct report_again {};  ///< the outbox did not take the last report

// To content validation -------------------------------------------------------------------------
/// A status message of the site server itself: no outbox lies in between.
struct site_message {
  std::uint32_t id = 0;
  std::vector<std::string> insertions;
};
using site_message_listener = caf::typed_actor<caf::reacts_to<site_message>>;
struct begin_validation {
  rpc::validation_order order;
  site_message_listener listener;  ///< takes its status messages; none: the outbox does
};
struct validation_question {
  model::cycle_id cycle;
};
struct abort_validations {
  std::string reason;
};  ///< all of them; `done` when the messages that say so are where they should be
/// How far the content is that is looked at; `number` as in `operation_done`.
struct validation_moved {
  std::uint64_t number = 0;
  storage::validation_progress done;
};
struct validation_again {};  ///< the outbox did not take a message

// To the distribution point ---------------------------------------------------------------------
struct turn_wanted {
  model::job_id job;
};
struct turn_returned {
  model::job_id job;
};
/// The job brings nothing in any more: committed, failed or cancelled. Its last report may still
/// wait for room in the outbox.
struct job_settled {
  model::job_id job;
};
struct job_over {
  model::job_id job;
};
/// It waits for something else than its turn, or does no longer.
struct job_waits {
  model::job_id job;
  bool waits = false;
};
struct job_due {  ///< one that ended by itself is to begin again
  model::job_id job;
};
struct push_question {
  model::job_id job;
  std::chrono::seconds patience{};
};  ///< answers the ticket
struct poll_job {
  model::job_id job;
};
struct cancel_order {
  model::job_id job;
  std::string user;
  std::optional<model::content_id> discard{};  ///< what was fetched of it goes as well
};
/// The site took this node's registration: its keys are pinned, its notifications can be believed.
struct site_registered {};
struct leave_site {};  ///< `done` when none of its jobs brings anything in any more
struct node_question {};
struct why_question {
  model::package_id package;
};

// To the status reporter ------------------------------------------------------------------------
struct reports_waiting {};
struct reporter_tick {};
struct reporter_question {};
struct reporter_answer {
  bool site_reachable = false;
  std::uint64_t undelivered = 0;
  std::string site_refused;  ///< why the site that answers is not followed, else empty
};
struct site_called {};  ///< an order came that was not taken: who gives it is there
struct adopt_site {};   ///< from now on the one that answers is the node's own
/// Also to the site, of its own distribution point.
struct usage_measured {
  std::vector<model::usage_window> windows;
};
struct change_host_settings {  ///< to the status reporter: it registers anew with them
  std::vector<model::setting_row> settings;
};
struct usage_tick {};   ///< to the usage meter: time to look who came
struct contact_due {};  ///< to the outbound contact: time to ask for commands
struct contact_answered {
  std::optional<rpc::command_contact> said;  ///< to the command that came; none: there was none
};
/// Outcomes that come back from rpc threads.
struct registered {
  std::optional<error> failure;
  rpc::registration_answer answer;
  bool complete = false;  ///< else the site has only said who it is
};
struct submitted {
  std::optional<error> failure;
  std::uint64_t acknowledged = 0;
};
struct heart_beaten {
  std::optional<error> failure;
  bool known = true;
  bool maintenance = false;
};

/// An operation on a reactor is over; `number` says which.
template <typename Outcome>
struct operation_done {
  std::uint64_t number = 0;
  Outcome outcome;
};

}  // namespace sluice::actors
