#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "base/base.hpp"
#include "tests/actors/virtual_node.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using actors::testing::source_manner;
using actors::testing::virtual_node;
using model::job_state;
using model::state_report;
using rpc::notify_answer;

namespace {

constexpr auto forever = 24h;

bool ends_with(const std::vector<state_report>& reports, state_report last) {
  return !reports.empty() && reports.back() == last;
}

}  // namespace

TEST_CASE("a package comes in whole, and success is the last report") {
  virtual_node node;
  const auto content = node.add_package(1, 10, 1000);
  const auto given = node.notification_for(content, {"dp1:1"});
  CHECK(*node.notify(given) == notify_answer::accepted);
  node.advance(1s);
  CHECK(node.library.committed.contains(content));
  CHECK(ends_with(node.reports(given.job), state_report::success));
  CHECK(node.jobs_in_database() == 0);
  const auto last = node.messages(given.job).back();
  CHECK(last.bytes_done == last.bytes_total);
  CHECK(model::raw(last.bytes_transferred) == 10'000);
}

// B12
TEST_CASE("the job is forgotten only after its success is in the outbox") {
  virtual_node node;
  const auto content = node.add_package(1, 10, 1000);
  const auto given = node.notification_for(content, {"dp1:1"});
  node.tell_to_start(given);
  bool seen = false;
  node.run([&] {
    seen = seen || node.jobs_in_database() == 1;
    if (seen && node.jobs_in_database() == 0) {
      CHECK(ends_with(node.reports(given.job), state_report::success));
    }
  });
  CHECK(seen);
  CHECK(node.jobs_in_database() == 0);
}

namespace {

struct ending {
  job_state state;
  state_report report;
};
constexpr std::array endings{ending{job_state::succeeded, state_report::success},
                             ending{job_state::failed, state_report::failure},
                             ending{job_state::cancelled, state_report::cancelled}};

/// A job that has ended so five minutes ago, and could not say it.
model::notification end_unheard(virtual_node& node, job_state end) {
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  if (end == job_state::failed) { node.source("a").manner = source_manner::broken_volume; }
  if (end == job_state::cancelled) { node.source("a").manner = source_manner::silent; }
  node.outbox_trouble = error{errc::limit_reached, 0, "append to the outbox"};
  CHECK(node.notify(given).ok());
  if (end == job_state::cancelled) { node.tell_to_cancel(content); }
  node.advance(5min);
  return given;
}

}  // namespace

TEST_CASE("a job stays until the outbox has taken how it ended") {
  for (const ending& end : endings) {
    CAPTURE(model::name_of(end.state));
    virtual_node node;
    const auto given = end_unheard(node, end.state);
    CHECK(node.jobs_in_database() == 1);
    CHECK(node.reports(given.job).empty());
    const auto why = node.why(given.content.package);
    CHECK(why.doing.find("its last report could not be stored: ") != std::string::npos);
    REQUIRE(why.next_time);
    CHECK(*why.next_time > node.now());
    CHECK(*why.next_time <= node.now() + 60s);
    node.outbox_trouble.reset();
    node.advance(60s);
    CHECK(node.jobs_in_database() == 0);
    CHECK(node.reports(given.job) == std::vector{end.report});
    node.advance(forever);
    CHECK(node.reports(given.job).size() == 1);
  }
}

TEST_CASE("a job whose end the outbox did not take tells it after a restart") {
  for (const ending& end : endings) {
    CAPTURE(model::name_of(end.state));
    virtual_node node;
    const auto given = end_unheard(node, end.state);
    node.restart();
    CHECK(node.jobs_in_database() == 1);
    node.outbox_trouble.reset();
    node.advance(60s);
    CHECK(node.jobs_in_database() == 0);
    CHECK(ends_with(node.reports(given.job), end.report));
    const bool went_well = end.state == job_state::succeeded;
    CHECK(node.messages(given.job).back().reason.empty() == went_well);
  }
}

// B15
// F10
TEST_CASE("a job of 100,000 files has every one of them, page by page") {
  virtual_node node;
  const auto content = node.add_package(1, 100'000, 10);
  const auto given = node.notification_for(content, {"dp1:1"});
  CHECK(node.notify(given).ok());
  node.advance(1s);
  CHECK(node.library.committed.contains(content));
  CHECK(node.source("dp1").files_asked == 100'000);
  CHECK(ends_with(node.reports(given.job), state_report::success));
}

TEST_CASE("a second distribution moves no bytes") {
  virtual_node node;
  const auto content = node.add_package(1, 10, 1000);
  CHECK(node.notify(node.notification_for(content, {"dp1:1"})).ok());
  node.advance(1s);
  const auto again = node.notification_for(content, {"dp1:1"});
  node.asked.clear();
  CHECK(node.notify(again).ok());
  node.advance(1s);
  CHECK(ends_with(node.reports(again.job), state_report::success));
  CHECK(model::raw(node.messages(again.job).back().bytes_transferred) == 0);
  CHECK(node.asked.empty());
}

// B15
TEST_CASE("a redistribution moves every byte again") {
  virtual_node node;
  const auto content = node.add_package(1, 10, 1000);
  CHECK(node.notify(node.notification_for(content, {"dp1:1"})).ok());
  node.advance(1s);
  auto again = node.notification_for(content, {"dp1:1"});
  again.action = model::notification_action::redistribute;
  CHECK(node.notify(again).ok());
  node.advance(1s);
  CHECK(ends_with(node.reports(again.job), state_report::success));
  CHECK(model::raw(node.messages(again.job).back().bytes_transferred) == 10'000);
}

// D8, D9
TEST_CASE("a source that lacks it is followed by one of equal priority, then the next priority") {
  virtual_node node;
  node.source("a").manner = source_manner::lacks;
  node.source("b").manner = source_manner::lacks;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"c:2", "a:1", "b:1"});
  CHECK(node.notify(given).ok());
  node.advance(1s);
  REQUIRE(node.asked.size() >= 3);
  std::sort(node.asked.begin(), node.asked.begin() + 2);
  CHECK(node.asked[0] == "a manifest");
  CHECK(node.asked[1] == "b manifest");
  CHECK(node.asked[2] == "c manifest");
  CHECK(ends_with(node.reports(given.job), state_report::success));
}

TEST_CASE("equal sources are chosen by chance, and chance is the seed's") {
  const auto first_asked = [](std::uint64_t seed) {
    virtual_node node(seed);
    const auto content = node.add_package(1, 1, 1000);
    CHECK(node.notify(node.notification_for(content, {"a:1", "b:1"})).ok());
    node.advance(1s);
    return node.asked.front();
  };
  std::size_t a_first = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    if (first_asked(seed) == "a manifest") { ++a_first; }
  }
  CHECK(a_first > 5);
  CHECK(a_first < 35);
  CHECK(first_asked(7) == first_asked(7));
}

// D14
TEST_CASE("where it is wished, the fastest of equal sources is asked once each was measured") {
  virtual_node node;
  node.pulling.prefer_fast_sources = true;
  node.restart();
  node.source("slow").page_time = 20s;
  node.source("fast").page_time = 2s;
  node.source("far").page_time = 1s;
  for (std::uint32_t number = 1; number <= 10; ++number) {
    const auto content = node.add_package(number, 4, 100'000);
    CHECK(node.notify(node.notification_for(content, {"slow:1", "fast:1", "far:2"})).ok());
    node.advance(1min);
    CHECK(node.library.committed.contains(content));
  }
  CHECK(node.source("slow").pages_asked == 1);
  CHECK(node.source("fast").pages_asked == 9);
  CHECK(node.source("far").pages_asked == 0);
}

// D14
TEST_CASE("where the fastest is wished, a source that failed is not asked first for ten minutes") {
  virtual_node node;
  node.pulling.prefer_fast_sources = true;
  node.restart();
  node.source("dead").manner = source_manner::bad;
  node.source("live").page_time = 2s;
  const auto pull = [&node](std::uint32_t number) {
    const auto content = node.add_package(number, 4, 100'000);
    CHECK(node.notify(node.notification_for(content, {"dead:1", "live:1"})).ok());
    node.advance(30s);
    CHECK(node.library.committed.contains(content));
  };
  for (std::uint32_t number = 1; number <= 10; ++number) { pull(number); }
  CHECK(node.source("dead").manifests_asked == 1);
  CHECK(node.source("live").pages_asked == 10);
  // Then it is measured again.
  node.source("dead").manner = source_manner::has_it;
  node.advance(10min);
  pull(11);
  CHECK(node.source("dead").pages_asked == 1);
}

// Z8, D6
TEST_CASE("equal sources help with a large file, and no others are asked") {
  virtual_node node;
  for (const auto* name : {"a", "b", "c"}) { node.source(name).page_time = 10s; }
  const auto content = node.add_package(1, 1, 20 * limits::mib);
  CHECK(node.notify(node.notification_for(content, {"a:1", "b:1", "c:2"})).ok());
  node.advance(1s);
  const auto helped = [&node](const char* name) { return node.source(name).helps_asked; };
  CHECK(helped("a") + helped("b") == 1);
  CHECK(node.source("a").pages_asked + node.source("b").pages_asked == 1);
  const auto why = node.why(content.package);
  CHECK(std::ranges::count(why.sources, "brings part of a large file",
                           &model::why_source::verdict) == 1);
  node.advance(1min);
  CHECK(node.library.committed.contains(content));
  CHECK(helped("a") + helped("b") == 1);
  CHECK(helped("c") == 0);
  CHECK(node.source("c").manifests_asked + node.source("c").pages_asked == 0);
}

// Z8
TEST_CASE("one source brings all of a file where that is wished, or the file is not large") {
  virtual_node node;
  const auto small = node.add_package(1, 3, 16 * limits::mib);
  CHECK(node.notify(node.notification_for(small, {"a:1", "b:1"})).ok());
  node.pulling.sources_per_file = 1;
  node.restart();
  const auto large = node.add_package(2, 1, 20 * limits::mib);
  CHECK(node.notify(node.notification_for(large, {"a:1", "b:1"})).ok());
  node.advance(1min);
  CHECK(node.library.committed.contains(small));
  CHECK(node.library.committed.contains(large));
  CHECK(node.source("a").helps_asked + node.source("b").helps_asked == 0);
}

// Z8, D9
TEST_CASE("what a helper does wrong costs its place, and the job nothing") {
  std::uint32_t helped = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    virtual_node node(seed);
    node.source("bad").next_pages = {source_manner::bad};
    const auto content = node.add_package(1, 1, 20 * limits::mib);
    CHECK(node.notify(node.notification_for(content, {"good:1", "bad:1", "far:2"})).ok());
    node.advance(1s);
    CHECK(node.library.committed.contains(content));
    CHECK(node.source("far").manifests_asked + node.source("far").pages_asked == 0);
    helped += node.source("bad").helps_asked;
  }
  CHECK(helped > 0);
}

namespace {

/// Pulls a package of small files from sources of priority 1; "far", of priority 2, is not asked.
void check_pulled_without_far(virtual_node& node, std::size_t files, const std::string& one,
                              const std::string& other) {
  const auto content = node.add_package(1, files, 1000);
  const auto given = node.notification_for(content, {one + ":1", other + ":1", "far:2"});
  CHECK(node.notify(given).ok());
  node.advance(1min);
  CHECK(ends_with(node.reports(given.job), state_report::success));
  CHECK(node.source("far").manifests_asked + node.source("far").pages_asked == 0);
}

}  // namespace

// Z8
TEST_CASE("who is silent for a moment is passed over once, where another could be asked") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    virtual_node node(seed);
    node.source("slow").manner = source_manner::hesitant;
    check_pulled_without_far(node, 2000, "slow", "quick");
    CHECK(node.source("slow").manifests_asked <= 1);
    CHECK(node.source("slow").pages_asked == 0);
  }
}

