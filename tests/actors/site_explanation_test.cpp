// What `sluice why` says of the rows that a site really writes.
#include "actors/site_explanation.hpp"

#include <doctest/doctest.h>

#include "actors/site_rules.hpp"
#include "actors/site_words.hpp"
#include "tests/actors/site_chain.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using actors::why_facts;
using actors::testing::chain;
using model::state_report;

namespace {

/// The row as it is, among these sources.
model::why_report why(chain& parts, const std::string& name,
                      std::vector<why_facts::source> sources = {}, bool silent = false) {
  why_facts facts;
  facts.row = parts.site.row(parts.package, name);
  facts.sources = std::move(sources);
  facts.silent = silent;
  facts.holder = "main";
  return actors::explain(facts);
}

why_facts::source source(const std::string& name, bool holds, bool silent = false) {
  return {{name, 1}, holds, silent};
}

}  // namespace

// Z4
TEST_CASE("a detached job is not followed, whatever it reports; distributing follows it again") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::in_progress, 1000).ok());
  CHECK(parts.site.cancel(parts.package, {"dp1"}, true).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::in_progress, 2000).ok());
  const auto said = why(parts, "dp1");
  CHECK(said.doing.starts_with("is not followed any more: detached by "));
  CHECK(said.next == "nothing at the site; when it succeeds over there, that counts");
  CHECK_FALSE(said.next_time);
  CHECK(said.unblock ==
        format("to follow it again: sluice distribute {} --dp dp1", parts.package.text()));
}

TEST_CASE("of a cancelled one the command is named that begins it again") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp2"}).ok());
  CHECK(parts.site.cancel(parts.package, {"dp2"}).ok());
  const auto said = why(parts, "dp2");
  CHECK(said.doing.starts_with("was cancelled, and is held: cancelled by "));
  CHECK(said.unblock == format("sluice distribute {} --dp dp2", parts.package.text()));
}

TEST_CASE("a node that cannot be told is to be started; its sources are no help") {
  chain parts;
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1:1: nobody is there"};
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  const auto said = why(parts, "dp1", {source("main", true)});
  CHECK(said.doing.starts_with("waits at the site: dp1 did not take the notification"));
  CHECK(said.next == "the site tells dp1 again, at once when it is back");
  CHECK(said.next_time);
  CHECK(said.unblock ==
        "start sluiced on dp1, or correct its address: sluice dp set dp1 --address HOST:PORT");
}

// E3
TEST_CASE("of one that waits for prestaged content the command is named that has it fetched") {
  chain parts;
  rpc::distribution_point_request prestaged;
  prestaged.name = "dp1";
  prestaged.prestaged = true;
  CHECK(parts.site.set_point(prestaged).ok());
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  auto waits = parts.site.message_for(parts.package, "dp1", state_report::warning);
  waits.state = model::job_state::waiting_prestage;
  CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {waits})).ok());
  const auto said = why(parts, "dp1");
  CHECK(said.doing.starts_with("waits for prestaged content"));
  CHECK(said.next == "dp1 looks for it in its library every minute");
  CHECK(said.unblock == "to have it fetched instead: sluice dp set dp1 --prestaged off");
}

TEST_CASE("a node that went silent with its job is to be started") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::in_progress, 1000).ok());
  CHECK(why(parts, "dp1").unblock.empty());
  const auto said = why(parts, "dp1", {source("main", true)}, true);
  CHECK(said.doing.ends_with(", when dp1 was last heard of"));
  CHECK(said.next == "it goes on when dp1 is back: it is not heard of for more than 90 s");
  CHECK(said.unblock.starts_with("start sluiced on dp1, "));
}

// B4
TEST_CASE("who waits for a slot is told how to go first") {
  chain parts;
  model::distribution_settings settings;
  settings.active_jobs = 1;
  parts.site.change_settings(settings);
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.package = parts.site.add_package();
  CHECK(parts.site.distribute(parts.package, {"main"}).ok());
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  const auto said = why(parts, "dp1", {source("main", true)});
  CHECK(said.doing ==
        "waits at the site for a free slot: waits until one of the 1 jobs of dp1 ends");
  CHECK(said.next == "it goes on as soon as a job there ends or waits");
  CHECK(said.unblock ==
        format("to let it go first: sluice package set {} --priority high", parts.package.text()));
}

