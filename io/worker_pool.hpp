#pragma once

#include <functional>
#include <memory>

#include "io/reactor.hpp"

namespace sluice::io {

/// Threads for hash jobs and for calls that would block a reactor. The queue is bounded
/// (`limits::worker_queue_max`): beyond it the asking task waits.
/// With zero threads the work runs inline (simulation).
class worker_pool {
public:
  explicit worker_pool(unsigned threads);
  ~worker_pool();  ///< waits for what runs
  /// Runs `work` on a worker; the task resumes on `home` when it is done.
  [[nodiscard]] task<void> run(reactor& home, std::function<void()> work);
};

}  // namespace sluice::io
