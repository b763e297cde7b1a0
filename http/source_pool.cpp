#include "http/source_pool.hpp"

#include <algorithm>

namespace sluice::http {

source_pool::source_pool(io::reactor& ring, io::endpoint address, std::uint32_t connections,
                         source_patience patience, bool pushed)
    : ring_(ring),
      address_(std::move(address)),
      patience_(patience),
      connections_(connections),
      turns_(connections),
      pushed_(pushed) {}

std::string source_pool::name() const { return pushed_ ? "the site" : address_.text(); }

io::task<void> source_pool::close_line(std::unique_ptr<source_connection> line) {
  bytes_of_closed_ += line->stream().received();
  co_await line->stream().close();
}

void source_pool::take(io::socket connected) {
  auto line = std::make_unique<source_connection>(ring_, std::move(connected), patience_);
  const bool too_many = idle_.size() + lent_.size() >= connections_;
  if (closing_ || (too_many && idle_.empty())) {
    closed_.start(close_line(std::move(line)));
    return;
  }
  if (too_many) {  // who opens another has given up one: the one that was idle longest
    closed_.start(close_line(std::move(idle_.front())));
    idle_.erase(idle_.begin());
  }
  idle_.push_back(std::move(line));
  moved_.set();
}

void source_pool::cut_taken(source_patience patience) {
  patience_ = patience;
  for (source_connection* const line : lent_) { line->stream().abort(); }
  for (auto& line : std::exchange(idle_, {})) { closed_.start(close_line(std::move(line))); }
}

/// Waits for one that is lent; fails at once when there is none at all.
io::task<source_pool::loan> source_pool::borrow_taken(std::shared_ptr<io::cancellation> stop,
                                                      std::string doing) {
  loan made;
  io::cancellation::registration wake;
  if (stop) {
    wake = stop->on_request([this] { moved_.set(); });
  }
  while (idle_.empty() && !lent_.empty() && !closing_ && !(stop && stop->requested())) {
    moved_.clear();
    co_await moved_.wait();
  }
  if (closing_ || (stop && stop->requested())) {
    made.failure = fetch_failure{error{errc::cancelled, 0, std::move(doing)}, {}, {}};
  } else if (idle_.empty()) {
    made.failure = fetch_failure{error{errc::unreachable, 0, std::move(doing)},
                                 {"", "has no connection open to this node"},
                                 {}};
  } else {
    made.line = std::move(idle_.back());
    idle_.pop_back();
  }
  co_return made;
}

fetch_failure source_pool::unreachable(const error& cause, const std::string& doing) const {
  const bool late = cause.code == errc::timed_out;
  fetch_failure failure = blamed(
      late ? errc::timed_out : errc::unreachable, "X33", doing,
      late ? format("did not accept a connection within {} s",
                    std::chrono::duration_cast<std::chrono::seconds>(patience_.connect).count())
           : "cannot be connected: " + describe(cause));
  failure.cause.os_error = cause.os_error;
  return failure;
}

io::task<source_pool::loan> source_pool::borrow(bool fresh, std::shared_ptr<io::cancellation> stop,
                                                std::string doing) {
  loan made;
  bool in_turn = true;
  if (stop) {
    in_turn = co_await turns_.acquire_unless(*stop);
  } else {
    co_await turns_.acquire();
  }
  if (!in_turn || closing_ || (stop && stop->requested())) {
    if (in_turn) { turns_.release(); }
    made.failure = fetch_failure{error{errc::cancelled, 0, std::move(doing)}, {}, {}};
    co_return made;
  }
  if (fresh) {
    // What was idle as long as the one that turned out to be stale is stale too.
    while (!idle_.empty()) {
      std::unique_ptr<source_connection> old = std::move(idle_.back());
      idle_.pop_back();
      bytes_of_closed_ += old->stream().received();
      co_await old->stream().close();
    }
  }
  if (pushed_) {
    made = co_await borrow_taken(stop, doing);
    if (made.failure) {
      turns_.release();
      co_return made;
    }
  } else if (!idle_.empty()) {
    made.line = std::move(idle_.back());
    idle_.pop_back();
  } else {
    const auto begun = connecting_.insert(ring_.now());
    auto connected = co_await io::socket::connect(ring_, address_, patience_.connect, stop);
    connecting_.erase(begun);
    if (!connected) {
      turns_.release();
      const bool stopped = stop && stop->requested();
      made.failure = stopped ? fetch_failure{error{errc::cancelled, 0, std::move(doing)}, {}, {}}
                             : unreachable(connected.error(), doing);
      co_return made;
    }
    made.line = std::make_unique<source_connection>(ring_, std::move(*connected), patience_);
  }
  lent_.insert(made.line.get());
  made.line->attach(stop);
  if (closing_) { made.line->stream().abort(); }
  co_return made;
}

io::task<void> source_pool::give_back(std::unique_ptr<source_connection> line, bool keep) {
  lent_.erase(line.get());
  const bool usable = keep && !closing_ && !line->cancelled() && line->held().empty();
  line->detach();
  if (usable) {
    idle_.push_back(std::move(line));
  } else {
    bytes_of_closed_ += line->stream().received();
    co_await line->stream().close();
  }
  turns_.release();
  moved_.set();
}

io::task<void> source_pool::close() {
  closing_ = true;
  moved_.set();
  for (source_connection* const line : lent_) { line->stream().abort(); }
  for (std::uint32_t i = 0; i < connections_; ++i) { co_await turns_.acquire(); }
  while (!idle_.empty()) {
    std::unique_ptr<source_connection> line = std::move(idle_.back());
    idle_.pop_back();
    bytes_of_closed_ += line->stream().received();
    co_await line->stream().close();
  }
  for (std::uint32_t i = 0; i < connections_; ++i) { turns_.release(); }
  co_await closed_.wait_all();
}

std::chrono::nanoseconds source_pool::silent_for() const noexcept {
  const std::chrono::nanoseconds now = ring_.now();
  std::chrono::nanoseconds asked = connecting_.empty() ? now : *connecting_.begin();
  std::chrono::nanoseconds heard{0};
  for (source_connection* const line : lent_) {
    asked = std::min(asked, line->stream().waiting_since().value_or(now));
    heard = std::max(heard, line->stream().heard_at());
  }
  return now - std::max(asked, heard);
}

std::uint64_t source_pool::bytes_received() const noexcept {
  std::uint64_t sum = bytes_of_closed_;
  for (const auto& line : idle_) { sum += line->stream().received(); }
  for (source_connection* const line : lent_) { sum += line->stream().received(); }
  return sum;
}

}  // namespace sluice::http
