#include "model/distribution_plan.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::model;

namespace {

plan_target two_sources(bool first_has_it, bool second_has_it) {
  plan_target facts;
  facts.content = *content_id::parse("PKG00012.1");
  facts.distribution_point = "dp3";
  facts.sources.resize(2);
  facts.sources[0].name = "dp1";
  facts.sources[1].name = "dp2";
  facts.source_has_it = {first_has_it, second_has_it};
  return facts;
}

std::vector<source_edge> chain(int length) {
  std::vector<source_edge> edges;
  for (int i = 0; i < length; ++i) { edges.push_back({format("dp{}", i), format("dp{}", i + 1)}); }
  return edges;
}

}  // namespace

TEST_CASE("a target is notified as soon as one of its sources holds the content") {
  CHECK(plan(two_sources(true, false)).action == plan_action::notify);
  CHECK(plan(two_sources(false, true)).action == plan_action::notify);
  CHECK(plan(two_sources(true, true)).action == plan_action::notify);
}

TEST_CASE("a target whose sources all lack the content waits, and they are named") {
  const planned_step step = plan(two_sources(false, false));
  CHECK(step.action == plan_action::wait_for_source);
  CHECK(step.lacking == std::vector<std::string>{"dp1", "dp2"});
}

TEST_CASE("what is there or on its way is left alone") {
  auto facts = two_sources(true, true);
  facts.has_it = true;
  CHECK(plan(facts).action == plan_action::nothing);
  facts = two_sources(true, true);
  facts.job_open = true;
  CHECK(plan(facts).action == plan_action::nothing);
}

TEST_CASE("the site's own distribution point takes content from the site library") {
  plan_target facts;
  facts.own = true;
  CHECK(plan(facts).action == plan_action::install_locally);
  facts.has_it = true;
  CHECK(plan(facts).action == plan_action::nothing);
}

// A9
TEST_CASE("a distribution point under maintenance takes nothing new, whoever holds it") {
  auto facts = two_sources(true, true);
  facts.maintenance = true;
  CHECK(plan(facts).action == plan_action::wait_for_maintenance);
  facts.job_open = true;
  CHECK(plan(facts).action == plan_action::nothing);
}

// E3
TEST_CASE("a prestaged distribution point is told at once, whoever holds it") {
  auto facts = two_sources(false, false);
  facts.prestaged = true;
  CHECK(plan(facts).action == plan_action::notify);
  facts.maintenance = true;
  CHECK(plan(facts).action == plan_action::wait_for_maintenance);
}

TEST_CASE("a ring of sources is named as a path") {
  CHECK(source_cycle({{"a", "a"}}) == "a -> a");
  CHECK(source_cycle({{"a", "b"}, {"b", "a"}}) == "a -> b -> a");
  CHECK(source_cycle({{"x", "a"}, {"a", "b"}, {"b", "c"}, {"c", "a"}}) == "a -> b -> c -> a");
  CHECK(source_cycle({{"a", "b"}, {"b", "c"}, {"c", "b"}}) == "b -> c -> b");
}

TEST_CASE("chains, diamonds and many chains to one site are no rings") {
  CHECK_FALSE(source_cycle({}));
  CHECK_FALSE(source_cycle({{"a", "b"}, {"a", "c"}, {"b", "d"}, {"c", "d"}}));
  CHECK_FALSE(source_cycle(chain(5000)));
  auto closed = chain(5000);
  closed.push_back({"dp5000", "dp0"});
  REQUIRE(source_cycle(closed));
  CHECK(source_cycle(closed)->ends_with("-> dp0"));
}
