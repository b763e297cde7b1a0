/**
 * What nodes of sluice say to each other, and an operator to a node.
 *
 * Transport: frames of at most 1 MiB, strict binary protocol, methods named "Service:method"
 * (Thrift's multiplexing). Each service of a connection begins with `hello`; calls before it are
 * refused. Numbers without a sign in sluice are never negative here. Ids of random bits and digests
 * are bytes; PackageIDs and content ids are text ("PKG00012", "PKG00012.3"). Times are milliseconds
 * since 1970 in UTC. Numbers of enums are stored and sent: never renumber.
 *
 * Every method says who may call it; a method without the annotation does not build:
 *   anyone  who could connect
 *   admin   an operator, on the node's own Unix socket
 *   node    a distribution point that reports to its site
 *   site    the site that a distribution point belongs to
 */
namespace cpp sluice.rpc.wire
namespace py sluice_wire

/** base/error.hpp, in its order. */
enum error_code {
  not_found = 0, corrupt = 1, no_space = 2, timed_out = 3, peer_closed = 4, limit_reached = 5,
  cancelled = 6, os_failed = 7, invalid = 8, denied = 9, conflict = 10, unreachable = 11,
  refused = 12, incompatible = 13
}
/** The one way a call fails. `doing` is a clear sentence; `os_error` is an errno or 0. */
exception failure {
  1: error_code code
  2: i32 os_error
  3: string doing
}

/** S2 of the feature contract. */
enum job_state {
  not_started = 1, waiting_for_source = 2, parked = 3, downloading_signature = 4,
  signature_downloaded = 5, downloading = 6, waiting_prestage = 7, cancel_requested = 8,
  downloaded = 9, failed = 10, cancelled = 11, si_applied = 13, succeeded = 14
}
/** S3: what a distribution point reports of a job. */
enum state_report {
  success = 1, warning = 2, failed = 4, download_started = 8, in_progress = 16, downloaded = 32,
  cancelled = 64, cancel_requested = 128
}
/** S1: the job as the site sees it. */
enum site_job_state {
  pending = 0, ready = 1, started = 2, in_progress = 3, pending_restart = 4, complete = 5,
  failed = 6, cancelled = 7, suspended = 8
}
/** S5: a package on a distribution point. */
enum package_state {
  installed = 0, install_pending = 1, install_retrying = 2, install_failed = 3,
  removal_pending = 4, removal_retrying = 5, removal_failed = 6, content_updating = 7,
  content_monitoring = 8
}
/** S6. */
enum console_bucket { success = 1, in_progress = 2, unknown = 3, failed = 4 }
enum distribution_point_mode { standard = 1, pull = 2 }
enum notification_action { add = 1, redistribute = 2 }
enum package_priority { high = 1, medium = 2, low = 3 }
enum validation_priority { lowest = 0, low = 1, medium = 2, high = 3, highest = 4 }
enum validation_state { queued = 1, running = 2, complete = 3, aborted = 4 }
enum notify_answer { accepted = 1, known = 2, at_capacity = 3 }
enum cancel_outcome { requested = 1, too_late = 2, unknown = 3 }

// ---- The beginning of every conversation

/** The oldest and newest protocol a side speaks, and the program it is. */
struct greeting {
  1: i32 oldest
  2: i32 newest
  3: string build
}
service Greeting {
  /** Refused as `incompatible`, naming both builds, when the ranges have nothing in common. */
  greeting hello(1: greeting mine) throws (1: failure refused) (authorization = "anyone")
}

// ---- Admin

