#include "rpc/outbound_line.hpp"

#include <utility>

namespace sluice::rpc {

namespace {

using namespace std::chrono_literals;

constexpr auto linger = 200ms;  ///< after a call a heartbeat waits so long for a next one
constexpr auto ready_max = 3s;  ///< and so long for one that waits, but has no thread yet

}  // namespace

bool outbound_line::attended() const {
  const std::lock_guard lock(mutex_);
  return heartbeats_ > 0 || stopped_;
}

std::uint64_t outbound_line::session() const {
  const std::lock_guard lock(mutex_);
  return session_;
}

std::uint64_t outbound_line::send(std::string message, std::uint64_t session) {
  const std::lock_guard lock(mutex_);
  command_.number = ++numbers_;
  command_.session = session == 0 ? command_.number : session;
  command_.message = std::move(message);
  call_ = call::waits;
  changed_.notify_all();
  return command_.session;
}

result<std::string> outbound_line::receive(clock::time_point until) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(
      lock, until, [this] { return call_ == call::answered || call_ == call::lost || stopped_; });
  const call ended = std::exchange(call_, call::none);  // what is said to it later is too late
  command_.message.clear();
  if (ended == call::answered) { return std::exchange(answer_, {}); }
  const errc why = ended == call::lost ? errc::peer_closed
                   : stopped_          ? errc::cancelled
                                       : errc::timed_out;
  return error{why, 0, "wait for a heartbeat"};
}

void outbound_line::expect(bool more) {
  const std::lock_guard lock(mutex_);
  if (more_ && !more) { quiet_since_ = clock::now(); }
  more_ = more;
  changed_.notify_all();
}

void outbound_line::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

/// A heartbeat without the answer to what was taken means that none will come.
bool outbound_line::take_answer(const command_contact& said) {
  session_ = said.session;
  if (call_ != call::taken) { return false; }
  const bool right = said.number == command_.number && said.answer.has_value();
  call_ = right ? call::answered : call::lost;
  if (right) { answer_ = *said.answer; }
  return right;
}

std::optional<site_command> outbound_line::attend(const command_contact& said, bool stays,
                                                  const std::function<void()>& here) {
  std::unique_lock lock(mutex_);
  const bool answered = take_answer(said);
  const auto waits = answered ? linger : 0ms;
  const auto waits_until = clock::now() + ready_max;
  ++heartbeats_;
  changed_.notify_all();
  lock.unlock();
  here();
  lock.lock();
  while (call_ != call::waits && !stopped_) {
    if (!stays && !(answered && more_)) { break; }
    const auto until = more_ ? waits_until : quiet_since_ + waits;
    if (clock::now() >= until) { break; }
    changed_.wait_until(lock, until);
  }
  --heartbeats_;
  if (call_ != call::waits || stopped_) { return std::nullopt; }
  call_ = call::taken;
  return site_command{command_.session, command_.number, std::exchange(command_.message, {})};
}

}  // namespace sluice::rpc
