#pragma once

#include <functional>
#include <memory>

#include "io/reactor.hpp"

namespace sluice::io {

/// Threads for hash jobs and for calls that would block a reactor. The queue needs no memory of its
/// own: a queued job lives in the task that waits for it.
/// With zero threads the work runs inline (simulation).
class worker_pool {
public:
  explicit worker_pool(unsigned threads);
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;
  ~worker_pool();  ///< waits for what runs
  /// Runs `work` on a worker; the task resumes on `home` when it is done.
  [[nodiscard]] task<void> run(reactor& home, std::function<void()> work);

private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace sluice::io
