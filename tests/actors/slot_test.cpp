// Who has one of the open jobs of a distribution point (B4, Q3).
#include <doctest/doctest.h>

#include "tests/actors/site_chain.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using actors::testing::chain;
using model::console_bucket;
using model::package_state;
using model::state_report;

namespace {

constexpr std::uint64_t package_bytes = 1'000'000;

/// A distribution of each of so many new packages, in their order.
std::vector<model::package_id> distribute_many(chain& parts, std::uint32_t count) {
  std::vector<model::package_id> packages;
  for (std::uint32_t i = 0; i < count; ++i) {
    packages.push_back(parts.site.add_package());
    CHECK(parts.site.distribute(packages.back(), {"main", "dp1"}).ok());
  }
  return packages;
}

void report_waiting(chain& parts, model::package_id package) {
  auto waits = parts.site.message_for(package, "dp1", state_report::warning);
  waits.state = model::job_state::waiting_for_source;
  CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {waits})).ok());
}

}  // namespace

// B4
TEST_CASE("50 jobs are open at a node; the others wait in turn, use no try, and go on at once") {
  chain parts;
  const auto packages = distribute_many(parts, limits::jobs_per_distribution_point_max + 3);
  const auto& notified = parts.site.node("dp1").notified;
  CHECK(notified.size() == limits::jobs_per_distribution_point_max);
  const auto row = parts.site.row(packages.back(), "dp1").row;
  CHECK(row.tries_left == limits::notification_tries_max);
  CHECK(row.reason == "waits until one of the 50 jobs of dp1 ends");
  CHECK(row.bucket == console_bucket::in_progress);
  CHECK(parts.site.messages(8211) == 3);
  CHECK(parts.site.report(packages.front(), "dp1", state_report::success, package_bytes).ok());
  REQUIRE(notified.size() == limits::jobs_per_distribution_point_max + 1);
  CHECK(notified.back().content.package == packages[limits::jobs_per_distribution_point_max]);
  CHECK(parts.site.node("dp1").notified_at.back() == parts.site.elapsed());
  CHECK(parts.site.messages(8211) == 3);
}

// B4, Q3
TEST_CASE("jobs that wait for a source hold nobody up, and go on beyond the number") {
  chain parts;
  parts.site.change_settings({{30, 20min}, {72, 60min}, 20min, 5});
  const auto packages = distribute_many(parts, 7);
  const auto& notified = parts.site.node("dp1").notified;
  CHECK(notified.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) { report_waiting(parts, packages[i]); }
  CHECK(notified.size() == 7);
  CHECK(parts.site.report(packages[0], "dp1", state_report::in_progress, 1000).ok());
  CHECK(parts.site.report(packages[0], "dp1", state_report::success, package_bytes).ok());
  CHECK(parts.site.row(packages[0], "dp1").row.state == package_state::installed);
}

// B4
TEST_CASE("who waits for a slot waits on over a restart, and a removed one lets the next pass") {
  chain parts;
  parts.site.change_settings({{30, 20min}, {72, 60min}, 20min, 2});
  const auto packages = distribute_many(parts, 4);
  CHECK(parts.site.node("dp1").notified.size() == 2);
  parts.site.restart();
  CHECK(parts.site.node("dp1").notified.size() == 2);
  CHECK(parts.site.remove_package(packages[2]).ok());
  CHECK(parts.site.report(packages[0], "dp1", state_report::success, package_bytes).ok());
  REQUIRE(parts.site.node("dp1").notified.size() == 3);
  CHECK(parts.site.node("dp1").notified.back().content.package == packages[3]);
}

// B4
TEST_CASE("a package whose source lost it while it waited gives its slot to the next one") {
  chain parts;
  parts.site.change_settings({{30, 20min}, {72, 60min}, 20min, 1});
  std::vector<model::package_id> packages;
  for (int i = 0; i < 3; ++i) {
    packages.push_back(parts.site.add_package());
    CHECK(parts.site.distribute(packages.back(), {"main", "dp1"}).ok());
    CHECK(parts.site.report(packages.back(), "dp1", state_report::success, package_bytes).ok());
    CHECK(parts.site.distribute(packages.back(), {"dp2"}).ok());
  }
  const auto& notified = parts.site.node("dp2").notified;
  CHECK(notified.size() == 1);
  CHECK(parts.site.database().put_available({packages[1], 1}, "dp1", false).ok());
  CHECK(parts.site.report(packages[0], "dp2", state_report::success, package_bytes).ok());
  REQUIRE(notified.size() == 2);
  CHECK(notified.back().content.package == packages[2]);
}

// B4
TEST_CASE("after a restart those that are under way have their slots, whatever their number") {
  chain parts;
  parts.site.change_settings({{30, 20min}, {72, 60min}, 20min, 1});
  const auto early = parts.site.add_package();
  const auto late = parts.site.add_package();
  CHECK(parts.site.distribute(late, {"main", "dp1"}).ok());
  CHECK(parts.site.distribute(early, {"main", "dp1"}).ok());
  CHECK(parts.site.node("dp1").notified.size() == 1);
  parts.site.restart();
  CHECK(parts.site.node("dp1").notified.size() == 1);
  CHECK(parts.site.messages(8211) == 1);
  CHECK(parts.site.report(late, "dp1", state_report::success, package_bytes).ok());
  CHECK(parts.site.node("dp1").notified.size() == 2);
}

// B4
TEST_CASE("a node that was full is told again as soon as one of its jobs has ended") {
  chain parts;
  const auto packages = distribute_many(parts, 1);
  parts.site.node("dp1").answer = rpc::notify_answer::at_capacity;
  const auto refused = distribute_many(parts, 1);
  CHECK(parts.site.node("dp1").notified.size() == 2);
  parts.site.node("dp1").answer = rpc::notify_answer::accepted;
  CHECK(parts.site.report(packages[0], "dp1", state_report::success, package_bytes).ok());
  CHECK(parts.site.node("dp1").notified.size() == 3);
  CHECK(parts.site.row(refused[0], "dp1").row.job_state == model::site_job_state::started);
}

// B13
TEST_CASE("a higher number of active jobs lets those who wait begin at once") {
  chain parts;
  parts.site.change_settings({{30, 20min}, {72, 60min}, 20min, 1});
  distribute_many(parts, 4);
  CHECK(parts.site.node("dp1").notified.size() == 1);
  parts.site.change_settings({{30, 20min}, {72, 60min}, 20min, 3});
  CHECK(parts.site.node("dp1").notified.size() == 3);
}

// B4: a new distribution point is sent 300 packages.
TEST_CASE("300 packages to one node all come in, 50 at a time, with every try left") {
  chain parts;
  const auto packages = distribute_many(parts, 300);
  auto& node = parts.site.node("dp1");
  for (std::size_t done = 0; done < packages.size(); ++done) {
    REQUIRE(node.notified.size() > done);
    CHECK(node.notified.size() - done <= limits::jobs_per_distribution_point_max);
    const auto package = node.notified[done].content.package;
    CHECK(parts.site.row(package, "dp1").row.tries_left == limits::notification_tries_max);
    CHECK(parts.site.report(package, "dp1", state_report::success, package_bytes).ok());
  }
  for (const auto& package : packages) {
    CHECK(parts.site.row(package, "dp1").row.bucket == console_bucket::success);
  }
}
