// Standard distribution points: the site pushes (A1, A7, B14, B16, E4, E5, E7, F1, F2).
#include <doctest/doctest.h>

#include "tests/actors/pushing_site.hpp"
#include "tests/actors/site_chain.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using actors::testing::fake_push;
using actors::testing::pushing_site;
using model::console_bucket;
using model::package_state;
using model::state_report;

// A1, B14
TEST_CASE("a standard distribution point is asked for room, notified, and pushed to") {
  pushing_site on;
  CHECK(on.site.distribute(on.package, {"std1"}).ok());
  auto& node = on.site.node("std1");
  CHECK(node.room_questions == 1);
  REQUIRE(node.notified.size() == 1);
  REQUIRE(model::is_pushed(node.notified.front()));
  CHECK(model::check_notification(node.notified.front()).ok());
  CHECK(node.push_jobs == std::vector{node.notified.front().job});
  CHECK(node.push_patience == 30s);
  REQUIRE(on.site.pushes.size() == 1);
  const fake_push& push = *on.site.pushes.front();
  CHECK(push.content.package == on.package);
  CHECK(push.content_address == "std1.example:8080");
  CHECK(push.limit == model::rate_limit{});
  CHECK(
      on.site.report(on.package, "std1", state_report::success, pushing_site::package_bytes).ok());
  CHECK(push.cut);  // nothing is left to be pushed
  const auto row = on.site.row(on.package, "std1");
  CHECK(row.row.state == package_state::installed);
  CHECK(row.row.bucket == console_bucket::success);
  CHECK(row.pushed);
}

// B14, A5
TEST_CASE("a pull distribution point is not asked for room") {
  actors::testing::chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.node("dp1").notified.size() == 1);
  CHECK(parts.site.node("dp1").room_questions == 0);
  CHECK(parts.site.pushes.empty());
}

// B14
TEST_CASE("one without room gets nothing and says so; one that is away uses a try") {
  pushing_site on;
  auto& node = on.site.node("std1");
  node.free_bytes = 1000;
  CHECK(on.site.distribute(on.package, {"std1"}).ok());
  CHECK(node.notified.empty());
  auto row = on.site.row(on.package, "std1").row;
  CHECK(row.reason.starts_with("std1 has 1000 bytes free on its library volume"));
  CHECK(row.tries_left == limits::notification_tries_max);
  node.free_bytes = 1'000'000'000;
  node.trouble = error{errc::unreachable, 0, "connect"};
  on.site.advance(20min);
  row = on.site.row(on.package, "std1").row;
  CHECK(row.tries_left == limits::notification_tries_max - 1);
  CHECK(row.reason.starts_with("std1 is not ready: "));
  CHECK(row.state == package_state::install_retrying);
  node.trouble.reset();
  on.site.advance(20min);
  CHECK(node.notified.size() == 1);
  CHECK(on.site.pushes.size() == 1);
}

// B16, E7
TEST_CASE("3 packages go to 5 standard distribution points each; pull ones take no part in that") {
  pushing_site on;
  std::vector<std::string> names{"std1"};
  for (int i = 2; i <= 7; ++i) {
    names.push_back(format("std{}", i));
    on.add(names.back());
  }
  std::vector<model::package_id> packages{on.package};
  for (int i = 0; i < 3; ++i) { packages.push_back(on.site.add_package()); }
  for (const auto& package : packages) { CHECK(on.site.distribute(package, names).ok()); }
  CHECK(on.site.pushes_going_on() == 15);
  CHECK(on.site.row(packages[3], "std1").row.reason ==
        "waits for its turn to be pushed: 3 packages to 5 distribution points each at a time");
  CHECK(on.site.distribute(packages[3], {"main"}).ok());
  CHECK(on.site.add_point("dp1", {"main:1"}).ok());
  CHECK(on.site.register_node("dp1").ok());
  CHECK(on.site.distribute(packages[3], {"dp1"}).ok());
  CHECK(on.site.node("dp1").notified.size() == 1);
  // Whatever ends makes room for the next, until all are done.
  for (int round = 0; round < 40 && on.site.pushes_going_on() > 0; ++round) {
    for (std::size_t i = 0; i < on.site.pushes.size(); ++i) {
      const auto push = on.site.pushes[i];
      if (push->cut) { continue; }
      const std::string name = push->content_address.substr(0, push->content_address.find('.'));
      CHECK(on.site
                .report(push->content.package, name, state_report::success,
                        pushing_site::package_bytes)
                .ok());
      CHECK(on.site.pushes_going_on() <= 15);
      break;
    }
  }
  CHECK(on.site.pushes.size() == 28);
  for (const auto& package : packages) {
    for (const auto& name : names) {
      CHECK(on.site.row(package, name).row.state == package_state::installed);
    }
  }
}

