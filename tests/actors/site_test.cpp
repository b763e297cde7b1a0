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

bool speaks_of(const error& failure, const std::string& what) {
  return describe(failure).find(what) != std::string::npos;
}

}  // namespace

// Operators' wishes ------------------------------------------------------------------------------

// F7
TEST_CASE("the site's own distribution point gets a package without any transfer or limit") {
  chain parts;
  rpc::distribution_point_request limited;
  limited.name = "main";
  limited.limit = *model::parse_rate_limit("1Mbit/s");
  CHECK(parts.site.set_point(limited).error().code == errc::invalid);
  const auto row = parts.site.row(parts.package, "main");
  CHECK(row.row.state == package_state::installed);
  CHECK(row.row.percent == 100);
  CHECK(row.row.bucket == console_bucket::success);
  CHECK(parts.site.library.installs == 1);
}

TEST_CASE("a pull distribution point gets a notification that names its sources in order") {
  chain parts;
  const auto answer = parts.site.distribute(parts.package, {"dp1"});
  REQUIRE(answer.ok());
  CHECK(answer->started == std::vector<std::string>{"dp1"});
  REQUIRE(parts.site.node("dp1").notified.size() == 1);
  const auto& given = parts.site.node("dp1").notified.front();
  CHECK(given.content.package == parts.package);
  CHECK(model::raw(given.package_size) == package_bytes);
  REQUIRE(given.sources.size() == 1);
  CHECK(given.sources[0].name == "main");
  CHECK(given.sources[0].address == "main.example:8080");
  CHECK(model::check_notification(given).ok());
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::started);
}

// G7
TEST_CASE("distributing what is there moves nothing") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  const auto again = parts.site.distribute(parts.package, {"dp1", "main"});
  REQUIRE(again.ok());
  CHECK(again->started.empty());
  CHECK(again->had_it == std::vector<std::string>{"dp1", "main"});
  CHECK(parts.site.node("dp1").notified.size() == 1);
}

TEST_CASE("distributing what is on its way opens no second job") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  const auto job = parts.site.row(parts.package, "dp1").row.job;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.row(parts.package, "dp1").row.job == job);
  CHECK(parts.site.node("dp1").notified.size() == 1);
}

TEST_CASE("a redistribution opens a new job") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  const auto before = parts.site.row(parts.package, "dp1").row.job;
  CHECK(parts.site.distribute(parts.package, {"dp1"}, true).ok());
  const auto row = parts.site.row(parts.package, "dp1");
  CHECK(row.row.job != before);
  CHECK(row.row.state == package_state::content_updating);
  REQUIRE(parts.site.node("dp1").notified.size() == 2);
  CHECK(parts.site.node("dp1").notified.back().action == model::notification_action::redistribute);
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(parts.site.row(parts.package, "dp1").row.state == package_state::installed);
}

// Q9
TEST_CASE("unknown packages and distribution points are named, and hold nobody else up") {
  chain parts;
  const auto some = parts.site.distribute(parts.package, {"dp7", "dp1"});
  REQUIRE(some.ok());
  CHECK(some->started == std::vector<std::string>{"dp1"});
  REQUIRE(some->refused.size() == 1);
  CHECK(some->refused.front().find("dp7: there is no such distribution point") == 0);
  const auto nowhere = parts.site.distribute(parts.package, {"dp7"});
  REQUIRE(!nowhere);
  CHECK(nowhere.error().code == errc::not_found);
  CHECK(speaks_of(nowhere.error(), "dp7"));
  model::package_id other = parts.package;
  other.number += 1;
  const auto nothing = parts.site.distribute(other, {"dp1"});
  REQUIRE(!nothing);
  CHECK(speaks_of(nothing.error(), other.text()));
  CHECK(!parts.site.distribute(parts.package, {}));
}

// A3
TEST_CASE("an empty source list is refused, naming the distribution point") {
  virtual_site site;
  const auto answer = site.add_point("dp1", {});
  REQUIRE(!answer);
  CHECK(answer.error().code == errc::invalid);
  CHECK(speaks_of(answer.error(), "dp1"));
}

// D2
TEST_CASE("a ring of sources is refused with its path") {
  virtual_site site;
  CHECK(site.add_point("dp1", {"main:1"}).ok());
  CHECK(site.add_point("dp2", {"dp1:1"}).ok());
  CHECK(site.add_point("dp3", {"dp2:1"}).ok());
  const auto answer = site.set_sources("dp1", {"dp3:1"});
  REQUIRE(!answer);
  CHECK(answer.error().code == errc::conflict);
  CHECK(speaks_of(answer.error(), "dp1 -> dp3 -> dp2 -> dp1"));
  CHECK(!site.set_sources("dp1", {"dp1:1"}));
  CHECK(site.set_sources("dp3", {"dp1:2", "dp2:1"}).ok());
}

