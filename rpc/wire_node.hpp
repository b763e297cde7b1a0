#pragma once

#include "rpc/wire.hpp"

/// What a node tells its own operator; as wire.hpp.
namespace sluice::rpc {

wire::node_report to_wire(const model::node_report& value);
model::node_report from_wire(const wire::node_report& value);
wire::adoption to_wire(const model::adoption& value);
model::adoption from_wire(const wire::adoption& value);
/// Leaves out the content ids that do not fit into one container.
wire::library_report to_wire(const model::library_report& value);
model::library_report from_wire(const wire::library_report& value);

}  // namespace sluice::rpc
