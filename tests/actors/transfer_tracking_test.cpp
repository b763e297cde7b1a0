#include <doctest/doctest.h>

#include "tests/actors/site_chain.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using actors::testing::chain;
using actors::testing::virtual_site;
using model::console_bucket;
using model::package_state;
using model::site_job_state;
using model::state_report;
using rpc::notify_answer;

namespace {

constexpr std::uint64_t package_bytes = 1'000'000;

/// dp1 was away when it was notified, and is there again five minutes later.
void miss_a_notification(chain& parts) {
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.site.advance(5min);
  parts.site.node("dp1").trouble.reset();
}

}  // namespace

// B1
TEST_CASE("nobody is notified before a source holds the content; 8212 says who lacks it") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp2"}).ok());
  CHECK(parts.site.node("dp2").notified.empty());
  CHECK(parts.site.messages(8212) == 1);
  const auto row = parts.site.row(parts.package, "dp2").row;
  CHECK(row.reason.find("dp1") != std::string::npos);
  CHECK(row.next_try == parts.site.now() + 20min);
  CHECK(row.bucket == console_bucket::in_progress);
}

// B2, B3
TEST_CASE("a wait for a source looks every 20 minutes and never ends by itself") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp2"}).ok());
  parts.site.advance(20min - 1ns);
  CHECK(parts.site.messages(8212) == 1);
  parts.site.advance(1ns);
  CHECK(parts.site.messages(8212) == 2);
  parts.site.advance(20h);
  CHECK(parts.site.messages(8212) == 62);
  CHECK(parts.site.row(parts.package, "dp2").row.state == package_state::install_pending);
}

// B1, B2
TEST_CASE("a source's success ends the wait at once") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1", "dp2"}).ok());
  CHECK(parts.site.node("dp2").notified.empty());
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  REQUIRE(parts.site.node("dp2").notified.size() == 1);
  CHECK(parts.site.node("dp2").notified_at.front() == parts.site.elapsed());
  CHECK(parts.site.row(parts.package, "dp2").row.job_state == site_job_state::started);
}

TEST_CASE("other sources end the wait at once") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp2"}).ok());
  CHECK(parts.site.set_sources("dp2", {"dp1:1", "main:2"}).ok());
  REQUIRE(parts.site.node("dp2").notified.size() == 1);
  CHECK(parts.site.node("dp2").notified.front().sources.size() == 2);
}

TEST_CASE("a job that has begun is told of other sources, which is no try") {
  chain parts;
  CHECK(parts.site.add_point("dp3", {"main:1"}).ok());
  CHECK(parts.site.register_node("dp3").ok());
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::in_progress, 1000).ok());
  const auto& notified = parts.site.node("dp1").notified;
  REQUIRE(notified.size() == 1);
  const auto tries = parts.site.row(parts.package, "dp1").row.tries_left;
  CHECK(parts.site.set_sources("dp1", {"main:1", "dp3:2"}).ok());
  REQUIRE(notified.size() == 2);
  CHECK(notified[1].job == notified[0].job);
  CHECK(notified[1].sources.size() == 2);
  CHECK(parts.site.set_sources("dp1", {"main:1", "dp3:2"}).ok());
  CHECK(notified.size() == 2);

  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.set_sources("dp1", {"main:1"}).ok());
  CHECK(notified.size() == 3);
  parts.site.node("dp1").trouble.reset();
  parts.site.node("dp1").poll_answer.known = true;
  parts.site.node("dp1").poll_answer.state =
      parts.site.message_for(parts.package, "dp1", state_report::in_progress);
  parts.site.advance(2min);
  CHECK(parts.site.heartbeat("dp1").ok());
  REQUIRE(notified.size() == 4);
  CHECK(notified[3].sources.size() == 1);
  const auto row = parts.site.row(parts.package, "dp1").row;
  CHECK(row.job_state == site_job_state::in_progress);
  CHECK(row.tries_left == tries);
}

