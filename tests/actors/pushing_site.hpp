#pragma once

#include <doctest/doctest.h>

#include "tests/actors/virtual_site.hpp"

namespace sluice::actors::testing {

/// `main` is the site; std1 a standard distribution point that has registered.
struct pushing_site {
  static constexpr std::uint64_t package_bytes = 1'000'000;

  pushing_site() : package(site.add_package()) { add("std1"); }
  void add(const std::string& name) {
    CHECK(site.add_standard_point(name).ok());
    CHECK(site.register_node(name).ok());
  }
  rpc::distribution_point_request change(const std::string& name) const {
    rpc::distribution_point_request request;
    request.name = name;
    return request;
  }
  void set_schedule(const std::string& name, const char* text) {
    auto request = change(name);
    request.schedule = *model::parse_schedule(text);
    CHECK(site.set_point(request).ok());
  }
  /// The node's job waits, as it does without a connection.
  void report_waiting(const std::string& name) {
    auto waits = site.message_for(package, name, model::state_report::warning);
    waits.state = model::job_state::waiting_for_source;
    waits.reason = "no source has it: main bad";
    CHECK(site.report(name, site.batch_of(name, {waits})).ok());
  }
  virtual_site site;
  model::package_id package;
};

}  // namespace sluice::actors::testing