// Z8, D6
TEST_CASE("where all equal sources are silent for a moment, they are waited for, not passed by") {
  virtual_node node;
  node.source("a").manner = node.source("b").manner = source_manner::hesitant;
  check_pulled_without_far(node, 4, "a", "b");
  virtual_node alone;
  alone.source("a").manner = source_manner::hesitant;
  const auto other = alone.add_package(1, 4, 1000);
  CHECK(alone.notify(alone.notification_for(other, {"a:1", "far:2"})).ok());
  alone.advance(1min);
  CHECK(alone.source("a").pages_asked == 1);
  CHECK(alone.source("far").manifests_asked == 0);
}

// Z8, D6, D8
TEST_CASE("who was silent for a moment goes before a lower priority when the equal one lacks it") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    virtual_node node(seed);
    node.source("silent").manner = source_manner::hesitant;
    node.source("lacks").manner = source_manner::lacks;
    check_pulled_without_far(node, 4, "silent", "lacks");
  }
}

// Z8, D6
TEST_CASE("a source that was cut off is asked again after five minutes, in its place") {
  virtual_node node;
  node.source("near").next_pages = {3, source_manner::bad};  // as many as are under way at once
  node.source("near").page_time = node.source("far").page_time = 30s;
  const auto content = node.add_package(1, 10'000, 1000);
  CHECK(node.notify(node.notification_for(content, {"near:1", "far:2"})).ok());
  node.advance(4min);
  CHECK(node.source("near").pages_asked == 3);
  CHECK(node.source("far").pages_asked > 4);
  node.advance(3min);
  CHECK(node.source("near").pages_asked > 3);
  const auto asked_far = node.source("far").pages_asked;
  node.advance(3min);
  CHECK(node.source("far").pages_asked == asked_far);
}

// G10
TEST_CASE("where it is wished, jobs begin staggered, and say so meanwhile") {
  std::vector<std::chrono::nanoseconds> begun;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    virtual_node node(seed);
    node.pulling.start_stagger = 60s;
    node.restart();
    const auto content = node.add_package(1, 1, 1000);
    const auto given = node.notification_for(content, {"dp1:1"});
    CHECK(node.notify(given).ok());
    CHECK(node.source("dp1").manifests_asked == 0);
    const auto why = node.why(content.package);
    CHECK(why.doing.find("is held back a moment") == 0);
    REQUIRE(why.next_time.has_value());
    const auto delay = *why.next_time - node.now();
    CHECK(delay >= 0s);
    CHECK(delay < 60s);
    begun.push_back(delay);
    node.advance(delay - 2ms);
    CHECK(node.source("dp1").manifests_asked == 0);
    node.advance(4ms);
    CHECK(node.library.committed.contains(content));
  }
  std::sort(begun.begin(), begun.end());
  CHECK(begun.front() < 20s);
  CHECK(begun.back() > 40s);
}