TEST_CASE("a source that is unknown, and one that is in use, are named in the refusal") {
  virtual_site site;
  const auto unknown = site.add_point("dp1", {"dp0:1"});
  REQUIRE(!unknown);
  CHECK(speaks_of(unknown.error(), "dp0"));
  CHECK(site.add_point("dp1", {"main:1"}).ok());
  CHECK(site.add_point("dp2", {"dp1:1"}).ok());
  const auto used = site.remove_point("dp1");
  REQUIRE(!used);
  CHECK(speaks_of(used.error(), "dp2"));
  CHECK(!site.add_point("dp2", {"main:1"}));
  CHECK(!site.remove_point("main"));
  CHECK(site.remove_point("dp2").ok());
  CHECK(site.remove_point("dp1").ok());
}

TEST_CASE("a folder outside of the source roots is refused with the roots") {
  virtual_site site;
  for (const char* folder : {"/etc", "/srv/sources/../secret", "relative", ""}) {
    const auto answer = site.add_package({folder, std::nullopt, "x"});
    REQUIRE(!answer);
    CHECK((answer.error().code == errc::denied || answer.error().code == errc::invalid));
  }
  CHECK(site.add_package({"/srv/sources/office", std::nullopt, "office"}).ok());
}

TEST_CASE("a refused package uses no package id") {
  virtual_site site;
  site.library.snapshot_failure = error{errc::not_found, 2, "open folder office"};
  CHECK(!site.add_package({"/srv/sources/office", std::nullopt, "office"}));
  site.library.snapshot_failure.reset();
  CHECK(site.add_package().number == 1);
}

TEST_CASE("a package id of another site, or one that exists, is refused") {
  virtual_site site;
  const auto package = site.add_package();
  CHECK(!site.add_package({"/srv/sources/a", package, "a"}));
  auto foreign = package;
  foreign.site = *model::site_code::parse("XYZ");
  CHECK(!site.add_package({"/srv/sources/a", foreign, "a"}));
}

TEST_CASE("distributing to where no source has it, or will get it, warns") {
  chain parts;
  const auto answer = parts.site.distribute(parts.package, {"dp2"});
  REQUIRE(answer.ok());
  REQUIRE(answer->warnings.size() == 1);
  CHECK(answer->warnings[0].find("dp2") == 0);
  const auto both = parts.site.distribute(parts.package, {"dp1"});
  REQUIRE(both.ok());
  CHECK(both->warnings.empty());
}

TEST_CASE("a removed package is withdrawn from every distribution point, and is gone then") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(parts.site.distribute(parts.package, {"dp2"}).ok());  // a job is open there
  parts.site.node("dp2").trouble = error{errc::unreachable, 0, "connect to dp2"};
  CHECK(parts.site.remove_package(parts.package).ok());
  CHECK(parts.site.node("dp1").removed.size() == 1);
  CHECK(!parts.site.has_row(parts.package, "dp1"));
  CHECK(!parts.site.has_row(parts.package, "main"));
  CHECK(parts.site.library.dropped.size() == 2);  // for the site, and for its distribution point
  CHECK(parts.site.row(parts.package, "dp2").row.state == package_state::removal_retrying);

  parts.site.node("dp2").trouble.reset();
  parts.site.restart();  // the wish survives
  CHECK(parts.site.node("dp2").removed.size() == 1);
  CHECK(!parts.site.has_row(parts.package, "dp2"));
  const auto listed = parts.site.database().packages(0, 10);
  REQUIRE(listed.ok());
  CHECK(listed->total == 0);
}

// S5
TEST_CASE("a removal that a node does not hear of is tried 30 times, and again when it is back") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.remove_package(parts.package).ok());
  parts.site.advance(28 * 20min);
  CHECK(parts.site.row(parts.package, "dp1").row.state == package_state::removal_retrying);
  CHECK(parts.site.row(parts.package, "dp1").row.tries_left == 1);
  parts.site.advance(20min);
  CHECK(parts.site.row(parts.package, "dp1").row.state == package_state::removal_failed);
  CHECK(parts.site.row(parts.package, "dp1").row.bucket == console_bucket::failed);
  parts.site.advance(48h);
  CHECK(parts.site.row(parts.package, "dp1").row.state == package_state::removal_failed);
  parts.site.node("dp1").trouble.reset();
  CHECK(parts.site.heartbeat("dp1").ok());
  CHECK(!parts.site.has_row(parts.package, "dp1"));
  CHECK(parts.site.node("dp1").removed.size() == 1);
}