TEST_CASE("a job that asks its sources is told those of today, once, after the site's restart") {
  for (const auto state : {model::job_state::waiting_for_source, model::job_state::downloading}) {
    chain parts;
    CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
    CHECK(parts.site.report(parts.package, "dp1", state_report::in_progress, 1000).ok());
    CHECK(parts.site.add_point("dp3", {"main:1"}).ok());
    CHECK(parts.site.register_node("dp3").ok());
    parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
    CHECK(parts.site.set_sources("dp1", {"main:1", "dp3:2"}).ok());
    parts.site.restart();
    parts.site.node("dp1").trouble.reset();
    parts.site.node("dp1").notified.clear();
    parts.site.node("dp1").poll_answer.known = true;
    parts.site.node("dp1").poll_answer.state =
        parts.site.message_for(parts.package, "dp1", state_report::in_progress);
    const auto& notified = parts.site.node("dp1").notified;
    parts.site.advance(2min);
    CHECK(parts.site.heartbeat("dp1").ok());
    auto waits = parts.site.message_for(parts.package, "dp1", state_report::in_progress);
    waits.state = state;
    for (int i = 0; i < 2; ++i) {
      CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {waits})).ok());
      REQUIRE(notified.size() == 1);
      CHECK(notified.front().sources.size() == 2);
    }
  }
}

TEST_CASE("a node whose job is just being begun is told its sources again within seconds") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::in_progress, 1000).ok());
  CHECK(parts.site.add_point("dp3", {"main:1"}).ok());
  CHECK(parts.site.register_node("dp3").ok());
  auto& node = parts.site.node("dp1");
  node.poll_answer = {true,
                      parts.site.message_for(parts.package, "dp1", state_report::in_progress)};
  node.trouble = error{errc::limit_reached, 0, "take it: its job is just being begun"};
  CHECK(parts.site.set_sources("dp1", {"main:1", "dp3:2"}).ok());
  node.trouble.reset();
  node.notified.clear();
  parts.site.advance(2s);
  REQUIRE(node.notified.size() == 1);
  CHECK(node.notified.front().sources.size() == 2);
  CHECK(parts.site.row(parts.package, "dp1").row.reason.empty());
  parts.site.advance(2h);
  CHECK(node.notified.size() == 1);
}

TEST_CASE("a running job that could not be told of its sources is told with its next report") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  auto runs = parts.site.message_for(parts.package, "dp1", state_report::in_progress);
  runs.state = model::job_state::downloading;
  CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {runs})).ok());
  CHECK(parts.site.add_point("dp3", {"main:1"}).ok());
  CHECK(parts.site.register_node("dp3").ok());
  auto& node = parts.site.node("dp1");
  node.trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.set_sources("dp1", {"main:1", "dp3:2"}).ok());
  node.trouble.reset();
  node.notified.clear();
  auto later = parts.site.message_for(parts.package, "dp1", state_report::in_progress);
  later.state = model::job_state::downloading;
  CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {later})).ok());
  REQUIRE(node.notified.size() == 1);
  CHECK(node.notified.front().sources.size() == 2);
}

TEST_CASE("a node that comes back to a job that runs is told the job's sources once more") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  const auto runs = parts.site.message_for(parts.package, "dp1", state_report::in_progress);
  CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {runs})).ok());
  parts.site.node("dp1").poll_answer = {true, runs};
  const auto& notified = parts.site.node("dp1").notified;
  REQUIRE(notified.size() == 1);
  CHECK(parts.site.register_node("dp1").ok());
  REQUIRE(notified.size() == 2);
  CHECK(notified.back().job == notified.front().job);
  parts.site.advance(2h);
  CHECK(notified.size() == 2);
}

TEST_CASE("a source that has not registered is named as lacking the content") {
  virtual_site site;
  const auto package = site.add_package();
  CHECK(site.add_point("dp1", {"main:1"}).ok());
  CHECK(site.add_point("dp2", {"dp1:1"}).ok());
  CHECK(site.distribute(package, {"dp2"}).ok());
  CHECK(site.row(package, "dp2").row.reason.find("dp1") != std::string::npos);
}

