#pragma once

#include <string>
#include <string_view>

#include "apps/cli.hpp"

/// What the fake services answer with: one of each kind, always the same.
namespace sluice::cli::testing {

inline constexpr model::calendar_time noon{std::chrono::milliseconds{1'800'000'000'000}};

inline model::package_id package(std::string_view text = "PKG00012") {
  return model::package_id::parse(text).value();
}

inline model::package_row package_row() {
  model::package_row row;
  row.id = package();
  row.name = "boost headers";
  row.source_path = "/srv/boost";
  row.version = 3;
  row.files = 14000;
  row.bytes = model::byte_count{150 * limits::mib};
  row.created = noon - std::chrono::minutes{3};
  return row;
}

inline model::distribution_point_row point_row(std::string name = "dp2") {
  model::distribution_point_row row;
  row.name = std::move(name);
  row.control_address = "127.0.0.1:8603";
  row.content_address = "127.0.0.1:8600";
  row.sources = {{"dp1", 1}, {"site", 2}};
  row.node.emplace();
  row.last_heard = noon - std::chrono::seconds{5};
  row.contents = 7;
  row.jobs = 1;
  return row;
}

inline model::distribution_row moving_row(std::string point = "dp2") {
  model::distribution_row row;
  row.package = package();
  row.version = 3;
  row.distribution_point = std::move(point);
  row.bucket = model::console_bucket::in_progress;
  row.job.emplace();
  row.job_state = model::site_job_state::in_progress;
  row.percent = 45;
  row.bytes_total = model::byte_count{2 * limits::gib};
  row.bytes_done = model::byte_count{limits::gib};
  row.bytes_per_second = 512 * limits::mib;
  row.remaining = std::chrono::seconds{2};
  row.source = "dp1";
  row.changed = noon;
  return row;
}

inline model::distribution_row ended_row(model::console_bucket bucket, std::string point = "dp2") {
  model::distribution_row row = moving_row(std::move(point));
  row.bucket = bucket;
  const bool success = bucket == model::console_bucket::success;
  row.state = success ? model::package_state::installed : model::package_state::install_failed;
  row.percent = success ? 100 : 45;
  row.bytes_per_second = 0;
  row.remaining.reset();
  row.source.clear();
  row.reason = success ? "" : "every source lacks it";
  return row;
}

inline model::validation_row validated_row(std::string point = "dp2") {
  model::validation_row row;
  row.distribution_point = std::move(point);
  row.state = model::validation_state::complete;
  row.contents = row.contents_done = row.passed = 7;
  row.files = 4711;
  row.bytes_total = row.bytes_done = model::byte_count{2 * limits::gib};
  return row;
}

inline model::validation_row validating_row(std::string point = "dp2") {
  model::validation_row row = validated_row(std::move(point));
  row.state = model::validation_state::running;
  row.contents_done = row.passed = 3;
  row.bytes_done = model::byte_count{limits::gib};
  row.bytes_per_second = 512 * limits::mib;
  row.remaining = std::chrono::seconds{2};
  return row;
}

inline model::why_report why_report() {
  model::why_report report;
  report.subject = "PKG00012.3 on dp2";
  report.doing = "waits for a source";
  report.since = noon - std::chrono::minutes{10};
  report.next = "asks all sources again";
  report.next_time = noon + std::chrono::minutes{20};
  report.unblock = "start dp1 or site";
  report.sources = {{"dp1", 1, "refused the connection"}, {"site", 2, "lacks it"}};
  return report;
}

}  // namespace sluice::cli::testing