// B1
TEST_CASE("a source that lacks the content is not said to help by being there") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp2"}).ok());
  const std::string add = "sluice dp source add dp2 main:PRIORITY";
  CHECK(why(parts, "dp2", {source("dp1", false)}).unblock ==
        format("sluice distribute {} --dp dp1, or {}", parts.package.text(), add));
  CHECK(why(parts, "dp2", {source("dp1", false, true)}).unblock == add);
}

// D10
TEST_CASE("of a node that waits for a source those are named that hold the content") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  auto report = parts.site.message_for(parts.package, "dp1", state_report::warning);
  report.state = model::job_state::waiting_for_source;
  report.reason = "no source has it: main refused the connection";
  CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {report})).ok());
  const auto said = why(parts, "dp1", {source("main", true), source("dp3", false)});
  CHECK(said.doing == "waits for a source: no source has it: main refused the connection");
  CHECK(said.unblock ==
        format("see that main can be reached from dp1, or sluice distribute {} --dp dp3, or sluice "
               "dp source add dp1 main:PRIORITY",
               parts.package.text()));
}

// A15
TEST_CASE("settings are told with their origin: the site, the distribution point, its host") {
  model::distribution_point_row point;
  point.sources = {{"main", 1}, {"dp1", 2}};
  point.limit = *model::parse_rate_limit("20Mbit/s");
  const auto rows = actors::effective_settings({{"retries", "60", "site, /a.toml:9"}}, point,
                                               {{"stagger", "0", "default"}});
  const std::vector<model::setting_row> expected{{"retries", "60", "site, /a.toml:9"},
                                                 {"mode", "pull", "site, dp set"},
                                                 {"sources", "main:1, dp1:2", "site, dp set"},
                                                 {"schedule", "always", "default"},
                                                 {"rate_limit", "20Mbit/s", "site, dp set"},
                                                 {"maintenance", "off", "default"},
                                                 {"prestaged", "off", "default"},
                                                 {"stagger", "0", "default"}};
  CHECK(rows == expected);
}

// A15
TEST_CASE("the settings of a host are those that its node registered last") {
  chain parts;
  const std::vector<model::setting_row> first{{"a", "1", "default"}, {"b", "2", "host, /x:3"}};
  CHECK(parts.site.register_node("dp1", 1, first).ok());
  CHECK(*parts.site.database().host_settings("dp1") == first);
  CHECK(parts.site.register_node("dp1", 1, {{"a", "5", "host, /x:4"}}).ok());
  CHECK(parts.site.database().host_settings("dp1")->size() == 1);
  const std::vector<model::setting_row> flood(5000, {"a", "1", "default"});
  CHECK(parts.site.register_node("dp1", 1, flood).ok());
  CHECK(parts.site.database().host_settings("dp1")->size() == 64);
  CHECK(parts.site.remove_point("dp1", true).error().code == errc::conflict);  // dp2's source
  CHECK(parts.site.remove_point("dp2", true).ok());
  CHECK(parts.site.remove_point("dp1", true).ok());
  CHECK(parts.site.database().host_settings("dp1")->empty());
}

// D3
TEST_CASE("a source whose protocol is not allowed is none, and the wait says so") {
  chain parts;
  model::distribution_settings settings;
  settings.source_protocols = {"https"};
  parts.site.change_settings(settings);
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.node("dp1").notified.empty());
  const auto points = parts.site.database().all_distribution_points();
  std::vector<model::distribution_point_row> rows;
  for (const auto& point : *points) { rows.push_back(point.row); }
  const auto candidates =
      actors::source_candidates_of(rows, "dp1", settings.source_protocols, parts.site.now());
  REQUIRE(candidates);
  for (const auto& one : *candidates) {
    CHECK_FALSE(one.qualified);
    if (one.name == "main") {
      CHECK(one.reason == "offers http, which source_protocols does not allow");
    }
  }
  CHECK(parts.site.row(parts.package, "dp1").row.reason ==
        "source_protocols in the site's sluiced.toml allows none of its sources: main (http)");
  settings.source_protocols = {"https", "http"};
  parts.site.change_settings(settings);
  REQUIRE(parts.site.node("dp1").notified.size() == 1);
  CHECK(parts.site.node("dp1").notified.front().sources.front().protocol == "http");
  CHECK(parts.site.row(parts.package, "dp1").row.reason.empty());
}
