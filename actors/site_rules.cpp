#include "actors/site_rules.hpp"

#include <algorithm>

namespace sluice::actors {

using model::package_state;
using model::site_job_state;
using model::state_report;

bool is_good_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 64 || name.front() == '-' || name.front() == '.') {
    return false;
  }
  return std::all_of(name.begin(), name.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '.' || letter == '_' || letter == '-';
  });
}

bool job_is_open(const storage::site_distribution& row) noexcept {
  return row.row.job_state == site_job_state::started ||
         row.row.job_state == site_job_state::in_progress;
}

bool has_begun(const storage::site_distribution& row) noexcept {
  return row.row.job_state == site_job_state::in_progress ||
         row.row.job_state == site_job_state::complete ||
         row.row.job_state == site_job_state::failed || row.cancelled;
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

bool is_for(const storage::catalogue_entry& entry, storage::library_user user) noexcept {
  return (entry.users & static_cast<std::uint8_t>(user)) != 0;
}

bool waits_for_heartbeat(const storage::site_distribution& row) noexcept {
  return row.row.job_state == site_job_state::cancelled && row.row.tries_left == 0 &&
         !row.cancelled && !row.removing;
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

void begin_job(storage::site_distribution& row, model::job_id job, std::uint32_t version,
               model::byte_count bytes, bool redistribute, model::calendar_time now) {
  const bool was_installed = is_installed(row) && row.heard;
  row.row.version = version;
  row.row.job = job;
  row.row.job_state = site_job_state::pending;
  row.row.state = was_installed ? package_state::content_updating : package_state::install_pending;
  row.row.bytes_total = bytes;
  row.row.bytes_done = row.row.bytes_transferred = model::byte_count{0};
  row.row.pieces_verified = row.row.bytes_per_second = 0;
  row.row.percent = 0;
  row.row.source.clear();
  row.row.reason = "the notification has not been sent yet";
  row.row.tries_left = limits::notification_tries_max;
  row.row.next_try.reset();
  row.row.changed = now;
  row.redistribute = redistribute;
  row.heard = row.cancelled = row.removing = false;
  row.last_sequence = 0;
  row.node_state = model::job_state::not_started;
  derive(row);
}

bool apply_report(storage::site_distribution& row, const model::state_message& report) {
  if (row.row.job != report.job || report.sequence <= row.last_sequence) { return false; }
  row.last_sequence = report.sequence;
  row.heard = true;
  row.node_state = report.state;
  model::distribution_row& shown = row.row;
  shown.changed = report.time;
  shown.bytes_total = report.bytes_total;
  shown.bytes_done = std::max(shown.bytes_done, report.bytes_done);
  shown.bytes_transferred = std::max(shown.bytes_transferred, report.bytes_transferred);
  shown.pieces_verified = std::max(shown.pieces_verified, report.pieces_verified);
  shown.bytes_per_second = report.bytes_per_second;
  shown.source = report.source;
  shown.reason = report.reason;
  shown.next_try = report.next_try;
  const bool updating = shown.state == package_state::content_updating;
  const bool over =
      shown.job_state == site_job_state::cancelled || shown.job_state == site_job_state::failed;
  if (over && report.report != state_report::success) {  // S1: only a late success changes it
    derive(row);
    return true;
  }
  switch (report.report) {
    case state_report::success:
      shown.state = package_state::installed;
      shown.job_state = site_job_state::complete;
      shown.bytes_per_second = 0;
      row.cancelled = false;
      row.redistribute = false;
      break;
    case state_report::failure:
      shown.state = package_state::install_failed;
      shown.job_state = site_job_state::failed;
      break;
    case state_report::cancelled:
      shown.state = package_state::install_failed;
      shown.job_state = site_job_state::cancelled;
      row.cancelled = true;
      break;
    case state_report::warning:
      shown.state = updating ? package_state::content_updating : package_state::install_retrying;
      shown.job_state = site_job_state::in_progress;
      break;
    default:
      shown.state = updating ? package_state::content_updating : package_state::install_pending;
      shown.job_state = site_job_state::in_progress;
  }
  derive(row);
  return true;
}

model::distribution_point_row with_changes(model::distribution_point_row row,
                                           const rpc::distribution_point_request& request) {
  if (request.control_address) { row.control_address = *request.control_address; }
  if (request.mode) { row.mode = *request.mode; }
  if (request.sources) { row.sources = *request.sources; }
  return row;
}

}  // namespace sluice::actors