// B7, B8
TEST_CASE("a node that cannot be reached is tried exactly 30 times, 20 minutes apart") {
  chain parts;
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  const auto& at = parts.site.node("dp1").notified_at;
  parts.site.advance(20min * 29 - 1ns);
  CHECK(at.size() == 29);
  CHECK(parts.site.row(parts.package, "dp1").row.state == package_state::install_retrying);
  CHECK(parts.site.row(parts.package, "dp1").row.tries_left == 1);
  parts.site.advance(1ns);
  CHECK(at.size() == 30);
  for (std::size_t i = 1; i < at.size(); ++i) { CHECK(at[i] - at[i - 1] == 20min); }
  const auto row = parts.site.row(parts.package, "dp1").row;
  CHECK(row.job_state == site_job_state::cancelled);
  CHECK(row.state == package_state::install_failed);
  CHECK(row.bucket == console_bucket::failed);
  CHECK(row.tries_left == 0);
  CHECK(!row.next_try);
  parts.site.advance(100h);
  CHECK(at.size() == 30);
  CHECK(parts.site.messages(8211) == 30);
}

// B7
TEST_CASE("a restart of the site begins no new round of tries") {
  chain parts;
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.site.advance(20min * 9);
  CHECK(parts.site.row(parts.package, "dp1").row.tries_left == 20);
  parts.site.restart();
  CHECK(parts.site.row(parts.package, "dp1").row.tries_left == 19);
  parts.site.advance(100h);
  CHECK(parts.site.node("dp1").notified.size() == 30);
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::cancelled);
}

// B7, B13
TEST_CASE("tries and their distance are settings, changed while the site runs") {
  chain parts;
  parts.site.change_settings({{3, 5min}, {}, 20min, 50});
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.row(parts.package, "dp1").row.next_try == parts.site.now() + 5min);
  parts.site.advance(5min);
  CHECK(parts.site.node("dp1").notified.size() == 2);
  parts.site.change_settings({{3, 60min}, {}, 20min, 50});
  parts.site.advance(5min);  // this wait had begun
  CHECK(parts.site.node("dp1").notified.size() == 3);
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::cancelled);
}

// B2, B9, B13
TEST_CASE("polls and looks for a source are settings, too") {
  chain parts;
  parts.site.change_settings({{30, 20min}, {2, 7min}, 3min, 50});
  CHECK(parts.site.distribute(parts.package, {"dp1", "dp2"}).ok());
  parts.site.node("dp1").trouble = error{errc::timed_out, 0, "ask dp1"};
  parts.site.advance(3min);
  CHECK(parts.site.messages(8212) == 2);
  parts.site.advance(11min);
  CHECK(parts.site.node("dp1").polls == 2);
  parts.site.advance(7min);
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::cancelled);
}

TEST_CASE("a node that registers is told at once what it missed") {
  chain parts;
  miss_a_notification(parts);
  CHECK(parts.site.register_node("dp1", 2).ok());
  CHECK(parts.site.node("dp1").notified.size() == 2);
  CHECK(parts.site.node("dp1").notified_at.back() == 5min);
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::started);
}

TEST_CASE("a node whose first word after a silence is a report is told at once what it missed") {
  chain parts;
  miss_a_notification(parts);
  parts.site.say("dp1", 20007, {"dp1", "/", "5"});
  parts.site.run();
  CHECK(parts.site.node("dp1").notified.size() == 2);
  CHECK(parts.site.node("dp1").notified_at.back() == 5min);
}

