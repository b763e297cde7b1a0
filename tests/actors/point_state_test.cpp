// What a distribution point as a whole may be: under maintenance, prestaged, leaving, and how well.
#include <doctest/doctest.h>

#include "tests/actors/site_chain.hpp"
#include "tests/actors/virtual_node.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using actors::testing::chain;
using actors::testing::virtual_node;
using actors::testing::virtual_site;
using model::package_state;
using model::point_health;
using model::state_report;

namespace {

constexpr std::uint64_t package_bytes = 1'000'000;

using flag = std::optional<bool> rpc::distribution_point_request::*;

result<model::distribution_point_row> set_flag(virtual_site& site, const std::string& name,
                                               flag which, bool on) {
  rpc::distribution_point_request request;
  request.name = name;
  request.*which = on;
  return site.set_point(request);
}

result<model::distribution_point_row> set_maintenance(virtual_site& site, const std::string& name,
                                                      bool on) {
  return set_flag(site, name, &rpc::distribution_point_request::maintenance, on);
}

result<model::distribution_point_row> set_prestaged(virtual_site& site, const std::string& name,
                                                    bool on) {
  return set_flag(site, name, &rpc::distribution_point_request::prestaged, on);
}

model::health_verdict health_at(virtual_site& site, const std::string& name) {
  const auto point =
      site.database().distribution_point(name, storage::site_database::numbers::counted);
  REQUIRE((point.ok() && *point));
  return model::health_of((*point)->row, site.now());
}

/// A job that waits for content that comes prestaged.
model::notification take_prestaged(virtual_node& node, model::content_id content) {
  auto given = node.notification_for(content, {"a:1"});
  given.prestaged = true;
  CHECK(*node.notify(given) == rpc::notify_answer::accepted);
  return given;
}

/// A site with a prestaged distribution point, which was told of a package.
struct prestaged_point {
  prestaged_point() : package(site.add_package()) {
    CHECK(site.add_standard_point("std1").ok());
    CHECK(site.register_node("std1").ok());
    CHECK(set_prestaged(site, "std1", true).ok());
    CHECK(site.distribute(package, {"std1"}).ok());
  }
  /// What its node reports of the job.
  model::state_message waiting() {
    auto waits = site.message_for(package, "std1", state_report::warning);
    waits.state = model::job_state::waiting_prestage;
    return waits;
  }
  virtual_site site;
  model::package_id package;
};

}  // namespace

// A9
TEST_CASE("a distribution point under maintenance takes nothing new until that is over") {
  chain parts;
  CHECK(set_maintenance(parts.site, "dp1", true).ok());
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.node("dp1").notified.empty());
  const auto row = parts.site.row(parts.package, "dp1").row;
  CHECK(row.reason ==
        "dp1 is under maintenance; when that is over: sluice dp set dp1 --maintenance off");
  CHECK(row.tries_left == limits::notification_tries_max);
  CHECK(parts.site.heartbeat("dp1")->maintenance);
  CHECK(parts.site.register_node("dp1")->maintenance);
  CHECK(set_maintenance(parts.site, "dp1", false).ok());
  CHECK(parts.site.node("dp1").notified.size() == 1);
  CHECK_FALSE(parts.site.heartbeat("dp1")->maintenance);
}

// A9
TEST_CASE("a distribution point under maintenance cannot be edited, and is still validated") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(set_maintenance(parts.site, "dp1", true).ok());
  const auto edited = parts.site.set_sources("dp1", {"main:5"});
  REQUIRE(!edited.ok());
  CHECK(edited.error().code == errc::conflict);
  CHECK(edited.error().doing.find("sluice dp set dp1 --maintenance off") != std::string::npos);
  rpc::validation_request request;
  request.distribution_point = "dp1";
  CHECK(parts.site.validate(request).ok());
  CHECK(parts.site.node("dp1").validations.size() == 1);
}

