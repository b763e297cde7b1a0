#pragma once

#include "tests/rpc/random_rows.hpp"

/// Values of every kind for the tests, from a seed.
namespace sluice::rpc {

class random_values : public random_rows {
public:
  using random_rows::random_rows;

  package_add_request add_request() {
    return {.folder = text(),
            .id = maybe([this] { return package(); }),
            .name = text(),
            .priority = priority()};
  }
  package_set_request package_change() {
    return {.package = package(),
            .priority = maybe([this] { return priority(); }),
            .name = maybe([this] { return text(); })};
  }
  cancel_request cancel() {
    return {package(), list([this] { return text(); }), coin(), coin()};
  }
  cancel_answer cancelled() {
    const auto texts = [this] { return list([this] { return text(); }); };
    return {texts(), texts(), texts(), texts(), texts()};
  }
  rpc::cancel_outcome cancel_outcome() {
    return one_of({rpc::cancel_outcome::requested, rpc::cancel_outcome::too_late,
                   rpc::cancel_outcome::unknown});
  }
  distribution_point_request point_request() {
    return {.name = text(),
            .control_address = maybe([this] { return text(); }),
            .mode = maybe([this] { return mode(); }),
            .sources = maybe([this] { return list([this] { return source_choice(); }); }),
            .schedule = maybe([this] { return schedule(); }),
            .limit = maybe([this] { return limit(); }),
            .maintenance = maybe([this] { return coin(); }),
            .prestaged = maybe([this] { return coin(); })};
  }
  distribute_request distribute() {
    return {.package = package(),
            .distribution_points = list([this] { return text(); }),
            .redistribute = coin(),
            .groups = list([this] { return text(); }),
            .plan = coin(),
            .with_sources = coin()};
  }
  group_request group_change() {
    return {.action = one_of({group_action::create, group_action::add, group_action::remove}),
            .name = text(),
            .distribution_points = list([this] { return text(); })};
  }
  group_answer group_changed() { return {.row = group_row(), .sent = distributed()}; }
  package_update_answer package_updated() {
    return {.row = package_row(),
            .changed = coin(),
            .files_new = small(),
            .bytes_new = large(),
            .sent = distributed()};
  }
  distribute_answer distributed() {
    const auto texts = [this] { return list([this] { return text(); }); };
    return {.started = texts(),
            .had_it = texts(),
            .warnings = texts(),
            .refused = texts(),
            .files = small(),
            .bytes = large()};
  }
  page_request wish() {
    return {.offset = small(), .rows = static_cast<std::uint32_t>(100 + below(400))};
  }
  status_query query() {
    return {.package = maybe([this] { return package(); }),
            .distribution_point = maybe([this] { return text(); }),
            .page = wish()};
  }
  model::state_message state_message() {
    using enum model::state_report;
    return {.sequence = large(),
            .time = time(),
            .job = id<model::job_id>(),
            .content = content(),
            .report = one_of({success, warning, failure, download_started, in_progress, downloaded,
                              cancelled, cancel_requested}),
            .state = job_state(),
            .bytes_total = bytes(),
            .bytes_done = bytes(),
            .bytes_transferred = bytes(),
            .pieces_verified = large(),
            .bytes_per_second = large(),
            .source = text(),
            .reason = text(),
            .next_try = maybe([this] { return time(); })};
  }
  registration registered() {
    const bool hashes = coin();
    return {.name = text(),
            .node = id<model::node_id>(),
            .epoch = id<model::epoch_id>(),
            .content_address = text(),
            .build = text(),
            .inventory = list([&] {
              return held_content{content(), hashes ? std::optional(digest()) : std::nullopt};
            }),
            .full_inventory = coin(),
            .part = small(),
            .more = coin(),
            .settings = list([this] { return setting_row(); })};
  }
  registration_answer registration_reply() {
    return {.site_keys = list([this] { return text(); }), .site = text(), .acknowledged = large()};
  }
  report_batch batch() {
    return {.node = id<model::node_id>(),
            .epoch = id<model::epoch_id>(),
            .states = list([this] { return state_message(); }),
            .messages = list([this] { return status_message(); })};
  }
  heartbeat_request heartbeat() {
    return {.node = id<model::node_id>(),
            .epoch = id<model::epoch_id>(),
            .jobs_open = small(),
            .usage = list([this] { return usage_window(); }),
            .contact = maybe([&] {
              return command_contact{large(), large(), maybe([&] { return text(); })};
            })};
  }
  model::notification notification() {
    std::vector<model::source_entry> sources;
    for (auto left = 1 + below(3); left > 0; --left) {
      sources.push_back({.name = format("dp{}", left),
                         .node = id<model::node_id>(),
                         .address = format("127.0.0.1:{}", 1 + below(65535)),
                         .protocol = "http",
                         .priority = small()});
    }
    return {.job = id<model::job_id>(),
            .content = content(),
            .action =
                one_of({model::notification_action::add, model::notification_action::redistribute}),
            .allow_fallback = coin(),
            .priority = priority(),
            .package_size = model::byte_count{below(1ULL << 40)},
            .anonymous_access = coin(),
            .hash_algorithm = model::hash_algorithm_sha256,
            .hash = digest(),
            .manifest_size = model::byte_count{1 + below(1000)},
            .sources = std::move(sources),
            .related_content = {}};
  }
  notify_answer notified() {
    return one_of({notify_answer::accepted, notify_answer::known, notify_answer::at_capacity});
  }
  model::validation_priority validation_priority() {
    return static_cast<model::validation_priority>(below(5));
  }
  validation_request validation_wish() {
    return {.package = maybe([this] { return package(); }),
            .distribution_point = maybe([this] { return text(); }),
            .priority = validation_priority()};
  }
  validation_begun validation_reply() {
    const auto texts = [this] { return list([this] { return text(); }); };
    return {.cycle = id<model::cycle_id>(),
            .began = texts(),
            .unreachable = texts(),
            .warnings = texts()};
  }
  model::validation_row validation_row() {
    return {.distribution_point = text(),
            .state = static_cast<model::validation_state>(1 + below(4)),
            .contents = small(),
            .contents_done = small(),
            .passed = small(),
            .failed = small(),
            .mismatched = small(),
            .files = large(),
            .bytes_total = bytes(),
            .bytes_done = bytes(),
            .bytes_per_second = large(),
            .remaining = maybe([this] { return std::chrono::seconds{below(100'000)}; }),
            .findings = list([this] { return text(); }),
            .reason = text()};
  }
  validation_order ordered_validation() {
    return {.cycle = id<model::cycle_id>(),
            .priority = validation_priority(),
            .all = coin(),
            .part = small(),
            .last = coin(),
            .desired = list([this] {
              return desired_content{content(), digest()};
            })};
  }
  poll_answer polled() {
    if (coin()) { return {}; }
    return {.known = true, .state = state_message()};
  }
  template <typename Make>
  auto page_of(Make make) -> page<decltype(make())> {
    return {.rows = list(make), .total = small()};
  }
};

}  // namespace sluice::rpc
