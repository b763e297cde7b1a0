#pragma once

#include <string>

#include "model/views.hpp"

namespace sluice::model {

/// How a distribution point is (features A17): what is true now. What was wrong and is cured shows
/// in the status messages only.
enum class point_health : std::uint8_t { success = 1, in_progress = 2, warning = 3, error = 4 };
std::string_view name_of(point_health health) noexcept;

struct health_verdict {
  point_health health = point_health::success;
  std::string reason;  ///< one clause; empty for success
};

/// The worst of these, in this order:
///
///   error        not heard of for three heartbeats; packages that failed there
///   warning      under maintenance; leaving; packages that are retried; never registered
///   in_progress  jobs are open
///   success      otherwise
health_verdict health_of(const distribution_point_row& point, calendar_time now);

/// Who was given content there in the last `days` days (D11). Nothing when its node has not told
/// it, or was silent for all of them: what it told then is of other days.
std::optional<usage_window> usage_of(const distribution_point_row& point, std::uint32_t days,
                                     calendar_time now);

}  // namespace sluice::model
