#pragma once

#include <doctest/doctest.h>

#include "tests/actors/virtual_site.hpp"

namespace sluice::actors::testing {

/// `main` holds the package; dp1 pulls from main, dp2 from dp1; all have registered.
struct chain {
  chain() : package(site.add_package()) {
    CHECK(site.add_point("dp1", {"main:1"}).ok());
    CHECK(site.add_point("dp2", {"dp1:1"}).ok());
    CHECK(site.register_node("dp1").ok());
    CHECK(site.register_node("dp2").ok());
    CHECK(site.distribute(package, {"main"}).ok());
  }
  /// As a node would, so that the site does not think it silent.
  void beat_for(std::chrono::minutes distance) {
    for (auto passed = std::chrono::minutes(0); passed < distance;
         passed += std::chrono::minutes(1)) {
      site.advance(std::chrono::minutes(1));
      CHECK(site.heartbeat("dp1").ok());
      CHECK(site.heartbeat("dp2").ok());
    }
  }
  virtual_site site;
  model::package_id package;
};

}  // namespace sluice::actors::testing
