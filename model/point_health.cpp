#include "model/point_health.hpp"

namespace sluice::model {

namespace {

std::string counted(std::uint32_t number, std::string_view thing, std::string_view what) {
  return format("{} {}{} {}", number, thing, number == 1 ? "" : "s", what);
}

}  // namespace

std::string_view name_of(point_health health) noexcept {
  switch (health) {
    case point_health::success: return "success";
    case point_health::in_progress: return "in_progress";
    case point_health::warning: return "warning";
    case point_health::error: return "error";
  }
  return "unknown";
}

std::optional<usage_window> usage_of(const distribution_point_row& point, std::uint32_t days,
                                     calendar_time now) {
  if (point.last_heard && now - *point.last_heard >= std::chrono::days(days)) { return {}; }
  for (const usage_window& window : point.usage) {
    if (window.days == days) { return window; }
  }
  return {};
}

health_verdict health_of(const distribution_point_row& point, calendar_time now) {
  constexpr auto silence_max = 3 * limits::heartbeat_interval;
  const bool silent = point.last_heard && now - *point.last_heard > silence_max;
  if (!point.own && silent) {
    return {point_health::error, format("not heard of since {}", iso_time(*point.last_heard))};
  }
  if (point.failed > 0) {
    return {point_health::error, counted(point.failed, "package", "failed there")};
  }
  if (point.leaving) { return {point_health::warning, "is being removed"}; }
  if (point.maintenance) { return {point_health::warning, "is under maintenance"}; }
  if (point.retrying > 0) {
    return {point_health::warning, counted(point.retrying, "package", "retried")};
  }
  if (!point.own && !point.node) { return {point_health::warning, "has not registered yet"}; }
  if (point.jobs > 0) { return {point_health::in_progress, counted(point.jobs, "job", "open")}; }
  return {};
}

}  // namespace sluice::model