// Nodes' reports ---------------------------------------------------------------------------------

// B19
TEST_CASE("progress is shown with percent, rate and the time that is left") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  auto message = parts.site.message_for(parts.package, "dp1", state_report::in_progress);
  message.bytes_done = model::byte_count{250'000};
  message.bytes_per_second = 100'000;
  message.source = "main";
  CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {message})).ok());
  const auto row = parts.site.row(parts.package, "dp1").row;
  CHECK(row.percent == 25);
  CHECK(row.remaining == 8s);
  CHECK(row.source == "main");
  CHECK(row.job_state == site_job_state::in_progress);
  CHECK(row.bucket == console_bucket::in_progress);
}

// B11
TEST_CASE("reports that come twice, out of order, or of an old epoch change nothing") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  auto early = parts.site.message_for(parts.package, "dp1", state_report::in_progress);
  early.bytes_done = model::byte_count{100'000};
  auto late = parts.site.message_for(parts.package, "dp1", state_report::success);
  late.bytes_done = model::byte_count{package_bytes};
  const auto first = parts.site.report("dp1", parts.site.batch_of("dp1", {early, late}));
  REQUIRE(first.ok());
  CHECK(*first == late.sequence);
  const auto check_installed = [&] {
    const auto row = parts.site.row(parts.package, "dp1").row;
    CHECK(row.state == package_state::installed);
    CHECK(row.job_state == site_job_state::complete);
    CHECK(row.percent == 100);
  };
  check_installed();
  for (const auto& again :
       {parts.site.batch_of("dp1", {early}), parts.site.batch_of("dp1", {late, early})}) {
    const auto answer = parts.site.report("dp1", again);
    REQUIRE(answer.ok());
    CHECK(*answer == late.sequence);
    check_installed();
  }
  CHECK(parts.site.messages(2330) == 2);  // main, dp1: once each

  auto failure = parts.site.message_for(parts.package, "dp1", state_report::failure);
  const auto old = parts.site.report("dp1", parts.site.batch_of("dp1", {failure}, 99));
  REQUIRE(!old);
  CHECK(old.error().code == errc::not_found);
  check_installed();
}

// Q5
TEST_CASE("a node whose clock is 13 hours off makes no second job, and no time of the site wrong") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  for (const auto offset : {13h, -13h}) {
    auto waits = parts.site.message_for(parts.package, "dp1", state_report::warning);
    waits.state = model::job_state::waiting_for_source;
    waits.time += offset;
    waits.next_try = waits.time + 30min;
    CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {waits})).ok());
    const auto row = parts.site.row(parts.package, "dp1").row;
    CHECK(row.changed == parts.site.now());
    CHECK(row.next_try == parts.site.now() + 30min);
  }
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.heartbeat("dp1").ok());
  parts.site.restart();
  CHECK(parts.site.node("dp1").notified.size() == 1);
}

// A2
TEST_CASE("an inventory in parts counts with its last, and one with a gap is refused") {
  chain parts;
  const auto held = [&](std::uint32_t number) {
    const model::content_id content{{*model::site_code::parse("PKG"), number}, 1};
    return *parts.site.database().is_available(content, "dp1");
  };
  const std::uint32_t whole = limits::rpc_container_items_max;
  CHECK(parts.site.register_part("dp1", 0, 1000, whole, true).ok());
  CHECK_FALSE(held(1000));
  CHECK(parts.site.register_part("dp1", 2, 9000, 5, false).error().code == errc::conflict);
  CHECK(parts.site.register_part("dp1", 1, 9000, 5, false).error().code == errc::conflict);
  CHECK(parts.site.register_part("dp1", 0, 1000, whole, true).ok());
  CHECK(parts.site.register_part("dp1", 1, 1000 + whole, 5, false).ok());
  CHECK(held(1000));
  CHECK(held(1000 + whole + 4));
  CHECK(parts.site.register_part("dp1", 0, 7, 1, false).ok());  // later: all that it holds now
  CHECK(held(7));
  CHECK_FALSE(held(1000));
}

