#include "rpc/wire_groups.hpp"

namespace sluice::rpc {

/// What does not fit into one container is counted only.
wire::group_row to_wire(const model::group_row& value) {
  constexpr std::size_t most = limits::rpc_container_items_max;
  wire::group_row made;
  made.__set_name(value.name);
  for (const auto& member : value.members) {
    if (made.members.size() < most) { made.members.push_back(member); }
  }
  for (const auto& package : value.packages) {
    if (made.packages.size() < most) { made.packages.push_back(package.text()); }
  }
  made.__set_members_total(number_to_wire(value.members_total, "members_total"));
  made.__set_packages_total(number_to_wire(value.packages_total, "packages_total"));
  return made;
}
model::group_row from_wire(const wire::group_row& value) {
  model::group_row made;
  made.name = value.name;
  made.members = value.members;
  for (const auto& package : value.packages) {
    made.packages.push_back(package_from_wire(package));
  }
  made.members_total = number_from_wire(value.members_total, "members_total");
  made.packages_total = number_from_wire(value.packages_total, "packages_total");
  return made;
}

wire::group_status_row to_wire(const model::group_status_row& value) {
  wire::group_status_row made;
  made.__set_package_id(value.package.text());
  made.__set_success(number_to_wire(value.success, "success"));
  made.__set_in_progress(number_to_wire(value.in_progress, "in_progress"));
  made.__set_unknown(number_to_wire(value.unknown, "unknown"));
  made.__set_failed(number_to_wire(value.failed, "failed"));
  return made;
}
model::group_status_row from_wire(const wire::group_status_row& value) {
  return {.package = package_from_wire(value.package_id),
          .success = number_from_wire(value.success, "success"),
          .in_progress = number_from_wire(value.in_progress, "in_progress"),
          .unknown = number_from_wire(value.unknown, "unknown"),
          .failed = number_from_wire(value.failed, "failed")};
}

wire::group_request to_wire(const group_request& value) {
  wire::group_request made;
  made.__set_action(static_cast<wire::group_action::type>(value.action));
  made.__set_name(value.name);
  check_items(value.distribution_points.size(), "distribution points");
  made.__set_distribution_points(value.distribution_points);
  return made;
}
group_request from_wire(const wire::group_request& value) {
  return {.action = enum_from_wire<group_action>(value.action, wire::_group_action_VALUES_TO_NAMES,
                                                 "action"),
          .name = value.name,
          .distribution_points = value.distribution_points};
}

wire::group_answer to_wire(const group_answer& value) {
  wire::group_answer made;
  made.__set_row(to_wire(value.row));
  made.__set_sent(to_wire(value.sent));
  return made;
}
group_answer from_wire(const wire::group_answer& value) {
  return {.row = from_wire(value.row), .sent = from_wire(value.sent)};
}

std::vector<wire::setting_row> settings_to_wire(const std::vector<model::setting_row>& settings) {
  std::vector<wire::setting_row> made;
  for (const model::setting_row& setting : settings) {
    wire::setting_row& one = made.emplace_back();
    one.__set_name(setting.name);
    one.__set_value(setting.value);
    one.__set_origin(setting.origin);
  }
  return made;
}
std::vector<model::setting_row> settings_from_wire(const std::vector<wire::setting_row>& settings) {
  std::vector<model::setting_row> made;
  for (const wire::setting_row& setting : settings) {
    made.push_back({setting.name, setting.value, setting.origin});
  }
  return made;
}

wire::source_candidate to_wire(const model::source_candidate& value) {
  wire::source_candidate made;
  made.__set_name(value.name);
  made.__set_qualified(value.qualified);
  made.__set_reason(value.reason);
  return made;
}
std::vector<model::source_candidate> from_wire(const wire::source_candidates& value) {
  std::vector<model::source_candidate> made;
  for (const auto& each : value.rows) { made.push_back({each.name, each.qualified, each.reason}); }
  return made;
}

}  // namespace sluice::rpc