// A9
TEST_CASE("nobody pulls from a distribution point under maintenance, until that is over") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(set_maintenance(parts.site, "dp1", true).ok());
  CHECK(parts.site.distribute(parts.package, {"dp2"}).ok());
  CHECK(parts.site.node("dp2").notified.empty());
  CHECK(set_maintenance(parts.site, "dp1", false).ok());
  CHECK(parts.site.node("dp2").notified.size() == 1);
}

// E3
TEST_CASE("a prestaged distribution point is told what to wait for, and is sent nothing") {
  prestaged_point parts;
  virtual_site& site = parts.site;
  REQUIRE(site.node("std1").notified.size() == 1);
  CHECK(site.node("std1").notified.front().prestaged);
  CHECK(site.pushes.empty());
  const auto waits = parts.waiting();
  CHECK(site.report("std1", site.batch_of("std1", {waits})).ok());
  site.node("std1").poll_answer = {true, waits};
  CHECK(site.said(2371) == std::vector<std::string>{parts.package.text() + "|std1"});
  site.advance(3h);
  CHECK(site.pushes.empty());
  // When it is no more, the content is ordered anew.
  CHECK(set_prestaged(site, "std1", false).ok());
  REQUIRE(site.node("std1").notified.size() == 2);
  CHECK_FALSE(site.node("std1").notified.back().prestaged);
  CHECK(site.node("std1").notified.back().job != site.node("std1").notified.front().job);
  CHECK(site.pushes_going_on() == 1);
}

// E3
TEST_CASE(
    "what waits for prestaged content although that is over is ordered anew when it says so") {
  for (const bool by_poll : {false, true}) {
    prestaged_point parts;
    virtual_site& site = parts.site;
    const auto waits = parts.waiting();
    CHECK(set_prestaged(site, "std1", false).ok());
    REQUIRE(site.node("std1").notified.size() == 1);
    if (by_poll) {
      site.node("std1").poll_answer = {true, waits};
      site.advance(2h);
    } else {
      CHECK(site.report("std1", site.batch_of("std1", {waits})).ok());
    }
    REQUIRE(site.node("std1").notified.size() == 2);
    CHECK_FALSE(site.node("std1").notified.back().prestaged);
    CHECK(site.pushes_going_on() == 1);
  }
}

// E3, H9
TEST_CASE("a job that waits for prestaged content ends when all of it is there, within a minute") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = take_prestaged(node, content);
  node.advance(1h);
  const auto said = node.why(content.package);
  CHECK(said.next == "looks for it in its library every 60 s");
  CHECK(said.unblock.ends_with("--prestaged off"));
  // The manifest alone does not do, nor do some of the files.
  node.library.manifests.insert(content);
  const auto files = node.library.packages.at(content).files;
  for (std::size_t i = 1; i < files.size(); ++i) { node.library.files.insert(files[i]); }
  node.advance(5min);
  CHECK(node.library.installs == 0);
  node.library.files.insert(files.front());
  node.advance(61s);
  CHECK(node.library.installs == 1);
  CHECK(node.asked.empty());
  CHECK(node.reports(given.job).back() == state_report::success);
}

// E3
TEST_CASE("a job that waits for prestaged content goes on looking after a restart") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = take_prestaged(node, content);
  node.advance(1h);
  node.restart();
  node.library.manifests.insert(content);
  for (const auto& file : node.library.packages.at(content).files) {
    node.library.files.insert(file);
  }
  node.advance(2min);
  CHECK(node.library.installs == 1);
}

// E3
TEST_CASE("a prestaged job asks no source for anything; an order to fetch replaces it") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = take_prestaged(node, content);
  node.advance(2h);
  CHECK(node.asked.empty());
  CHECK(node.poll(given.job).state.state == model::job_state::waiting_prestage);
  auto again = node.notification_for(content, {"a:1"});
  CHECK(*node.notify(again) == rpc::notify_answer::accepted);
  node.run();
  CHECK_FALSE(node.poll(given.job).known);
  CHECK(node.library.installs == 1);
}

