#pragma once

#include <any>
#include <optional>
#include <random>

#include "rpc/rpc.hpp"

/// Values of every kind for the tests, from a seed.
namespace sluice::rpc {

class random_values {
public:
  explicit random_values(std::uint64_t seed) : word_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return word_() % bound; }
  bool coin() { return below(2) == 0; }
  std::uint32_t small() { return static_cast<std::uint32_t>(below(1U << 31)); }
  std::uint64_t large() { return word_() >> 1; }
  model::byte_count bytes() { return model::byte_count{large()}; }
  std::string text() {
    static constexpr std::string_view letters = "abc DEF/0-9.%\n\t\x01\xc3\xa4";
    std::string made;
    for (auto left = below(40); left > 0; --left) { made += letters[below(letters.size())]; }
    return made;
  }
  template <typename Id>
  Id id() {
    return Id::make([this] { return word_(); });
  }
  model::digest digest() {
    model::digest made;
    for (auto& byte : made.bytes) { byte = static_cast<std::byte>(below(256)); }
    return made;
  }
  model::package_id package() {
    return {.site = {{'P', 'K', static_cast<char>('A' + below(26))}},
            .number = static_cast<std::uint32_t>(below(0x100000))};
  }
  model::content_id content() { return {.package = package(), .version = 1 + small() / 2}; }
  model::calendar_time time() {
    return model::calendar_time{std::chrono::milliseconds{below(4'000'000'000'000)}};
  }
  template <typename Make>
  auto maybe(Make make) -> std::optional<decltype(make())> {
    if (coin()) { return make(); }
    return std::nullopt;
  }
  template <typename Make>
  auto list(Make make, std::uint64_t most = 4) -> std::vector<decltype(make())> {
    std::vector<decltype(make())> made(below(most + 1));
    for (auto& one : made) { one = make(); }
    return made;
  }
  template <typename Enum>
  Enum one_of(std::initializer_list<Enum> all) {
    return all.begin()[below(all.size())];
  }

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
            .targets = small()};
  }
  model::distribution_point_mode mode() {
    return one_of({model::distribution_point_mode::standard, model::distribution_point_mode::pull});
  }
  model::distribution_point_row distribution_point_row() {
    return {.name = text(),
            .control_address = text(),
            .content_address = text(),
            .mode = mode(),
            .own = coin(),
            .sources = list([this] { return source_choice(); }),
            .node = maybe([this] { return id<model::node_id>(); }),
            .last_heard = maybe([this] { return time(); }),
            .contents = small(),
            .jobs = small()};
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
                                         .reason = text()};
            })};
  }
  model::library_report library_report() {
    return {.root = text(),
            .contents = large(),
            .files = large(),
            .bytes = large(),
            .bytes_free = large(),
            .content_ids = list([this] { return content().text(); })};
  }
  package_add_request add_request() {
    return {.folder = text(), .id = maybe([this] { return package(); }), .name = text()};
  }
  distribution_point_request point_request() {
    return {.name = text(),
            .control_address = maybe([this] { return text(); }),
            .mode = maybe([this] { return mode(); }),
            .sources = maybe([this] { return list([this] { return source_choice(); }); })};
  }
  distribute_request distribute() {
    return {.package = package(),
            .distribution_points = list([this] { return text(); }),
            .redistribute = coin()};
  }
  distribute_answer distributed() {
    const auto texts = [this] { return list([this] { return text(); }); };
    return {.started = texts(), .had_it = texts(), .warnings = texts()};
  }
  page_request wish() {
    return {.offset = small(), .rows = static_cast<std::uint32_t>(1 + below(500))};
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
    return {.name = text(),
            .node = id<model::node_id>(),
            .epoch = id<model::epoch_id>(),
            .content_address = text(),
            .build = text(),
            .inventory = list([this] { return content(); }),
            .full_inventory = coin()};
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
    return {.node = id<model::node_id>(), .epoch = id<model::epoch_id>(), .jobs_open = small()};
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
            .priority = one_of({model::package_priority::high, model::package_priority::low}),
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

private:
  std::mt19937_64 word_;
};

}  // namespace sluice::rpc
