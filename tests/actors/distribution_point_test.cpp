#include <doctest/doctest.h>

#include <algorithm>

#include "tests/actors/virtual_node.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using actors::testing::source_manner;
using actors::testing::virtual_node;
using model::job_state;
using model::state_report;
using rpc::notify_answer;

namespace {

/// Jobs whose only source is silent: they stay.
std::vector<model::notification> open_silent_jobs(virtual_node& node, std::uint32_t count) {
  std::vector<model::notification> given;
  node.source("a").manner = source_manner::silent;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto content = node.add_package(100 + i, 4, 1000);
    given.push_back(node.notification_for(content, {"a:1"}));
    CHECK(*node.notify(given.back()) == notify_answer::accepted);
  }
  return given;
}

}  // namespace

// B6
TEST_CASE("a repeated notification starts no second job") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.source("a").next_pages = {source_manner::silent};
  CHECK(*node.notify(given) == notify_answer::accepted);
  CHECK(*node.notify(given) == notify_answer::known);
  CHECK(node.jobs_in_database() == 1);
  CHECK(node.source("a").pages_asked == 1);
}

TEST_CASE("a notification of a job that is over is known, and starts nothing") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  CHECK(*node.notify(given) == notify_answer::accepted);
  CHECK(*node.notify(given) == notify_answer::known);
  CHECK(node.jobs_in_database() == 0);
  CHECK(node.library.installs == 1);
  CHECK(!node.poll(given.job).known);
}

TEST_CASE("two equal notifications at the same moment start one job") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.tell_to_start(given);
  node.tell_to_start(given);
  node.run();
  CHECK(node.library.installs == 1);
}

TEST_CASE("a wrong notification is refused, and nothing is kept of it") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  auto given = node.notification_for(content, {"a:1"});
  given.hash_algorithm = 1;
  const auto answer = node.notify(given);
  REQUIRE(!answer);
  CHECK(answer.error().code == errc::incompatible);
  CHECK(node.jobs_in_database() == 0);
}

TEST_CASE("the 51st job is told that there is no room, and taken after one has ended") {
  virtual_node node;
  const auto given = open_silent_jobs(node, limits::jobs_per_distribution_point_max);
  const auto content = node.add_package(1, 4, 1000);
  const auto late = node.notification_for(content, {"b:1"});
  CHECK(*node.notify(late) == notify_answer::at_capacity);
  CHECK(node.jobs_in_database() == limits::jobs_per_distribution_point_max);
  node.cancel_by_removal(given.front().content);
  CHECK(*node.notify(late) == notify_answer::accepted);
}

// Q1
TEST_CASE("jobs that die give their slots back at once, and begin again a minute later") {
  virtual_node node;
  const auto given = open_silent_jobs(node, limits::jobs_per_distribution_point_max);
  const auto content = node.add_package(1, 4, 1000);
  const auto late = node.notification_for(content, {"b:1"});
  CHECK(*node.notify(late) == notify_answer::at_capacity);
  CHECK(node.kill_jobs_that_ask() == limits::jobs_per_distribution_point_max);
  CHECK(*node.notify(late) == notify_answer::accepted);
  CHECK(node.library.committed.contains(content));
  const auto told = node.notify(given.front());  // nobody is there to take its sources
  REQUIRE_FALSE(told.ok());
  CHECK(told.error().code == errc::limit_reached);
  node.source("a").manner = source_manner::has_it;
  node.advance(limits::actor_restart_delay);
  for (const auto& each : given) {
    CHECK(node.library.committed.contains(each.content));
    CHECK(node.reports(each.job).back() == state_report::success);
  }
  CHECK(node.jobs_in_database() == 0);
}

// Q1
TEST_CASE("a job that died does not come back for a package that was removed meanwhile") {
  virtual_node node;
  const auto given = open_silent_jobs(node, 1);
  CHECK(node.kill_jobs_that_ask() == 1);
  node.cancel_by_removal(given.front().content);
  node.source("a").manner = source_manner::has_it;
  node.advance(2 * limits::actor_restart_delay);
  CHECK(node.jobs_in_database() == 0);
  CHECK_FALSE(node.library.committed.contains(given.front().content));
}

