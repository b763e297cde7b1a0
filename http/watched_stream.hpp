#pragma once

#include <memory>
#include <optional>
#include <string>

#include "io/io.hpp"

namespace sluice::http {

/// How patient a client is with a source.
struct source_patience {
  std::chrono::nanoseconds connect = limits::source_connect_deadline;
  std::chrono::nanoseconds head = limits::source_head_deadline;    ///< for a whole answer head
  std::chrono::nanoseconds stall = limits::source_stall_deadline;  ///< without a byte of a body
  /// Within each `window` of waiting at least `bytes_per_window` have to come (features X28).
  std::chrono::nanoseconds window = limits::source_rate_window;
  std::uint64_t bytes_per_window = limits::source_bytes_per_window_min;
};

/// How a stream ended, as the matrix of lying sources tells them apart.
enum class stream_end : std::uint8_t { open, closed, reset, stalled, too_slow };

/// A connection to a source that counts what comes and remembers how it ended. Only time spent
/// waiting for the source counts against it, not what we take to store its bytes.
class watched_stream final : public io::byte_stream {
public:
  watched_stream(io::reactor& ring, std::unique_ptr<io::byte_stream> inner,
                 source_patience patience);
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
  void abort() noexcept override { inner_->abort(); }
  [[nodiscard]] io::task<void> close() override { return inner_->close(); }
  [[nodiscard]] const std::string& peer() const noexcept override { return inner_->peer(); }

  /// True when a byte is here that nobody asked for; takes one, and does not wait.
  [[nodiscard]] io::task<bool> has_more();
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }
  [[nodiscard]] stream_end end() const noexcept { return end_; }
  /// Since when somebody waits for bytes, by the reactor's clock; none: nobody does.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> waiting_since() const noexcept {
    return waiting_since_;
  }
  /// When the last bytes came; 0: none did.
  [[nodiscard]] std::chrono::nanoseconds heard_at() const noexcept { return heard_at_; }
  void begin_window() noexcept;  ///< a new request: what was slow before is forgiven

private:
  void note_failure(const error& failure) noexcept;

  io::reactor& ring_;
  std::unique_ptr<io::byte_stream> inner_;
  source_patience patience_;
  std::uint64_t received_ = 0;
  std::uint64_t window_bytes_ = 0;
  std::chrono::nanoseconds waited_{0};
  std::optional<std::chrono::nanoseconds> waiting_since_;
  std::chrono::nanoseconds heard_at_{0};
  stream_end end_ = stream_end::open;
};

}  // namespace sluice::http
