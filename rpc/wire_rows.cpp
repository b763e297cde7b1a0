// What an operator asks and is shown: Admin and Node.
#include "rpc/wire.hpp"

namespace sluice::rpc {

namespace {

wire::source_choice to_wire(const model::source_choice& value) {
  wire::source_choice made;
  made.__set_name(value.name);
  made.__set_priority(number_to_wire(value.priority, "priority"));
  return made;
}
model::source_choice from_wire(const wire::source_choice& value) {
  return {.name = value.name, .priority = number_from_wire(value.priority, "priority")};
}
std::vector<wire::source_choice> choices_to_wire(const std::vector<model::source_choice>& values) {
  check_items(values.size(), "sources");
  std::vector<wire::source_choice> made;
  for (const auto& value : values) { made.push_back(to_wire(value)); }
  return made;
}
std::vector<model::source_choice> choices_from_wire(
    const std::vector<wire::source_choice>& values) {
  std::vector<model::source_choice> made;
  for (const auto& value : values) { made.push_back(from_wire(value)); }
  return made;
}

auto mode_from_wire(wire::distribution_point_mode::type value) {
  return enum_from_wire<model::distribution_point_mode>(
      value, wire::_distribution_point_mode_VALUES_TO_NAMES, "mode");
}
wire::distribution_point_mode::type mode_to_wire(model::distribution_point_mode value) {
  return static_cast<wire::distribution_point_mode::type>(value);
}

}  // namespace

wire::package_row to_wire(const model::package_row& value) {
  wire::package_row made;
  made.__set_id(value.id.text());
  made.__set_name(value.name);
  made.__set_source_path(value.source_path);
  made.__set_version(number_to_wire(value.version, "version"));
  made.__set_files(number_to_wire(value.files, "files"));
  made.__set_bytes(number_to_wire(model::raw(value.bytes), "bytes"));
  made.__set_manifest_hash(bytes_to_wire(value.manifest_hash.bytes));
  made.__set_created(time_to_wire(value.created));
  made.__set_targets(number_to_wire(value.targets, "targets"));
  made.__set_priority(static_cast<wire::package_priority::type>(value.priority));
  return made;
}

model::package_row from_wire(const wire::package_row& value) {
  model::package_row made;
  made.id = package_from_wire(value.id);
  made.name = value.name;
  made.source_path = value.source_path;
  made.version = number_from_wire(value.version, "version");
  made.files = number_from_wire(value.files, "files");
  made.bytes = model::byte_count{number_from_wire(value.bytes, "bytes")};
  bytes_from_wire(value.manifest_hash, made.manifest_hash.bytes, "manifest_hash");
  made.created = time_from_wire(value.created);
  made.targets = number_from_wire(value.targets, "targets");
  if (value.__isset.priority) { made.priority = priority_from_wire(value.priority); }
  return made;
}

std::vector<wire::usage_window> usage_to_wire(const std::vector<model::usage_window>& windows) {
  std::vector<wire::usage_window> made;
  for (const model::usage_window& window : windows) {
    wire::usage_window& one = made.emplace_back();
    one.__set_days(number_to_wire(window.days, "days"));
    one.__set_clients(number_to_wire(window.clients, "clients"));
    one.__set_distribution_points(
        number_to_wire(window.distribution_points, "distribution_points"));
    one.__set_client_bytes(number_to_wire(window.client_bytes, "client_bytes"));
    one.__set_distribution_point_bytes(
        number_to_wire(window.distribution_point_bytes, "distribution_point_bytes"));
  }
  return made;
}

std::vector<model::usage_window> usage_from_wire(const std::vector<wire::usage_window>& windows) {
  std::vector<model::usage_window> made;
  for (const wire::usage_window& window : windows) {
    made.push_back(
        {.days = number_from_wire(window.days, "days"),
         .clients = number_from_wire(window.clients, "clients"),
         .distribution_points = number_from_wire(window.distribution_points, "distribution_points"),
         .client_bytes = number_from_wire(window.client_bytes, "client_bytes"),
         .distribution_point_bytes =
             number_from_wire(window.distribution_point_bytes, "distribution_point_bytes")});
  }
  return made;
}

wire::distribution_point_row to_wire(const model::distribution_point_row& value) {
  wire::distribution_point_row made;
  made.__set_name(value.name);
  made.__set_control_address(value.control_address);
  made.__set_content_address(value.content_address);
  made.__set_mode(mode_to_wire(value.mode));
  made.__set_own(value.own);
  made.__set_sources(choices_to_wire(value.sources));
  if (value.node) { made.__set_node(bytes_to_wire(value.node->bytes)); }
  if (value.last_heard) { made.__set_last_heard(time_to_wire(*value.last_heard)); }
  made.__set_contents(number_to_wire(value.contents, "contents"));
  made.__set_jobs(number_to_wire(value.jobs, "jobs"));
  made.__set_schedule(model::text_of(value.schedule));
  made.__set_rate_limit(model::text_of(value.limit));
  made.__set_maintenance(value.maintenance);
  made.__set_prestaged(value.prestaged);
  made.__set_leaving(value.leaving);
  made.__set_failed(number_to_wire(value.failed, "failed"));
  made.__set_retrying(number_to_wire(value.retrying, "retrying"));
  if (!value.usage.empty()) { made.__set_usage(usage_to_wire(value.usage)); }
  if (value.usage_changed) { made.__set_usage_changed(time_to_wire(*value.usage_changed)); }
  return made;
}

model::distribution_point_row from_wire(const wire::distribution_point_row& value) {
  model::distribution_point_row made;
  made.name = value.name;
  made.control_address = value.control_address;
  made.content_address = value.content_address;
  made.mode = mode_from_wire(value.mode);
  made.own = value.own;
  made.sources = choices_from_wire(value.sources);
  if (value.__isset.node) { bytes_from_wire(value.node, made.node.emplace().bytes, "node"); }
  if (value.__isset.last_heard) { made.last_heard = time_from_wire(value.last_heard); }
  made.contents = number_from_wire(value.contents, "contents");
  made.jobs = number_from_wire(value.jobs, "jobs");
  if (value.__isset.schedule) { made.schedule = good(model::parse_schedule(value.schedule)); }
  if (value.__isset.rate_limit) { made.limit = good(model::parse_rate_limit(value.rate_limit)); }
  made.maintenance = value.maintenance;  // false, or 0, when they are not set
  made.prestaged = value.prestaged;
  made.leaving = value.leaving;
  made.failed = number_from_wire(value.failed, "failed");
  made.retrying = number_from_wire(value.retrying, "retrying");
  made.usage = usage_from_wire(value.usage);
  if (value.__isset.usage_changed) { made.usage_changed = time_from_wire(value.usage_changed); }
  return made;
}

wire::distribution_row to_wire(const model::distribution_row& value) {
  wire::distribution_row made;
  made.__set_package_id(value.package.text());
  made.__set_version(number_to_wire(value.version, "version"));
  made.__set_distribution_point(value.distribution_point);
  made.__set_bucket(static_cast<wire::console_bucket::type>(value.bucket));
  made.__set_state(static_cast<wire::package_state::type>(value.state));
  if (value.job) { made.__set_job(bytes_to_wire(value.job->bytes)); }
  if (value.job_state) {
    made.__set_job_state(static_cast<wire::site_job_state::type>(*value.job_state));
  }
  made.__set_percent(value.percent);
  made.__set_bytes_total(number_to_wire(model::raw(value.bytes_total), "bytes_total"));
  made.__set_bytes_done(number_to_wire(model::raw(value.bytes_done), "bytes_done"));
  made.__set_bytes_transferred(
      number_to_wire(model::raw(value.bytes_transferred), "bytes_transferred"));
  made.__set_pieces_verified(number_to_wire(value.pieces_verified, "pieces_verified"));
  made.__set_bytes_per_second(number_to_wire(value.bytes_per_second, "bytes_per_second"));
  if (value.remaining) { made.__set_remaining_seconds(value.remaining->count()); }
  made.__set_source(value.source);
  made.__set_tries_left(number_to_wire(value.tries_left, "tries_left"));
  if (value.next_try) { made.__set_next_try(time_to_wire(*value.next_try)); }
  made.__set_reason(value.reason);
  made.__set_changed(time_to_wire(value.changed));
  return made;
}

model::distribution_row from_wire(const wire::distribution_row& value) {
  model::distribution_row made;
  made.package = package_from_wire(value.package_id);
  made.version = number_from_wire(value.version, "version");
  made.distribution_point = value.distribution_point;
  made.bucket = enum_from_wire<model::console_bucket>(
      value.bucket, wire::_console_bucket_VALUES_TO_NAMES, "bucket");
  made.state = enum_from_wire<model::package_state>(value.state,
                                                    wire::_package_state_VALUES_TO_NAMES, "state");
  if (value.__isset.job) { made.job = job_from_wire(value.job); }
  if (value.__isset.job_state) {
    made.job_state = enum_from_wire<model::site_job_state>(
        value.job_state, wire::_site_job_state_VALUES_TO_NAMES, "job_state");
  }
  if (value.percent < 0 || value.percent > 100) { refuse_field("percent", "not 0 to 100"); }
  made.percent = static_cast<std::uint8_t>(value.percent);
  made.bytes_total = model::byte_count{number_from_wire(value.bytes_total, "bytes_total")};
  made.bytes_done = model::byte_count{number_from_wire(value.bytes_done, "bytes_done")};
  made.bytes_transferred =
      model::byte_count{number_from_wire(value.bytes_transferred, "bytes_transferred")};
  made.pieces_verified = number_from_wire(value.pieces_verified, "pieces_verified");
  made.bytes_per_second = number_from_wire(value.bytes_per_second, "bytes_per_second");
  if (value.__isset.remaining_seconds) {
    made.remaining = std::chrono::seconds{value.remaining_seconds};
  }
  made.source = value.source;
  made.tries_left = number_from_wire(value.tries_left, "tries_left");
  if (value.__isset.next_try) { made.next_try = time_from_wire(value.next_try); }
  made.reason = value.reason;
  made.changed = time_from_wire(value.changed);
  return made;
}

wire::why_report to_wire(const model::why_report& value) {
  wire::why_report made;
  made.__set_subject(value.subject);
  made.__set_doing(value.doing);
  if (value.since) { made.__set_since(time_to_wire(*value.since)); }
  made.__set_next_step(value.next);
  if (value.next_time) { made.__set_next_time(time_to_wire(*value.next_time)); }
  made.__set_unblock(value.unblock);
  check_items(value.sources.size(), "sources");
  for (const auto& source : value.sources) {
    auto& into = made.sources.emplace_back();
    into.__set_name(source.name);
    into.__set_priority(number_to_wire(source.priority, "priority"));
    into.__set_verdict(source.verdict);
  }
  return made;
}

model::why_report from_wire(const wire::why_report& value) {
  model::why_report made;
  made.subject = value.subject;
  made.doing = value.doing;
  if (value.__isset.since) { made.since = time_from_wire(value.since); }
  made.next = value.next_step;
  if (value.__isset.next_time) { made.next_time = time_from_wire(value.next_time); }
  made.unblock = value.unblock;
  for (const auto& source : value.sources) {
    made.sources.push_back({.name = source.name,
                            .priority = number_from_wire(source.priority, "priority"),
                            .verdict = source.verdict});
  }
  return made;
}

wire::message_row to_wire(const model::message_row& value) {
  wire::message_row made;
  made.__set_message(to_wire(value.message));
  made.__set_site(value.site);
  made.__set_system(value.system);
  return made;
}
model::message_row from_wire(const wire::message_row& value) {
  return {.message = from_wire(value.message), .site = value.site, .system = value.system};
}

wire::distribution_point_request to_wire(const distribution_point_request& value) {
  wire::distribution_point_request made;
  made.__set_name(value.name);
  if (value.control_address) { made.__set_control_address(*value.control_address); }
  if (value.mode) { made.__set_mode(mode_to_wire(*value.mode)); }
  if (value.sources) {
    made.sources.__set_choices(choices_to_wire(*value.sources));
    made.__isset.sources = true;
  }
  if (value.schedule) { made.__set_schedule(model::text_of(*value.schedule)); }
  if (value.limit) { made.__set_rate_limit(model::text_of(*value.limit)); }
  if (value.maintenance) { made.__set_maintenance(*value.maintenance); }
  if (value.prestaged) { made.__set_prestaged(*value.prestaged); }
  return made;
}
distribution_point_request from_wire(const wire::distribution_point_request& value) {
  distribution_point_request made;
  made.name = value.name;
  if (value.__isset.control_address) { made.control_address = value.control_address; }
  if (value.__isset.mode) { made.mode = mode_from_wire(value.mode); }
  if (value.__isset.sources) { made.sources = choices_from_wire(value.sources.choices); }
  if (value.__isset.schedule) { made.schedule = good(model::parse_schedule(value.schedule)); }
  if (value.__isset.rate_limit) { made.limit = good(model::parse_rate_limit(value.rate_limit)); }
  if (value.__isset.maintenance) { made.maintenance = value.maintenance; }
  if (value.__isset.prestaged) { made.prestaged = value.prestaged; }
  return made;
}

}  // namespace sluice::rpc
