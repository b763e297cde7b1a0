#include "http/watched_stream.hpp"

#include <algorithm>
#include <array>

namespace sluice::http {

watched_stream::watched_stream(io::reactor& ring, std::unique_ptr<io::byte_stream> inner,
                               source_patience patience)
    : ring_(ring), inner_(std::move(inner)), patience_(patience) {}

void watched_stream::begin_window() noexcept {
  waited_ = std::chrono::nanoseconds(0);
  window_bytes_ = 0;
}

void watched_stream::note_failure(const error& failure) noexcept {
  if (end_ != stream_end::open) { return; }
  end_ = failure.code == errc::timed_out ? stream_end::stalled : stream_end::reset;
}

io::task<result<std::size_t>> watched_stream::receive(std::span<std::byte> into,
                                                      std::chrono::nanoseconds stall) {
  using outcome = result<std::size_t>;
  std::chrono::nanoseconds left = stall;
  while (true) {
    const std::chrono::nanoseconds wait = std::min(left, patience_.window - waited_);
    const std::chrono::nanoseconds began = ring_.now();
    if (!waiting_since_) { waiting_since_ = began; }
    auto got = co_await inner_->receive(into, wait);
    const std::chrono::nanoseconds took = ring_.now() - began;
    waited_ += took;
    left -= took;
    if (got && *got == 0) { end_ = stream_end::closed; }
    if (got && *got > 0) {
      heard_at_ = began + took;
      received_ += *got;
      window_bytes_ += *got;
    }
    if (waited_ >= patience_.window) {
      const bool slow = window_bytes_ < patience_.bytes_per_window;
      begin_window();
      if (slow && end_ == stream_end::open) {
        end_ = stream_end::too_slow;
        waiting_since_.reset();
        co_return outcome(error{errc::timed_out, 0, "receive from a source that is too slow"});
      }
    }
    const bool window_ended = !got && got.error().code == errc::timed_out && left.count() > 0;
    if (window_ended) { continue; }
    if (!got) { note_failure(got.error()); }
    waiting_since_.reset();
    co_return got;
  }
}

io::task<bool> watched_stream::has_more() {
  std::array<std::byte, 1> one{};
  auto got = co_await inner_->receive(one, std::chrono::nanoseconds(1));
  const bool more = got.ok() && *got > 0;
  co_return more;
}

io::task<result<void>> watched_stream::send(std::span<const std::byte> bytes,
                                            std::chrono::nanoseconds stall, bool more) {
  auto sent = co_await inner_->send(bytes, stall, more);
  if (!sent) { note_failure(sent.error()); }
  co_return sent;
}

io::task<result<void>> watched_stream::send_file(const io::file& from, std::uint64_t offset,
                                                 std::uint64_t length,
                                                 std::chrono::nanoseconds stall) {
  auto sent = co_await inner_->send_file(from, offset, length, stall);
  if (!sent) { note_failure(sent.error()); }
  co_return sent;
}

io::task<result<std::uint64_t>> watched_stream::send_cached(const io::file& from,
                                                            std::uint64_t offset,
                                                            std::uint64_t length,
                                                            std::chrono::nanoseconds stall) {
  auto sent = co_await inner_->send_cached(from, offset, length, stall);
  if (!sent) { note_failure(sent.error()); }
  co_return sent;
}

}  // namespace sluice::http