// B16, B13
TEST_CASE("the numbers of pushes may change while the site runs") {
  pushing_site on;
  on.add("std2");
  model::distribution_settings settings;
  settings.push_packages = settings.push_threads = 1;
  on.site.change_settings(settings);
  CHECK(on.site.distribute(on.package, {"std1", "std2"}).ok());
  CHECK(on.site.pushes_going_on() == 1);
  settings.push_threads = 2;
  on.site.change_settings(settings);
  CHECK(on.site.pushes_going_on() == 2);
}

// F1, D15
TEST_CASE("a window for high priority lets only that through, also when it changes meanwhile") {
  pushing_site on;
  on.set_schedule("std1", "UTC mon-sun 00-24 high");
  CHECK(on.site.distribute(on.package, {"std1"}).ok());
  CHECK(on.site.pushes.empty());
  CHECK(on.site.node("std1").notified.empty());
  CHECK(on.site.row(on.package, "std1").row.reason.find("never lets packages of medium") !=
        std::string::npos);
  CHECK(on.site.set_priority(on.package, model::package_priority::high).ok());
  CHECK(on.site.pushes_going_on() == 1);
  on.set_schedule("std1", "UTC mon-sun 00-24 closed");
  CHECK(on.site.pushes_going_on() == 0);
  on.set_schedule("std1", "always");
  CHECK(on.site.pushes_going_on() == 1);
}

// F3, F4
TEST_CASE("a new rate limit reaches a running push; the node is told of long pauses") {
  pushing_site on;
  auto request = on.change("std1");
  request.limit = *model::parse_rate_limit("pulse 64KB 60s");
  CHECK(on.site.set_point(request).ok());
  CHECK(on.site.distribute(on.package, {"std1"}).ok());
  REQUIRE(on.site.pushes_going_on() == 1);
  CHECK(on.site.pushes.front()->limit == *request.limit);
  CHECK(on.site.node("std1").push_patience == 270s);
  request.limit = *model::parse_rate_limit("20Mbit/s");
  CHECK(on.site.set_point(request).ok());
  CHECK(on.site.pushes.size() == 1);
  CHECK(on.site.pushes.front()->limit == *request.limit);
}

// B7
TEST_CASE("a push that breaks off is taken up again soon, and then by the retry settings") {
  pushing_site on;
  CHECK(on.site.distribute(on.package, {"std1"}).ok());
  for (int i = 0; i < 3; ++i) {
    on.site.end_push(*on.site.pushes.back(), false, error{errc::peer_closed, 0, "push"});
    CHECK(on.site.pushes_going_on() == 0);
    CHECK(on.site.row(on.package, "std1").row.reason.starts_with("the push to std1 broke off"));
    on.site.advance(10s);
    CHECK(on.site.pushes_going_on() == 1);
  }
  CHECK(on.site.row(on.package, "std1").row.tries_left == limits::notification_tries_max);
  on.site.end_push(*on.site.pushes.back(), false, error{errc::unreachable, 0, "connect"});
  const auto row = on.site.row(on.package, "std1").row;
  CHECK(row.tries_left == limits::notification_tries_max - 1);
  CHECK(row.state == package_state::install_retrying);
  REQUIRE(on.site.said(2323).size() == 1);
  CHECK(on.site.said(2323).front().starts_with("std1|"));
  on.site.advance(20min);
  CHECK(on.site.pushes_going_on() == 1);
  CHECK(
      on.site.report(on.package, "std1", state_report::success, pushing_site::package_bytes).ok());
  CHECK(on.site.row(on.package, "std1").row.state == package_state::installed);
}

