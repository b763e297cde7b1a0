#include "http/connection_host.hpp"

namespace sluice::http {

namespace {

constexpr auto accept_pause = std::chrono::milliseconds(100);
constexpr auto complaint_interval = std::chrono::seconds(1);

}  // namespace

connection_host::connection_host(io::reactor& ring, io::listener listening,
                                 request_handler& handler, connection_bounds bounds,
                                 std::shared_ptr<server_counters> counters,
                                 std::shared_ptr<const push_door> pushes)
    : ring_(ring),
      listening_(std::move(listening)),
      bounds_(bounds),
      counters_(std::move(counters)),
      pushes_(std::move(pushes)),
      context_{ring,          handler,
               bounds_,       *counters_,
               stopping_,     [this](std::string_view text) { complain(text); },
               pushes_.get(), &counters_->visitors} {}

void connection_host::complain(std::string_view text) {
  if (ring_.now() - complained_ < complaint_interval) {
    ++complaints_kept_back_;
    return;
  }
  complained_ = ring_.now();
  std::string line = escaped(text);
  if (complaints_kept_back_ > 0) { line += format(" ({} more like it)", complaints_kept_back_); }
  complaints_kept_back_ = 0;
  log::warning("http", line);
}

bool connection_host::admits(const io::socket& peer) {
  const char* reason = nullptr;
  if (open_.size() >= bounds_.connections_max) { reason = "too many connections"; }
  const auto same = per_address_.find(peer.peer());
  if (same != per_address_.end() && same->second >= bounds_.connections_per_address_max) {
    reason = "too many connections from this address";
  }
  if (reason == nullptr) { return true; }
  counters_->connections_refused.fetch_add(1, std::memory_order_relaxed);
  complain(format("closed a connection from {}: {}", peer.peer(), reason));
  return false;
}

io::task<void> connection_host::serve() {
  while (!stopping_) {
    auto accepted = co_await listening_.accept();
    if (stopping_) { break; }
    if (!accepted) {
      // Descriptors or memory ran out: connections that end give some back.
      complain(format("cannot accept a connection: {}", describe(accepted.error())));
      co_await ring_.sleep_for(accept_pause);
      continue;
    }
    if (admits(*accepted)) {
      connections_.start(serve_one(std::move(*accepted)));
    } else {
      co_await accepted->close();
    }
  }
  co_await connections_.wait_all();
  co_await listening_.close();
}

io::task<void> connection_host::serve_one(io::socket accepted) {
  const std::string address = accepted.peer();
  connection self{io::plain_stream(std::move(accepted)), true};
  open_.insert(&self);
  ++per_address_[address];
  counters_->connections_open.fetch_add(1, std::memory_order_relaxed);
  co_await serve_connection(context_, self);
  counters_->connections_open.fetch_sub(1, std::memory_order_relaxed);
  open_.erase(&self);
  if (const auto same = per_address_.find(address); --same->second == 0) {
    per_address_.erase(same);
  }
}

void connection_host::stop() noexcept {
  const bool again = stopping_;
  stopping_ = true;
  if (!again) { listening_.abort(); }
  for (connection* const one : open_) {
    if (again || one->idle) { one->stream->abort(); }
  }
}

}  // namespace sluice::http
