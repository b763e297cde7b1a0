// What a schedule does to pushes that are under way (F1, F2, S1).
#include "tests/actors/pushing_site.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using actors::testing::pushing_site;
using model::console_bucket;
using model::package_state;
using model::site_job_state;
using model::state_report;

// F1, F2, S1
TEST_CASE("a window that closes suspends the push, and it goes on when one opens") {
  pushing_site on;
  const auto hour = std::chrono::floor<std::chrono::hours>(on.site.now());
  const auto until_edge = hour + 1h - on.site.now();
  const std::uint32_t next = (model::hour_of_week("UTC", on.site.now()) + 1) % 24;
  REQUIRE(next < 22);
  on.set_schedule("std1", format("UTC mon-sun {:02}-{:02} closed", next, next + 1).c_str());
  CHECK(on.site.distribute(on.package, {"std1"}).ok());
  REQUIRE(on.site.pushes_going_on() == 1);
  CHECK(on.site.report(on.package, "std1", state_report::in_progress, 1000).ok());
  on.site.advance(until_edge + 1s);
  CHECK(on.site.pushes_going_on() == 0);
  CHECK(on.site.row(on.package, "std1").row.job_state == site_job_state::suspended);
  on.report_waiting("std1");
  auto row = on.site.row(on.package, "std1").row;
  CHECK(row.job_state == site_job_state::suspended);
  CHECK(row.state == package_state::install_pending);
  CHECK_MESSAGE(
      row.reason.find("lets no packages of medium priority through now") != std::string::npos,
      row.reason);
  CHECK(row.next_try == hour + 2h);
  CHECK(row.bucket == console_bucket::in_progress);
  on.site.advance(1h);
  CHECK(on.site.pushes_going_on() == 1);
  CHECK(on.site.node("std1").notified.size() <= 2);  // this node knows nothing when it is polled
  CHECK(on.site.node("std1").push_jobs.size() == 2);
  CHECK(on.site.node("std1").push_jobs.front() == on.site.node("std1").push_jobs.back());
  CHECK(on.site.row(on.package, "std1").row.reason.empty());
  CHECK(on.site.row(on.package, "std1").row.job_state == site_job_state::in_progress);
}

namespace {

/// A push that runs, and that its schedule cuts off.
void suspend(pushing_site& on) {
  CHECK(on.site.distribute(on.package, {"std1"}).ok());
  CHECK(on.site.report(on.package, "std1", state_report::in_progress, 1000).ok());
  on.set_schedule("std1", "UTC mon-sun 00-24 closed");
  CHECK(on.site.pushes_going_on() == 0);
  CHECK(on.site.row(on.package, "std1").row.job_state == site_job_state::suspended);
}

/// There is one place for a push, and std2 has it.
void take_the_only_place(pushing_site& on) {
  model::distribution_settings settings;
  settings.push_packages = settings.push_threads = 1;
  on.site.change_settings(settings);
  on.add("std2");
  CHECK(on.site.distribute(on.package, {"std2"}).ok());
}

}  // namespace

// S1
TEST_CASE("a restart of the site leaves a suspended push suspended, until a window opens") {
  pushing_site on;
  suspend(on);
  on.site.restart();
  CHECK(on.site.pushes_going_on() == 0);
  CHECK(on.site.row(on.package, "std1").row.job_state == site_job_state::suspended);
  on.set_schedule("std1", "always");
  CHECK(on.site.pushes_going_on() == 1);
  CHECK(on.site.row(on.package, "std1").row.job_state == site_job_state::in_progress);
  CHECK(on.site.node("std1").notified.size() == 1);
}

// S1
TEST_CASE("a success of what is suspended counts: the last piece was on its way") {
  pushing_site on;
  suspend(on);
  CHECK(
      on.site.report(on.package, "std1", state_report::success, pushing_site::package_bytes).ok());
  const auto row = on.site.row(on.package, "std1").row;
  CHECK(row.job_state == site_job_state::complete);
  CHECK(row.state == package_state::installed);
}

// C1, S1
TEST_CASE("a suspended push is cancelled as one that runs: its node is asked") {
  pushing_site on;
  suspend(on);
  CHECK(on.site.cancel(on.package, {"std1"}).ok());
  CHECK(on.site.row(on.package, "std1").cancel_asked);
  CHECK(on.site.report(on.package, "std1", state_report::cancelled).ok());
  CHECK(on.site.row(on.package, "std1").row.job_state == site_job_state::cancelled);
  on.set_schedule("std1", "always");
  CHECK(on.site.pushes_going_on() == 0);
}

// E4, S1
TEST_CASE("a suspended push goes on when its distribution point pulls from now on") {
  pushing_site on;
  suspend(on);
  auto request = on.change("std1");
  request.mode = model::distribution_point_mode::pull;
  request.sources = std::vector<model::source_choice>{{"main", 1}};
  CHECK(on.site.set_point(request).ok());
  CHECK(on.site.pushes_going_on() == 1);
  CHECK(on.site.row(on.package, "std1").row.job_state == site_job_state::in_progress);
}

// B16, S1
TEST_CASE("a suspended push whose window opens says that it waits for its turn") {
  pushing_site on;
  suspend(on);
  take_the_only_place(on);
  CHECK(on.site.pushes_going_on() == 1);
  on.set_schedule("std1", "always");
  CHECK(on.site.pushes_going_on() == 1);
  auto row = on.site.row(on.package, "std1").row;
  CHECK(row.job_state == site_job_state::in_progress);
  CHECK(row.reason ==
        "waits for its turn to be pushed: 1 packages to 1 distribution points each at a time");
  CHECK(
      on.site.report(on.package, "std2", state_report::success, pushing_site::package_bytes).ok());
  CHECK(on.site.pushes_going_on() == 1);
  CHECK(on.site.row(on.package, "std1").row.reason.empty());
}

