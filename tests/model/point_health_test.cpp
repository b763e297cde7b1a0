#include "model/point_health.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::model;
using namespace std::chrono_literals;

namespace {

constexpr calendar_time now{1'800'000'000s};

distribution_point_row healthy() {
  distribution_point_row row;
  row.name = "dp1";
  row.node = node_id{};
  row.last_heard = now - 30s;
  return row;
}

}  // namespace

// A17
TEST_CASE("a distribution point is as well as the worst that is true of it now") {
  auto row = healthy();
  CHECK(health_of(row, now).health == point_health::success);
  CHECK(health_of(row, now).reason.empty());
  row.jobs = 1;
  CHECK(health_of(row, now).health == point_health::in_progress);
  CHECK(health_of(row, now).reason == "1 job open");
  row.retrying = 2;
  CHECK(health_of(row, now).health == point_health::warning);
  CHECK(health_of(row, now).reason == "2 packages retried");
  row.maintenance = true;
  CHECK(health_of(row, now).reason == "is under maintenance");
  row.leaving = true;
  CHECK(health_of(row, now).reason == "is being removed");
  row.failed = 1;
  CHECK(health_of(row, now).health == point_health::error);
  CHECK(health_of(row, now).reason == "1 package failed there");
  row.last_heard = now - 91s;
  CHECK(health_of(row, now).reason == "not heard of since 2027-01-15T07:58:29.000Z");
}

// A17
TEST_CASE("what is over leaves no trace in the health") {
  auto row = healthy();
  row.failed = 3;
  row.last_heard = now - 1h;
  CHECK(health_of(row, now).health == point_health::error);
  row.failed = 0;
  row.last_heard = now;
  CHECK(health_of(row, now).health == point_health::success);
}

TEST_CASE("one that never registered is waited for; the site's own needs no heartbeat") {
  auto row = healthy();
  row.node.reset();
  row.last_heard.reset();
  CHECK(health_of(row, now).health == point_health::warning);
  CHECK(health_of(row, now).reason == "has not registered yet");
  row.own = true;
  row.last_heard = now - 48h;  // since it started
  CHECK(health_of(row, now).health == point_health::success);
}
