#pragma once

/// Carries wishes and news between nodes over Thrift; nobody else sees a Thrift header.
///
///   services  the calls, as values of model/
///   server    offers them, bounded in every direction
///   client    makes them, on threads of its own
#include "rpc/client.hpp"           // IWYU pragma: export
#include "rpc/command_session.hpp"  // IWYU pragma: export
#include "rpc/server.hpp"           // IWYU pragma: export
#include "rpc/services.hpp"         // IWYU pragma: export