/** At most `rows` rows from `offset`; a server sends fewer when a frame is full. */
struct page_request {
  1: i32 offset
  2: i32 rows
}
struct package_row {
  1: string id
  2: string name
  3: string source_path
  4: i32 version
  5: i32 files
  6: i64 bytes
  7: binary manifest_hash
  8: i64 created
  9: i32 targets
  10: optional package_priority priority
}
struct package_page {
  1: list<package_row> rows
  2: i32 total
}
struct source_choice {
  1: string name
  2: i32 priority
}
/** Who was given content in the last `days` days (UTC, today included), and how much. */
struct usage_window {
  1: i32 days
  2: i32 clients
  3: i32 distribution_points
  4: i64 client_bytes
  5: i64 distribution_point_bytes
}
struct distribution_point_row {
  1: string name
  2: string control_address
  3: string content_address
  4: distribution_point_mode mode
  5: bool own
  6: list<source_choice> sources
  7: optional binary node
  8: optional i64 last_heard
  9: i32 contents
  10: i32 jobs
  11: optional string schedule
  12: optional string rate_limit
  13: optional bool maintenance
  14: optional bool prestaged
  15: optional bool leaving
  16: optional i32 failed
  17: optional i32 retrying
  18: optional list<usage_window> usage
  19: optional i64 usage_changed
}
/** `origin` "default", or where the value was given. */
struct setting_row {
  1: string name
  2: string value
  3: string origin
}
struct setting_rows {
  1: list<setting_row> rows
}
/** Whether a distribution point may be a source of another, and if not, why. */
struct source_candidate {
  1: string name
  2: bool qualified
  3: string reason
}
struct source_candidates {
  1: list<source_candidate> rows
}
struct distribution_point_page {
  1: list<distribution_point_row> rows
  2: i32 total
}
struct distribution_row {
  1: string package_id
  2: i32 version
  3: string distribution_point
  4: console_bucket bucket
  5: package_state state
  6: optional binary job
  7: optional site_job_state job_state
  8: i32 percent
  9: i64 bytes_total
  10: i64 bytes_done
  11: i64 bytes_transferred
  12: i64 pieces_verified
  13: i64 bytes_per_second
  14: optional i64 remaining_seconds
  15: string source
  16: i32 tries_left
  17: optional i64 next_try
  18: string reason
  19: i64 changed
}
struct distribution_page {
  1: list<distribution_row> rows
  2: i32 total
}
struct why_source {
  1: string name
  2: i32 priority
  3: string verdict
}
struct why_report {
  1: string subject
  2: string doing
  3: optional i64 since
  4: string next_step
  5: optional i64 next_time
  6: string unblock
  7: list<why_source> sources
}
struct status_message {
  1: i64 sequence
  2: i64 time
  3: string system
  4: i32 id
  5: list<string> insertions
}
struct message_row {
  1: status_message message
  2: string site
  3: string system
}
struct message_page {
  1: list<message_row> rows
  2: i32 total
}
struct package_add_request {
  1: string folder
  2: optional string id
  3: string name
  4: optional package_priority priority
}
struct package_set_request {
  1: string package_id
  2: optional package_priority priority
  3: optional string name
}
struct package_add_progress {
  1: bool running
  2: i64 files
  3: i64 bytes
}
/** Wrapped, because an absent list and an empty one differ. */
struct source_choices {
  1: list<source_choice> choices
}
struct distribution_point_request {
  1: string name
  2: optional string control_address
  3: optional distribution_point_mode mode
  4: optional source_choices sources
  5: optional string schedule
  6: optional string rate_limit
  7: optional bool maintenance
  8: optional bool prestaged
}
/** `plan`: says what would be done, and does nothing. `with_sources`: also to the first source of
 * each target that would otherwise wait for ever. */
struct distribute_request {
  1: string package_id
  2: list<string> distribution_points
  3: bool redistribute
  4: optional list<string> groups
  5: optional bool plan
  6: optional bool with_sources
}
/** `files` and `bytes`: what may move to each of `started`, at most. `refused`: each with its
 * reason. */
struct distribute_answer {
  1: list<string> started
  2: list<string> had_it
  3: list<string> warnings
  4: optional list<string> refused
  5: optional i32 files
  6: optional i64 bytes
}
/** `changed` false: the folder holds what the package does, and nothing was done. */
struct package_update_answer {
  1: package_row row
  2: bool changed
  3: i32 files_new
  4: i64 bytes_new
  5: distribute_answer sent
}
/** Both lists end at 4096, and are empty where groups are listed; the totals count them all. */
struct group_row {
  1: string name
  2: list<string> members
  3: list<string> packages
  4: optional i32 members_total
  5: optional i32 packages_total
}
struct group_page {
  1: list<group_row> rows
  2: i32 total
}
struct group_status_row {
  1: string package_id
  2: i32 success
  3: i32 in_progress
  4: i32 unknown
  5: i32 failed
}
struct group_status_page {
  1: list<group_status_row> rows
  2: i32 total
}
enum group_action { create = 1, add = 2, remove = 3 }
/** `remove` without a distribution point removes the group itself; content stays in either case. */
struct group_request {
  1: group_action action
  2: string name
  3: list<string> distribution_points
}
struct group_answer {
  1: group_row row
  2: distribute_answer sent
}
/** Without a distribution point: each that has it under way. */
struct cancel_request {
  1: string package_id
  2: list<string> distribution_points
  3: bool detach
  4: bool discard
}
struct cancel_answer {
  1: list<string> cancelled
  2: list<string> requested
  3: list<string> too_late
  4: list<string> nothing
  5: list<string> discarding
}
struct status_query {
  1: optional string package_id
  2: optional string distribution_point
  3: page_request page
}
/** Without a package: all of them; without a distribution point: each that should hold it. */
struct validation_request {
  1: optional string package_id
  2: optional string distribution_point
  3: validation_priority priority
}
struct validation_begun {
  1: binary cycle
  2: list<string> began
  3: list<string> unreachable
  4: list<string> warnings
}
struct validation_row {
  1: string distribution_point
  2: validation_state state
  3: i32 contents
  4: i32 contents_done
  5: i32 passed
  6: i32 failed
  7: i32 mismatched
  8: i64 files
  9: i64 bytes_total
  10: i64 bytes_done
  11: i64 bytes_per_second
  12: optional i64 remaining_seconds
  13: list<string> findings
  14: string reason
}
struct validation_page {
  1: list<validation_row> rows
  2: i32 total
}

