// What a distribution point may be: its mode and its sources.
#include <doctest/doctest.h>

#include "tests/actors/site_chain.hpp"

using namespace sluice;
using actors::testing::chain;

namespace {

std::vector<model::source_choice> sources_of(chain& parts, const std::string& name) {
  return (*parts.site.database().distribution_point(name))->row.sources;
}

}  // namespace

// E2
TEST_CASE("the site server's own distribution point has no sources and cannot be pull") {
  chain parts;
  const auto refused = parts.site.set_sources("main", {"dp1:1"});
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::invalid);
  CHECK(refused.error().doing.find("change main: the site server's own distribution point takes "
                                   "its content from the site's library") == 0);
  CHECK(sources_of(parts, "main").empty());
}

// A3
TEST_CASE("the last source of a pull distribution point cannot be taken away") {
  chain parts;
  const auto refused = parts.site.set_sources("dp1", {});
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::invalid);
  CHECK(refused.error().doing.find("dp1") != std::string::npos);
  CHECK(sources_of(parts, "dp1").size() == 1);
}

// E1
TEST_CASE("cloud storage cannot be a pull distribution point") {
  chain parts;
  for (const char* address : {"https://bucket.s3.example.com", "s3://bucket/content"}) {
    rpc::distribution_point_request request;
    request.name = "dp1";
    request.control_address = address;
    request.mode = model::distribution_point_mode::pull;
    const auto refused = parts.site.set_point(request);
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::invalid);
    CHECK(refused.error().doing.find("cloud storage, which neither pulls") != std::string::npos);
  }
}

TEST_CASE(
    "a distribution point that opens no control port is called by its heartbeats, and pulls") {
  chain parts;
  rpc::distribution_point_request request;
  request.name = "dp1";
  request.control_address = "outbound";
  REQUIRE(parts.site.set_point(request).ok());
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.site.run();
  CHECK(parts.site.node("dp1").notified.empty());  // it does not answer at its former address
  parts.site.attend("dp1");
  parts.beat_for(std::chrono::minutes(20));
  CHECK(parts.site.node("dp1").notified.size() == 1);
  CHECK(parts.site.report(parts.package, "dp1", model::state_report::success).ok());
  CHECK(parts.site.distribute(parts.package, {"dp1"}, true).ok());
  parts.site.run();
  CHECK(parts.site.node("dp1").notified.size() == 2);

  request.mode = model::distribution_point_mode::standard;
  const auto refused = parts.site.set_point(request);
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::invalid);
  CHECK(refused.error().doing.find("cannot connect to it to push content") != std::string::npos);
  request.mode.reset();
  request.control_address = "outwards";
  CHECK(parts.site.set_point(request).error().doing.find("write HOST:PORT, or outbound") !=
        std::string::npos);
}

TEST_CASE("a registration that is refused is told when its reason changes, until one is taken") {
  chain parts;
  for (int i = 0; i < 3; ++i) {
    const auto refused = parts.site.register_another("dp1", "twin");
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::denied);
  }
  parts.site.run();
  REQUIRE(parts.site.said(2370).size() == 1);
  const std::string said = parts.site.said(2370).front();
  CHECK(said.starts_with("dp1|"));
  CHECK(said.find("register node 'dp1': another node has this name") != std::string::npos);
  CHECK(parts.site.register_node("dp1").ok());
  CHECK(!parts.site.register_another("dp1", "twin"));
  CHECK(!parts.site.register_another("nobody", "twin"));
  parts.site.run();
  CHECK(parts.site.said(2370).size() == 2);
}
