#pragma once

#include <liburing.h>

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "io/backend.hpp"
#include "io/side_worker.hpp"

namespace sluice::io::detail {

/// `operation::stage` of a transfer on a socket.
enum transfer_stage : int { trying, warming, awaiting, pausing };

/// The seam on io_uring: files through the ring; sockets by non-blocking calls, and the ring to
/// wait for readiness; what may block and the ring lacks on a side worker.
class ring_backend final : public backend {
public:
  ring_backend();
  ring_backend(const ring_backend&) = delete;
  ring_backend& operator=(const ring_backend&) = delete;
  ~ring_backend() override;

  result<void> probe() override;
  result<void> attach(turning& served) override;
  void detach() noexcept override;
  void submit(operation& asked) override;
  void cancel(operation& asked) override;
  bool turn(std::chrono::nanoseconds until) override;
  void wake() noexcept override;
  [[nodiscard]] std::chrono::nanoseconds now() const noexcept override;
  void shut(int descriptor) noexcept override;
  void cork(int descriptor, bool on) noexcept override;
  void close_now(int descriptor) noexcept override;
  void register_memory(std::span<std::byte> memory) override;
  void unregister_memory(std::span<std::byte> memory) noexcept override;
  [[nodiscard]] bool simulated() const noexcept override { return false; }

private:
  static constexpr unsigned regions_max =
      limits::buffers_per_process / limits::buffers_per_slab * 2;

  // ring_backend.cpp
  void wait(std::chrono::nanoseconds until);
  bool run_done();
  bool reap();
  void arm_wake();
  io_uring_sqe* entry();
  void done(operation& asked, std::int64_t outcome);
  [[nodiscard]] int region_of(std::span<const std::byte> memory) const noexcept;

  // ring_operations.cpp: what a request is in the ring, and what its outcome means
  void submit_transfer(operation& asked);
  bool read_cached(operation& asked);
  void submit_file(operation& asked);
  void submit_name(operation& asked);
  void came_back(operation& asked, int outcome);
  std::int64_t finish(operation& asked, int outcome);

  // ring_sockets.cpp
  void submit_socket(operation& asked);
  void try_transfer(operation& asked);
  void wait_for_readiness(operation& asked);
  void pause(operation& asked);
  void go_on(operation& asked, int outcome);
  void connect(operation& asked);
  void accept(operation& asked);
  std::int64_t finish_connect(operation& asked, int outcome);
  std::int64_t finish_accept(operation& asked, int outcome);
  bool warm_up(operation& asked);
  void read_slice(operation& asked, transfer_stage how);
  void warmed_up(operation& asked, transfer_stage how, int outcome);
  bool is_being_read(const operation& asked, std::uint64_t length);

  io_uring ring_{};
  bool attached_ = false;
  bool registering_ = false;  ///< the ring has a table for registered memory
  int wake_descriptor_ = -1;
  std::uint64_t wake_count_ = 0;
  std::vector<operation*> done_;  ///< complete, not yet told
  std::array<std::span<std::byte>, regions_max> regions_{};
  std::unique_ptr<std::byte[]> scratch_;  ///< cold content is read into it to fill the page cache

  /// A slice that somebody was the first to read into the page cache.
  struct warmed_range {
    int descriptor = -1;
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    std::chrono::nanoseconds begun{};
  };
  std::array<warmed_range, 8> being_read_{};
  std::size_t next_being_read_ = 0;
  side_worker side_;
};

/// Linux 6.5; liburing and the C library do not have it yet.
inline constexpr long cachestat_number = 451;
struct cached_range {
  std::uint64_t offset, length;
};
struct page_counts {
  std::uint64_t cached, dirty, writeback, evicted, recently_evicted;
};

/// user_data of what nobody waits for.
inline constexpr std::uint64_t nobody = 0;

}  // namespace sluice::io::detail
