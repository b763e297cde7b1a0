// A package takes up what became of its folder (G9, B22 action 1).
#include <doctest/doctest.h>

#include "tests/actors/site_chain.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using actors::testing::chain;
using model::package_state;
using model::state_report;

// G9
TEST_CASE("an update that finds no change does nothing, and says so") {
  chain parts;
  parts.site.library.snapshot.same = true;
  const auto answer = parts.site.update(parts.package);
  REQUIRE(answer.ok());
  CHECK_FALSE(answer->changed);
  CHECK(answer->row.version == 1);
  CHECK(answer->sent.started.empty());
  CHECK(parts.site.row(parts.package, "main").row.version == 1);
  CHECK(parts.site.library.dropped.empty());
  CHECK(parts.site.database().open_changes()->empty());
}

TEST_CASE("an update sends the new version to whoever should have the package") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::success).ok());
  const auto before = parts.site.node("dp1").notified.size();
  parts.site.library.snapshot.files_new = 2;
  parts.site.library.snapshot.bytes_new = 500;
  const auto answer = parts.site.update(parts.package);
  REQUIRE(answer.ok());
  CHECK(answer->changed);
  CHECK(answer->row.version == 2);
  CHECK(answer->files_new == 2);
  CHECK(answer->sent.started == std::vector<std::string>{"dp1", "main"});
  CHECK(parts.site.row(parts.package, "dp1").row.state == package_state::content_updating);
  REQUIRE(parts.site.node("dp1").notified.size() == before + 1);
  CHECK(parts.site.node("dp1").notified.back().content == model::content_id{parts.package, 2});
  CHECK_FALSE(parts.site.has_row(parts.package, "dp2"));
  CHECK(parts.site.report(parts.package, "dp1", state_report::success).ok());
  CHECK(parts.site.row(parts.package, "dp1").row.state == package_state::installed);
  CHECK(parts.site.row(parts.package, "dp1").row.version == 2);
}

TEST_CASE("a version that is still on its way is overtaken by the next one") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::in_progress, 1000).ok());
  const auto late = parts.site.message_for(parts.package, "dp1", state_report::success);
  CHECK(parts.site.update(parts.package).ok());
  CHECK(parts.site.node("dp1").notified.back().content.version == 2);
  CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {late})).ok());
  CHECK(parts.site.row(parts.package, "dp1").row.version == 2);  // that was the former job
  CHECK(parts.site.row(parts.package, "dp1").row.state == package_state::install_pending);
  CHECK(parts.site.report(parts.package, "dp1", state_report::success).ok());
  CHECK(parts.site.row(parts.package, "dp1").row.state == package_state::installed);
}

TEST_CASE("an update leaves alone where the package was cancelled") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp2"}).ok());  // waits for dp1
  CHECK(parts.site.cancel(parts.package, {"dp2"}).ok());
  const auto answer = parts.site.update(parts.package);
  REQUIRE(answer.ok());
  CHECK(answer->sent.started == std::vector<std::string>{"main"});
  REQUIRE(answer->sent.warnings.size() == 1);
  CHECK(answer->sent.warnings.front().find("dp2: held since it was cancelled") == 0);
  CHECK(parts.site.row(parts.package, "dp2").row.version == 1);
}

TEST_CASE("an update of a folder that cannot be read leaves everything as it was") {
  chain parts;
  parts.site.library.snapshot_failure = error{errc::invalid, 0, "make a package of 'office'"};
  const auto refused = parts.site.update(parts.package);
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::invalid);
  CHECK(parts.site.database().open_changes()->empty());
  parts.site.library.snapshot_failure.reset();
  CHECK(parts.site.update(parts.package).ok());
  const auto unknown = parts.site.update(*model::package_id::parse("PKG0FFFF"));
  REQUIRE(!unknown);
  CHECK(unknown.error().code == errc::not_found);
}

TEST_CASE("a removal takes the former versions along") {
  chain parts;
  CHECK(parts.site.update(parts.package).ok());
  CHECK(parts.site.remove_package(parts.package).ok());
  // For the site, and for its own distribution point.
  CHECK(parts.site.library.dropped_with_older ==
        std::vector<model::content_id>{{parts.package, 2}, {parts.package, 2}});
}

TEST_CASE("the site gives up what a newer version followed a day ago, and nothing else") {
  chain parts;
  const model::content_id former{parts.package, 1};
  parts.site.hold(former);
  parts.site.hold({parts.package, 2});  // as an update leaves it that was cut short
  parts.site.advance(20min);
  CHECK(parts.site.library.former_asked.empty());
  CHECK(parts.site.update(parts.package)->row.version == 3);
  parts.site.hold({parts.package, 3});
  parts.site.advance(10min);
  REQUIRE(!parts.site.library.former_asked.empty());
  CHECK(parts.site.library.former_asked.back() ==
        std::vector<model::content_id>{former, {parts.package, 2}});
  const auto day_before = (parts.site.now() - 24h).time_since_epoch();
  CHECK(parts.site.library.former_before.back() <= day_before);
  CHECK(parts.site.library.former_before.back() > day_before - 10min);
}

TEST_CASE("a site without room gives former versions up at once") {
  chain parts;
  parts.site.hold({parts.package, 1});
  CHECK(parts.site.update(parts.package).ok());
  parts.site.hold({parts.package, 2});
  parts.site.library.snapshot_failure = error{errc::no_space, 28, "store a file"};
  CHECK(parts.site.update(parts.package).error().code == errc::no_space);
  REQUIRE(!parts.site.library.former_asked.empty());
  CHECK(parts.site.library.former_before.back() == std::chrono::nanoseconds::max());
}

TEST_CASE("who could not be cancelled any more gets the version that came meanwhile") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::in_progress, 1000).ok());
  CHECK(parts.site.cancel(parts.package, {"dp1"})->requested.size() == 1);
  const auto answer = parts.site.update(parts.package);
  REQUIRE(answer.ok());
  REQUIRE(answer->sent.warnings.size() == 1);
  CHECK(answer->sent.warnings.front().find("dp1: is being cancelled") == 0);
  CHECK(parts.site.report(parts.package, "dp1", state_report::success).ok());  // too late
  const auto row = parts.site.row(parts.package, "dp1");
  CHECK(row.row.version == 2);
  CHECK(row.row.state == package_state::content_updating);
  CHECK(parts.site.node("dp1").notified.back().content.version == 2);
}

TEST_CASE("a verdict about a former version says nothing of the present one") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::success).ok());
  CHECK(parts.site.update(parts.package).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::failure).ok());
  const std::string cycle(32, 'a');
  parts.site.say("dp1", 2384, {parts.package.text(), "1", "dp1", cycle, "1000"});
  CHECK(parts.site.row(parts.package, "dp1").row.state == package_state::install_failed);
  parts.site.say("dp1", 2384, {parts.package.text(), "2", "dp1", cycle, "1000"});
  CHECK(parts.site.row(parts.package, "dp1").row.state == package_state::installed);
}