// S1
TEST_CASE("a suspended push that waits for its turn after a restart of the site says so") {
  pushing_site on;
  suspend(on);
  take_the_only_place(on);
  on.site.restart();
  on.set_schedule("std1", "always");
  CHECK(on.site.pushes_going_on() == 1);
  const auto row = on.site.row(on.package, "std1").row;
  CHECK(row.job_state == site_job_state::in_progress);
  CHECK(row.reason.starts_with("waits for its turn to be pushed"));
}

// S1
TEST_CASE("what the node says of a suspended push changes neither its reason nor its state") {
  pushing_site on;
  suspend(on);
  const auto before = on.site.row(on.package, "std1").row;
  CHECK_MESSAGE(before.reason.starts_with("its schedule (UTC mon-sun 00-24 closed)"),
                before.reason);
  auto late = on.site.message_for(on.package, "std1", state_report::in_progress);
  late.state = model::job_state::downloading;
  CHECK(on.site.report("std1", on.site.batch_of("std1", {late})).ok());
  on.report_waiting("std1");
  const auto after = on.site.row(on.package, "std1").row;
  CHECK(after.reason == before.reason);
  CHECK(after.next_try == before.next_try);
  CHECK(after.job_state == site_job_state::suspended);
  CHECK(after.state == package_state::install_pending);
}

// S1, S5
TEST_CASE("a push that is being retried when its window closes is not retried any more") {
  pushing_site on;
  CHECK(on.site.distribute(on.package, {"std1"}).ok());
  for (int i = 0; i < 4; ++i) {
    on.site.end_push(*on.site.pushes.back(), false, error{errc::peer_closed, 0, "push"});
    on.site.advance(10s);
  }
  CHECK(on.site.row(on.package, "std1").row.state == package_state::install_retrying);
  on.set_schedule("std1", "UTC mon-sun 00-24 closed");
  const auto row = on.site.row(on.package, "std1").row;
  CHECK(row.job_state == site_job_state::suspended);
  CHECK(row.state == package_state::install_pending);
}

// A1, S1
TEST_CASE("a node whose first report overtakes its answer is pushed to all the same") {
  pushing_site on;
  auto& node = on.site.node("std1");
  bool told = false;
  node.on_notify = [&](const model::notification&) {
    if (std::exchange(told, true)) { return; }
    auto began = on.site.message_for(on.package, "std1", state_report::download_started);
    on.site.tell_report(on.site.batch_of("std1", {began}));
    node.trouble = error{errc::timed_out, 0, "call std1"};
  };
  CHECK(on.site.distribute(on.package, {"std1"}).ok());
  node.trouble.reset();
  on.site.advance(20min);
  CHECK(on.site.row(on.package, "std1").pushed);
  CHECK(on.site.pushes_going_on() == 1);
}

// B4, D15, F1
TEST_CASE("what a window holds back keeps no slot from what it lets through") {
  pushing_site on;
  model::distribution_settings settings;
  settings.active_jobs = 2;
  on.site.change_settings(settings);
  on.set_schedule("std1", "UTC mon-sun 00-24 high");
  for (int i = 0; i < 3; ++i) { CHECK(on.site.distribute(on.site.add_package(), {"std1"}).ok()); }
  CHECK(on.site.pushes.empty());
  on.site.advance(11min);  // they are asked for again meanwhile
  CHECK(on.site.set_priority(on.package, model::package_priority::high).ok());
  CHECK(on.site.distribute(on.package, {"std1"}).ok());
  REQUIRE(on.site.pushes_going_on() == 1);
  CHECK(on.site.pushes.back()->content.package == on.package);
  on.set_schedule("std1", "always");
  CHECK(on.site.pushes_going_on() == 2);
}

// C5, S1
TEST_CASE("a window that opens does not change what is said of a cancel under way") {
  pushing_site on;
  suspend(on);
  auto& node = on.site.node("std1");
  node.trouble = error{errc::unreachable, 0, "connect to std1"};
  CHECK(on.site.cancel(on.package, {"std1"}).ok());
  on.set_schedule("std1", "always");
  CHECK(on.site.row(on.package, "std1").row.reason.starts_with("is being cancelled by"));
  CHECK(on.site.pushes_going_on() == 0);
  node.trouble.reset();
  on.site.advance(20min);
  CHECK(node.cancelled.size() == 1);
}

// S1, B22
TEST_CASE("a suspended push ends for a newer version, a redistribution, a detach and a removal") {
  for (int way = 0; way < 4; ++way) {
    CAPTURE(way);
    pushing_site on;
    suspend(on);
    const auto job = on.site.row(on.package, "std1").row.job;
    if (way == 0) { CHECK(on.site.update(on.package).ok()); }
    if (way == 1) { CHECK(on.site.distribute(on.package, {"std1"}, true).ok()); }
    if (way == 2) { CHECK(on.site.cancel(on.package, {"std1"}, true).ok()); }
    if (way == 3) { CHECK(on.site.remove_package(on.package).ok()); }
    on.set_schedule("std1", "always");
    CHECK(on.site.pushes_going_on() == (way < 2 ? 1 : 0));
    if (way == 3) {
      CHECK_FALSE(on.site.has_row(on.package, "std1"));
      continue;
    }
    const auto row = on.site.row(on.package, "std1").row;
    CHECK((row.job == job) == (way == 2));
    CHECK(row.job_state == (way == 2 ? site_job_state::cancelled : site_job_state::in_progress));
  }
}