// B4, Q3
TEST_CASE("jobs that wait for a source leave room for 50 that do not") {
  virtual_node node;
  node.source("gone").manner = source_manner::lacks;
  for (std::uint32_t i = 0; i < 200; ++i) {
    const auto content = node.add_package(300 + i, 1, 1000);
    CHECK(*node.notify(node.notification_for(content, {"gone:1"})) == notify_answer::accepted);
  }
  open_silent_jobs(node, limits::jobs_per_distribution_point_max);
  const auto content = node.add_package(1, 4, 1000);
  CHECK(*node.notify(node.notification_for(content, {"b:1"})) == notify_answer::at_capacity);
  CHECK(node.jobs_in_database() == 200 + limits::jobs_per_distribution_point_max);
}

// S7
TEST_CASE("only four jobs move bytes; the next starts when one of them waits or ends") {
  virtual_node node;
  const auto given = open_silent_jobs(node, 10);
  CHECK(node.source("a").manifests_asked == limits::jobs_moving_max);
  CHECK(node.why(given[7].content.package).doing.find("waits for its turn") == 0);
  const auto jobs = node.report().jobs;
  CHECK(std::ranges::count_if(jobs, &model::node_job_row::waits_for_turn) ==
        std::ptrdiff_t{10 - limits::jobs_moving_max});
  node.cancel_by_removal(given[1].content);
  CHECK(node.source("a").manifests_asked == limits::jobs_moving_max + 1);
}

TEST_CASE("a job that waits for a source lets another have its turn") {
  virtual_node node;
  node.source("gone").manner = source_manner::lacks;
  for (std::uint32_t i = 0; i < 8; ++i) {
    const auto content = node.add_package(200 + i, 4, 1000);
    CHECK(node.notify(node.notification_for(content, {"gone:1"})).ok());
  }
  const auto content = node.add_package(1, 4, 1000);
  CHECK(node.notify(node.notification_for(content, {"a:1"})).ok());
  CHECK(node.library.committed.contains(content));
}

// A5
TEST_CASE("a notification is journalled before it is acknowledged") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.source("a").manner = source_manner::silent;
  const auto answer = node.notify_watched(given, [&](bool answered) {
    if (answered) { CHECK(node.jobs_in_database() == 1); }
  });
  CHECK(*answer == notify_answer::accepted);
}

