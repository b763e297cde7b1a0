#include "model/status_message.hpp"

namespace sluice::model {

namespace {

constexpr std::size_t insertion_bytes_max = 512;

/// For ids that this build does not know: a newer node may report to an older site.
std::string bare_sentence(const status_message& message) {
  std::string text = format("message {}", message.id);
  for (const std::string& insertion : message.insertions) {
    text += text.back() == ',' ? " " : ": ";
    text += escaped(insertion, insertion_bytes_max) + ",";
  }
  if (text.back() == ',') { text.pop_back(); }
  return text;
}

}  // namespace

std::string_view name_of(severity value) noexcept {
  switch (value) {
    case severity::info: return "info";
    case severity::warning: return "warning";
    case severity::error: return "error";
  }
  return "unknown";
}

std::string_view name_of(component value) noexcept {
  switch (value) {
    case component::distribution_manager: return "distribution_manager";
    case component::distribution_point_monitoring: return "distribution_point_monitoring";
    case component::package_transfer_manager: return "package_transfer_manager";
    case component::pull_dp: return "pull_dp";
    case component::librarian: return "librarian";
    case component::site_configuration: return "site_configuration";
    case component::cloud_source: return "cloud_source";
    case component::client: return "client";
    case component::site_security: return "site_security";
  }
  return "unknown";
}

std::string_view name_of(message_type value) noexcept {
  switch (value) {
    case message_type::milestone: return "milestone";
    case message_type::detail: return "detail";
    case message_type::audit: return "audit";
  }
  return "unknown";
}

std::string sentence_of(const status_message& message) {
  const catalogue_row* row = find_in_catalogue(message.id);
  if (row == nullptr) { return bare_sentence(message); }
  std::string text;
  std::string_view rest = row->sentence;
  while (!rest.empty()) {
    const std::size_t mark = rest.find('%');
    text += rest.substr(0, mark);
    if (mark == std::string_view::npos) { break; }
    const auto index = static_cast<std::size_t>(rest[mark + 1] - '1');
    text += index < message.insertions.size()
                ? escaped(message.insertions[index], insertion_bytes_max)
                : "?";
    rest.remove_prefix(mark + 2);
  }
  return text;
}

std::string iso_time(model::calendar_time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                clock.subseconds().count());
}

}  // namespace sluice::model