/** An operator to the site. */
service Admin extends Greeting {
  package_row package_add(1: package_add_request given)
    throws (1: failure refused) (authorization = "admin")
  package_add_progress package_add_status(1: string folder)
    throws (1: failure refused) (authorization = "admin")
  package_page package_list(1: page_request page)
    throws (1: failure refused) (authorization = "admin")
  package_row package_show(1: string package_id)
    throws (1: failure refused) (authorization = "admin")
  package_row package_set(1: package_set_request given)
    throws (1: failure refused) (authorization = "admin")
  package_update_answer package_update(1: string package_id)
    throws (1: failure refused) (authorization = "admin")
  void package_remove(1: string package_id)
    throws (1: failure refused) (authorization = "admin")
  distribution_point_row distribution_point_add(1: distribution_point_request given)
    throws (1: failure refused) (authorization = "admin")
  distribution_point_row distribution_point_set(1: distribution_point_request given)
    throws (1: failure refused) (authorization = "admin")
  distribution_point_page distribution_point_list(1: page_request page)
    throws (1: failure refused) (authorization = "admin")
  distribution_point_row distribution_point_show(1: string name)
    throws (1: failure refused) (authorization = "admin")
  source_candidates distribution_point_candidates(1: string name)
    throws (1: failure refused) (authorization = "admin")
  /** What decides how content comes there: of the site, of it, and of its host as it registered. */
  setting_rows distribution_point_settings(1: string name)
    throws (1: failure refused) (authorization = "admin")
  /** Its content goes first, and then it is forgotten; with `keep_content` it is forgotten now. */
  void distribution_point_remove(1: string name, 2: bool keep_content)
    throws (1: failure refused) (authorization = "admin")
  distribute_answer distribute(1: distribute_request given)
    throws (1: failure refused) (authorization = "admin")
  group_answer group_change(1: group_request given)
    throws (1: failure refused) (authorization = "admin")
  group_page group_list(1: page_request page)
    throws (1: failure refused) (authorization = "admin")
  group_row group_show(1: string name)
    throws (1: failure refused) (authorization = "admin")
  group_status_page group_status(1: string name, 2: page_request page)
    throws (1: failure refused) (authorization = "admin")
  cancel_answer cancel(1: cancel_request given)
    throws (1: failure refused) (authorization = "admin")
  distribution_page status(1: status_query query)
    throws (1: failure refused) (authorization = "admin")
  distribution_row job_show(1: binary job)
    throws (1: failure refused) (authorization = "admin")
  why_report why(1: string package_id, 2: string distribution_point)
    throws (1: failure refused) (authorization = "admin")
  message_page messages(1: page_request page)
    throws (1: failure refused) (authorization = "admin")
  validation_begun validation_begin(1: validation_request given)
    throws (1: failure refused) (authorization = "admin")
  validation_page validation_show(1: binary cycle, 2: page_request page)
    throws (1: failure refused) (authorization = "admin")
}

// ---- Node: an operator to the node it is logged in on

struct node_job_row {
  1: binary job
  2: string content
  3: job_state state
  4: i64 bytes_total
  5: i64 bytes_done
  6: i64 bytes_per_second
  7: string source
  8: string reason
  9: optional bool waits_for_turn
}
struct node_report {
  1: string name
  2: binary node
  3: string version
  4: string site_address
  5: bool site_reachable
  6: i64 outbox
  7: list<node_job_row> jobs
  8: optional string site_refused
}
struct adoption {
  1: string site
  2: string site_address
  3: i64 contents
  4: i64 reports
}
/** `content_ids` ends at 4096; `contents` counts them all. */
struct library_report {
  1: string root
  2: i64 contents
  3: i64 files
  4: i64 bytes
  5: i64 bytes_free
  6: list<string> content_ids
}
service Node extends Greeting {
  node_report node_status()
    throws (1: failure refused) (authorization = "admin")
  why_report node_why(1: string package_id)
    throws (1: failure refused) (authorization = "admin")
  library_report node_library()
    throws (1: failure refused) (authorization = "admin")
  adoption node_adopt()
    throws (1: failure refused) (authorization = "admin")
}

// ---- ManagementPoint: a distribution point to its site