// A5
TEST_CASE("an accepted job survives a restart in every state") {
  virtual_node node;
  const auto content = node.add_package(1, 40, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.source("a").manner = source_manner::silent;
  CHECK(node.notify(given).ok());  // asks for the manifest
  node.restart();
  CHECK(*node.notify(given) == notify_answer::known);

  node.source("a").manner = source_manner::lacks;
  node.restart();
  CHECK(node.poll(given.job).state.state == job_state::waiting_for_source);

  node.source("a").manner = source_manner::has_it;
  node.library.bytes_free = 0;
  node.restart();
  CHECK(node.poll(given.job).state.state == job_state::parked);

  node.library.bytes_free = limits::gib;
  node.source("a").page_time = 10s;
  node.restart();
  node.advance(15s);
  CHECK(node.poll(given.job).state.state == job_state::downloading);
  const auto asked_before = node.source("a").files_asked;
  node.restart();
  node.advance(10min);
  CHECK(node.reports(given.job).back() == state_report::success);
  CHECK(node.jobs_in_database() == 0);
  CHECK(node.source("a").files_asked - asked_before <= 28);  // the finished pages stay finished
}

TEST_CASE("a restart while a cancel is under way ends cancelled") {
  virtual_node node;
  const auto content = node.add_package(1, 40, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.source("a").next_pages = {source_manner::silent};
  CHECK(node.notify(given).ok());
  auto rows = node.database().jobs();
  REQUIRE(rows.ok());
  REQUIRE(rows->size() == 1);
  auto row = rows->front();
  row.situation.state = job_state::cancel_requested;
  CHECK(node.database().update_job(row).ok());
  node.restart();
  node.advance(1min);
  CHECK(node.reports(given.job).back() == state_report::cancelled);
  CHECK(node.jobs_in_database() == 0);
}

TEST_CASE("a removed package that is not here is a success") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  node.cancel_by_removal(content);
  CHECK(node.library.dropped.size() == 1);
}

TEST_CASE("whenever a removal comes, the content is not there after its answer") {
  for (std::uint64_t turn = 0; turn < 60; ++turn) {
    CAPTURE(turn);
    virtual_node node(turn);
    const auto content = node.add_package(1, 8, 1000);
    const auto given = node.notification_for(content, {"a:1"});
    node.library.commit_failures = {error{errc::os_failed, 5, "commit"}};  // tried again in 2 s
    node.tell_to_start(given);
    std::uint64_t turns = 0;
    node.run([&] {
      if (turns++ == turn) { node.tell_to_cancel(content); }
    });
    if (turns <= turn) { break; }
    node.advance(1min);
    CHECK(!node.library.committed.contains(content));
    CHECK(node.jobs_in_database() == 0);
  }
}

// B22
TEST_CASE("a newer version stops the job of the former one") {
  virtual_node node;
  node.source("a").manner = source_manner::silent;
  const auto former = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(former, {"a:1"});
  CHECK(*node.notify(given) == notify_answer::accepted);
  model::content_id newer = former;
  newer.version += 1;
  node.library.packages.emplace(newer, node.library.packages.at(former));
  node.source("a").manner = source_manner::has_it;
  CHECK(*node.notify(node.notification_for(newer, {"a:1"})) == notify_answer::accepted);
  node.advance(1min);
  CHECK(node.reports(given.job).back() == state_report::cancelled);
  CHECK(!node.library.committed.contains(former));
  CHECK(node.library.committed.contains(newer));
  CHECK(node.jobs_in_database() == 0);
}

TEST_CASE("a node with all its jobs takes a newer version in the place of the former one") {
  virtual_node node;
  const auto given = open_silent_jobs(node, limits::jobs_per_distribution_point_max);
  model::content_id newer = given.front().content;
  newer.version += 1;
  node.library.packages.emplace(newer, node.library.packages.at(given.front().content));
  CHECK(*node.notify(node.notification_for(newer, {"a:1"})) == notify_answer::accepted);
  const auto other = node.add_package(900, 4, 1000);
  CHECK(*node.notify(node.notification_for(other, {"a:1"})) == notify_answer::at_capacity);
}

TEST_CASE("a notification of a former version that comes late ends at once") {
  virtual_node node;
  node.source("a").manner = source_manner::silent;
  const auto former = node.add_package(1, 4, 1000);
  model::content_id newer = former;
  newer.version += 1;
  node.library.packages.emplace(newer, node.library.packages.at(former));
  const auto later = node.notification_for(newer, {"a:1"});
  CHECK(*node.notify(later) == notify_answer::accepted);
  const auto late = node.notification_for(former, {"a:1"});  // its call was stuck on the way
  CHECK(*node.notify(late) == notify_answer::accepted);
  node.advance(1min);
  CHECK(node.reports(late.job).back() == state_report::cancelled);
  CHECK(node.poll(later.job).known);
}

TEST_CASE("a removal is answered after the job that could not be cancelled any more") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.library.commit_failures = {error{errc::os_failed, 5, "commit"}};  // tried again in 2 s
  CHECK(node.notify(given).ok());
  CHECK(node.poll(given.job).state.state == job_state::downloaded);
  node.tell_to_cancel(content);
  node.run();
  CHECK(node.library.dropped.empty());
  const auto early = node.notify(node.notification_for(content, {"a:1"}));
  REQUIRE(!early);
  CHECK(early.error().code == errc::limit_reached);
  CHECK(*node.notify(given) == notify_answer::known);
  node.advance(5s);
  CHECK(node.library.installs == 1);
  CHECK(node.library.dropped.size() == 1);
  CHECK(!node.library.committed.contains(content));
  CHECK(*node.notify(node.notification_for(content, {"a:1"})) == notify_answer::accepted);
  CHECK(node.library.committed.contains(content));
}

// A10
TEST_CASE("a node that leaves its site ends its jobs, those that died as well, and keeps content") {
  virtual_node node;
  const auto held = node.add_package(1, 4, 1000);
  CHECK(node.notify(node.notification_for(held, {"b:1"})).ok());
  CHECK(node.library.committed.contains(held));
  node.source("a").manner = source_manner::silent;
  const auto coming = node.add_package(2, 4, 1000);
  const auto given = node.notification_for(coming, {"a:1"});
  CHECK(*node.notify(given) == notify_answer::accepted);
  CHECK(open_silent_jobs(node, 1).size() == 1);
  CHECK(node.kill_jobs_that_ask() == 2);
  const auto lively = open_silent_jobs(node, 1);
  CHECK(node.jobs_in_database() == 3);
  CHECK(node.leave_site());
  CHECK(node.reports(lively.front().job).back() == state_report::cancelled);
  node.advance(2 * limits::actor_restart_delay);
  CHECK(node.jobs_in_database() == 0);
  CHECK(node.library.dropped.empty());
  CHECK(node.library.committed.contains(held));
  const auto late = node.notify(given);  // the former site does not know it yet
  REQUIRE_FALSE(late.ok());
  CHECK(late.error().code == errc::limit_reached);
}

