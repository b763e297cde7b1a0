#pragma once

#include <limits>

#include "rpc/services.hpp"
#include "sluice_types.h"

/// Between the values of model/ and the structs of sluice.thrift. What came in is checked here:
/// `from_wire` throws `wire::failure` (`invalid`) that names the field; so does `to_wire` for what
/// the wire cannot carry. These exceptions do not leave rpc/.
namespace sluice::rpc {

wire::failure to_wire(const error& value);
error from_wire(const wire::failure& value);

/// The value of a result, or its error thrown.
template <typename Value>
Value good(result<Value> outcome) {
  if (!outcome) { throw to_wire(outcome.error()); }
  return std::move(*outcome);
}
inline void good(result<void> outcome) {
  if (!outcome) { throw to_wire(outcome.error()); }
}

// Numbers and names. `what` is the field, for the error.
[[noreturn]] void refuse_field(std::string_view what, std::string_view why);
std::int32_t number_to_wire(std::uint32_t value, std::string_view what);
std::int64_t number_to_wire(std::uint64_t value, std::string_view what);
std::uint32_t number_from_wire(std::int32_t value, std::string_view what);
std::uint64_t number_from_wire(std::int64_t value, std::string_view what);
std::string bytes_to_wire(std::span<const std::byte> value);
void bytes_from_wire(const std::string& value, std::span<std::byte> into, std::string_view what);
model::package_id package_from_wire(const std::string& value);
model::content_id content_from_wire(const std::string& value);
inline std::string to_wire(const model::content_id& value) { return value.text(); }
model::job_id job_from_wire(const std::string& value);
model::cycle_id cycle_from_wire(const std::string& value);
model::package_priority priority_from_wire(wire::package_priority::type value);
inline std::int64_t time_to_wire(model::calendar_time value) {
  return value.time_since_epoch().count();
}
model::calendar_time time_from_wire(std::int64_t value);

/// Lists longer than a container may be are refused here, before the other side closes on them.
void check_items(std::size_t items, std::string_view what);

// Admin and Node.
page_request from_wire(const wire::page_request& value);
wire::page_request to_wire(const page_request& value);
wire::package_row to_wire(const model::package_row& value);
model::package_row from_wire(const wire::package_row& value);
std::vector<wire::setting_row> settings_to_wire(const std::vector<model::setting_row>& settings);
std::vector<model::setting_row> settings_from_wire(const std::vector<wire::setting_row>& settings);
wire::source_candidate to_wire(const model::source_candidate& value);
std::vector<model::source_candidate> from_wire(const wire::source_candidates& value);
wire::distribution_point_row to_wire(const model::distribution_point_row& value);
model::distribution_point_row from_wire(const wire::distribution_point_row& value);
wire::distribution_row to_wire(const model::distribution_row& value);
model::distribution_row from_wire(const wire::distribution_row& value);
wire::why_report to_wire(const model::why_report& value);
model::why_report from_wire(const wire::why_report& value);
wire::message_row to_wire(const model::message_row& value);
model::message_row from_wire(const wire::message_row& value);
wire::package_add_request to_wire(const package_add_request& value);
package_add_request from_wire(const wire::package_add_request& value);
wire::package_set_request to_wire(const package_set_request& value);
package_set_request from_wire(const wire::package_set_request& value);
wire::package_add_progress to_wire(const package_add_progress& value);
package_add_progress from_wire(const wire::package_add_progress& value);
wire::distribution_point_request to_wire(const distribution_point_request& value);
distribution_point_request from_wire(const wire::distribution_point_request& value);
wire::distribute_request to_wire(const distribute_request& value);
distribute_request from_wire(const wire::distribute_request& value);
wire::distribute_answer to_wire(const distribute_answer& value);
distribute_answer from_wire(const wire::distribute_answer& value);
wire::package_update_answer to_wire(const package_update_answer& value);
package_update_answer from_wire(const wire::package_update_answer& value);
wire::cancel_request to_wire(const cancel_request& value);
cancel_request from_wire(const wire::cancel_request& value);
wire::cancel_answer to_wire(const cancel_answer& value);
cancel_answer from_wire(const wire::cancel_answer& value);
wire::status_query to_wire(const status_query& value);
status_query from_wire(const wire::status_query& value);

// ManagementPoint and DistributionPointControl.
wire::registration to_wire(const registration& value);
registration from_wire(const wire::registration& value);
wire::registration_answer to_wire(const registration_answer& value);
registration_answer from_wire(const wire::registration_answer& value);
wire::report_batch to_wire(const report_batch& value);
report_batch from_wire(const wire::report_batch& value);
std::vector<wire::usage_window> usage_to_wire(const std::vector<model::usage_window>& windows);
std::vector<model::usage_window> usage_from_wire(const std::vector<wire::usage_window>& windows);
wire::heartbeat_request to_wire(const heartbeat_request& value);
heartbeat_request from_wire(const wire::heartbeat_request& value);
wire::heartbeat_answer to_wire(const heartbeat_answer& value);
heartbeat_answer from_wire(const wire::heartbeat_answer& value);
wire::status_message to_wire(const model::status_message& value);
model::status_message from_wire(const wire::status_message& value);
wire::state_message to_wire(const model::state_message& value);
model::state_message from_wire(const wire::state_message& value);
wire::notification to_wire(const model::notification& value);
model::notification from_wire(const wire::notification& value);
wire::notify_answer::type to_wire(notify_answer value);
notify_answer from_wire(wire::notify_answer::type value);
wire::cancel_outcome::type to_wire(cancel_outcome value);
cancel_outcome from_wire(wire::cancel_outcome::type value);
wire::poll_answer to_wire(const poll_answer& value);
poll_answer from_wire(const wire::poll_answer& value);

// Content validation, of both.
wire::validation_request to_wire(const validation_request& value);
validation_request from_wire(const wire::validation_request& value);
wire::validation_begun to_wire(const validation_begun& value);
validation_begun from_wire(const wire::validation_begun& value);
wire::validation_row to_wire(const model::validation_row& value);
model::validation_row from_wire(const wire::validation_row& value);
wire::validation_order to_wire(const validation_order& value);
validation_order from_wire(const wire::validation_order& value);

/// A number of one of the enums whose values are the same on both sides; unknown ones are refused.
/// `names` is the table that Thrift makes of each enum.
template <typename Enum, typename Wire>
Enum enum_from_wire(Wire value, const std::map<int, const char*>& names, std::string_view what) {
  const auto number = static_cast<int>(value);
  if (!names.contains(number)) { refuse_field(what, format("{} has no meaning", number)); }
  return static_cast<Enum>(number);
}

template <typename Row>
auto rows_to_wire(const std::vector<Row>& rows, std::string_view what) {
  check_items(rows.size(), what);
  std::vector<decltype(to_wire(rows.front()))> made;
  made.reserve(rows.size());
  for (const auto& row : rows) { made.push_back(to_wire(row)); }
  return made;
}
template <typename Row>
auto rows_from_wire(const std::vector<Row>& rows) {
  std::vector<decltype(from_wire(rows.front()))> made;
  made.reserve(rows.size());
  for (const auto& row : rows) { made.push_back(from_wire(row)); }
  return made;
}

}  // namespace sluice::rpc
