// Cancel and detach: at the site, at the node, and the race between a cancel and the last piece.
#include <doctest/doctest.h>

#include <map>

#include "tests/actors/site_chain.hpp"
#include "tests/actors/virtual_node.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using actors::testing::chain;
using actors::testing::source_manner;
using actors::testing::virtual_node;
using model::console_bucket;
using model::package_state;
using model::site_job_state;
using model::state_report;
using names = std::vector<std::string>;

namespace {

constexpr std::uint64_t package_bytes = 1'000'000;

void check_cancelled(chain& parts, const std::string& name) {
  const auto row = parts.site.row(parts.package, name);
  CHECK(row.row.job_state == site_job_state::cancelled);
  CHECK(row.row.state == package_state::install_failed);
  CHECK(row.row.bucket == console_bucket::failed);
  CHECK(row.held_by == "root");
  CHECK(row.row.reason == "cancelled by root");
}

}  // namespace

// C1
TEST_CASE("what waits at the site is cancelled at once, and held until it is distributed again") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp2"}).ok());  // dp1 lacks it
  const auto answer = parts.site.cancel(parts.package, {"dp2"});
  REQUIRE(answer.ok());
  CHECK(answer->cancelled == names{"dp2"});
  check_cancelled(parts, "dp2");
  CHECK(parts.site.said(8203) == names{parts.package.text() + "|dp2|cancelled by root"});
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(parts.site.register_node("dp2").ok());
  parts.site.restart();
  parts.beat_for(60min);
  CHECK(parts.site.node("dp2").notified.empty());
  CHECK(parts.site.node("dp2").cancelled.empty());
  check_cancelled(parts, "dp2");
  CHECK(parts.site.distribute(parts.package, {"dp2"}).ok());
  CHECK(parts.site.node("dp2").notified.size() == 1);
  CHECK(parts.site.row(parts.package, "dp2").held_by.empty());
}

// C5
TEST_CASE("a job at a node is cancelled in two steps: asked for, then confirmed") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::in_progress, 1000).ok());
  const auto job = parts.site.row(parts.package, "dp1").row.job;
  const auto answer = parts.site.cancel(parts.package, {"dp1"});
  REQUIRE(answer.ok());
  CHECK(answer->requested == names{"dp1"});
  CHECK(parts.site.node("dp1").cancelled == std::vector{*job});
  const auto asked = parts.site.row(parts.package, "dp1");
  CHECK(asked.cancel_asked);
  CHECK(asked.row.job_state == site_job_state::in_progress);
  auto said = parts.site.message_for(parts.package, "dp1", state_report::cancel_requested);
  CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {said})).ok());
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::in_progress);
  said = parts.site.message_for(parts.package, "dp1", state_report::cancelled);
  said.reason = "cancelled by root";
  CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {said})).ok());
  check_cancelled(parts, "dp1");
  CHECK_FALSE(parts.site.row(parts.package, "dp1").cancel_asked);
}

// C5
TEST_CASE("a node that is away between the two steps is asked when it is back") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::in_progress, 1000).ok());
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.cancel(parts.package, {"dp1"}).ok());
  const auto row = parts.site.row(parts.package, "dp1").row;
  CHECK(row.reason.find("is being cancelled by root: dp1 did not take it") == 0);
  CHECK(row.next_try == parts.site.now() + 20min);
  parts.site.restart();
  parts.site.advance(50h);
  CHECK(parts.site.node("dp1").cancelled.empty());
  parts.site.node("dp1").trouble.reset();
  CHECK(parts.site.heartbeat("dp1").ok());
  CHECK(parts.site.node("dp1").cancelled.size() == 1);
  CHECK(parts.site.report(parts.package, "dp1", state_report::cancelled).ok());
  CHECK(parts.site.row(parts.package, "dp1").row.bucket == console_bucket::failed);
}

// C2
TEST_CASE("a cancel that is too late is ignored, and success is shown") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::downloaded, package_bytes).ok());
  parts.site.node("dp1").cancel_answer = rpc::cancel_outcome::too_late;
  CHECK(parts.site.cancel(parts.package, {"dp1"}).ok());
  const auto row = parts.site.row(parts.package, "dp1");
  CHECK_FALSE(row.cancel_asked);
  CHECK(row.held_by.empty());
  CHECK(row.row.reason == "root wished to cancel it, too late: all of it is there");
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(parts.site.row(parts.package, "dp1").row.bucket == console_bucket::success);
  const auto later = parts.site.cancel(parts.package, {"dp1"});
  REQUIRE(later.ok());
  CHECK(later->too_late == names{"dp1"});
  CHECK(parts.site.row(parts.package, "dp1").row.bucket == console_bucket::success);
}

