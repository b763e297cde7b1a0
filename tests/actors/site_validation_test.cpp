// The site's side of content validation: orders, S5, and the jobs that heal.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/actors/site_chain.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using actors::testing::chain;
using model::console_bucket;
using model::package_state;
using model::site_job_state;
using model::state_report;
using model::validation_state;

namespace {

using names = std::vector<std::string>;

/// The package is on "main" and on "dp1", and both were asked to prove it.
struct validated_chain : chain {
  rpc::validation_begun begun;

  explicit validated_chain(bool begin = true) {
    REQUIRE(site.distribute(package, {"dp1"}).ok());
    REQUIRE(site.report(package, "dp1", state_report::success, 1'000'000).ok());
    if (begin) { this->begin(); }
  }
  void begin() {
    auto answer = site.validate({package, {}, model::validation_priority::high});
    REQUIRE(answer.ok());
    begun = *answer;
  }
  [[nodiscard]] std::string cycle() const { return begun.cycle.text(); }
  [[nodiscard]] package_state state(const std::string& name) {
    return site.row(package, name).row.state;
  }
  void pass(const std::string& name) {
    site.say(name, 2384, {package.text(), "1", name, cycle(), "1000000"});
  }
  void fail(const std::string& name) {
    site.say(name, 2383, {package.text(), name, cycle(), "large.bin is damaged"});
  }
  [[nodiscard]] model::validation_row shown(const std::string& name) {
    const auto rows = site.show_validation(begun.cycle);
    REQUIRE(rows.ok());
    const auto found = std::ranges::find(*rows, name, &model::validation_row::distribution_point);
    REQUIRE(found != rows->end());
    return *found;
  }
};

}  // namespace

TEST_CASE("a validation is ordered wherever the package should be, with the site's hash of it") {
  validated_chain parts;
  CHECK(parts.begun.began == names{"dp1", "main"});
  CHECK(parts.begun.warnings.empty());
  REQUIRE(parts.site.node("dp1").validations.size() == 1);
  REQUIRE(parts.site.own_validation.orders.size() == 1);
  const rpc::validation_order& order = parts.site.node("dp1").validations.front();
  CHECK(order.cycle == parts.begun.cycle);
  CHECK(order.priority == model::validation_priority::high);
  CHECK_FALSE(order.all);
  CHECK(order.last);
  REQUIRE(order.desired.size() == 1);
  CHECK(order.desired.front().content == model::content_id{parts.package, 1});
  CHECK(order == parts.site.own_validation.orders.front());
}

TEST_CASE("a package that is looked at is still a success, and comes back when it passes (S5)") {
  validated_chain parts;
  for (const char* name : {"main", "dp1"}) {
    CHECK(parts.state(name) == package_state::content_monitoring);
    CHECK(parts.site.row(parts.package, name).row.bucket == console_bucket::success);
    parts.pass(name);
    CHECK(parts.state(name) == package_state::installed);
  }
  CHECK(parts.site.messages(2384) == 2);
}

TEST_CASE("what fails on a pull distribution point is fetched again by a job of its own (J9)") {
  validated_chain parts;
  const auto before = parts.site.row(parts.package, "dp1").row.job;
  parts.fail("dp1");
  const auto row = parts.site.row(parts.package, "dp1");
  CHECK(row.row.state == package_state::install_pending);
  CHECK(row.row.bucket == console_bucket::in_progress);
  CHECK(row.row.job != before);
  REQUIRE(parts.site.node("dp1").notified.size() == 2);
  const auto& given = parts.site.node("dp1").notified.back();
  CHECK(given.action == model::notification_action::add);
  CHECK(given.sources.size() == 1);
  auto done = parts.site.message_for(parts.package, "dp1", state_report::success);
  done.pieces_verified = 1;
  done.source = "main";
  REQUIRE(parts.site.report("dp1", parts.site.batch_of("dp1", {done})).ok());
  CHECK(parts.state("dp1") == package_state::installed);
  CHECK(parts.site.messages(20003) == 1);
  CHECK(parts.site.messages(2383) == 1);
}

