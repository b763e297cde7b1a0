#include "model/distribution_schedule.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::model;
using namespace std::chrono_literals;

namespace {

calendar_time at(int year, unsigned month, unsigned day, int hour, int minute = 0) {
  const std::chrono::sys_days date =
      std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
  return calendar_time(date.time_since_epoch()) + std::chrono::hours(hour) +
         std::chrono::minutes(minute);
}

distribution_schedule schedule(const char* text) {
  auto made = parse_schedule(text);
  REQUIRE_MESSAGE(made.ok(), text);
  return *made;
}

}  // namespace

// F1
TEST_CASE("a schedule is read, and printed in the same words") {
  CHECK(text_of(distribution_schedule{}) == "always");
  CHECK(schedule("always") == distribution_schedule{});
  const auto made = schedule("Europe/Berlin mon-fri 08-18 high, sat-sun 00-24 closed");
  CHECK(made.zone == "Europe/Berlin");
  CHECK(text_of(made) == "Europe/Berlin mon-fri 08-18 high, sat-sun 00-24 closed");
  CHECK(schedule(text_of(made).c_str()) == made);
  const auto overridden = schedule("UTC mon-sun 00-24 closed, wed 3-5 medium, wed 4-5 open");
  CHECK(overridden.hours[2 * 24 + 3] == distribution_window::medium_and_high);
  CHECK(overridden.hours[2 * 24 + 4] == distribution_window::open);
  CHECK(overridden.hours[2 * 24 + 5] == distribution_window::closed);
  CHECK(text_of(overridden) ==
        "UTC mon-tue 00-24 closed, wed 00-03 closed, wed 03-04 medium, wed 05-24 closed, "
        "thu-sun 00-24 closed");
  CHECK(schedule(text_of(overridden).c_str()) == overridden);
}

// F1
TEST_CASE("what is wrong with a schedule is named") {
  for (const auto& [text, fault] : std::initializer_list<std::pair<const char*, const char*>>{
           {"", "''"},
           {"Mars/Olympus mon 00-24 closed", "'Mars/Olympus' is unknown"},
           {"Europe/Berlin", "no rule"},
           {"mon 08-18 high", "'mon' is unknown"},
           {"UTC mon 08-18", "is not DAYS HOURS WINDOW"},
           {"UTC fri-mon 08-18 high", "'fri-mon'"},
           {"UTC mon 18-08 high", "'18-08'"},
           {"UTC mon 08-25 high", "'08-25'"},
           {"UTC mon 8 high", "'8'"},
           {"UTC mon 08-18 shut", "'shut'"}}) {
    const auto made = parse_schedule(text);
    REQUIRE_MESSAGE(!made.ok(), text);
    CHECK(made.error().code == errc::invalid);
    CHECK_MESSAGE(made.error().doing.find(fault) != std::string::npos, made.error().doing);
  }
}

// F1
TEST_CASE("each window lets through what its name says") {
  const auto grid = schedule("UTC mon 01-02 medium, mon 02-03 high, mon 03-04 closed");
  const auto lets = [&](int hour, package_priority priority) {
    return lets_through(grid, priority, at(2026, 11, 23, hour, 30));  // a Monday
  };
  for (const auto priority :
       {package_priority::high, package_priority::medium, package_priority::low}) {
    CHECK(lets(0, priority));
    CHECK(lets(1, priority) == (priority != package_priority::low));
    CHECK(lets(2, priority) == (priority == package_priority::high));
    CHECK_FALSE(lets(3, priority));
    CHECK(lets(4, priority));
  }
}

// F1
TEST_CASE("the hours are those of the zone, in summer and in winter") {
  const auto grid = schedule("Europe/Berlin mon-sun 08-18 closed");
  CHECK(lets_through(grid, package_priority::high, at(2026, 7, 1, 5, 59)));
  CHECK_FALSE(lets_through(grid, package_priority::high, at(2026, 7, 1, 6, 0)));
  CHECK(lets_through(grid, package_priority::high, at(2026, 12, 1, 6, 59)));
  CHECK_FALSE(lets_through(grid, package_priority::high, at(2026, 12, 1, 7, 0)));
  CHECK(hour_of_week("Asia/Kathmandu", at(2026, 11, 22, 18, 14)) == 6 * 24 + 23);
  CHECK(hour_of_week("Asia/Kathmandu", at(2026, 11, 22, 18, 15)) == 0);
}

// F1
TEST_CASE(
    "an hour that the spring leaves out is not waited for; one that comes twice counts twice") {
  // Europe/Berlin 2027: 28 March, 02:00 becomes 03:00; 31 October, 03:00 becomes 02:00.
  const auto night = schedule("Europe/Berlin sun 02-03 closed");
  CHECK(lets_through(night, package_priority::low, at(2027, 3, 28, 0, 59)));
  CHECK(lets_through(night, package_priority::low, at(2027, 3, 28, 1, 0)));  // 03:00 already
  CHECK(next_change(night, package_priority::low, at(2027, 3, 28, 0, 30)) ==
        at(2027, 4, 4, 0, 0));  // the next Sunday's 02:00, in summer time
  CHECK_FALSE(lets_through(night, package_priority::low, at(2027, 10, 31, 0, 0)));
  CHECK_FALSE(lets_through(night, package_priority::low, at(2027, 10, 31, 1, 59)));
  CHECK(lets_through(night, package_priority::low, at(2027, 10, 31, 2, 0)));
  CHECK(next_change(night, package_priority::low, at(2027, 10, 31, 0, 10)) ==
        at(2027, 10, 31, 2, 0));
}

// F1
TEST_CASE("the next change is the edge of a window for that priority") {
  const auto grid = schedule("Asia/Kathmandu mon-fri 08-12 high, mon-fri 12-18 closed");
  const auto monday = at(2026, 11, 23, 0, 0);  // 05:45 there
  CHECK(next_change(grid, package_priority::low, monday) == at(2026, 11, 23, 2, 15));
  CHECK(next_change(grid, package_priority::high, monday) == at(2026, 11, 23, 6, 15));
  CHECK(next_change(grid, package_priority::low, at(2026, 11, 23, 2, 15)) ==
        at(2026, 11, 23, 12, 15));
  CHECK(next_change(grid, package_priority::low, at(2026, 11, 27, 12, 15)) ==
        at(2026, 11, 30, 2, 15));
  CHECK_FALSE(next_change(distribution_schedule{}, package_priority::low, monday));
  CHECK_FALSE(next_change(schedule("UTC mon-sun 00-24 closed"), package_priority::high, monday));
}