// A11
TEST_CASE("a distribution point leaves with its content, and is forgotten with the last of it") {
  chain parts;
  const auto second = parts.site.add_package();
  CHECK(parts.site.distribute(second, {"main", "dp2"}).ok());
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.distribute(parts.package, {"dp2"}).ok());
  parts.site.node("dp2").trouble = error{errc::unreachable, 0, "connect"};
  CHECK(parts.site.remove_point("dp2", false).ok());
  CHECK(health_at(parts.site, "dp2").health != point_health::success);
  CHECK(parts.site.row(second, "dp2").removing);
  const auto more = parts.site.distribute(parts.package, {"dp2", "dp1"});
  REQUIRE(more.ok());
  CHECK(more->refused == std::vector<std::string>{"dp2: it is being removed"});
  CHECK_FALSE(parts.site.set_sources("dp2", {"main:1"}).ok());
  parts.site.restart();  // it is taken up again
  parts.site.node("dp2").trouble.reset();
  parts.site.advance(20min);
  CHECK(parts.site.node("dp2").removed.size() == 2);
  CHECK_FALSE(parts.site.has_row(second, "dp2"));
  CHECK_FALSE(*parts.site.database().distribution_point("dp2"));
}

TEST_CASE("one that leaves a group holds up neither the group nor the site's start") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"main", "dp2"}).ok());
  CHECK(parts.site.change_group(rpc::group_action::create, "stores", {"dp2"}).ok());
  parts.site.node("dp2").trouble = error{errc::unreachable, 0, "connect"};
  CHECK(parts.site.remove_point("dp2", false).ok());
  const auto second = parts.site.add_package();
  CHECK(parts.site.distribute(second, {"main"}).ok());
  CHECK(parts.site.database().link_package("stores", second).ok());
  parts.site.restart();
  CHECK(parts.site.health().ok());
  CHECK(parts.site.change_group(rpc::group_action::add, "stores", {"dp2"}).ok());
  CHECK(parts.site.change_group(rpc::group_action::add, "stores", {"dp1"}).ok());
  CHECK(parts.site.node("dp1").notified.size() == 1);
  CHECK(parts.site.row(parts.package, "dp2").removing);
}

TEST_CASE("one that leaves is made a source of nobody") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"main", "dp2"}).ok());
  parts.site.node("dp2").trouble = error{errc::unreachable, 0, "connect"};
  CHECK(parts.site.remove_point("dp2", false).ok());
  const auto refused = parts.site.set_sources("dp1", {"main:1", "dp2:2"});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().doing ==
        "make dp2 a source of dp1: it is being removed; choose another: sluice dp list");
  CHECK(parts.site.set_sources("dp1", {"main:2"}).ok());
}

TEST_CASE("a success that is reported after the removal makes nobody a holder") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  const auto late = parts.site.message_for(parts.package, "dp1", state_report::success);
  CHECK(parts.site.remove_package(parts.package).ok());
  CHECK_FALSE(parts.site.has_row(parts.package, "dp1"));
  CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {late})).ok());
  CHECK_FALSE(*parts.site.database().is_available({parts.package, 1}, "dp1"));
}

// Q8, A11
TEST_CASE("of twenty that leave, one that hangs holds up none of the others") {
  virtual_site site;
  const auto package = site.add_package();
  CHECK(site.distribute(package, {"main"}).ok());
  std::vector<std::string> names;
  for (int i = 1; i <= 20; ++i) {
    names.push_back(format("dp{}", i));
    CHECK(site.add_point(names.back(), {"main:1"}).ok());
    CHECK(site.register_node(names.back()).ok());
    CHECK(site.distribute(package, {names.back()}).ok());
    CHECK(site.report(package, names.back(), state_report::success, package_bytes).ok());
  }
  site.node("dp7").trouble = error{errc::timed_out, 0, "call"};
  for (const auto& name : names) { CHECK(site.remove_point(name, false).ok()); }
  std::size_t left = 0;
  for (const auto& name : names) {
    left += *site.database().distribution_point(name) ? 1U : 0U;
    CHECK((site.node(name).removed.size() == 1) == (name != "dp7"));
  }
  CHECK(left == 1);
  CHECK(*site.database().distribution_point("dp7"));
}

