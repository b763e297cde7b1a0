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