// A10
TEST_CASE("a node that holds another content of the same name does not have this site's") {
  chain parts;
  const auto package = parts.site.database().package(parts.package);
  REQUIRE(package.ok());
  const model::content_id ours{parts.package, (*package)->row.version};
  const auto is_held = [&](std::optional<model::digest> hash) {
    CHECK(parts.site.register_holding("dp1", {ours, hash}).ok());
    return *parts.site.database().is_available(ours, "dp1");
  };
  model::digest other = (*package)->row.manifest_hash;
  other.bytes[0] ^= std::byte{1};
  CHECK_FALSE(is_held(other));
  CHECK(is_held((*package)->row.manifest_hash));
  CHECK_FALSE(is_held(other));
  CHECK(is_held(std::nullopt));  // a node of an earlier release tells no hashes
}

// A10
TEST_CASE("a site says who it is to the first part of an inventory already") {
  chain parts;
  const auto answer = parts.site.register_part("dp1", 0, 1, 0, true);
  REQUIRE(answer.ok());
  CHECK(answer->site == "PKG");
  CHECK(answer->site_keys == parts.site.register_node("dp1", 1)->site_keys);
}

// B11
TEST_CASE("a wiped node counts from one again, in a new epoch") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  auto message = parts.site.message_for(parts.package, "dp1", state_report::in_progress);
  message.sequence = 900;
  CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {message})).ok());
  const auto answer = parts.site.register_node("dp1", 2);
  REQUIRE(answer.ok());
  CHECK(answer->acknowledged == 0);
  message.sequence = 1;
  message.report = state_report::success;
  CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {message}, 2)).ok());
  CHECK(parts.site.row(parts.package, "dp1").row.state == package_state::installed);
}

// B11
TEST_CASE("a report of an earlier job does not touch the present one") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  auto old = parts.site.message_for(parts.package, "dp1", state_report::failure);
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(parts.site.distribute(parts.package, {"dp1"}, true).ok());
  old.sequence = 100;
  CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {old})).ok());
  CHECK(parts.site.row(parts.package, "dp1").row.state == package_state::content_updating);
}

// B10
TEST_CASE("a late success makes a cancelled job complete, a late failure does not") {
  chain parts;
  parts.site.node("dp1").poll_answer.known = true;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect"};
  parts.site.advance(73h + 1min);  // all polls were in vain
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::cancelled);
  CHECK(parts.site.row(parts.package, "dp1").row.bucket == console_bucket::failed);
  CHECK(parts.site.report(parts.package, "dp1", state_report::in_progress, 500).ok());
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::cancelled);
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::complete);
  CHECK(parts.site.row(parts.package, "dp1").row.bucket == console_bucket::success);
}

TEST_CASE("a success that arrives before the notification's answer stays a success") {
  chain parts;
  parts.site.node("dp1").on_notify = [&](const model::notification& given) {
    auto message = parts.site.message_for(given.content.package, "dp1", state_report::success);
    parts.site.tell_report(parts.site.batch_of("dp1", {message}));
  };
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  const auto row = parts.site.row(parts.package, "dp1").row;
  CHECK(row.state == package_state::installed);
  CHECK(row.job_state == site_job_state::complete);
  parts.site.advance(48h);
  CHECK(parts.site.node("dp1").notified.size() == 1);
}

TEST_CASE("a failed job is not begun again by itself") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());  // looks a second time
  CHECK(parts.site.report(parts.package, "dp1", state_report::failure).ok());
  parts.site.restart();
  CHECK(parts.site.register_node("dp1").ok());
  parts.site.advance(48h);
  CHECK(parts.site.node("dp1").notified.size() == 1);
  CHECK(parts.site.row(parts.package, "dp1").row.state == package_state::install_failed);
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.node("dp1").notified.size() == 2);
}

TEST_CASE("a node that is not known, or carries another's name, is refused") {
  virtual_site site;
  const auto stranger = site.register_node("dp5");
  REQUIRE(!stranger);
  CHECK(stranger.error().code == errc::not_found);
  CHECK(speaks_of(stranger.error(), "dp5"));
  CHECK(!site.register_node("main"));
  CHECK(!site.register_node("../x"));
  const auto beat = site.heartbeat("dp5");
  REQUIRE(beat.ok());
  CHECK(!beat->known);
}

TEST_CASE("a report with a number nobody knows is told to the operator and acknowledged") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  auto message = parts.site.message_for(parts.package, "dp1", static_cast<state_report>(77));
  const auto answer = parts.site.report("dp1", parts.site.batch_of("dp1", {message}));
  REQUIRE(answer.ok());
  CHECK(*answer == message.sequence);
  CHECK(parts.site.said(2360) == std::vector<std::string>{"dp1|77"});
}
