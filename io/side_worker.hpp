#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "io/backend.hpp"

namespace sluice::io::detail {

/// Threads of one backend for the calls that a ring does not have and that may block: folder
/// listings, name resolution, volume facts; and for bundles, where so many waits for the disk side
/// by side keep it busy. Threads start when first needed. A job is in memory as long as its caller
/// waits for it.
class side_worker {
public:
  /// `wake` is called from a worker thread whenever `take_done` has something.
  explicit side_worker(std::function<void()> wake) : wake_(std::move(wake)) {}
  side_worker(const side_worker&) = delete;
  side_worker& operator=(const side_worker&) = delete;
  ~side_worker();

  /// Its result will be what its call returned.
  void submit(operation& asked);
  /// For what may hang long (resolving): forgets the operation, true; false: too late or not such.
  bool abandon(operation& asked);
  /// Operations whose call has returned.
  std::vector<operation*> take_done();

private:
  /// What goes first. Bundles that read and write leave threads to what is short, and those that
  /// read at idle priority leave threads to the others.
  enum class rank : std::uint8_t { short_call, bundle, idle_bundle };
  struct job {
    operation* asked;
    rank at = rank::short_call;
    std::string host;                ///< resolve
    std::vector<std::string> hosts;  ///< resolve
    std::int64_t result = 0;
  };
  void work();
  static rank rank_of(const operation& asked);
  /// The job that may run now, with the lock held; nothing when none may.
  std::shared_ptr<job> take();
  static std::int64_t call(job& run);

  std::function<void()> wake_;
  std::mutex guard_;
  std::condition_variable more_;
  std::array<std::deque<std::shared_ptr<job>>, 3> waiting_;  ///< by rank
  std::array<std::size_t, 3> running_{};
  std::vector<std::shared_ptr<job>> resolving_;
  std::vector<operation*> done_;
  std::atomic<bool> any_done_ = false;
  std::size_t idle_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::io::detail