// C3
TEST_CASE("the site server's own distribution point has nothing to cancel") {
  chain parts;
  const auto answer = parts.site.cancel(parts.package, {"main"});
  REQUIRE(answer.ok());
  CHECK(answer->nothing == names{"main"});
  CHECK(parts.site.row(parts.package, "main").row.bucket == console_bucket::success);
}

// C4
TEST_CASE("detach asks nobody to stop, and a late success counts") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  const auto answer = parts.site.cancel(parts.package, {"dp1"}, true);
  REQUIRE(answer.ok());
  CHECK(answer->cancelled == names{"dp1"});
  CHECK(parts.site.node("dp1").cancelled.empty());
  parts.beat_for(120min);
  CHECK(parts.site.node("dp1").polls == 0);
  CHECK(parts.site.node("dp1").notified.size() == 1);
  CHECK(parts.site.row(parts.package, "dp1").row.bucket == console_bucket::failed);
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(parts.site.row(parts.package, "dp1").row.bucket == console_bucket::success);
}

// C4
TEST_CASE("what runs on after exhausted polls, or after a detach, can be cancelled all the same") {
  for (const bool detached : {false, true}) {
    chain parts;
    CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
    if (detached) {
      CHECK(parts.site.cancel(parts.package, {"dp1"}, true).ok());
    } else {
      parts.site.node("dp1").trouble = error{errc::timed_out, 0, "ask dp1"};
      parts.site.advance(73h);
      parts.site.node("dp1").trouble.reset();
    }
    CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::cancelled);
    const auto answer = parts.site.cancel(parts.package, {"dp1"});
    REQUIRE(answer.ok());
    CHECK(answer->requested == names{"dp1"});
    CHECK(parts.site.node("dp1").cancelled.size() == 1);
    auto said = parts.site.message_for(parts.package, "dp1", state_report::cancelled);
    said.reason = "cancelled by root";
    CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {said})).ok());
    check_cancelled(parts, "dp1");
    CHECK(parts.site.row(parts.package, "dp1").cancelled);
  }
}

TEST_CASE("a restart of the site forgets no cancel of a job that it did not follow any more") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.cancel(parts.package, {"dp1"}, true).ok());
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.cancel(parts.package, {"dp1"}).ok());
  parts.site.restart();
  parts.site.node("dp1").trouble.reset();
  parts.site.advance(20min);
  CHECK(parts.site.node("dp1").cancelled.size() == 1);
}

TEST_CASE("a job that the node does not know is cancelled at once") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.site.node("dp1").cancel_answer = rpc::cancel_outcome::unknown;
  CHECK(parts.site.cancel(parts.package, {"dp1"}).ok());
  check_cancelled(parts, "dp1");
}

// C1
TEST_CASE("a cancel that comes while the node is being told asks the node to stop") {
  chain parts;
  parts.site.node("dp1").on_notify = [&](const model::notification&) {
    parts.site.tell_cancel(parts.package, {"dp1"});
  };
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.node("dp1").notified.size() == 1);
  CHECK(parts.site.node("dp1").cancelled.size() == 1);
  CHECK(parts.site.report(parts.package, "dp1", state_report::cancelled).ok());
  CHECK(parts.site.row(parts.package, "dp1").held_by == "root");
  CHECK(parts.site.row(parts.package, "dp1").row.bucket == console_bucket::failed);
}

// C4, C5
TEST_CASE("a detach ends a cancel that nobody confirms") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.cancel(parts.package, {"dp1"}).ok());
  CHECK(parts.site.cancel(parts.package, {"dp1"}, true).ok());
  CHECK_FALSE(parts.site.row(parts.package, "dp1").cancel_asked);
  parts.site.node("dp1").trouble.reset();
  CHECK(parts.site.heartbeat("dp1").ok());
  parts.beat_for(120min);
  CHECK(parts.site.node("dp1").cancelled.empty());
}

TEST_CASE("without a name a cancel is for each that has it under way") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1", "dp2"}).ok());
  const auto answer = parts.site.cancel(parts.package, {});
  REQUIRE(answer.ok());
  CHECK(answer->requested == names{"dp1"});
  CHECK(answer->cancelled == names{"dp2"});
  CHECK(answer->nothing == names{"main"});
  const auto unknown = parts.site.cancel(parts.package, {"dp7"});
  REQUIRE(!unknown.ok());
  CHECK(unknown.error().code == errc::not_found);
}

// C5
TEST_CASE("a node says that it was asked to stop, then that it has") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.source("a").next_pages = {source_manner::silent};
  CHECK(node.notify(given).ok());
  CHECK(node.cancel(given.job) == rpc::cancel_outcome::requested);
  const auto reports = node.reports(given.job);
  REQUIRE(reports.size() >= 2);
  CHECK(reports[reports.size() - 2] == state_report::cancel_requested);
  CHECK(reports.back() == state_report::cancelled);
  CHECK(node.messages(given.job).back().reason == "cancelled by root");
  CHECK(node.jobs_in_database() == 0);
  CHECK(node.cancel(given.job) == rpc::cancel_outcome::unknown);
  CHECK_FALSE(node.library.committed.contains(content));
}

