#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "model/notification.hpp"
#include "model/status_message.hpp"

namespace sluice::model {

/// What one hour of the week lets through (features F1): packages of which priorities.
enum class distribution_window : std::uint8_t {
  open,             ///< all
  medium_and_high,  ///< "medium"
  high_only,        ///< "high"
  closed,
};

/// When content may be sent to a standard distribution point: a grid of the week by hours, in the
/// local time of a zone. Where the clock is put back an hour comes twice and counts twice; where it
/// is put forward one does not come.
struct distribution_schedule {
  std::string zone = "UTC";  ///< of the IANA time zone database
  /// Monday 00:00 first.
  std::array<distribution_window, 168> hours{};
  bool operator==(const distribution_schedule&) const = default;
  [[nodiscard]] bool is_always_open() const noexcept;
};

/// "always", or a zone and rules, of which a later one overrides an earlier one:
///
///   Europe/Berlin mon-fri 08-18 high, sat-sun 00-24 closed
///
/// Days are mon tue wed thu fri sat sun; hours count from 00 to 24; windows are open, medium, high
/// and closed; what no rule names is open. `invalid` names the fault.
result<distribution_schedule> parse_schedule(std::string_view text);
/// The same schedule in the same words: parse_schedule(text_of(s)) == s, but for the zone of one
/// that is always open.
std::string text_of(const distribution_schedule& schedule);

/// The hour of the week (0: Monday 00:00) in `zone`, which is a known one.
std::uint32_t hour_of_week(const std::string& zone, calendar_time when);

[[nodiscard]] bool lets_through(const distribution_schedule& schedule, package_priority priority,
                                calendar_time when);
/// When that is different for the first time after `when`; nothing: it never is.
std::optional<calendar_time> next_change(const distribution_schedule& schedule,
                                         package_priority priority, calendar_time when);

}  // namespace sluice::model
