#pragma once

#include "rpc/rpc.hpp"
#include "storage/storage.hpp"

/// What the site decides about its rows, as pure functions.
namespace sluice::actors {

/// A line in the log when more is pushed at a time than is advised (B16).
void warn_of_many_pushes(const model::distribution_settings& settings);

/// Of two absolute paths.
[[nodiscard]] bool is_beneath(const std::string& root, const std::string& folder);
/// `folder` as seen from `root`, which it is beneath; "" for the root itself.
[[nodiscard]] std::string path_beneath(const std::string& root, const std::string& folder);

/// A name for a distribution point: 1-64 letters, digits, '.', '_', '-', not beginning with '-' or
/// '.'.
[[nodiscard]] bool is_good_name(std::string_view name) noexcept;

/// In the place of a control address: the node opens no control port, and asks for its commands.
inline constexpr std::string_view contact_outbound = "outbound";
/// Where the site's calls for it go (see `rpc::client_pool`).
[[nodiscard]] std::string control_target(const model::distribution_point_row& row);

/// Moves on along S1 or S5. A way that they do not have is a bug: it is refused and logged, and the
/// row stays as it is.
bool move(storage::site_distribution& row, model::site_job_state to);
bool move(storage::site_distribution& row, model::package_state to);

/// Writes what a node reports of its job into the row: S1, S5, counters, rate, ETA. `now` is the
/// site's: clocks of nodes may be in any zone (Q5). False when it is old news.
[[nodiscard]] bool apply_report(storage::site_distribution& row, const model::state_message& report,
                                model::calendar_time now);
/// The same with what a node answers when it is asked: it never ends a job (B9). False when it is
/// of another job, or the job is over.
[[nodiscard]] bool apply_poll(storage::site_distribution& row, const model::state_message& answer,
                              model::calendar_time now);

/// True when no package of the site database is this content of the library.
[[nodiscard]] bool is_without_package(const model::content_id& content,
                                      const std::optional<storage::site_package>& package) noexcept;

/// B8: cancelled because every notification was in vain (unlike B10, whose polls were, and unlike
/// an operator's wish): the next heartbeat of the node opens a new job.
[[nodiscard]] bool waits_for_heartbeat(const storage::site_distribution& row) noexcept;

/// Percent, bucket and ETA follow from the other fields.
void derive(storage::site_distribution& row);

/// The row at the begin of a new job.
struct job_begin {
  model::job_id job;
  std::uint32_t version = 0;
  model::byte_count bytes{};
  bool redistribute = false;
  std::uint32_t tries = 0;
  model::calendar_time now;
};
void begin_job(storage::site_distribution& row, const job_begin& given);

/// The row of what is to leave a distribution point.
void begin_removal_of(storage::site_distribution& row, std::uint32_t tries, std::string reason);

/// True when a job of this row is under way at the node.
[[nodiscard]] bool job_is_open(const storage::site_distribution& row) noexcept;
/// True when a report said that the job of this row began, or ended.
[[nodiscard]] bool has_begun(const storage::site_distribution& row) noexcept;
/// True when S1 says that the job has ended, at the site at least.
[[nodiscard]] bool is_over(const storage::site_distribution& row) noexcept;
/// True when the node could not be told of the job, so far.
[[nodiscard]] bool was_refused(const storage::site_distribution& row) noexcept;
[[nodiscard]] bool is_installed(const storage::site_distribution& row) noexcept;

/// True when a validation looks for it: it is there, or failed to be and nothing is under way.
[[nodiscard]] bool should_hold(const storage::site_distribution& row) noexcept;

/// What every content server speaks, so far.
inline constexpr const char* offered_protocol = "http";
/// Whether a source with this protocol may be asked (D3).
[[nodiscard]] bool is_allowed(const std::string& protocol, const std::vector<std::string>& allowed);

/// Every other distribution point as a source of `name` (D1): whether it may be one, and why not;
/// `protocols` are allowed (D3).
/// Nothing when there is no such distribution point.
std::optional<std::vector<model::source_candidate>> source_candidates_of(
    const std::vector<model::distribution_point_row>& points, const std::string& name,
    const std::vector<std::string>& protocols, model::calendar_time now);

/// `row` with the fields of the request that are set.
model::distribution_point_row with_changes(model::distribution_point_row row,
                                           const rpc::distribution_point_request& request);

}  // namespace sluice::actors
