// Content validation: what an operator, the site and a distribution point say of it.
#include "rpc/wire.hpp"

namespace sluice::rpc {

namespace {

wire::validation_priority::type priority_to_wire(model::validation_priority value) {
  return static_cast<wire::validation_priority::type>(value);
}
model::validation_priority priority_from_wire(wire::validation_priority::type value) {
  return enum_from_wire<model::validation_priority>(
      value, wire::_validation_priority_VALUES_TO_NAMES, "priority");
}

wire::desired_content to_wire(const desired_content& value) {
  wire::desired_content made;
  made.__set_content(value.content.text());
  made.__set_manifest_hash(bytes_to_wire(value.manifest_hash.bytes));
  return made;
}
desired_content from_wire(const wire::desired_content& value) {
  desired_content made;
  made.content = content_from_wire(value.content);
  bytes_from_wire(value.manifest_hash, made.manifest_hash.bytes, "manifest_hash");
  return made;
}

}  // namespace

model::cycle_id cycle_from_wire(const std::string& value) {
  model::cycle_id made;
  bytes_from_wire(value, made.bytes, "cycle");
  return made;
}

wire::validation_request to_wire(const validation_request& value) {
  wire::validation_request made;
  if (value.package) { made.__set_package_id(value.package->text()); }
  if (value.distribution_point) { made.__set_distribution_point(*value.distribution_point); }
  made.__set_priority(priority_to_wire(value.priority));
  return made;
}
validation_request from_wire(const wire::validation_request& value) {
  validation_request made;
  if (value.__isset.package_id) { made.package = package_from_wire(value.package_id); }
  if (value.__isset.distribution_point) { made.distribution_point = value.distribution_point; }
  made.priority = priority_from_wire(value.priority);
  return made;
}

wire::validation_begun to_wire(const validation_begun& value) {
  wire::validation_begun made;
  made.__set_cycle(bytes_to_wire(value.cycle.bytes));
  check_items(value.began.size(), "distribution points");
  check_items(value.unreachable.size(), "distribution points");
  check_items(value.warnings.size(), "warnings");
  made.__set_began(value.began);
  made.__set_unreachable(value.unreachable);
  made.__set_warnings(value.warnings);
  return made;
}
validation_begun from_wire(const wire::validation_begun& value) {
  return {.cycle = cycle_from_wire(value.cycle),
          .began = value.began,
          .unreachable = value.unreachable,
          .warnings = value.warnings};
}

wire::validation_row to_wire(const model::validation_row& value) {
  wire::validation_row made;
  made.__set_distribution_point(value.distribution_point);
  made.__set_state(static_cast<wire::validation_state::type>(value.state));
  made.__set_contents(number_to_wire(value.contents, "contents"));
  made.__set_contents_done(number_to_wire(value.contents_done, "contents_done"));
  made.__set_passed(number_to_wire(value.passed, "passed"));
  made.__set_failed(number_to_wire(value.failed, "failed"));
  made.__set_mismatched(number_to_wire(value.mismatched, "mismatched"));
  made.__set_files(number_to_wire(value.files, "files"));
  made.__set_bytes_total(number_to_wire(model::raw(value.bytes_total), "bytes_total"));
  made.__set_bytes_done(number_to_wire(model::raw(value.bytes_done), "bytes_done"));
  made.__set_bytes_per_second(number_to_wire(value.bytes_per_second, "bytes_per_second"));
  if (value.remaining) { made.__set_remaining_seconds(value.remaining->count()); }
  check_items(value.findings.size(), "findings");
  made.__set_findings(value.findings);
  made.__set_reason(value.reason);
  return made;
}

model::validation_row from_wire(const wire::validation_row& value) {
  model::validation_row made;
  made.distribution_point = value.distribution_point;
  made.state = enum_from_wire<model::validation_state>(
      value.state, wire::_validation_state_VALUES_TO_NAMES, "state");
  made.contents = number_from_wire(value.contents, "contents");
  made.contents_done = number_from_wire(value.contents_done, "contents_done");
  made.passed = number_from_wire(value.passed, "passed");
  made.failed = number_from_wire(value.failed, "failed");
  made.mismatched = number_from_wire(value.mismatched, "mismatched");
  made.files = number_from_wire(value.files, "files");
  made.bytes_total = model::byte_count{number_from_wire(value.bytes_total, "bytes_total")};
  made.bytes_done = model::byte_count{number_from_wire(value.bytes_done, "bytes_done")};
  made.bytes_per_second = number_from_wire(value.bytes_per_second, "bytes_per_second");
  if (value.__isset.remaining_seconds) {
    made.remaining = std::chrono::seconds{value.remaining_seconds};
  }
  made.findings = value.findings;
  made.reason = value.reason;
  return made;
}

wire::validation_order to_wire(const validation_order& value) {
  wire::validation_order made;
  made.__set_cycle(bytes_to_wire(value.cycle.bytes));
  made.__set_priority(priority_to_wire(value.priority));
  made.__set_all(value.all);
  made.__set_part(number_to_wire(value.part, "part"));
  made.__set_last(value.last);
  check_items(value.desired.size(), "contents");
  for (const auto& one : value.desired) { made.desired.push_back(to_wire(one)); }
  return made;
}
validation_order from_wire(const wire::validation_order& value) {
  validation_order made;
  made.cycle = cycle_from_wire(value.cycle);
  made.priority = priority_from_wire(value.priority);
  made.all = value.all;
  made.part = number_from_wire(value.part, "part");
  made.last = value.last;
  if (value.desired.size() > limits::list_page_rows) {
    refuse_field("desired", format("more than {} in one part", limits::list_page_rows));
  }
  for (const auto& one : value.desired) { made.desired.push_back(from_wire(one)); }
  return made;
}

}  // namespace sluice::rpc
