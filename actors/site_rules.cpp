#include "actors/site_rules.hpp"

#include <algorithm>
#include <filesystem>

namespace sluice::actors {

using model::package_state;
using model::site_job_state;
using model::state_report;

void warn_of_many_pushes(const model::distribution_settings& settings) {
  const std::uint64_t together = std::uint64_t{settings.push_packages} * settings.push_threads;
  if (together <= model::pushes_advised_max) { return; }
  log::warning("site", format("maximum_number_of_packages times maximum_threads_per_package is {}; "
                              "more than {} pushes at a time are not advised",
                              together, model::pushes_advised_max));
}

bool is_good_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 64 || name.front() == '-' || name.front() == '.') {
    return false;
  }
  return std::all_of(name.begin(), name.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '.' || letter == '_' || letter == '-';
  });
}

std::string control_target(const model::distribution_point_row& row) {
  if (row.control_address != contact_outbound) { return row.control_address; }
  return rpc::outbound_address(row.node, row.name);
}

std::string path_beneath(const std::string& root, const std::string& folder) {
  const std::filesystem::path base = std::filesystem::path(root).lexically_normal();
  const std::string relative =
      std::filesystem::path(folder).lexically_normal().lexically_relative(base).generic_string();
  return relative == "." ? "" : relative;
}

bool is_beneath(const std::string& root, const std::string& folder) {
  const std::filesystem::path base = std::filesystem::path(root).lexically_normal();
  const auto relative = std::filesystem::path(folder).lexically_normal().lexically_relative(base);
  return !relative.empty() && *relative.begin() != "..";
}

namespace {

template <typename State>
bool may_move(const storage::site_distribution& row, State from, State to) {
  if (from == to || !model::way(from, to).empty()) { return true; }
  log::error("site",
             format("{} on {}: {} does not follow {}; it stays as it is", row.row.package.text(),
                    row.row.distribution_point, model::name_of(to), model::name_of(from)));
  return false;
}

}  // namespace

bool move(storage::site_distribution& row, site_job_state to) {
  if (row.row.job_state && !may_move(row, *row.row.job_state, to)) { return false; }
  row.row.job_state = to;
  return true;
}

bool move(storage::site_distribution& row, package_state to) {
  if (!may_move(row, row.row.state, to)) { return false; }
  row.row.state = to;
  return true;
}

void begin_removal_of(storage::site_distribution& row, std::uint32_t tries, std::string reason) {
  row.removing = true;
  row.cancelled = row.cancel_asked = row.discard = false;
  row.held_by.clear();
  row.former_job.reset();
  move(row, model::package_state::removal_pending);
  row.row.tries_left = tries;
  row.row.job_state.reset();
  row.row.reason = std::move(reason);
  derive(row);
}

bool job_is_open(const storage::site_distribution& row) noexcept {
  return row.row.job_state == site_job_state::started ||
         row.row.job_state == site_job_state::in_progress ||
         row.row.job_state == site_job_state::suspended;
}

bool has_begun(const storage::site_distribution& row) noexcept {
  return row.row.job_state == site_job_state::in_progress ||
         row.row.job_state == site_job_state::suspended ||
         row.row.job_state == site_job_state::complete ||
         row.row.job_state == site_job_state::failed || row.cancelled;
}

bool is_over(const storage::site_distribution& row) noexcept {
  return row.row.job_state == site_job_state::complete ||
         row.row.job_state == site_job_state::failed ||
         row.row.job_state == site_job_state::cancelled;
}

bool was_refused(const storage::site_distribution& row) noexcept {
  return row.row.state == package_state::install_retrying ||
         row.row.state == package_state::install_failed;
}

bool is_installed(const storage::site_distribution& row) noexcept {
  return row.row.state == package_state::installed ||
         row.row.state == package_state::content_monitoring;
}

bool should_hold(const storage::site_distribution& row) noexcept {
  if (row.removing || row.cancelled) { return false; }
  const bool failed = row.row.state == package_state::install_failed && !job_is_open(row);
  return failed || (row.heard && is_installed(row));
}

bool is_without_package(const model::content_id& content,
                        const std::optional<storage::site_package>& package) noexcept {
  return !package || package->row.version < content.version;
}

bool waits_for_heartbeat(const storage::site_distribution& row) noexcept {
  if (row.row.state == package_state::removal_failed) { return true; }
  return row.row.job_state == site_job_state::cancelled && row.row.tries_left == 0 &&
         !row.cancelled && !row.cancel_asked && !row.removing;
}