// A17
TEST_CASE("a distribution point that recovered is well again with the report that says so") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(health_at(parts.site, "dp1").health == point_health::in_progress);
  CHECK(parts.site.report(parts.package, "dp1", state_report::failure).ok());
  CHECK(health_at(parts.site, "dp1").health == point_health::error);
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(health_at(parts.site, "dp1").health == point_health::success);
  parts.site.advance(10min);
  CHECK(health_at(parts.site, "dp1").health == point_health::error);  // silent
  CHECK(parts.site.heartbeat("dp1").ok());
  CHECK(health_at(parts.site, "dp1").health == point_health::success);
}

// A17, D1
TEST_CASE("what an operator cancelled is no failure of the distribution point; what failed is") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.cancel(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::cancelled).ok());
  CHECK(health_at(parts.site, "dp1").health == point_health::success);
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::failure).ok());
  CHECK(health_at(parts.site, "dp1").health == point_health::error);
  const auto failed = parts.site.database().failed_packages();
  CHECK(*failed == std::map<std::string, std::uint32_t>{{"dp1", 1}});
}

// E3, C1
TEST_CASE("what an operator cancelled is not ordered anew when prestaged content is over") {
  for (const bool cancelled_first : {false, true}) {
    prestaged_point parts;
    virtual_site& site = parts.site;
    const auto waits = parts.waiting();
    if (cancelled_first) { CHECK(site.report("std1", site.batch_of("std1", {waits})).ok()); }
    site.node("std1").trouble = error{errc::unreachable, 0, "connect to std1"};
    CHECK(site.cancel(parts.package, {"std1"}).ok());
    CHECK(set_prestaged(site, "std1", false).ok());
    site.node("std1").trouble.reset();
    CHECK(site.report("std1", site.batch_of("std1", {parts.waiting()})).ok());
    site.advance(3h);
    CHECK(site.node("std1").notified.size() == 1);
    CHECK(site.pushes.empty());
  }
}

// D11
TEST_CASE("the site keeps what each node told of who was given content, and its own") {
  chain parts;
  using windows = std::vector<model::usage_window>;
  const auto kept = [&](const std::string& name) {
    auto point =
        parts.site.database().distribution_point(name, storage::site_database::numbers::counted);
    return (*point)->row;
  };
  CHECK(kept("dp1").usage.empty());
  CHECK_FALSE(kept("dp1").usage_changed);
  const windows first{{1, 2, 1, 100, 50}, {7, 3, 1, 200, 50}, {30, 4, 1, 300, 50}};
  windows told = first;
  told.push_back({365, 9, 9, 9, 9});  // of a later release
  CHECK(parts.site.heartbeat("dp1", 1, told).ok());
  CHECK(kept("dp1").usage == first);
  const auto when = kept("dp1").usage_changed;
  REQUIRE(when);
  // A heartbeat without news changes nothing of it.
  parts.site.advance(1min);
  CHECK(parts.site.heartbeat("dp1").ok());
  CHECK(kept("dp1").usage == first);
  CHECK(kept("dp1").usage_changed == when);
  const windows second{{1, 0, 0, 0, 0}, {7, 3, 1, 200, 50}, {30, 4, 1, 300, 50}};
  CHECK(parts.site.heartbeat("dp1", 1, second).ok());
  CHECK(kept("dp1").usage == second);
  parts.site.measure_own_usage(first);
  CHECK(kept("main").usage == first);
  CHECK(parts.site.remove_point("dp2", true).ok());  // it pulls from dp1
  CHECK(parts.site.remove_point("dp1", true).ok());
  CHECK(parts.site.add_point("dp1", {"main:1"}).ok());
  CHECK(kept("dp1").usage.empty());
}