// A job found everything present, and the damaged content was called healed.
TEST_CASE("what could not be taken out of service is no job's to heal") {
  validated_chain parts;
  parts.site.say("dp1", 2383,
                 {parts.package.text(), "dp1", parts.cycle(),
                  "could not be taken out of service: rename large.bin: Input/output error"});
  const auto row = parts.site.row(parts.package, "dp1").row;
  CHECK(row.state == package_state::install_failed);
  CHECK(row.bucket == console_bucket::failed);
  CHECK(row.reason.find("Check its disk") != std::string::npos);
  CHECK(parts.site.node("dp1").notified.size() == 1);
  parts.begin();
  parts.pass("dp1");
  CHECK(parts.state("dp1") == package_state::installed);
}

TEST_CASE("while a job is under way a failed validation opens no other") {
  validated_chain parts;
  parts.fail("dp1");
  const auto job = parts.site.row(parts.package, "dp1").row.job;
  parts.fail("dp1");
  CHECK(parts.site.row(parts.package, "dp1").row.job == job);
}

TEST_CASE("on the site's own distribution point a failure stays, and says what to do") {
  validated_chain parts;
  parts.fail("main");
  const auto row = parts.site.row(parts.package, "main").row;
  CHECK(row.state == package_state::install_failed);
  CHECK(row.bucket == console_bucket::failed);
  CHECK(row.reason.find("sluice package add /srv/sources/office") != std::string::npos);
  CHECK(parts.site.library.installs == 1);
  // The operator puts the files back, and validates again.
  parts.begin();
  CHECK(parts.site.own_validation.orders.size() == 2);
  CHECK(parts.state("main") == package_state::install_failed);
  parts.pass("main");
  CHECK(parts.state("main") == package_state::installed);
  CHECK(parts.site.row(parts.package, "main").row.reason.empty());
  CHECK(parts.site.row(parts.package, "main").row.bucket == console_bucket::success);
}

TEST_CASE("a source that failed is not named to others before it is whole again") {
  validated_chain parts;
  REQUIRE(parts.site.add_point("dp7", {"dp1:1"}).ok());
  parts.fail("dp1");
  REQUIRE(parts.site.distribute(parts.package, {"dp7"}).ok());
  CHECK(parts.site.node("dp7").notified.empty());
  REQUIRE(parts.site.report(parts.package, "dp1", state_report::success, 1'000'000).ok());
  CHECK(parts.site.node("dp7").notified.size() == 1);
}

TEST_CASE("nothing stays looked at when its cycle is over, aborted, or not known any more") {
  validated_chain parts;
  SUBCASE("complete") { parts.site.say("dp1", 2386, {"dp1", parts.cycle(), "0", "0", "0"}); }
  SUBCASE("aborted") {
    parts.site.say("dp1", 20009, {"dp1", parts.cycle(), "the node stops", "0 of 1 contents"});
    CHECK(parts.shown("dp1").state == validation_state::aborted);
    CHECK(parts.shown("dp1").reason == "the node stops");
  }
  SUBCASE("registered anew") {
    REQUIRE(parts.site.register_node("dp1").ok());
    CHECK(parts.site.messages(20009) == 1);  // it knows nothing of the cycle
    CHECK(parts.shown("dp1").state == validation_state::aborted);
  }
  SUBCASE("the site began anew") { parts.site.restart(); }
  CHECK(parts.state("dp1") == package_state::installed);
}

TEST_CASE("a verdict that overtakes the answer to its order leaves nothing looked at") {
  validated_chain parts(false);
  parts.site.node("dp1").on_validate = [&](const rpc::validation_order& order) {
    parts.site.tell_report(parts.site.message_of(
        "dp1", 2384, {parts.package.text(), "1", "dp1", order.cycle.text(), "1"}));
  };
  parts.begin();
  parts.site.run();
  CHECK(parts.state("dp1") == package_state::installed);
}

