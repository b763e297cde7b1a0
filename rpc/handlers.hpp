#pragma once

#include <thrift/TProcessor.h>

#include <memory>

#include "rpc/server.hpp"

namespace sluice::rpc {

/// What one connection's calls go through: greeting and authorization first, then the service. It
/// belongs to that connection; `services` and `options` must outlive it.
std::shared_ptr<apache::thrift::TProcessor> make_processor(const principal& caller,
                                                           const offered_services& services,
                                                           const protocol_range& speaks);

}  // namespace sluice::rpc
