// What the site says of its distributions: status messages with their insertion strings.
#include <doctest/doctest.h>

#include "tests/actors/site_chain.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using actors::testing::chain;
using model::site_job_state;
using model::state_report;

namespace {

constexpr std::uint64_t package_bytes = 1'000'000;
using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a distribution is told step by step, with its numbers, each step once") {
  chain parts;
  const std::string package = parts.package.text();
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.said(2342).back() == package + "|dp1");
  CHECK(parts.site.said(2357).back() == package + "|dp1");
  CHECK(parts.site.said(8210).size() == 1);
  for (const std::uint64_t done : {0, 100'000, 260'000, 300'000, 760'000}) {
    CHECK(parts.site.report(parts.package, "dp1", state_report::in_progress, done).ok());
  }
  CHECK(parts.site.said(8204) ==
        texts{package + "|dp1|0", package + "|dp1|26", package + "|dp1|76"});
  auto success = parts.site.message_for(parts.package, "dp1", state_report::success);
  success.bytes_transferred = model::byte_count{900'000};
  CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {success})).ok());
  CHECK(parts.site.said(8200) == texts{package + "|dp1|900000"});
  CHECK(parts.site.said(2330).back() == package + "|1|dp1");
  CHECK(parts.site.said(2303).empty());
  CHECK(parts.site.distribute(parts.package, {"dp1"}, true).ok());
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  CHECK(parts.site.said(2303) == texts{package + "|dp1"});
  CHECK(parts.site.said(8203).empty());
}

TEST_CASE("a distribution that failed is told once, with its reason") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  auto failure = parts.site.message_for(parts.package, "dp1", state_report::failure);
  failure.reason = "its disk is broken";
  CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {failure})).ok());
  failure.sequence += 1;
  CHECK(parts.site.report("dp1", parts.site.batch_of("dp1", {failure})).ok());
  CHECK(parts.site.said(8203) == texts{parts.package.text() + "|dp1|its disk is broken"});
}

// B3
TEST_CASE("a wait for a source is told with who was asked and which look it was") {
  chain parts;
  const std::string package = parts.package.text();
  CHECK(parts.site.distribute(parts.package, {"dp2"}).ok());
  parts.site.advance(20min);
  CHECK(parts.site.said(2372) == texts{package + "|dp2"});
  CHECK(parts.site.said(8212) ==
        texts{package + "|dp2|dp1|1/30|20 min", package + "|dp2|dp1|2/30|20 min"});
}

TEST_CASE("a node that cannot be reached, and one that is there, are told with what comes next") {
  chain parts;
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  REQUIRE(parts.site.said(2391).size() == 1);
  CHECK(parts.site.said(2391).front().find("dp1|") == 0);
  CHECK(parts.site.said(2391).front().ends_with("|20 min"));
  parts.site.advance(30 * 20min);
  CHECK(parts.site.said(2391).back().ends_with("|when it is heard of"));
  CHECK(parts.site.said(2375) ==
        texts{"dp1|http://dp1.example:8080/", "dp2|http://dp2.example:8080/"});
}

TEST_CASE("what an operator changes is told with the old and the new value, and by whom") {
  chain parts;
  CHECK(parts.site.set_sources("dp2", {"dp1:1", "main:2"}).ok());
  CHECK(parts.site.said(3306).back() == "distribution point dp2 sources|dp1:1|dp1:1, main:2|root");
  parts.site.change_settings({{5, 20min}, {72, 60min}, 20min, 50});
  CHECK(parts.site.said(3306).back() ==
        "retry_settings number_of_retries|30|5|the configuration file");
  const auto before = parts.site.said(3306).size();
  parts.site.change_settings({{5, 20min}, {72, 60min}, 20min, 50});
  CHECK(parts.site.said(3306).size() == before);
}

TEST_CASE("a report for another node's job is rejected, told, and acknowledged") {
  chain parts;
  CHECK(parts.site.distribute(parts.package, {"dp1", "dp2"}).ok());
  auto stolen = parts.site.message_for(parts.package, "dp1", state_report::success);
  stolen.sequence = 500;
  const auto answer = parts.site.report("dp2", parts.site.batch_of("dp2", {stolen}));
  REQUIRE(answer.ok());
  CHECK(*answer == 500);
  REQUIRE(parts.site.said(2354).size() == 1);
  CHECK(parts.site.said(2354).front().find("dp2|its job ") == 0);
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::started);
}