// C2
TEST_CASE(
    "10,000 cancels race with the last piece: each job ends one way, and never against its "
    "answer") {
  seeded_random random(11);
  std::size_t cancelled = 0;
  std::size_t asked = 0;
  for (int round = 0; round < 200; ++round) {
    virtual_node node(random());
    std::map<model::job_id, bool> there;
    for (std::uint32_t i = 0; i < 50; ++i) {
      const auto content = node.add_package(1 + i, 2, 1000);
      const auto given = node.notification_for(content, {"a:1"});
      const std::uint64_t moment = random() % 60;
      std::uint64_t turn = 0;
      node.tell_to_start(given);
      node.run([&] {
        if (turn++ == moment) { node.tell_to_cancel_job(given.job); }
      });
      there[given.job] = node.library.committed.contains(content);
      cancelled += there[given.job] ? 0 : 1;
      const auto answered = node.cancel_answers.find(given.job);
      if (answered == node.cancel_answers.end()) { continue; }  // it was over before
      if (answered->second == rpc::cancel_outcome::too_late) { CHECK(there[given.job]); }
      if (answered->second == rpc::cancel_outcome::requested) { ++asked; }
    }
    CHECK(node.jobs_in_database() == 0);
    const auto rows = node.database().outbox(limits::outbox_messages_max);
    REQUIRE(rows.ok());
    std::map<model::job_id, std::vector<state_report>> ends;
    for (const auto& row : *rows) {
      if (!row.state) { continue; }
      const auto report = row.state->report;
      const bool over = report == state_report::success || report == state_report::cancelled ||
                        report == state_report::failure;
      if (over) { ends[row.state->job].push_back(report); }
    }
    CHECK(ends.size() == 50);
    for (const auto& [job, reports] : ends) {
      REQUIRE(reports.size() == 1);
      CHECK(reports.front() == (there.at(job) ? state_report::success : state_report::cancelled));
    }
  }
  CHECK(cancelled > 1000);
  CHECK(cancelled < 9000);
  CHECK(asked >= cancelled);  // one may still lose against the last piece
}

// D15
TEST_CASE("a package of high priority overtakes those that wait for a slot") {
  chain parts;
  parts.site.change_settings({{30, 20min}, {72, 60min}, 20min, 1});
  std::vector<model::package_id> packages;
  for (int i = 0; i < 4; ++i) {
    packages.push_back(parts.site.add_package());
    CHECK(parts.site.distribute(packages.back(), {"main", "dp1"}).ok());
  }
  CHECK(parts.site.set_priority(packages[3], model::package_priority::high).ok());
  CHECK(parts.site.said(3306).back() ==
        "package " + packages[3].text() + " priority|medium|high|root");
  CHECK(parts.site.report(packages[0], "dp1", state_report::success, package_bytes).ok());
  const auto& notified = parts.site.node("dp1").notified;
  REQUIRE(notified.size() == 2);
  CHECK(notified.back().content.package == packages[3]);
  CHECK(notified.back().priority == model::package_priority::high);
  CHECK(notified.front().priority == model::package_priority::medium);
}

// C4, B22
TEST_CASE("a cancel after an update ends the job of the former version, which the node still has") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::in_progress, 1000).ok());
  auto& node = parts.site.node("dp1");
  const auto former = *parts.site.row(parts.package, "dp1").row.job;
  node.trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.update(parts.package).ok());
  const auto present = *parts.site.row(parts.package, "dp1").row.job;
  CHECK(present != former);
  const auto answer = parts.site.cancel(parts.package, {"dp1"});
  REQUIRE(answer.ok());
  CHECK(answer->requested == names{"dp1"});
  parts.site.restart();
  node.trouble.reset();
  node.on_cancel = [&](model::job_id job) {
    return job == former ? rpc::cancel_outcome::requested : rpc::cancel_outcome::unknown;
  };
  parts.site.advance(20min);
  CHECK(node.cancelled == std::vector{former, present});
  check_cancelled(parts, "dp1");
  parts.site.advance(3h);
  CHECK(node.cancelled.size() == 2);
}

// C4, B22
TEST_CASE("once the node has the new order the former one is its own business") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::in_progress, 1000).ok());
  CHECK(parts.site.update(parts.package).ok());
  CHECK(parts.site.node("dp1").notified.size() == 2);
  CHECK_FALSE(parts.site.row(parts.package, "dp1").former_job);
  const auto present = *parts.site.row(parts.package, "dp1").row.job;
  CHECK(parts.site.cancel(parts.package, {"dp1"}).ok());
  CHECK(parts.site.node("dp1").cancelled == std::vector{present});
}
