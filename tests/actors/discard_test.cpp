// What was fetched in vain: kept for the next time, or thrown away (C4, B22).
#include <doctest/doctest.h>

#include "tests/actors/site_chain.hpp"
#include "tests/actors/virtual_node.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using actors::testing::chain;
using actors::testing::source_manner;
using actors::testing::virtual_node;
using model::state_report;
using contents = std::vector<model::content_id>;
using names = std::vector<std::string>;

namespace {

/// A job that fetches, and comes to no end.
struct fetching_node {
  fetching_node() : content(node.add_package(1, 40, 1000)), given(notify(content)) {}
  model::notification notify(const model::content_id& wanted) {
    node.source("a").next_pages = {source_manner::silent};
    auto made = node.notification_for(wanted, {"a:1"});
    CHECK(node.notify(made).ok());
    return made;
  }
  virtual_node node;
  model::content_id content;
  model::notification given;
};

}  // namespace

// C4
TEST_CASE("a job that is cancelled keeps what it fetched until that is to be thrown away") {
  fetching_node on;
  CHECK(on.node.cancel(on.given.job, on.content) == rpc::cancel_outcome::requested);
  on.node.advance(1min);
  CHECK(on.node.reports(on.given.job).back() == state_report::cancelled);
  CHECK(on.node.library.discarded.empty());
  const auto other = on.node.add_package(2, 4, 1000);
  on.notify(other);
  CHECK(on.node.cancel(on.given.job, on.content) == rpc::cancel_outcome::unknown);
  REQUIRE(on.node.library.discarded.size() == 1);
  CHECK(on.node.library.discarded.front().content == on.content);
  CHECK(on.node.library.discarded.front().wanted == contents{other});
  // Begun anew meanwhile, under another job: then it is wanted.
  on.notify(on.content);
  CHECK(on.node.cancel(on.given.job, on.content) == rpc::cancel_outcome::unknown);
  CHECK(on.node.library.discarded.back().wanted.size() == 2);
}

// C4
TEST_CASE("a job whose last report the outbox does not take keeps nothing from being thrown away") {
  fetching_node on;
  on.node.outbox_trouble = error{errc::limit_reached, 0, "append to the outbox"};
  CHECK(on.node.cancel(on.given.job) == rpc::cancel_outcome::requested);
  on.node.advance(1min);
  for (const bool restarted : {false, true}) {
    if (restarted) { on.node.restart(); }
    CHECK(on.node.jobs_in_database() == 1);
    CHECK(on.node.cancel(on.given.job, on.content) == rpc::cancel_outcome::unknown);
    REQUIRE(on.node.library.discarded.size() == (restarted ? 2 : 1));
    CHECK(on.node.library.discarded.back().wanted.empty());
  }
}

// B22
TEST_CASE("a version that is complete takes with it what was fetched of the former ones") {
  fetching_node on;
  model::content_id newer = on.content;
  newer.version = 3;
  on.node.library.packages.emplace(newer, on.node.library.packages.at(on.content));
  const auto user = static_cast<std::uint8_t>(storage::library_user::distribution_point);
  storage::catalogue_entry entry;
  entry.content = newer;
  entry.users = user;
  const auto given = on.node.notification_for(newer, {"a:1"});
  entry.manifest_hash = given.hash;
  on.node.catalogue->put(entry);
  CHECK(on.node.notify(given).ok());
  on.node.advance(1min);
  REQUIRE(on.node.library.committed.contains(newer));
  REQUIRE(!on.node.library.discarded.empty());
  CHECK(on.node.library.discarded.back().content == model::content_id{newer.package, 2});
}

TEST_CASE("a content that is removed takes with it what was fetched of it and never complete") {
  fetching_node on;
  on.node.cancel_by_removal(on.content);
  CHECK(on.node.reports(on.given.job).back() == state_report::cancelled);
  REQUIRE(on.node.library.discarded.size() == 1);
  CHECK(on.node.library.discarded.front().content == on.content);
  const auto again = on.notify(on.content);  // it can be begun anew
  CHECK(on.node.poll(again.job).known);
}

namespace {

/// dp1 has fetched some of the package.
struct begun_chain : chain {
  begun_chain() {
    CHECK(site.distribute(package, {"dp1"}).ok());
    CHECK(site.report(package, "dp1", state_report::in_progress, 1000).ok());
  }
  actors::testing::fake_node& node() { return site.node("dp1"); }
  void check_discarded() {
    CHECK(node().discarded == contents{{package, 1}});
    CHECK_FALSE(site.row(package, "dp1").discard);
  }
};

}  // namespace

