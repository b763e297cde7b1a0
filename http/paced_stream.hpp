#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "io/io.hpp"
#include "model/model.hpp"

namespace sluice::http {

/// One rate limit for all connections to a distribution point. Threads: its reactor's.
class pacer {
public:
  /// `hour` tells the hour of the day over there; any thread.
  pacer(io::reactor& ring, model::rate_limit limit, std::function<std::uint32_t()> hour);
  /// Waits until some of `bytes` may leave; how many that is. They count as sent.
  [[nodiscard]] io::task<std::uint64_t> take(std::uint64_t bytes);
  /// From the next slice on.
  void change(model::rate_limit limit);

private:
  io::reactor& ring_;
  model::pacing pacing_;
  std::function<std::uint32_t()> hour_;
  io::semaphore turn_{1};  ///< in the order they came
};

/// A connection whose sending is paced, and which begins with bytes that were received already.
class paced_stream final : public io::byte_stream {
public:
  paced_stream(std::unique_ptr<io::byte_stream> inner, std::shared_ptr<pacer> pace,
               std::vector<std::byte> received);
  [[nodiscard]] io::task<result<std::size_t>> receive(std::span<std::byte> into,
                                                      std::chrono::nanoseconds stall) override;
  [[nodiscard]] io::task<result<void>> send(std::span<const std::byte> bytes,
                                            std::chrono::nanoseconds stall,
                                            bool more = false) override;
  [[nodiscard]] io::task<result<void>> send_file(const io::file& from, std::uint64_t offset,
                                                 std::uint64_t length,
                                                 std::chrono::nanoseconds stall) override;
  [[nodiscard]] io::task<result<std::uint64_t>> send_cached(
      const io::file& from, std::uint64_t offset, std::uint64_t length,
      std::chrono::nanoseconds stall) override;
  void abort() noexcept override;
  [[nodiscard]] io::task<void> close() override { return inner_->close(); }
  [[nodiscard]] const std::string& peer() const noexcept override { return inner_->peer(); }

private:
  std::unique_ptr<io::byte_stream> inner_;
  std::shared_ptr<pacer> pace_;
  std::vector<std::byte> received_;
  std::size_t given_ = 0;
  bool aborted_ = false;
};

}  // namespace sluice::http