void derive(storage::site_distribution& row) {
  model::distribution_row& shown = row.row;
  const std::uint64_t total = model::raw(shown.bytes_total);
  if (is_installed(row)) {
    shown.bytes_done = shown.bytes_total;
    shown.percent = 100;
  } else if (total > 0) {
    const std::uint64_t done = std::min(model::raw(shown.bytes_done), total);
    shown.percent = static_cast<std::uint8_t>(std::min<std::uint64_t>(99, done * 100 / total));
  }
  shown.remaining.reset();
  if (job_is_open(row) && shown.bytes_per_second > 0) {
    const std::uint64_t left = total - std::min(total, model::raw(shown.bytes_done));
    shown.remaining =
        std::chrono::seconds((left + shown.bytes_per_second - 1) / shown.bytes_per_second);
  }
  shown.bucket = model::bucket_of(shown.state, row.cancelled, row.heard);
}

void begin_job(storage::site_distribution& row, const job_begin& given) {
  const bool serves_another = row.row.state == package_state::content_updating;
  const bool was_installed = (is_installed(row) && row.heard) || serves_another;
  if (job_is_open(row) || row.row.job_state == site_job_state::ready) {
    row.former_job = row.row.job;
  }
  row.row.version = given.version;
  row.row.job = given.job;
  row.row.job_state = site_job_state::pending;
  if (row.removing) {
    row.row.state = package_state::install_pending;  // what was to go is gone: it begins anew
  } else {
    move(row, was_installed ? package_state::content_updating : package_state::install_pending);
  }
  row.row.bytes_total = given.bytes;
  row.row.bytes_done = row.row.bytes_transferred = model::byte_count{0};
  row.row.pieces_verified = row.row.bytes_per_second = 0;
  row.row.percent = 0;
  row.row.source.clear();
  row.row.reason = "the notification has not been sent yet";
  row.row.tries_left = given.tries;
  row.row.next_try.reset();
  row.row.changed = given.now;
  row.redistribute = given.redistribute;
  row.heard = row.cancelled = row.removing = false;
  row.last_sequence = 0;
  row.polls = 0;
  row.cancel_asked = row.discard = false;
  row.held_by.clear();
  row.node_state = model::job_state::not_started;
  derive(row);
}

namespace {

/// Where the job is over there, and how far.
void take_progress(storage::site_distribution& row, const model::state_message& message,
                   model::calendar_time now) {
  row.heard = true;
  row.polls = 0;
  row.node_state = message.state;
  model::distribution_row& shown = row.row;
  shown.changed = now;
  shown.bytes_total = message.bytes_total;
  shown.bytes_done = std::max(shown.bytes_done, message.bytes_done);
  shown.bytes_transferred = std::max(shown.bytes_transferred, message.bytes_transferred);
  shown.pieces_verified = std::max(shown.pieces_verified, message.pieces_verified);
  shown.bytes_per_second = message.bytes_per_second;
  shown.source = message.source;
  // Why a push waits, and until when, the site knows better than the node.
  const bool waits_for_push = row.pushed && message.state == model::job_state::waiting_for_source;
  const bool is_suspended =
      shown.job_state == site_job_state::suspended && !model::is_final(message.state);
  if ((waits_for_push || is_suspended) && !shown.reason.empty()) { return; }
  shown.reason = message.reason;
  shown.next_try.reset();
  if (message.next_try) { shown.next_try = now + (*message.next_try - message.time); }
}

/// A suspended one stays so: that it waits is no trouble, and the site says when it goes on.
void go_on(storage::site_distribution& row, bool warned) {
  if (row.row.job_state == site_job_state::suspended) { return; }
  const bool updating = row.row.state == package_state::content_updating;
  if (!updating) {
    move(row, warned ? package_state::install_retrying : package_state::install_pending);
  }
  move(row, site_job_state::in_progress);
}

}  // namespace

bool apply_poll(storage::site_distribution& row, const model::state_message& answer,
                model::calendar_time now) {
  if (row.row.job != answer.job || !job_is_open(row)) { return false; }
  take_progress(row, answer, now);
  go_on(row, model::is_waiting(answer.state));
  derive(row);
  return true;
}

