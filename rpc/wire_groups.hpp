#pragma once

#include "rpc/wire.hpp"

/// Distribution point groups; as wire.hpp.
namespace sluice::rpc {

wire::group_row to_wire(const model::group_row& value);
model::group_row from_wire(const wire::group_row& value);
wire::group_status_row to_wire(const model::group_status_row& value);
model::group_status_row from_wire(const wire::group_status_row& value);
wire::group_request to_wire(const group_request& value);
group_request from_wire(const wire::group_request& value);
wire::group_answer to_wire(const group_answer& value);
group_answer from_wire(const wire::group_answer& value);

}  // namespace sluice::rpc
