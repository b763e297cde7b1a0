#include "http/paced_stream.hpp"

#include <algorithm>

namespace sluice::http {

namespace {

/// The longest sleep of a pacer: so soon it sees a change of its limit.
constexpr auto nap_max = std::chrono::milliseconds(50);

error cut_off(const std::string& peer) { return {errc::cancelled, 0, format("send to {}", peer)}; }

}  // namespace

pacer::pacer(io::reactor& ring, model::rate_limit limit, std::function<std::uint32_t()> hour)
    : ring_(ring), pacing_(limit), hour_(std::move(hour)) {}

io::task<std::uint64_t> pacer::take(std::uint64_t bytes) {
  if (pacing_.is_unlimited()) { co_return bytes; }
  co_await turn_.acquire();
  std::uint64_t granted = 0;
  while (granted == 0) {
    const std::uint64_t slice = std::min(bytes, pacing_.slice_bytes());
    const std::chrono::nanoseconds wait = pacing_.ask(slice, ring_.now(), hour_());
    if (wait.count() == 0) {
      granted = slice;
    } else {
      co_await ring_.sleep_for(std::min<std::chrono::nanoseconds>(wait, nap_max));
    }
  }
  turn_.release();
  co_return granted;
}

void pacer::change(model::rate_limit limit) { pacing_.change(limit); }

paced_stream::paced_stream(std::unique_ptr<io::byte_stream> inner, std::shared_ptr<pacer> pace,
                           std::vector<std::byte> received)
    : inner_(std::move(inner)), pace_(std::move(pace)), received_(std::move(received)) {}

void paced_stream::abort() noexcept {
  aborted_ = true;
  inner_->abort();
}

io::task<result<std::size_t>> paced_stream::receive(std::span<std::byte> into,
                                                    std::chrono::nanoseconds stall) {
  if (given_ < received_.size()) {
    const std::size_t count = std::min(into.size(), received_.size() - given_);
    std::copy_n(received_.begin() + static_cast<std::ptrdiff_t>(given_), count, into.begin());
    given_ += count;
    co_return count;
  }
  auto got = co_await inner_->receive(into, stall);
  co_return got;
}

io::task<result<void>> paced_stream::send(std::span<const std::byte> bytes,
                                          std::chrono::nanoseconds stall, bool more) {
  while (true) {
    auto granted = co_await pace_->take(bytes.size());
    if (aborted_) { co_return cut_off(inner_->peer()); }
    const bool last = granted == bytes.size();
    auto sent =
        co_await inner_->send(bytes.first(static_cast<std::size_t>(granted)), stall, more || !last);
    if (!sent || last) { co_return sent; }
    bytes = bytes.subspan(static_cast<std::size_t>(granted));
  }
}

io::task<result<void>> paced_stream::send_file(const io::file& from, std::uint64_t offset,
                                               std::uint64_t length,
                                               std::chrono::nanoseconds stall) {
  while (true) {
    auto granted = co_await pace_->take(length);
    if (aborted_) { co_return cut_off(inner_->peer()); }
    auto sent = co_await inner_->send_file(from, offset, granted, stall);
    if (!sent || granted == length) { co_return sent; }
    offset += granted;
    length -= granted;
  }
}

/// Ends after each slice: who asked goes on with the next.
io::task<result<std::uint64_t>> paced_stream::send_cached(const io::file& from,
                                                          std::uint64_t offset,
                                                          std::uint64_t length,
                                                          std::chrono::nanoseconds stall) {
  auto granted = co_await pace_->take(length);
  if (aborted_) { co_return cut_off(inner_->peer()); }
  auto sent = co_await inner_->send_cached(from, offset, granted, stall);
  co_return sent;
}

}  // namespace sluice::http
