#pragma once

/// Moves bytes between sockets and files without knowing what they mean.
///
///   reactor       one thread, one ring; owns everything in flight
///   task, sync    coroutines, and how they wait for each other
///   backend       the seam: a real ring, or simulated time, disk and network
///   ticket        the actor's side of an operation; dropping it cancels
///   buffer_pool   registered memory, lent and returned
///   worker_pool   threads for what would block
///   file, folder, socket   handles to the outside, closed explicitly
///   file_lock     one process at a time
///   byte_stream   a connection, plain or TLS
///   ingest        stream -> buffer -> tap -> file
///   egress        file -> stream, untouched
///   kernel_features   what is used where the kernel has it
#include "io/blocking.hpp"         // IWYU pragma: export
#include "io/buffer_pool.hpp"      // IWYU pragma: export
#include "io/bundle.hpp"           // IWYU pragma: export
#include "io/byte_stream.hpp"      // IWYU pragma: export
#include "io/cancellation.hpp"     // IWYU pragma: export
#include "io/egress.hpp"           // IWYU pragma: export
#include "io/file.hpp"             // IWYU pragma: export
#include "io/file_lock.hpp"        // IWYU pragma: export
#include "io/ingest.hpp"           // IWYU pragma: export
#include "io/kernel_features.hpp"  // IWYU pragma: export
#include "io/reactor.hpp"          // IWYU pragma: export
#include "io/socket.hpp"           // IWYU pragma: export
#include "io/sync.hpp"             // IWYU pragma: export
#include "io/task.hpp"             // IWYU pragma: export
#include "io/worker_pool.hpp"      // IWYU pragma: export
