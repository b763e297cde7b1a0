#pragma once

/// Hands bytes out and takes bytes in over HTTP/1.1.
///
///   server   a distribution point's content server, and the observation server apart
///   access   the one function that says who may have what
///   client   requests to one source: exact ranges, no redirects, no surprises
///   push     a connection that the other end opened, for one job and one content
#include "http/access.hpp"       // IWYU pragma: export
#include "http/client.hpp"       // IWYU pragma: export
#include "http/push_client.hpp"  // IWYU pragma: export
#include "http/push_door.hpp"    // IWYU pragma: export
#include "http/server.hpp"       // IWYU pragma: export