TEST_CASE("a job that is cancelled while it is held back never begins") {
  virtual_node node;
  node.pulling.start_stagger = 1h;
  node.restart();
  const auto content = node.add_package(1, 1, 1000);
  const auto given = node.notification_for(content, {"dp1:1"});
  CHECK(node.notify(given).ok());
  CHECK(node.cancel(given.job) == rpc::cancel_outcome::requested);
  node.advance(forever);
  CHECK(ends_with(node.reports(given.job), state_report::cancelled));
  CHECK(node.source("dp1").manifests_asked == 0);
}

TEST_CASE("what is pushed begins at once: its turn was the site's to give") {
  virtual_node node;
  node.pulling.start_stagger = 1h;
  node.restart();
  const auto content = node.add_package(1, 1, 1000);
  auto given = node.notification_for(content, {"main:1"});
  given.sources.front().protocol = model::push_protocol;
  given.sources.front().address.clear();
  REQUIRE(model::is_pushed(given));
  CHECK(node.notify(given).ok());
  CHECK(node.library.committed.contains(content));
}

TEST_CASE("when all sources fail it asks again after exactly 30 minutes") {
  virtual_node node;
  node.source("a").manner = source_manner::bad;
  node.source("b").manner = source_manner::lacks;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1", "b:2"});
  CHECK(node.notify(given).ok());
  CHECK(node.source("a").manifests_asked == 1);
  CHECK(node.source("b").manifests_asked == 1);
  const auto waiting = node.messages(given.job).back();
  CHECK(waiting.state == job_state::waiting_for_source);
  REQUIRE(waiting.next_try.has_value());
  CHECK(*waiting.next_try == node.now() + 30min);

  node.advance(30min - 1ns);
  CHECK(node.source("a").manifests_asked == 1);
  node.advance(1ns);
  CHECK(node.source("a").manifests_asked == 2);
  CHECK(node.source("b").manifests_asked == 2);
  node.advance(30min);
  CHECK(node.source("a").manifests_asked == 3);
}