TEST_CASE("a heartbeat that asks for commands is a word like others, written down now and then") {
  chain parts;
  const auto heard = [&parts] {
    return *(*parts.site.database().distribution_point("dp1"))->row.last_heard;
  };
  CHECK(parts.site.heartbeat("dp1").ok());
  const auto before = heard();
  parts.site.advance(14s);
  CHECK(parts.site.ask_for_commands("dp1")->known);
  CHECK(heard() == before);
  parts.site.advance(1s);
  CHECK(parts.site.ask_for_commands("dp1")->known);
  CHECK(heard() == before + 15s);
  miss_a_notification(parts);
  CHECK(parts.site.ask_for_commands("dp1").ok());
  CHECK(parts.site.node("dp1").notified.size() == 2);
}

TEST_CASE("a heartbeat after a silence opens a new round, even after the last try") {
  chain parts;
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.site.advance(20h);
  parts.site.node("dp1").trouble.reset();
  CHECK(parts.site.heartbeat("dp1").ok());
  CHECK(parts.site.node("dp1").notified.size() == 31);
  const auto row = parts.site.row(parts.package, "dp1").row;
  CHECK(row.job_state == site_job_state::started);
  CHECK(row.state == package_state::install_pending);
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(parts.site.row(parts.package, "dp1").row.state == package_state::installed);
}

TEST_CASE("a node without room uses up no try") {
  chain parts;
  parts.site.node("dp1").answer = notify_answer::at_capacity;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.site.advance(20min * 40);
  CHECK(parts.site.node("dp1").notified.size() == 41);
  CHECK(parts.site.row(parts.package, "dp1").row.tries_left == limits::notification_tries_max);
  parts.site.node("dp1").answer = notify_answer::accepted;
  parts.site.advance(20min);
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::started);
}

TEST_CASE("a node that waits for a source is notified again when the source comes back") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(parts.site.distribute(parts.package, {"dp2"}).ok());
  auto waits = parts.site.message_for(parts.package, "dp2", state_report::warning);
  waits.state = model::job_state::waiting_for_source;
  waits.reason = "no source has it: dp1 refused to connect";
  CHECK(parts.site.report("dp2", parts.site.batch_of("dp2", {waits})).ok());
  CHECK(parts.site.row(parts.package, "dp2").row.reason == waits.reason);
  CHECK(parts.site.node("dp2").notified.size() == 1);
  parts.site.node("dp2").answer = notify_answer::known;
  CHECK(parts.site.register_node("dp1").ok());
  CHECK(parts.site.node("dp2").notified.size() == 2);
  CHECK(parts.site.node("dp2").notified[0].job == parts.site.node("dp2").notified[1].job);
}

TEST_CASE("a node that waits for a source is told of one that was away when it was notified") {
  chain parts;
  CHECK(parts.site.add_point("dp3", {"main:1"}).ok());
  CHECK(parts.site.set_sources("dp2", {"dp1:1", "dp3:2"}).ok());
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(parts.site.distribute(parts.package, {"dp2"}).ok());
  const auto& notified = parts.site.node("dp2").notified;
  REQUIRE(notified.size() == 1);
  CHECK(notified[0].sources.size() == 1);
  auto waits = parts.site.message_for(parts.package, "dp2", state_report::warning);
  waits.state = model::job_state::waiting_for_source;
  CHECK(parts.site.report("dp2", parts.site.batch_of("dp2", {waits})).ok());
  parts.site.node("dp2").answer = notify_answer::known;
  CHECK(parts.site.register_node("dp3").ok());
  REQUIRE(notified.size() == 2);
  CHECK(notified[1].job == notified[0].job);
  CHECK(notified[1].sources.size() == 2);
}

TEST_CASE("what another than its sources gained ends no wait and counts as no look") {
  chain parts;
  CHECK(parts.site.add_point("dp3", {"main:1"}).ok());
  CHECK(parts.site.register_node("dp3").ok());
  CHECK(parts.site.distribute(parts.package, {"dp2", "dp3"}).ok());
  const auto looked = parts.site.messages(8212);
  CHECK(parts.site.report(parts.package, "dp3", state_report::success, package_bytes).ok());
  CHECK(parts.site.messages(8212) == looked);
  CHECK(parts.site.node("dp2").notified.empty());
}

