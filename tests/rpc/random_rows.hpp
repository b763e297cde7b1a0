#pragma once

#include "tests/rpc/random_words.hpp"

/// What is listed and reported, from a seed.
namespace sluice::rpc {

class random_rows : public random_words {
public:
  using random_words::random_words;

  model::job_state job_state() {
    using enum model::job_state;
    return one_of({not_started, waiting_for_source, parked, downloading_signature, downloading,
                   waiting_prestage, cancel_requested, downloaded, failed, si_applied, succeeded});
  }
  model::source_choice source_choice() { return {.name = text(), .priority = small()}; }
  model::package_row package_row() {
    return {.id = package(),
            .name = text(),
            .source_path = text(),
            .version = small(),
            .files = small(),
            .bytes = bytes(),
            .manifest_hash = digest(),
            .created = time(),
            .targets = small(),
            .priority = priority()};
  }
  model::package_priority priority() {
    return one_of({model::package_priority::high, model::package_priority::medium,
                   model::package_priority::low});
  }
  model::group_row group_row() {
    return {.name = text(),
            .members = list([this] { return text(); }),
            .packages = list([this] { return package(); }),
            .members_total = small(),
            .packages_total = small()};
  }
  model::group_status_row group_status_row() {
    return {.package = package(),
            .success = small(),
            .in_progress = small(),
            .unknown = small(),
            .failed = small()};
  }
  model::distribution_point_mode mode() {
    return one_of({model::distribution_point_mode::standard, model::distribution_point_mode::pull});
  }
  model::distribution_schedule schedule() {
    return *model::parse_schedule(
        one_of({std::string("always"), std::string("Asia/Kathmandu fri 22-24 high")}));
  }
  model::rate_limit limit() {
    return *model::parse_rate_limit(
        one_of({std::string("unlimited"), std::string("20Mbit/s"), std::string("pulse 64KB 9s")}));
  }
  model::distribution_point_row distribution_point_row() {
    return {.name = text(),
            .control_address = text(),
            .content_address = text(),
            .mode = mode(),
            .own = coin(),
            .sources = list([this] { return source_choice(); }),
            .schedule = schedule(),
            .limit = limit(),
            .node = maybe([this] { return id<model::node_id>(); }),
            .last_heard = maybe([this] { return time(); }),
            .maintenance = coin(),
            .prestaged = coin(),
            .leaving = coin(),
            .contents = small(),
            .jobs = small(),
            .failed = small(),
            .retrying = small(),
            .usage = list([this] { return usage_window(); }),
            .usage_changed = maybe([this] { return time(); })};
  }
  model::setting_row setting_row() { return {.name = text(), .value = text(), .origin = text()}; }
  model::usage_window usage_window() {
    return {.days = small(),
            .clients = small(),
            .distribution_points = small(),
            .client_bytes = large(),
            .distribution_point_bytes = large()};
  }
  model::distribution_row distribution_row() {
    using namespace model;
    return {.package = package(),
            .version = small(),
            .distribution_point = text(),
            .bucket = one_of({console_bucket::success, console_bucket::failed}),
            .state = one_of({package_state::installed, package_state::content_monitoring}),
            .job = maybe([this] { return id<job_id>(); }),
            .job_state = maybe([this] {
              return one_of({site_job_state::pending, site_job_state::suspended});
            }),
            .percent = static_cast<std::uint8_t>(below(101)),
            .bytes_total = bytes(),
            .bytes_done = bytes(),
            .bytes_transferred = bytes(),
            .pieces_verified = large(),
            .bytes_per_second = large(),
            .remaining = maybe([this] { return std::chrono::seconds{below(100'000)}; }),
            .source = text(),
            .tries_left = small(),
            .next_try = maybe([this] { return time(); }),
            .reason = text(),
            .changed = time()};
  }
  model::why_report why_report() {
    return {.subject = text(),
            .doing = text(),
            .since = maybe([this] { return time(); }),
            .next = text(),
            .next_time = maybe([this] { return time(); }),
            .unblock = text(),
            .sources = list([this] {
              return model::why_source{.name = text(), .priority = small(), .verdict = text()};
            })};
  }
  model::status_message status_message() {
    return {.sequence = large(),
            .time = time(),
            .system = text(),
            .id = small(),
            .insertions = list([this] { return text(); })};
  }
  model::message_row message_row() {
    return {.message = status_message(), .site = text(), .system = text()};
  }
  model::node_report node_report() {
    return {.name = text(),
            .node = id<model::node_id>(),
            .version = text(),
            .site_address = text(),
            .site_reachable = coin(),
            .outbox = large(),
            .jobs = list([this] {
              return model::node_job_row{.job = id<model::job_id>(),
                                         .content = content(),
                                         .state = job_state(),
                                         .bytes_total = bytes(),
                                         .bytes_done = bytes(),
                                         .bytes_per_second = large(),
                                         .source = text(),
                                         .reason = text(),
                                         .waits_for_turn = coin()};
            }),
            .site_refused = text()};
  }
  model::adoption adoption() {
    return {.site = text(), .site_address = text(), .contents = large(), .reports = large()};
  }
  model::library_report library_report() {
    return {.root = text(),
            .contents = large(),
            .files = large(),
            .bytes = large(),
            .bytes_free = large(),
            .content_ids = list([this] { return content().text(); })};
  }
};

}  // namespace sluice::rpc
