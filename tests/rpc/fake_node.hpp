#pragma once

#include "tests/rpc/fake_services.hpp"

namespace sluice::rpc {

/// What a node answers its own operator; apart from the others, for most tests have no need of it.
struct fake_node final : node_service, script {
  result<model::node_report> node_status(const principal& by) override {
    return play<model::node_report>(by, "node_status");
  }
  result<model::why_report> node_why(const principal& by, model::package_id a) override {
    return play<model::why_report>(by, "node_why", a);
  }
  result<model::library_report> node_library(const principal& by) override {
    return play<model::library_report>(by, "node_library");
  }
  result<model::adoption> node_adopt(const principal& by) override {
    return play<model::adoption>(by, "node_adopt");
  }
};

}  // namespace sluice::rpc