// B9, B10
TEST_CASE("a running job is polled every hour, and given up at the site after 72 vain polls") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.site.node("dp1").trouble = error{errc::timed_out, 0, "ask dp1"};
  parts.site.advance(72h);
  CHECK(parts.site.node("dp1").polls == 72);
  CHECK(parts.site.said(2397) == std::vector<std::string>{parts.package.text() + "|dp1"});
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::started);
  parts.site.advance(1h);
  CHECK(parts.site.node("dp1").polls == 72);
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::cancelled);
  CHECK(parts.site.row(parts.package, "dp1").row.state == package_state::install_failed);
  parts.site.advance(200h);
  CHECK(parts.site.node("dp1").polls == 72);
}

// B9
TEST_CASE("a restart of the site begins no new round of polls") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.site.node("dp1").trouble = error{errc::timed_out, 0, "ask dp1"};
  parts.site.advance(70h);
  parts.site.restart();
  parts.site.advance(2h);
  CHECK(parts.site.node("dp1").polls == 72);
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::started);
  parts.site.advance(1h);
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::cancelled);
}

// B9
TEST_CASE("what a node answers to a poll is shown, and ends no job") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  auto answer = parts.site.message_for(parts.package, "dp1", state_report::in_progress);
  answer.sequence = 0;
  answer.state = model::job_state::downloading;
  answer.bytes_done = model::byte_count{400'000};
  answer.source = "main";
  parts.site.node("dp1").poll_answer = {true, answer};
  parts.site.advance(1h);
  const auto row = parts.site.row(parts.package, "dp1");
  CHECK(row.row.percent == 40);
  CHECK(row.row.source == "main");
  CHECK(row.row.job_state == site_job_state::in_progress);
  CHECK(row.node_state == model::job_state::downloading);
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(parts.site.row(parts.package, "dp1").row.state == package_state::installed);
}

TEST_CASE("a node that knows the job, and nothing of it, is given up after 72 polls, too") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.site.node("dp1").answer = notify_answer::known;  // it was over, and its report got lost
  parts.site.node("dp1").poll_answer.known = false;
  parts.beat_for(72h);
  CHECK(parts.site.node("dp1").polls == 72);
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::started);
  parts.beat_for(1h);
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::cancelled);
  parts.beat_for(24h);
  CHECK(parts.site.node("dp1").polls == 72);
}

// B9
TEST_CASE("reports put off the end of the polls") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.site.node("dp1").trouble = error{errc::timed_out, 0, "ask dp1"};
  parts.site.advance(71h);
  CHECK(parts.site.report(parts.package, "dp1", state_report::in_progress, 1000).ok());
  parts.site.advance(71h);
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::in_progress);
}

TEST_CASE("a node that lost the job is told again") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.site.node("dp1").poll_answer.known = false;
  parts.site.advance(1h);
  CHECK(parts.site.node("dp1").notified.size() == 2);
  CHECK(parts.site.said(2398) == std::vector<std::string>{parts.package.text() + "|dp1"});
  parts.site.node("dp1").poll_answer.known = true;
  parts.site.advance(10h);
  CHECK(parts.site.node("dp1").notified.size() == 2);
}

TEST_CASE("a restarted site takes up every wait where it was") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1", "dp2"}).ok());
  parts.site.node("dp1").poll_answer.known = true;
  parts.site.restart();
  CHECK(parts.site.node("dp1").notified.size() == 1);  // on its way: polled, not told again
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(parts.site.node("dp2").notified.size() == 1);
  CHECK(parts.site.report(parts.package, "dp2", state_report::success, package_bytes).ok());
  parts.beat_for(60min);
  CHECK(parts.site.node("dp1").notified.size() == 1);
  CHECK(parts.site.node("dp2").notified.size() == 1);
}