// D10
TEST_CASE("a waiting job probes its sources after 30 s, backing off to 5 minutes") {
  virtual_node node;
  node.source("a").manner = source_manner::lacks;
  const auto content = node.add_package(1, 4, 1000);
  CHECK(node.notify(node.notification_for(content, {"a:1"})).ok());
  node.advance(29min);
  const std::vector<std::chrono::nanoseconds> expected{30s,  90s,   210s,  450s,
                                                       750s, 1050s, 1350s, 1650s};
  CHECK(node.source("a").probed == expected);
}

TEST_CASE("a probe that finds the content ends the wait") {
  virtual_node node;
  node.source("a").manner = source_manner::lacks;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  CHECK(node.notify(given).ok());
  node.advance(10s);
  node.source("a").manner = source_manner::has_it;
  node.advance(20s);
  CHECK(ends_with(node.reports(given.job), state_report::success));
}

// D10
TEST_CASE("a repeated notification ends the wait at once") {
  virtual_node node;
  node.source("a").manner = source_manner::lacks;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  CHECK(node.notify(given).ok());
  node.source("a").manner = source_manner::has_it;
  CHECK(*node.notify(given) == notify_answer::known);
  CHECK(ends_with(node.reports(given.job), state_report::success));
  CHECK(node.elapsed() == 0s);
}

// Z4
TEST_CASE("a waiting job says which source lacks what, and what would help") {
  virtual_node node;
  node.source("a").manner = source_manner::lacks;
  node.source("b").manner = source_manner::bad;
  const auto content = node.add_package(1, 4, 1000);
  CHECK(node.notify(node.notification_for(content, {"a:1", "b:2"})).ok());
  const auto why = node.why(content.package);
  CHECK(why.doing == "waits for a source");
  REQUIRE(why.sources.size() == 2);
  CHECK(why.sources[0].verdict == "lacks it");
  CHECK(why.sources[1].verdict == "refused to connect");
  CHECK(why.next_time == node.now() + 30min);
  CHECK(!why.unblock.empty());
}

