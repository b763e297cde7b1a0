// Distribution point groups, and where a distribution goes.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/actors/site_chain.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using actors::testing::chain;
using model::state_report;
using rpc::group_action;
using names = std::vector<std::string>;

namespace {

constexpr std::uint64_t package_bytes = 1'000'000;

rpc::distribute_request to_group(model::package_id package, const std::string& group) {
  rpc::distribute_request request;
  request.package = package;
  request.groups = {group};
  return request;
}

model::group_status_row status_of(chain& parts, const std::string& group) {
  const auto page = parts.site.database().group_status(group, 0, 10);
  REQUIRE(page.ok());
  REQUIRE(page->rows.size() == 1);
  return page->rows.front();
}

}  // namespace

// G1, G4
TEST_CASE("a package goes to all of a group, and its status counts every member once") {
  chain parts;
  CHECK(parts.site.change_group(group_action::create, "stores", {"dp1", "dp2"}).ok());
  const auto answer = parts.site.distribute(to_group(parts.package, "stores"));
  REQUIRE(answer.ok());
  CHECK(answer->started == names{"dp1", "dp2"});
  auto status = status_of(parts, "stores");
  CHECK(status.success + status.in_progress + status.unknown + status.failed == 2);
  CHECK(status.success == 0);
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(status_of(parts, "stores").success == 1);
  CHECK(parts.site.report(parts.package, "dp2", state_report::failure).ok());
  CHECK(status_of(parts, "stores").failed == 1);
  const auto unknown = parts.site.distribute(to_group(parts.package, "shops"));
  REQUIRE(!unknown.ok());
  CHECK(unknown.error().code == errc::not_found);
}

// G2, G3
TEST_CASE("who joins is sent what the group has, who leaves and who belongs twice loses nothing") {
  chain parts;
  CHECK(parts.site.change_group(group_action::create, "stores").ok());
  CHECK(parts.site.change_group(group_action::create, "all", {"dp1"}).ok());
  CHECK(parts.site.distribute(to_group(parts.package, "stores")).ok());  // nobody yet
  const auto joined = parts.site.change_group(group_action::add, "stores", {"dp1"});
  REQUIRE(joined.ok());
  CHECK(joined->row.members == names{"dp1"});
  CHECK(joined->sent.started == names{parts.package.text() + " on dp1"});
  CHECK(parts.site.node("dp1").notified.size() == 1);
  CHECK(parts.site.distribute(to_group(parts.package, "all")).ok());
  CHECK(parts.site.node("dp1").notified.size() == 1);
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(parts.site.change_group(group_action::remove, "stores", {"dp1"}).ok());
  CHECK(parts.site.change_group(group_action::remove, "all").ok());
  CHECK(parts.site.node("dp1").removed.empty());
  CHECK(parts.site.row(parts.package, "dp1").row.bucket == model::console_bucket::success);
  CHECK(parts.site.said(3306).back() == "group all members|dp1|(none)|root");
}

// G2: the site ended between the change of the group and what follows from it.
TEST_CASE("at its start the site sends members what they were never sent, and holds what is held") {
  chain parts;
  CHECK(parts.site.change_group(group_action::create, "stores", {"dp1"}).ok());
  CHECK(parts.site.database().link_package("stores", parts.package).ok());
  parts.site.restart();
  CHECK(parts.site.node("dp1").notified.size() == 1);
  CHECK(parts.site.cancel(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::cancelled).ok());
  parts.site.restart();
  parts.beat_for(30min);
  CHECK(parts.site.node("dp1").notified.size() == 1);
}

TEST_CASE("a removed package and a removed distribution point leave their groups") {
  chain parts;
  CHECK(parts.site.change_group(group_action::create, "stores", {"dp1", "dp2"}).ok());
  CHECK(parts.site.distribute(to_group(parts.package, "stores")).ok());
  CHECK(parts.site.remove_point("dp2").ok());
  CHECK((*parts.site.database().group("stores"))->members == names{"dp1"});
  CHECK(parts.site.remove_package(parts.package).ok());
  CHECK((*parts.site.database().group("stores"))->packages.empty());
}

TEST_CASE("a group that exists, one that does not, and an unknown member are refused by name") {
  chain parts;
  CHECK(parts.site.change_group(group_action::create, "stores").ok());
  CHECK(parts.site.change_group(group_action::create, "stores").error().code == errc::conflict);
  CHECK(parts.site.change_group(group_action::add, "shops", {"dp1"}).error().code ==
        errc::not_found);
  const auto unknown = parts.site.change_group(group_action::add, "stores", {"dp1", "dp7"});
  REQUIRE(!unknown.ok());
  CHECK(unknown.error().doing.find("dp7") != std::string::npos);
  CHECK((*parts.site.database().group("stores"))->members.empty());
  CHECK(parts.site.change_group(group_action::create, "../x").error().code == errc::invalid);
}

// B22
TEST_CASE("a plan changes nothing, and tells what may move") {
  chain parts;
  rpc::distribute_request request{parts.package, {"main", "dp1", "dp2"}};
  request.plan = true;
  const auto answer = parts.site.distribute(request);
  REQUIRE(answer.ok());
  CHECK(answer->started == names{"dp1", "dp2"});
  CHECK(answer->had_it == names{"main"});
  CHECK(answer->files == 10);
  CHECK(answer->bytes == package_bytes);
  CHECK_FALSE(parts.site.has_row(parts.package, "dp1"));
  CHECK(parts.site.said(2300).size() == 2);  // the package, and main's
}

// B22
TEST_CASE("with its sources a package goes to whom it would otherwise wait for") {
  chain parts;
  rpc::distribute_request request{parts.package, {"dp2"}};
  request.with_sources = true;
  const auto answer = parts.site.distribute(request);
  REQUIRE(answer.ok());
  CHECK(answer->started == names{"dp2", "dp1"});
  CHECK(answer->warnings.empty());
  CHECK(parts.site.node("dp1").notified.size() == 1);
}