// C4, C5
TEST_CASE("what was fetched is thrown away once the node says that it has stopped") {
  begun_chain parts;
  auto& node = parts.node();
  node.trouble = error{errc::unreachable, 0, "connect to dp1"};
  const auto answer = parts.site.discard(parts.package, {"dp1"});
  REQUIRE(answer.ok());
  CHECK(answer->requested == names{"dp1"});
  parts.site.restart();
  node.trouble.reset();
  parts.site.advance(20min);
  CHECK(node.cancelled.size() == 1);
  CHECK(node.discarded.empty());
  node.cancel_answer = rpc::cancel_outcome::unknown;
  CHECK(parts.site.report(parts.package, "dp1", state_report::cancelled).ok());
  parts.site.run();
  parts.check_discarded();
  CHECK(parts.site.row(parts.package, "dp1").cancelled);
}

// C4
TEST_CASE("a node that does not answer is asked again until it has thrown away what it fetched") {
  begun_chain parts;
  auto& node = parts.node();
  CHECK(parts.site.discard(parts.package, {"dp1"}).ok());
  node.trouble = error{errc::os_failed, EIO, "read the manifest"};
  CHECK(parts.site.report(parts.package, "dp1", state_report::cancelled).ok());
  parts.site.run();
  CHECK(parts.site.row(parts.package, "dp1").discard);
  parts.site.restart();
  parts.site.advance(10min);
  node.trouble.reset();
  node.cancel_answer = rpc::cancel_outcome::unknown;
  parts.site.advance(20min);
  parts.check_discarded();
}

// C4
TEST_CASE("what a cancel kept, or a failure, can be thrown away later") {
  for (const auto end : {state_report::cancelled, state_report::failure}) {
    begun_chain parts;
    CHECK(parts.site.cancel(parts.package, {"dp1"}).ok());
    CHECK(parts.site.report(parts.package, "dp1", end).ok());
    CHECK(parts.node().discarded.empty());
    const auto before = parts.site.row(parts.package, "dp1");
    parts.node().cancel_answer = rpc::cancel_outcome::unknown;
    const auto answer = parts.site.discard(parts.package, {"dp1"});
    REQUIRE(answer.ok());
    CHECK(answer->discarding == names{"dp1"});
    parts.check_discarded();
    const auto after = parts.site.row(parts.package, "dp1");
    CHECK(after.row.job_state == before.row.job_state);
    CHECK(after.row.reason == before.row.reason);
    CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
    CHECK(parts.node().notified.size() == 2);
  }
}

// C4
TEST_CASE("the last wish counts: to keep, or to send again, what was to be thrown away") {
  for (const bool sends : {false, true}) {
    begun_chain parts;
    auto& node = parts.node();
    CHECK(parts.site.cancel(parts.package, {"dp1"}).ok());
    CHECK(parts.site.report(parts.package, "dp1", state_report::cancelled).ok());
    node.trouble = error{errc::unreachable, 0, "connect to dp1"};
    CHECK(parts.site.discard(parts.package, {"dp1"})->discarding == names{"dp1"});
    if (sends) {
      CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
    } else {
      CHECK(parts.site.cancel(parts.package, {"dp1"})->nothing == names{"dp1"});
    }
    node.trouble.reset();
    node.cancel_answer = rpc::cancel_outcome::unknown;
    CHECK(parts.site.heartbeat("dp1").ok());
    parts.site.advance(1h);
    CHECK(node.discarded.empty());
  }
}

// C1, C4
TEST_CASE("what a node was never told of is cancelled at once, and it is asked to throw away") {
  chain parts;
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.distribute(parts.package, {"dp2"}).ok());  // dp1 lacks it
  parts.site.node("dp2").trouble = error{errc::unreachable, 0, "connect to dp2"};
  const auto answer = parts.site.discard(parts.package, {"dp2"});
  REQUIRE(answer.ok());
  CHECK(answer->cancelled == names{"dp2"});
  CHECK(parts.site.row(parts.package, "dp2").cancelled);
  parts.site.node("dp2").trouble.reset();
  parts.site.node("dp2").cancel_answer = rpc::cancel_outcome::unknown;
  CHECK(parts.site.heartbeat("dp2").ok());
  parts.site.advance(20min);
  CHECK(parts.site.node("dp2").discarded == contents{{parts.package, 1}});
  CHECK(parts.site.row(parts.package, "dp2").cancelled);
}

// C1, B8
TEST_CASE("a heartbeat begins nothing anew that is being cancelled") {
  chain parts;
  auto& node = parts.site.node("dp1");
  node.trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.site.advance(11h);
  CHECK(parts.site.row(parts.package, "dp1").row.tries_left == 0);
  CHECK(parts.site.cancel(parts.package, {"dp1"}).ok());
  node.trouble.reset();
  node.cancel_answer = rpc::cancel_outcome::unknown;
  const auto tries = node.notified.size();
  CHECK(parts.site.heartbeat("dp1").ok());
  parts.site.advance(1min);
  CHECK(node.notified.size() == tries);
  CHECK(parts.site.row(parts.package, "dp1").cancelled);
}
