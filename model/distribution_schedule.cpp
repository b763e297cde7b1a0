#include "model/distribution_schedule.hpp"

#include <date/tz.h>

#include <algorithm>
#include <vector>

#include "model/decimal.hpp"

namespace sluice::model {

namespace {

constexpr std::array<std::string_view, 7> days{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::array<std::string_view, 4> windows{"open", "medium", "high", "closed"};
constexpr std::uint32_t hours_of_day = 24;
/// All offsets from UTC are multiples of it.
constexpr auto step = std::chrono::minutes(15);
constexpr auto horizon = std::chrono::hours(24 * 8);

error refused(std::string_view text, std::string_view why) {
  return {errc::invalid, 0,
          format("use \"{}\" as a schedule: {}; write for example: Europe/Berlin mon-fri 08-18 "
                 "high, sat-sun 00-24 closed",
                 escaped(text, 200), why)};
}

/// Throws nothing; null for a zone that the database does not have.
const date::time_zone* zone_named(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) { return nullptr; }
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(at);
    if (!text.substr(0, end).empty()) { parts.push_back(text.substr(0, end)); }
    if (end == std::string_view::npos) { return parts; }
    text.remove_prefix(end + 1);
  }
}

template <std::size_t Count>
std::optional<std::uint32_t> place_of(const std::array<std::string_view, Count>& names,
                                      std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) { return std::nullopt; }
  return static_cast<std::uint32_t>(found - names.begin());
}

struct stretch {
  std::uint32_t first = 0;
  std::uint32_t end = 0;
};

/// "mon", "mon-fri".
std::optional<stretch> parse_days(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = place_of(days, text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : place_of(days, text.substr(dash + 1));
  if (!first || !last || *last < *first) { return std::nullopt; }
  return stretch{*first, *last + 1};
}

std::optional<std::uint32_t> parse_hour(std::string_view text) {
  if (text.size() == 2 && text.front() == '0') { text.remove_prefix(1); }
  const auto hour = parse_decimal(text, hours_of_day);
  if (!hour) { return std::nullopt; }
  return static_cast<std::uint32_t>(*hour);
}

/// "08-18".
std::optional<stretch> parse_hours(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) { return std::nullopt; }
  const auto first = parse_hour(text.substr(0, dash));
  const auto end = parse_hour(text.substr(dash + 1));
  if (!first || !end || *end <= *first) { return std::nullopt; }
  return stretch{*first, *end};
}

/// One rule into the grid; what is wrong with it, or "".
std::string apply_rule(std::string_view rule, distribution_schedule& into) {
  const auto words = split(rule, ' ');
  if (words.size() != 3) { return format("'{}' is not DAYS HOURS WINDOW", escaped(rule, 60)); }
  const auto on = parse_days(words[0]);
  if (!on) { return format("'{}' is neither a day nor days from one to another", words[0]); }
  const auto at = parse_hours(words[1]);
  if (!at) { return format("'{}' is no stretch of a day like 08-18", words[1]); }
  const auto window = place_of(windows, words[2]);
  if (!window) { return format("'{}' is none of open, medium, high and closed", words[2]); }
  for (std::uint32_t day = on->first; day < on->end; ++day) {
    const auto begin = into.hours.begin() + day * hours_of_day;
    std::fill(begin + at->first, begin + at->end, static_cast<distribution_window>(*window));
  }
  return {};
}

const distribution_window* hours_of(const distribution_schedule& schedule, std::size_t day) {
  return schedule.hours.data() + day * hours_of_day;
}

/// The rules of equal days, as in "mon-fri 08-18 high", each after a comma.
void print_days(const distribution_schedule& schedule, std::size_t first, std::size_t last,
                std::string& text) {
  const auto* const hours = hours_of(schedule, first);
  const std::string name =
      first == last ? std::string(days[first]) : format("{}-{}", days[first], days[last]);
  for (std::uint32_t from = 0; from < hours_of_day;) {
    std::uint32_t end = from + 1;
    while (end < hours_of_day && hours[end] == hours[from]) { ++end; }
    if (hours[from] != distribution_window::open) {
      text += format("{} {} {:02}-{:02} {}", text.empty() ? "" : ",", name, from, end,
                     windows[static_cast<std::size_t>(hours[from])]);
    }
    from = end;
  }
}

}  // namespace

bool distribution_schedule::is_always_open() const noexcept {
  return std::all_of(hours.begin(), hours.end(),
                     [](distribution_window each) { return each == distribution_window::open; });
}

result<distribution_schedule> parse_schedule(std::string_view text) {
  distribution_schedule made;
  if (text == "always") { return made; }
  const std::size_t space = text.find(' ');
  made.zone = text.substr(0, space);
  if (zone_named(made.zone) == nullptr) {
    return refused(text,
                   format("it begins with no time zone: '{}' is unknown", escaped(made.zone, 60)));
  }
  const std::string_view rules =
      space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  if (split(rules, ',').empty()) { return refused(text, "it has no rule"); }
  for (const std::string_view rule : split(rules, ',')) {
    const std::string fault = apply_rule(rule, made);
    if (!fault.empty()) { return refused(text, fault); }
  }
  return made;
}

std::string text_of(const distribution_schedule& schedule) {
  std::string rules;
  for (std::size_t first = 0, last = 0; first < days.size(); first = ++last) {
    const auto* const hours = hours_of(schedule, first);
    while (last + 1 < days.size() &&
           std::equal(hours, hours + hours_of_day, hours_of(schedule, last + 1))) {
      ++last;
    }
    print_days(schedule, first, last, rules);
  }
  return rules.empty() ? "always" : schedule.zone + rules;
}

std::uint32_t hour_of_week(const std::string& zone, calendar_time when) {
  const date::time_zone* const known = zone_named(zone);
  SLUICE_CHECK(known != nullptr);  // it was checked when it was taken
  const auto local = known->to_local(when);
  const auto day = std::chrono::floor<date::days>(local);
  const auto weekday = date::weekday(date::local_days(day)).iso_encoding() - 1;
  const auto hour = std::chrono::duration_cast<std::chrono::hours>(local - day).count();
  return weekday * hours_of_day + static_cast<std::uint32_t>(hour);
}

bool lets_through(const distribution_schedule& schedule, package_priority priority,
                  calendar_time when) {
  if (schedule.is_always_open()) { return true; }
  switch (schedule.hours[hour_of_week(schedule.zone, when)]) {
    case distribution_window::open: return true;
    case distribution_window::medium_and_high: return priority != package_priority::low;
    case distribution_window::high_only: return priority == package_priority::high;
    case distribution_window::closed: return false;
  }
  return false;
}

std::optional<calendar_time> next_change(const distribution_schedule& schedule,
                                         package_priority priority, calendar_time when) {
  if (schedule.is_always_open()) { return std::nullopt; }
  const bool now = lets_through(schedule, priority, when);
  calendar_time next = std::chrono::floor<std::chrono::minutes>(when);
  next -= next.time_since_epoch() % step;
  for (const calendar_time end = when + horizon; next < end;) {
    next += step;
    if (lets_through(schedule, priority, next) != now) { return next; }
  }
  return std::nullopt;
}

}  // namespace sluice::model