// A10
TEST_CASE("a content that another site called the same is not taken for the one ordered") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  storage::catalogue_entry held;
  held.content = content;
  held.manifest_hash = given.hash;
  held.manifest_hash.bytes[0] ^= std::byte{1};
  node.catalogue->put(held);
  const auto answer = node.notify(given);
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().code == errc::conflict);
  CHECK(answer.error().doing.find("sluice validate PKG00001 --dp") != std::string::npos);
  held.manifest_hash = given.hash;
  node.catalogue->put(held);
  CHECK(node.notify(given).ok());
}

TEST_CASE("a node that leaves its site waits for a job that is too late to be cancelled") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  node.library.commit_failures = {error{errc::os_failed, 5, "commit"}};  // tried again in 2 s
  const auto given = node.notification_for(content, {"a:1"});
  CHECK(node.notify(given).ok());
  CHECK(node.poll(given.job).state.state == job_state::downloaded);
  CHECK_FALSE(node.leave_site());  // not yet
  node.advance(5s);
  CHECK(node.library.committed.contains(content));
  CHECK(node.leave_site());
  CHECK(node.jobs_in_database() == 0);
}

// The outbox found no room, the removal waited for the job, and the job for the outbox.
TEST_CASE("a removal does not wait for a report that finds no room") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.outbox_trouble = error{errc::no_space, 28, "append to the outbox"};
  CHECK(node.notify(given).ok());
  CHECK(node.library.committed.contains(content));
  CHECK(node.jobs_in_database() == 1);
  node.cancel_by_removal(content);
  CHECK(!node.library.committed.contains(content));
  node.outbox_trouble.reset();
  node.advance(2min);
  CHECK(node.jobs_in_database() == 0);
}

TEST_CASE("a removal ends a job whose commit finds no room") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.library.commit_failures.assign(100, error{errc::no_space, 28, "commit"});
  CHECK(node.notify(given).ok());
  node.advance(10s);
  CHECK(node.poll(given.job).state.state == job_state::downloaded);
  node.cancel_by_removal(content);
  CHECK(node.library.dropped.size() == 1);
  CHECK(node.jobs_in_database() == 0);
  CHECK(node.reports(given.job).back() == state_report::failure);
}

TEST_CASE("a removal that came too late is not forgotten when the commit finds damage") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.library.commit_failures = {error{errc::os_failed, 5, "commit"},
                                  error{errc::corrupt, 0, "commit"}};
  node.library.lost_at_commit = node.library.packages.at(content).files.front();
  CHECK(node.notify(given).ok());
  CHECK(node.poll(given.job).state.state == job_state::downloaded);
  node.source("a").manner = source_manner::lacks;
  node.tell_to_cancel(content);
  node.advance(10s);
  CHECK(node.library.dropped.size() == 1);
  CHECK(node.reports(given.job).back() == state_report::cancelled);
}

TEST_CASE("a restart with fifty open jobs lets four of them move") {
  virtual_node node;
  open_silent_jobs(node, limits::jobs_per_distribution_point_max);
  node.source("a").manifests_asked = 0;
  node.restart();
  CHECK(node.source("a").manifests_asked == limits::jobs_moving_max);
  CHECK(node.jobs_in_database() == limits::jobs_per_distribution_point_max);
}

// A1
TEST_CASE("a job that is to be pushed gets a ticket, a new one each time, until it is over") {
  virtual_node node;
  node.source("site").manner = source_manner::silent;
  auto given = node.notification_for(node.add_package(1, 4, 1000), {"site:1"});
  given.sources.front().protocol = model::push_protocol;
  given.sources.front().address.clear();
  CHECK(*node.notify(given) == notify_answer::accepted);
  const auto first = node.begin_push(given.job);
  const auto second = node.begin_push(given.job);
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  CHECK(first->size() == 32);
  CHECK(*first != *second);
  CHECK(node.source("site").tickets == std::vector{*first, *second});
  CHECK(node.cancel(given.job) == rpc::cancel_outcome::requested);
  node.run();
  const auto after = node.begin_push(given.job);
  REQUIRE(!after.ok());
  CHECK(after.error().code == errc::not_found);
}

TEST_CASE("a job that pulls, and one that nobody knows, get no ticket") {
  virtual_node node;
  const auto given = open_silent_jobs(node, 1);
  CHECK(node.begin_push(given.front().job).error().code == errc::not_found);
  CHECK(node.begin_push(model::job_id{}).error().code == errc::not_found);
}