struct registration {
  1: string name
  2: binary node
  3: binary epoch
  4: string content_address
  5: string build
  6: list<string> inventory
  7: bool full_inventory
  8: optional i32 part
  9: optional bool more
  10: optional list<setting_row> settings
  /** Of the manifests of `inventory`, in its order; all or none. */
  11: optional list<binary> inventory_hashes
}
struct registration_answer {
  1: list<string> site_keys
  2: string site
  3: i64 acknowledged
  4: optional bool maintenance
}
struct state_message {
  1: i64 sequence
  2: i64 time
  3: binary job
  4: string content
  5: state_report report
  6: job_state state
  7: i64 bytes_total
  8: i64 bytes_done
  9: i64 bytes_transferred
  10: i64 pieces_verified
  11: i64 bytes_per_second
  12: string source
  13: string reason
  14: optional i64 next_try
}
struct report_batch {
  1: binary node
  2: binary epoch
  3: list<state_message> states
  4: list<status_message> messages
}
/** To a node that opens no control port: a frame of DistributionPointControl as it would travel
 * over a connection, in pieces of at most 256 KiB. A session is what a connection is elsewhere; it
 * begins with the command whose number it has, which is the greeting. */
struct site_command {
  1: i64 session
  2: i64 number
  3: list<binary> message
}
/** What such a node says with a heartbeat: the session that it has (0: none), and the frame that
 * command `number` brought about (0: it is about none); without `answer` that was no message, or
 * of a session that the node does not know. */
struct command_contact {
  1: i64 session
  2: i64 number
  3: optional list<binary> answer
}
struct heartbeat_request {
  1: binary node
  2: binary epoch
  3: i32 jobs_open
  4: optional list<usage_window> usage
  5: optional command_contact contact
}
struct heartbeat_answer {
  1: bool known
  2: optional bool maintenance
  3: optional site_command command
}
/** All may be repeated: reports are keyed by (node, epoch, sequence). */
service ManagementPoint extends Greeting {
  registration_answer register_node(1: registration given)
    throws (1: failure refused) (authorization = "node")
  heartbeat_answer heartbeat(1: heartbeat_request given)
    throws (1: failure refused) (authorization = "node")
  /** Acknowledges up to the returned sequence. */
  i64 submit(1: report_batch given)
    throws (1: failure refused) (authorization = "node")
}

// ---- DistributionPointControl: the site to a distribution point

/** Where to read from: `protocol` "http", `address` host:port, lowest `priority` first. */
struct notification_source {
  1: string name
  2: binary node
  3: string address
  4: string protocol
  5: i32 priority
}
/** `hash` and `manifest_size` are the manifest's; `hash_algorithm` 32780 is SHA-256. */
struct notification {
  1: binary job
  2: string package_id
  3: i32 version
  4: notification_action action
  5: bool allow_fallback
  6: package_priority priority
  7: i64 package_size
  8: bool anonymous_access
  9: i32 hash_algorithm
  10: binary hash
  11: i64 manifest_size
  12: list<notification_source> sources
  13: string related_content
  14: optional bool prestaged
}
struct poll_answer {
  1: bool known
  2: optional state_message state
}
struct content_page {
  1: list<string> rows
  2: i32 total
}
struct desired_content {
  1: string content
  2: binary manifest_hash
}
/** What should be there, in parts from 0 on; with the last one the cycle begins. */
struct validation_order {
  1: binary cycle
  2: validation_priority priority
  3: bool all
  4: i32 part
  5: bool last
  6: list<desired_content> desired
}
/** All may be repeated; `notify` and `cancel` are known by their job, `validate` by its cycle and
 * part. */
service DistributionPointControl extends Greeting {
  notify_answer notify(1: notification given)
    throws (1: failure refused) (authorization = "site")
  poll_answer poll(1: binary job)
    throws (1: failure refused) (authorization = "site")
  /** discard: a content whose fetched pieces go as well; empty: they stay. */
  cancel_outcome cancel(1: binary job, 2: string user, 3: string discard)
    throws (1: failure refused) (authorization = "site")
  void remove_content(1: string content)
    throws (1: failure refused) (authorization = "site")
  content_page inventory(1: page_request page)
    throws (1: failure refused) (authorization = "site")
  void validate(1: validation_order given)
    throws (1: failure refused) (authorization = "site")
  validation_row validation_progress(1: binary cycle)
    throws (1: failure refused) (authorization = "site")
  /** Bytes that are free on the volume of the content library. */
  i64 free_space()
    throws (1: failure refused) (authorization = "site")
  /** A ticket for connections to the content server: PUT /push/<ticket>. The job is open, and the
   * site its source. A ticket of before ends. `stall_seconds`: so long one may be silent. */
  string begin_push(1: binary job, 2: i32 stall_seconds)
    throws (1: failure refused) (authorization = "site")
}