TEST_CASE("a node that takes no more is polled, and pushed to again when its job is still open") {
  pushing_site on;
  CHECK(on.site.distribute(on.package, {"std1"}).ok());
  auto& node = on.site.node("std1");
  node.on_poll = [&](model::job_id) {
    rpc::poll_answer answer{true,
                            on.site.message_for(on.package, "std1", state_report::in_progress)};
    answer.state.state = model::job_state::downloading;
    return answer;
  };
  on.site.end_push(*on.site.pushes.back(), true);
  CHECK(on.site.pushes_going_on() == 0);
  on.site.advance(10s);
  CHECK(node.polls == 1);
  CHECK(on.site.pushes_going_on() == 1);
}

// A7
TEST_CASE("a job that runs finishes the way it began, whatever the mode becomes meanwhile") {
  pushing_site on;
  CHECK(on.site.distribute(on.package, {"main", "std1"}).ok());
  REQUIRE(on.site.pushes_going_on() == 1);
  auto request = on.change("std1");
  request.mode = model::distribution_point_mode::pull;
  request.sources = std::vector<model::source_choice>{{"main", 1}};
  CHECK(on.site.set_point(request).ok());
  CHECK(on.site.pushes_going_on() == 1);
  CHECK(on.site.node("std1").notified.size() == 1);
  CHECK(
      on.site.report(on.package, "std1", state_report::success, pushing_site::package_bytes).ok());
  const auto second = on.site.add_package();
  CHECK(on.site.distribute(second, {"main", "std1"}).ok());
  REQUIRE(on.site.node("std1").notified.size() == 2);
  CHECK_FALSE(model::is_pushed(on.site.node("std1").notified.back()));
  // And back again, with a pull job under way.
  request.mode = model::distribution_point_mode::standard;
  CHECK(on.site.set_point(request).ok());
  CHECK(on.site.pushes.size() == 1);
  CHECK(on.site.report(second, "std1", state_report::success, pushing_site::package_bytes).ok());
  CHECK(on.site.row(on.package, "std1").row.state == package_state::installed);
  CHECK(on.site.row(second, "std1").row.state == package_state::installed);
}

// E4, E5
TEST_CASE("schedule and limit are kept unchanged while a distribution point pulls") {
  pushing_site on;
  on.set_schedule("std1", "Europe/Berlin mon-fri 08-18 high, sat-sun 00-24 closed");
  auto request = on.change("std1");
  request.limit = *model::parse_rate_limit("hourly 50");
  CHECK(on.site.set_point(request).ok());
  request = on.change("std1");
  request.mode = model::distribution_point_mode::pull;
  request.sources = std::vector<model::source_choice>{{"main", 1}};
  CHECK(on.site.set_point(request).ok());
  CHECK(on.site.distribute(on.package, {"main", "std1"}).ok());
  CHECK(on.site.node("std1").notified.size() == 1);  // at once: pull ignores both
  on.site.restart();
  request = on.change("std1");
  request.mode = model::distribution_point_mode::standard;
  const auto row = on.site.set_point(request);
  REQUIRE(row.ok());
  CHECK(model::text_of(row->limit) == "hourly 50");
  CHECK(row->schedule ==
        *model::parse_schedule("Europe/Berlin mon-fri 08-18 high, sat-sun 00-24 closed"));
}

TEST_CASE("a site that was restarted pushes on") {
  pushing_site on;
  CHECK(on.site.distribute(on.package, {"std1"}).ok());
  CHECK(on.site.report(on.package, "std1", state_report::in_progress, 1000).ok());
  on.site.restart();
  CHECK(on.site.pushes_going_on() == 1);
  CHECK(on.site.pushes.size() == 2);
  CHECK(on.site.node("std1").notified.size() == 1);
  CHECK(on.site.node("std1").push_jobs.size() == 2);
}

// C1, C5
TEST_CASE("a cancelled push leaves its place to others") {
  pushing_site on;
  model::distribution_settings settings;
  settings.push_packages = settings.push_threads = 1;
  on.site.change_settings(settings);
  const auto second = on.site.add_package();
  CHECK(on.site.distribute(on.package, {"std1"}).ok());
  CHECK(on.site.distribute(second, {"std1"}).ok());
  CHECK(on.site.pushes_going_on() == 1);
  CHECK(on.site.cancel(on.package, {"std1"}).ok());
  CHECK(on.site.report(on.package, "std1", state_report::cancelled).ok());
  REQUIRE(on.site.pushes_going_on() == 1);
  CHECK(on.site.pushes.back()->content.package == second);
}