TEST_CASE("a distribution point that cannot be asked is named, and the others begin") {
  validated_chain parts(false);
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  parts.begin();
  CHECK(parts.begun.began == names{"main"});
  CHECK(parts.begun.unreachable == names{"dp1"});
  REQUIRE(parts.begun.warnings.size() == 1);
  CHECK(parts.state("dp1") == package_state::installed);
  CHECK(parts.shown("dp1").state == validation_state::aborted);
}

TEST_CASE("how far a cycle is comes from the distribution points themselves") {
  validated_chain parts;
  model::validation_row row;
  row.distribution_point = "somebody else";
  row.state = validation_state::running;
  row.contents = 1;
  row.bytes_done = model::byte_count{42};
  parts.site.node("dp1").validation = row;
  parts.site.own_validation.row = row;
  static_cast<void>(parts.shown("dp1"));  // asks
  CHECK(model::raw(parts.shown("dp1").bytes_done) == 42);
  CHECK(model::raw(parts.shown("main").bytes_done) == 42);
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  static_cast<void>(parts.shown("dp1"));
  CHECK(parts.shown("dp1").state == validation_state::running);
  CHECK(parts.shown("dp1").reason.find("cannot be asked") != std::string::npos);
  parts.site.node("dp1").trouble.reset();
  parts.site.node("dp1").validation->state = validation_state::complete;
  parts.site.say("dp1", 2386, {"dp1", parts.cycle(), "1", "0", "0"});
  CHECK(parts.shown("dp1").state == validation_state::complete);
}

// Its counters were all zero then: to a script everything was right.
TEST_CASE("what a node said of its cycle counts when it does not answer any more") {
  validated_chain parts;
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  parts.site.say("dp1", 2386, {"dp1", parts.cycle(), "3", "2", "1"});
  static_cast<void>(parts.shown("dp1"));
  const model::validation_row row = parts.shown("dp1");
  CHECK(row.state == validation_state::complete);
  CHECK(row.passed == 3);
  CHECK(row.failed == 2);
  CHECK(row.mismatched == 1);
  CHECK(row.reason.empty());
}

// A node could fill the site's memory, and its answers, with one row.
TEST_CASE("what a node says of itself is cut to size") {
  validated_chain parts;
  model::validation_row row;
  row.state = validation_state::running;
  row.findings.assign(1000, std::string(100'000, 'x'));
  row.findings.front() = std::string(4095, 'x') + "\u00e9";
  row.reason = std::string(100'000, 'y');
  row.remaining = std::chrono::seconds::max();
  parts.site.node("dp1").validation = row;
  static_cast<void>(parts.shown("dp1"));  // asks
  const model::validation_row shown = parts.shown("dp1");
  REQUIRE(shown.findings.size() == limits::validation_findings_told_max);
  CHECK(shown.findings.front() == std::string(4095, 'x'));
  CHECK(shown.findings.back().size() == 4096);
  CHECK(shown.reason.size() == 4096);
  CHECK(shown.remaining == std::chrono::hours(24 * 365));
}

TEST_CASE("all means every distribution point, also one that should hold nothing") {
  validated_chain parts;
  REQUIRE(parts.site.add_point("dp7", {"dp1:1"}).ok());
  const auto all = parts.site.validate({});
  REQUIRE(all.ok());
  CHECK(all->began == names{"dp1", "dp2", "dp7", "main"});
  CHECK(parts.site.node("dp7").validations.front().all);
  CHECK(parts.site.node("dp7").validations.front().desired.empty());
}

TEST_CASE("what is not there cannot be validated") {
  validated_chain parts;
  const auto code_of = [&](const rpc::validation_request& request) {
    const auto answer = parts.site.validate(request);
    return answer ? std::optional<errc>() : answer.error().code;
  };
  const auto other = model::package_id::parse("PKG000FF").value();
  CHECK(code_of({other, {}, {}}) == errc::not_found);
  CHECK(code_of({{}, "dp9", {}}) == errc::not_found);
  REQUIRE(parts.site.add_point("dp7", {"dp1:1"}).ok());
  CHECK(code_of({parts.package, "dp7", {}}) == errc::not_found);
  CHECK(parts.site.show_validation(model::cycle_id{}).error().code == errc::not_found);
}
