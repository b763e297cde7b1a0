#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/distribution_schedule.hpp"
#include "model/distribution_state.hpp"
#include "model/notification.hpp"
#include "model/rate_limit.hpp"
#include "model/status_message.hpp"
#include "model/usage.hpp"
#include "model/validation_power.hpp"

/// What an operator is shown, as values: rows of `sluice package list`, `status`, `why` and so on.
/// The wire (rpc/sluice.thrift) and --json carry the same fields under the same names.
namespace sluice::model {

struct package_row {
  package_id id;
  std::string name;
  std::string source_path;
  std::uint32_t version = 0;
  std::uint32_t files = 0;
  byte_count bytes{};
  digest manifest_hash;
  calendar_time created;
  std::uint32_t targets = 0;  ///< distribution points it should be on
  package_priority priority = package_priority::medium;
  bool operator==(const package_row&) const = default;
};

enum class distribution_point_mode : std::uint8_t { standard = 1, pull = 2 };
constexpr std::string_view name_of(distribution_point_mode mode) noexcept {
  return mode == distribution_point_mode::pull ? "pull" : "standard";
}

struct source_choice {
  std::string name;
  std::uint32_t priority = 1;
  bool operator==(const source_choice&) const = default;
};

struct distribution_point_row {
  std::string name;
  std::string control_address;  ///< host:port of its node Thrift; empty for the site's own
  std::string content_address;  ///< host:port where it serves, as registered; may be empty
  distribution_point_mode mode = distribution_point_mode::pull;
  bool own = false;  ///< on the site server itself
  std::vector<source_choice> sources;
  distribution_schedule schedule;  ///< of a standard one; kept, and idle, while it pulls (E4, E5)
  rate_limit limit;                ///< likewise
  std::optional<node_id> node;     ///< once it has registered
  std::optional<calendar_time> last_heard;
  bool maintenance = false;    ///< takes nothing new, is no source, is withheld from clients (A9)
  bool prestaged = false;      ///< waits for prestaged content: neither pulls nor is pushed to (E3)
  bool leaving = false;        ///< its content is being removed, and then it is forgotten (A11)
  std::uint32_t contents = 0;  ///< installed
  std::uint32_t jobs = 0;      ///< open
  std::uint32_t failed = 0;    ///< packages
  std::uint32_t retrying = 0;  ///< packages
  std::vector<usage_window> usage;             ///< as its node told it; none: not yet
  std::optional<calendar_time> usage_changed;  ///< when the site heard of that
  bool operator==(const distribution_point_row&) const = default;
};

/// A setting that decides how content comes to a distribution point (A15). `origin`: "default", or
/// where the value was given.
struct setting_row {
  std::string name;
  std::string value;
  std::string origin;
  bool operator==(const setting_row&) const = default;
};

/// Whether a distribution point may be a source of another (D1).
struct source_candidate {
  std::string name;
  bool qualified = false;
  std::string reason;  ///< why not; or what to know of it
  bool operator==(const source_candidate&) const = default;
};

/// A distribution point group: who belongs to it, and what was distributed to it.
struct group_row {
  std::string name;
  std::vector<std::string> members;  ///< distribution points, in order of their names
  std::vector<package_id> packages;
  std::uint32_t members_total = 0;  ///< a list has these numbers only
  std::uint32_t packages_total = 0;
  bool operator==(const group_row&) const = default;
};
/// How far a package is on the members of a group; the four sum to the members.
struct group_status_row {
  package_id package;
  std::uint32_t success = 0;
  std::uint32_t in_progress = 0;
  std::uint32_t unknown = 0;
  std::uint32_t failed = 0;
  bool operator==(const group_status_row&) const = default;
};

/// One (package, distribution point): a row of `sluice status`.
struct distribution_row {
  package_id package;
  std::uint32_t version = 0;
  std::string distribution_point;
  console_bucket bucket = console_bucket::unknown;
  package_state state = package_state::install_pending;  ///< S5
  std::optional<job_id> job;
  std::optional<site_job_state> job_state;  ///< S1
  std::uint8_t percent = 0;
  byte_count bytes_total{};
  byte_count bytes_done{};
  byte_count bytes_transferred{};
  std::uint64_t pieces_verified = 0;
  std::uint64_t bytes_per_second = 0;
  std::optional<std::chrono::seconds> remaining;  ///< ETA
  std::string source;                             ///< the current one
  std::uint32_t tries_left = 0;                   ///< notification retries
  std::optional<calendar_time> next_try;
  std::string reason;  ///< one sentence, why it is not done
  calendar_time changed;
  bool operator==(const distribution_row&) const = default;
};

/// An operator's question "why": the answer in parts.
struct why_source {
  std::string name;
  std::uint32_t priority = 1;
  std::string
      verdict;  ///< "has it", "lacks it", "refused the connection", "quarantined until 12:00"
  bool operator==(const why_source&) const = default;
};
struct why_report {
  std::string subject;  ///< "PKG00012.1 on dp2"
  std::string doing;    ///< what it does or waits for: "waits for a source"
  std::optional<calendar_time> since;
  std::string next;  ///< what happens next: "asks all sources again"
  std::optional<calendar_time> next_time;
  std::string unblock;  ///< what would end the wait: "start dp1 or site, or add a source: sluice dp
                        ///< source add ..."
  std::vector<why_source> sources;
  bool operator==(const why_report&) const = default;
};

struct message_row {
  status_message message;
  std::string site;
  std::string system;
  bool operator==(const message_row&) const = default;
};

/// `sluice --node library`.
struct library_report {
  std::string root;
  std::uint64_t contents = 0;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_free = 0;
  std::vector<std::string> content_ids;
  bool operator==(const library_report&) const = default;
};

/// A job as the node sees it (`sluice --node status`).
struct node_job_row {
  job_id job;
  content_id content;
  job_state state = job_state::not_started;
  byte_count bytes_total{};
  byte_count bytes_done{};
  std::uint64_t bytes_per_second = 0;
  std::string source;
  std::string reason;
  bool waits_for_turn = false;
  bool operator==(const node_job_row&) const = default;
};
struct node_report {
  std::string name;
  node_id node;
  std::string version;  ///< of the program
  std::string site_address;
  bool site_reachable = false;
  std::uint64_t outbox = 0;  ///< undelivered reports
  std::vector<node_job_row> jobs;
  std::string site_refused;  ///< why the site there is not followed, else empty
  bool operator==(const node_report&) const = default;
};

/// A node follows another site from now on (`sluice --node adopt`).
struct adoption {
  std::string site;  ///< site code
  std::string site_address;
  std::uint64_t contents = 0;  ///< that the node holds
  std::uint64_t reports = 0;   ///< that the former site has not taken: they are dropped
  bool operator==(const adoption&) const = default;
};

/// How far a validation cycle is on one distribution point (`sluice validate`).
struct validation_row {
  std::string distribution_point;
  validation_state state = validation_state::queued;
  std::uint32_t contents = 0;
  std::uint32_t contents_done = 0;
  std::uint32_t passed = 0;
  std::uint32_t failed = 0;
  std::uint32_t mismatched = 0;  ///< items of package list and index that differ from the library
  std::uint64_t files = 0;       ///< looked at
  byte_count bytes_total{};
  byte_count bytes_done{};
  std::uint64_t bytes_per_second = 0;
  std::optional<std::chrono::seconds> remaining;  ///< ETA
  std::vector<std::string> findings;  ///< the first `limits::validation_findings_told_max`
  std::string reason;                 ///< why it was aborted, or is not known to have ended
  bool operator==(const validation_row&) const = default;
};

}  // namespace sluice::model