TEST_CASE("wrong bytes within the budget are fetched elsewhere, and the source keeps its place") {
  virtual_node node;
  const auto content = node.add_package(1, 40, 1000);
  const auto given = node.notification_for(content, {"a:1", "b:2"});
  node.source("a").next_pages = {source_manner::wrong_bytes};
  CHECK(node.notify(given).ok());
  node.advance(1s);
  CHECK(ends_with(node.reports(given.job), state_report::success));
  CHECK(node.source("b").pages_asked == 1);  // only what was wrong
  CHECK(node.source("a").pages_asked == 10);
}

TEST_CASE("a single source that sent wrong bytes is asked again") {
  virtual_node node;
  const auto content = node.add_package(1, 8, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.source("a").next_pages = {source_manner::wrong_bytes, source_manner::wrong_bytes};
  CHECK(node.notify(given).ok());
  node.advance(1s);
  CHECK(ends_with(node.reports(given.job), state_report::success));
  CHECK(node.source("a").pages_asked == 4);
}

TEST_CASE("a quarantined source is not asked for 30 minutes") {
  virtual_node node;
  node.source("a").manner = source_manner::quarantined;
  const auto content = node.add_package(1, 8, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  CHECK(node.notify(given).ok());
  node.source("a").manner = source_manner::has_it;
  node.advance(30min - 1ns);
  CHECK(node.source("a").manifests_asked == 1);
  CHECK(node.source("a").pages_asked == 0);
  CHECK(node.source("a").probed.empty());
  node.advance(1ns);
  CHECK(ends_with(node.reports(given.job), state_report::success));
}

TEST_CASE("a wait ends when the quarantine of a source does, and says so") {
  virtual_node node;
  node.source("a").manner = source_manner::quarantined_briefly;
  node.source("b").manner = source_manner::lacks;
  const auto content = node.add_package(1, 8, 1000);
  const auto given = node.notification_for(content, {"a:1", "b:1"});
  CHECK(node.notify(given).ok());
  CHECK(node.why(content.package).next_time == node.now() + 5min);
  node.source("a").manner = source_manner::has_it;
  node.advance(5min - 1ns);
  CHECK(node.source("a").manifests_asked == 1);
  node.advance(1ns);
  CHECK(ends_with(node.reports(given.job), state_report::success));
}

TEST_CASE("a source that the site adds to a job is asked at once, one it takes away no more") {
  virtual_node node;
  node.source("a").manner = source_manner::lacks;
  const auto content = node.add_package(1, 8, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  CHECK(node.notify(given).ok());
  auto again = given;
  again.sources = node.notification_for(content, {"b:1"}).sources;
  node.source("b").manner = source_manner::lacks;
  CHECK(*node.notify(again) == notify_answer::known);
  CHECK(node.source("a").manifests_asked == 1);
  CHECK(node.source("b").manifests_asked == 1);
  const auto why = node.why(content.package);
  REQUIRE(why.sources.size() == 1);
  CHECK(why.sources[0].name == "b");
  node.source("b").manner = source_manner::has_it;
  CHECK(*node.notify(again) == notify_answer::known);
  CHECK(ends_with(node.reports(given.job), state_report::success));
  CHECK(node.source("a").manifests_asked == 1);
  CHECK(node.source("a").pages_asked == 0);
}

// A4
TEST_CASE("what is under way at a source that is none any more ends, and goes on elsewhere") {
  virtual_node node;
  const auto content = node.add_package(1, 40, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.source("a").manner = source_manner::has_it;
  node.source("a").next_pages = {source_manner::silent, source_manner::silent,
                                 source_manner::silent, source_manner::silent};
  CHECK(node.notify(given).ok());
  const auto asked = node.source("a").pages_asked;
  CHECK(asked > 0);
  auto again = given;
  again.sources = node.notification_for(content, {"b:2"}).sources;
  CHECK(*node.notify(again) == notify_answer::known);
  node.advance(1s);
  CHECK(ends_with(node.reports(given.job), state_report::success));
  CHECK(node.source("a").pages_asked == asked);
}

TEST_CASE("other sources of a job are kept over a restart") {
  virtual_node node;
  node.source("a").manner = source_manner::lacks;
  node.source("b").manner = source_manner::lacks;
  const auto content = node.add_package(1, 8, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  CHECK(node.notify(given).ok());
  auto again = given;
  again.sources = node.notification_for(content, {"b:1"}).sources;
  CHECK(*node.notify(again) == notify_answer::known);
  node.restart();
  CHECK(node.source("a").manifests_asked == 1);
  CHECK(node.source("b").manifests_asked == 2);
}

TEST_CASE("a source that breaks in the middle costs only its pages") {
  virtual_node node;
  const auto content = node.add_package(1, 40, 1000);
  const auto given = node.notification_for(content, {"a:1", "b:2"});
  node.source("a").next_pages = {source_manner::has_it, source_manner::has_it, source_manner::bad};
  node.source("a").page_time = node.source("b").page_time = 1s;
  CHECK(node.notify(given).ok());
  node.advance(1min);
  CHECK(ends_with(node.reports(given.job), state_report::success));
  CHECK(node.source("a").pages_asked + node.source("b").pages_asked <= 13);
  CHECK(model::raw(node.messages(given.job).back().bytes_transferred) == 40'000);
}

TEST_CASE("a cancel while pages are under way ends cancelled, after their outcome") {
  virtual_node node;
  const auto content = node.add_package(1, 40, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.source("a").manner = source_manner::has_it;
  node.source("a").next_pages = {source_manner::silent, source_manner::silent,
                                 source_manner::silent};
  CHECK(node.notify(given).ok());
  CHECK(node.source("a").pages_asked == 3);
  node.cancel_by_removal(content);
  CHECK(ends_with(node.reports(given.job), state_report::cancelled));
  CHECK(node.jobs_in_database() == 0);
  node.advance(forever);
  CHECK(node.source("a").pages_asked == 3);
}

TEST_CASE("a cancel is possible while a job waits for a source, for space, or for its turn") {
  virtual_node node;
  const auto no_source = node.add_package(1, 4, 1000);
  const auto waits = node.notification_for(no_source, {"gone:1"});
  node.source("gone").manner = source_manner::lacks;
  CHECK(node.notify(waits).ok());
  node.cancel_by_removal(no_source);
  CHECK(ends_with(node.reports(waits.job), state_report::cancelled));

  const auto large = node.add_package(2, 4, 1000);
  node.library.bytes_free = 0;
  const auto parked = node.notification_for(large, {"a:1"});
  CHECK(node.notify(parked).ok());
  node.cancel_by_removal(large);
  CHECK(ends_with(node.reports(parked.job), state_report::cancelled));
  CHECK(node.jobs_in_database() == 0);
}

TEST_CASE("a cancel after the last piece is too late") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.library.commit_failures = {error{errc::os_failed, 5, "commit"}};  // tried again in 2 s
  CHECK(node.notify(given).ok());
  CHECK(node.poll(given.job).state.state == job_state::downloaded);
  node.tell_to_cancel(content);
  CHECK(node.poll(given.job).state.state == job_state::downloaded);
  node.advance(5s);
  CHECK(ends_with(node.reports(given.job), state_report::success));
}

TEST_CASE("a cancel that races with the last pages ends one way, never both") {
  for (std::uint64_t turn = 0; turn < 60; ++turn) {
    virtual_node node(turn);
    const auto content = node.add_package(1, 8, 1000);
    const auto given = node.notification_for(content, {"a:1"});
    node.tell_to_start(given);
    std::uint64_t turns = 0;
    node.run([&] {
      if (turns++ == turn) { node.tell_to_cancel(content); }
    });
    node.advance(1min);
    const auto reports = node.reports(given.job);
    const auto finals = std::count_if(reports.begin(), reports.end(), [](state_report report) {
      return report == state_report::success || report == state_report::cancelled;
    });
    CHECK(finals == 1);
    CHECK(node.jobs_in_database() == 0);
    const bool succeeded = reports.back() == state_report::success;
    CHECK(succeeded == (node.library.installs == 1));
    CHECK(node.library.committed.contains(content) == (turns <= turn));
  }
}

// X5
TEST_CASE("a source that answers 503 is asked once more a second later, then the next one is") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1", "b:2"});
  node.source("a").manner = source_manner::unavailable;
  CHECK(node.notify(given).ok());
  CHECK(node.source("a").manifests_asked == 1);
  CHECK(node.why(content.package).sources.front().verdict == "answered 503; it is asked once more");
  node.advance(1s);
  CHECK(node.source("a").manifests_asked == 2);
  CHECK(node.source("b").manifests_asked == 1);
  CHECK(node.source("a").pages_asked == 0);
  CHECK(ends_with(node.reports(given.job), state_report::success));
}

// X5
TEST_CASE("a source that is back after a second keeps its place") {
  virtual_node node;
  const auto content = node.add_package(1, 40, 1000);
  const auto given = node.notification_for(content, {"a:1", "b:2"});
  node.source("a").next_pages = {source_manner::has_it, source_manner::unavailable,
                                 source_manner::unavailable};  // three pages are under way at once
  node.source("a").page_time = 10ms;
  CHECK(node.notify(given).ok());
  node.advance(1min);
  CHECK(ends_with(node.reports(given.job), state_report::success));
  CHECK(node.source("b").pages_asked == 0);
}

// X4
TEST_CASE("a lone source that asks to be left alone for 5 seconds is asked again after them") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.source("a").manner = source_manner::tired;
  CHECK(node.notify(given).ok());
  CHECK(node.source("a").manifests_asked == 1);
  node.source("a").manner = source_manner::has_it;
  node.advance(4s);
  CHECK(node.source("a").probed.empty());
  node.advance(1s);
  CHECK(node.source("a").probed.size() == 1);
  CHECK(ends_with(node.reports(given.job), state_report::success));
}

// X30, X31
TEST_CASE("after a connection that ended early a source goes on once, then the next one does") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1", "b:2"});
  node.source("a").next_pages = {source_manner::cut_off};
  CHECK(node.notify(given).ok());
  CHECK(ends_with(node.reports(given.job), state_report::success));
  CHECK(node.source("a").pages_asked == 2);
  CHECK(node.source("b").pages_asked == 0);

  const auto second = node.add_package(2, 4, 1000);
  const auto again = node.notification_for(second, {"a:1", "b:2"});
  node.source("a").next_pages = {source_manner::cut_off, source_manner::cut_off};
  CHECK(node.notify(again).ok());
  CHECK(ends_with(node.reports(again.job), state_report::success));
  CHECK(node.source("b").pages_asked == 1);
}

TEST_CASE("a full volume parks the job, and space wakes it") {
  virtual_node node;
  const auto content = node.add_package(1, 40, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.library.bytes_free = limits::mib;
  CHECK(node.notify(given).ok());
  CHECK(node.poll(given.job).state.state == job_state::parked);
  node.advance(1h);
  CHECK(node.source("a").pages_asked == 0);
  CHECK(node.said(20005) == std::vector<std::string>{"PKG00001|67148864|1048576"});
  CHECK(node.said(20006).empty());
  node.library.bytes_free = limits::gib;
  node.advance(10s);
  CHECK(ends_with(node.reports(given.job), state_report::success));
  CHECK(node.said(20006) == std::vector<std::string>{"PKG00001"});
}

TEST_CASE("trash makes room for a job, and only as far as it needs it") {
  virtual_node node;
  const auto content = node.add_package(1, 40, limits::mib);
  const auto given = node.notification_for(content, {"a:1"});
  node.library.bytes_free = 50 * limits::mib;
  node.library.bytes_in_trash = limits::gib;
  CHECK(node.notify(given).ok());
  node.advance(1s);
  CHECK(ends_with(node.reports(given.job), state_report::success));
  CHECK(node.library.bytes_in_trash == limits::gib - 54 * limits::mib);  // 64 MiB stay free
}

TEST_CASE("a parked job takes what others throw away meanwhile") {
  virtual_node node;
  const auto content = node.add_package(1, 40, limits::mib);
  const auto given = node.notification_for(content, {"a:1"});
  node.library.bytes_free = 50 * limits::mib;
  CHECK(node.notify(given).ok());
  const auto parked = node.poll(given.job);
  CHECK(parked.state.state == job_state::parked);
  CHECK(parked.state.reason.find("needs 109051904 bytes") == 0);
  node.library.bytes_in_trash = 54 * limits::mib;
  node.advance(10s);
  CHECK(ends_with(node.reports(given.job), state_report::success));
}

TEST_CASE("a job needs room for what is missing, not for what is here already") {
  virtual_node node;
  const auto content = node.add_package(1, 40, limits::mib);
  const auto given = node.notification_for(content, {"a:1"});
  const auto& files = node.library.packages[content].files;
  node.library.files.insert(files.begin(), files.begin() + 30);
  node.library.bytes_free = 74 * limits::mib;
  CHECK(node.notify(given).ok());
  node.advance(1s);
  CHECK(ends_with(node.reports(given.job), state_report::success));
}

TEST_CASE("a volume that fills up in the middle parks the job, which goes on where it was") {
  virtual_node node;
  const auto content = node.add_package(1, 40, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.source("a").page_time = 1s;
  node.source("a").next_pages = {source_manner::has_it, source_manner::has_it,
                                 source_manner::has_it, source_manner::no_space,
                                 source_manner::no_space};
  CHECK(node.notify(given).ok());
  node.advance(3s);
  CHECK(node.poll(given.job).state.state == job_state::parked);
  node.advance(2min);
  CHECK(ends_with(node.reports(given.job), state_report::success));
  CHECK(model::raw(node.messages(given.job).back().bytes_transferred) == 40'000);
}

TEST_CASE("a volume that takes no writes fails the job after a few tries, not at once") {
  virtual_node node;
  const auto content = node.add_package(1, 4, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.source("a").manner = source_manner::broken_volume;
  CHECK(node.notify(given).ok());
  CHECK(node.source("a").pages_asked == 1);
  const auto why = node.why(content.package);
  CHECK(why.doing.find("its own disk failed: cannot write into the library") != std::string::npos);
  REQUIRE(why.sources.size() == 1);
  CHECK(why.sources.front().verdict == "has it");
  node.advance(5min);
  CHECK(ends_with(node.reports(given.job), state_report::failure));
  CHECK(node.source("a").pages_asked == 6);
  REQUIRE(node.said(20007).size() == 1);
  CHECK(node.said(20007).front().find("dp9|of its library|5 (") == 0);
  CHECK(node.jobs_in_database() == 0);
  CHECK(!node.messages(given.job).back().reason.empty());
}

TEST_CASE("a write that fails once is tried again, and every file is asked for once more only") {
  virtual_node node;
  const auto content = node.add_package(1, 40, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.source("a").page_time = 3s;
  node.source("a").next_pages = {source_manner::has_it, source_manner::broken_volume};
  CHECK(node.notify(given).ok());
  node.advance(5min);
  CHECK(ends_with(node.reports(given.job), state_report::success));
  CHECK(node.source("a").pages_asked == 11);
  CHECK(model::raw(node.messages(given.job).back().bytes_transferred) == 40'000);
}

TEST_CASE("a file that another job writes is looked at again a second later") {
  virtual_node node;
  const auto content = node.add_package(1, 8, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.source("a").next_pages = {source_manner::in_use};
  CHECK(node.notify(given).ok());
  node.advance(2s);
  CHECK(ends_with(node.reports(given.job), state_report::success));
  CHECK(node.source("a").pages_asked == 3);
}

TEST_CASE("damage found at the commit is fetched again") {
  virtual_node node;
  const auto content = node.add_package(1, 8, 1000);
  const auto given = node.notification_for(content, {"a:1"});
  node.library.commit_failures = {error{errc::corrupt, 0, "commit"}};
  node.library.lost_at_commit = node.library.packages[content].files.front();
  CHECK(node.notify(given).ok());
  node.advance(1s);
  CHECK(ends_with(node.reports(given.job), state_report::success));
  CHECK(node.source("a").files_asked == 9);
}

// B19
TEST_CASE("percent never decreases, whatever the sources do") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    virtual_node node(seed);
    seeded_random random(seed);
    const auto content = node.add_package(1, 60, 5000);
    const auto given = node.notification_for(content, {"a:1", "b:1", "c:2"});
    for (const char* name : {"a", "b", "c"}) {
      auto& source = node.source(name);
      source.progress_steps = 1 + static_cast<std::uint32_t>(random() % 5);
      source.page_time = std::chrono::milliseconds(1 + random() % 900);
      for (int i = 0; i < 10; ++i) {
        constexpr std::array manners{source_manner::has_it,      source_manner::has_it,
                                     source_manner::wrong_bytes, source_manner::bad,
                                     source_manner::no_space,    source_manner::in_use};
        source.next_pages.push_back(manners[random() % manners.size()]);
      }
    }
    std::uint64_t shown = 0;
    const auto look = [&] {
      const auto messages = node.messages(given.job);
      if (messages.empty()) { return; }
      CHECK(model::raw(messages.back().bytes_done) >= shown);
      CHECK(messages.back().bytes_done <= messages.back().bytes_total);
      shown = model::raw(messages.back().bytes_done);
    };
    CHECK(node.notify(given).ok());
    node.advance(2h, look);
    CHECK(ends_with(node.reports(given.job), state_report::success));
    CHECK(shown == 300'000);
  }
}

TEST_CASE("a commit that fails again and again, with nothing to fetch, ends the job") {
  for (const errc code : {errc::not_found, errc::corrupt}) {
    virtual_node node;
    const auto content = node.add_package(1, 4, 1000);
    const auto given = node.notification_for(content, {"a:1"});
    node.library.commit_failures.assign(1000, error{code, 0, "commit"});
    CHECK(node.notify(given).ok());
    node.advance(5min);
    CHECK(ends_with(node.reports(given.job), state_report::failure));
    CHECK(node.reports(given.job).size() < 20);
    CHECK(node.library.commit_failures.size() > 980);
  }
}