bool apply_report(storage::site_distribution& row, const model::state_message& report,
                  model::calendar_time now) {
  if (row.row.job != report.job || report.sequence <= row.last_sequence) { return false; }
  row.last_sequence = report.sequence;
  row.former_job.reset();
  model::distribution_row& shown = row.row;
  const std::string why_over = shown.reason;
  take_progress(row, report, now);
  if (is_over(row) &&
      report.report != state_report::success) {  // S1: only a late success changes it
    shown.next_try.reset();
    const bool ended =
        report.report == state_report::cancelled || report.report == state_report::failure;
    if (ended && row.cancel_asked) {
      row.cancelled = true;  // it ran on after the site had given it up, until it was cancelled
      row.cancel_asked = false;
    } else {
      shown.reason = why_over;
    }
    derive(row);
    return true;
  }
  switch (report.report) {
    case state_report::success:
      move(row, package_state::installed);
      move(row, site_job_state::complete);
      shown.bytes_per_second = 0;
      row.cancelled = false;
      row.cancel_asked = row.discard = false;
      row.held_by.clear();
      row.redistribute = false;
      break;
    case state_report::failure:
      move(row, package_state::install_failed);
      move(row, site_job_state::failed);
      row.cancel_asked = false;
      break;
    case state_report::cancelled:
      move(row, package_state::install_failed);
      move(row, site_job_state::cancelled);
      row.cancelled = true;
      row.cancel_asked = false;
      break;
    case state_report::warning: go_on(row, true); break;
    default: go_on(row, false);
  }
  derive(row);
  return true;
}

namespace {

/// Why it cannot be a source; empty: it can.
std::string unfit_because(const model::distribution_point_row& candidate,
                          const std::vector<std::string>& protocols) {
  if (!candidate.own && !candidate.node) { return "has not registered yet"; }
  if (candidate.content_address.empty()) { return "serves no content"; }
  if (candidate.leaving) { return "is being removed"; }
  if (candidate.maintenance) { return "is under maintenance"; }
  if (!is_allowed(offered_protocol, protocols)) {
    return format("offers {}, which source_protocols does not allow", offered_protocol);
  }
  return {};
}

}  // namespace

bool is_allowed(const std::string& protocol, const std::vector<std::string>& allowed) {
  return std::find(allowed.begin(), allowed.end(), protocol) != allowed.end();
}

std::optional<std::vector<model::source_candidate>> source_candidates_of(
    const std::vector<model::distribution_point_row>& points, const std::string& name,
    const std::vector<std::string>& protocols, model::calendar_time now) {
  const auto target = std::find_if(points.begin(), points.end(),
                                   [&](const auto& point) { return point.name == name; });
  if (target == points.end()) { return std::nullopt; }
  std::vector<model::source_edge> edges;
  for (const auto& point : points) {
    for (const auto& choice : point.sources) { edges.push_back({point.name, choice.name}); }
  }
  std::vector<model::source_candidate> found;
  for (const auto& point : points) {
    if (point.name == name) { continue; }
    std::string why = target->own ? "the site server's own distribution point pulls from nobody"
                                  : unfit_because(point, protocols);
    edges.push_back({name, point.name});
    const auto ring = model::source_cycle(edges);
    edges.pop_back();
    if (why.empty() && ring) { why = "forms a ring: " + *ring; }
    const bool qualified = why.empty();
    const auto choice = std::find_if(target->sources.begin(), target->sources.end(),
                                     [&](const auto& each) { return each.name == point.name; });
    const auto health = model::health_of(point, now);
    if (qualified && choice != target->sources.end()) {
      why = format("is one already, priority {}", choice->priority);
    } else if (qualified && health.health == model::point_health::error) {
      why = health.reason;
    }
    found.push_back({point.name, qualified, std::move(why)});
  }
  return found;
}

model::distribution_point_row with_changes(model::distribution_point_row row,
                                           const rpc::distribution_point_request& request) {
  if (request.control_address) { row.control_address = *request.control_address; }
  if (request.mode) { row.mode = *request.mode; }
  if (request.sources) { row.sources = *request.sources; }
  if (request.schedule) { row.schedule = *request.schedule; }
  if (request.limit) { row.limit = *request.limit; }
  if (request.maintenance) { row.maintenance = *request.maintenance; }
  if (request.prestaged) { row.prestaged = *request.prestaged; }
  return row;
}

}  // namespace sluice::actors
