#include "rpc/wire.hpp"

namespace sluice::rpc {

namespace {

template <typename To, typename From>
To checked(From value, std::string_view what) {
  if (!std::in_range<To>(value)) { refuse_field(what, format("{} is out of range", value)); }
  return static_cast<To>(value);
}

/// Milliseconds of the years 1 to 9999: others can be neither printed nor compared safely.
constexpr std::int64_t earliest_time = -62'135'596'800'000;
constexpr std::int64_t latest_time = 253'402'300'799'999;

}  // namespace

wire::failure to_wire(const error& value) {
  wire::failure made;
  made.__set_code(static_cast<wire::error_code::type>(value.code));
  made.__set_os_error(value.os_error);
  made.__set_doing(value.doing);
  return made;
}

error from_wire(const wire::failure& value) {
  const bool known = wire::_error_code_VALUES_TO_NAMES.contains(static_cast<int>(value.code));
  return {known ? static_cast<errc>(value.code) : errc::refused, value.os_error, value.doing};
}

void refuse_field(std::string_view what, std::string_view why) {
  throw to_wire(error{errc::invalid, 0, format("read a message: {}: {}", what, why)});
}

std::int32_t number_to_wire(std::uint32_t value, std::string_view what) {
  return checked<std::int32_t>(value, what);
}
std::int64_t number_to_wire(std::uint64_t value, std::string_view what) {
  return checked<std::int64_t>(value, what);
}
std::uint32_t number_from_wire(std::int32_t value, std::string_view what) {
  return checked<std::uint32_t>(value, what);
}
std::uint64_t number_from_wire(std::int64_t value, std::string_view what) {
  return checked<std::uint64_t>(value, what);
}

std::string bytes_to_wire(std::span<const std::byte> value) {
  std::string made;
  made.reserve(value.size());
  for (const auto byte : value) { made.push_back(static_cast<char>(byte)); }
  return made;
}

void bytes_from_wire(const std::string& value, std::span<std::byte> into, std::string_view what) {
  if (value.size() != into.size()) {
    refuse_field(what, format("{} bytes, not {}", value.size(), into.size()));
  }
  for (std::size_t i = 0; i < into.size(); ++i) { into[i] = static_cast<std::byte>(value[i]); }
}

model::package_id package_from_wire(const std::string& value) {
  return good(model::package_id::parse(value));
}
model::content_id content_from_wire(const std::string& value) {
  return good(model::content_id::parse(value));
}
model::package_priority priority_from_wire(wire::package_priority::type value) {
  return enum_from_wire<model::package_priority>(value, wire::_package_priority_VALUES_TO_NAMES,
                                                 "priority");
}
model::job_id job_from_wire(const std::string& value) {
  model::job_id made;
  bytes_from_wire(value, made.bytes, "job");
  return made;
}

model::calendar_time time_from_wire(std::int64_t value) {
  if (value < earliest_time || value > latest_time) {
    refuse_field("time", format("{} ms is in no year from 1 to 9999", value));
  }
  return model::calendar_time{std::chrono::milliseconds{value}};
}

void check_items(std::size_t items, std::string_view what) {
  if (items > limits::rpc_container_items_max) {
    throw to_wire(error{errc::limit_reached, 0,
                        format("send {} {} in one message: at most {}; split them", items, what,
                               limits::rpc_container_items_max)});
  }
}

wire::page_request to_wire(const page_request& value) {
  wire::page_request made;
  made.__set_offset(number_to_wire(value.offset, "offset"));
  made.__set_rows(number_to_wire(value.rows, "rows"));
  return made;
}

page_request from_wire(const wire::page_request& value) {
  return {.offset = number_from_wire(value.offset, "offset"),
          .rows = std::min(number_from_wire(value.rows, "rows"), limits::list_page_rows)};
}

}  // namespace sluice::rpc
