#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <variant>

#include "rpc/endpoint.hpp"
#include "rpc/remote.hpp"

namespace sluice::rpc {

namespace {

using control_call = std::function<void(control_service&)>;
using management_point_call = std::function<void(management_point_service&)>;
using any_call = std::variant<control_call, management_point_call>;

constexpr std::string_view outbound_prefix = "outbound/";  // no HOST:PORT begins so
constexpr std::string_view unheard_prefix = "outbound/unheard/";
constexpr std::uint32_t heartbeats_staying_max = limits::rpc_connections_max / 2;
using pool_clock = outbound_line::clock;

struct waiting_call {
  any_call call;
  pool_clock::time_point until;  ///< so long it waits for a heartbeat
};

/// An address that was called: what waits for it, and how its last call went. It is in one of the
/// queues when something waits and none of its calls runs.
struct called_address {
  std::string text;
  listen_address to;
  std::deque<waiting_call> waiting;
  bool running = false;
  bool slow = false;  ///< its last call spent a deadline
  call_record record;
  std::shared_ptr<outbound_line> line;  ///< in place of `to`
  std::uint32_t heartbeats = 0;         ///< that attend to the line
  std::unique_ptr<control_service> control;
  std::unique_ptr<management_point_service> management_point;
};

class threaded_client_pool final : public client_pool {
public:
  threaded_client_pool(unsigned threads, client_options options);
  ~threaded_client_pool() override;

  result<void> with_control(std::string address, control_call call) override {
    return enqueue(std::move(address), std::move(call));
  }
  result<void> with_management_point(std::string address, management_point_call call) override {
    return enqueue(std::move(address), std::move(call));
  }
  std::optional<site_command> attend(const model::node_id& node,
                                     const command_contact& said) override;

private:
  result<void> enqueue(std::string address, any_call call);
  called_address& place_of(const std::string& address);
  void queue(called_address& one);
  [[nodiscard]] bool must_sleep(const called_address& one) const;
  void wake(called_address& one);
  void wake_overdue();
  void on_heartbeat(called_address& one);
  called_address* next();
  void work();
  void wait(std::unique_lock<std::mutex>& lock);
  void run(called_address& one, any_call& call);
  void finish(called_address& one);
  void forget_if_idle(called_address& one);

  const client_options options_;
  const descriptor interrupt_;
  unsigned slow_threads_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, std::unique_ptr<called_address>> addresses_;
  std::deque<called_address*> fast_;
  std::deque<called_address*> slow_;
  /// Until a heartbeat, or their first call is overdue.
  std::set<std::pair<pool_clock::time_point, called_address*>> asleep_;
  std::uint32_t heartbeats_ = 0;
  std::atomic<std::uint64_t> numbers_ = 0;  ///< of messages to nodes without a control port
  unsigned slow_running_ = 0;
  std::uint32_t waiting_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

threaded_client_pool::threaded_client_pool(unsigned threads, client_options options)
    : options_(std::move(options)), interrupt_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  SLUICE_CHECK(interrupt_.valid());
  const auto count = std::clamp(threads, 1U, limits::rpc_client_threads_max);
  slow_threads_max_ = std::clamp(count / 4, 1U, limits::rpc_slow_threads_max);
  threads_.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    threads_.emplace_back([this] { work(); });
  }
}

threaded_client_pool::~threaded_client_pool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    while (!asleep_.empty()) { wake(*asleep_.begin()->second); }
    for (const auto& [text, one] : addresses_) {
      if (one->line) { one->line->stop(); }
    }
  }
  eventfd_write(interrupt_.number(), 1);
  wake_.notify_all();
  for (auto& thread : threads_) { thread.join(); }
}

result<void> threaded_client_pool::enqueue(std::string address, any_call call) {
  listen_address to;
  if (!address.starts_with(outbound_prefix)) {
    auto parsed = listen_address::parse(address);
    if (!parsed) { return parsed.error(); }
    to = std::move(*parsed);
  }
  const std::lock_guard lock(mutex_);
  if (stopping_) { return error{errc::cancelled, 0, format("call {}: stopping", address)}; }
  const auto known = addresses_.find(address);
  const auto there = known == addresses_.end() ? 0 : known->second->waiting.size();
  if (waiting_ >= limits::rpc_calls_waiting_max ||
      there >= limits::rpc_calls_waiting_per_address_max) {
    return error{errc::limit_reached, 0,
                 format("call {}: {} calls wait for it, {} for all; try later", escaped(address),
                        there, waiting_)};
  }
  called_address& one = place_of(address);
  if (known == addresses_.end()) { one.to = std::move(to); }
  const auto patience = address.starts_with(unheard_prefix) ? std::chrono::milliseconds(0)
                                                            : options_.outbound_patience;
  one.waiting.push_back({std::move(call), pool_clock::now() + patience});
  ++waiting_;
  if (one.line) { one.line->expect(true); }
  if (!one.running && one.waiting.size() == 1) { queue(one); }
  wake_.notify_one();
  return {};
}

called_address& threaded_client_pool::place_of(const std::string& address) {
  auto& one = addresses_[address];
  if (!one) {
    one = std::make_unique<called_address>();
    one->text = address;
    if (address.starts_with(outbound_prefix)) {
      one->line = std::make_shared<outbound_line>(numbers_);
    }
  }
  return *one;
}

/// Calls to a node that no heartbeat of is here; overdue ones run, and find nobody.
bool threaded_client_pool::must_sleep(const called_address& one) const {
  return one.line && !stopping_ && !one.line->attended() &&
         one.waiting.front().until > pool_clock::now();
}

void threaded_client_pool::queue(called_address& one) {
  if (must_sleep(one)) {
    asleep_.emplace(one.waiting.front().until, &one);
  } else {
    (one.slow ? slow_ : fast_).push_back(&one);
  }
}

void threaded_client_pool::wake(called_address& one) {
  if (one.waiting.empty() || asleep_.erase({one.waiting.front().until, &one}) == 0) { return; }
  (one.slow ? slow_ : fast_).push_back(&one);
  wake_.notify_one();
}

void threaded_client_pool::wake_overdue() {
  const auto now = pool_clock::now();
  while (!asleep_.empty() && asleep_.begin()->first <= now) { wake(*asleep_.begin()->second); }
}

std::optional<site_command> threaded_client_pool::attend(const model::node_id& node,
                                                         const command_contact& said) {
  std::unique_lock lock(mutex_);
  if (stopping_) { return std::nullopt; }
  called_address& one = place_of(outbound_address(node, ""));
  const auto line = one.line;
  ++one.heartbeats;
  const bool stays = ++heartbeats_ <= heartbeats_staying_max;
  lock.unlock();
  auto message = line->attend(said, stays, [&] { on_heartbeat(one); });
  lock.lock();
  --heartbeats_;
  --one.heartbeats;
  forget_if_idle(one);
  return message;
}

/// What waits from now on waits for a thread, not for the node.
void threaded_client_pool::on_heartbeat(called_address& one) {
  const std::lock_guard lock(mutex_);
  wake(one);
  if (one.waiting.empty()) { return; }
  one.waiting.front().until = pool_clock::now() + options_.outbound_patience;
}

/// Slow ones first, as far as they have threads: so neither kind waits for the other.
called_address* threaded_client_pool::next() {
  wake_overdue();
  while (true) {
    auto* const from = !slow_.empty() && slow_running_ < slow_threads_max_ ? &slow_ : &fast_;
    if (from->empty()) { return nullptr; }
    auto* const one = from->front();
    from->pop_front();
    if (!must_sleep(*one)) { return one; }
    queue(*one);  // its heartbeat has not waited for a thread
  }
}

void threaded_client_pool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    auto* const one = next();
    if (one == nullptr) {
      if (stopping_ && fast_.empty() && slow_.empty()) { return; }
      wait(lock);
      continue;
    }
    auto call = std::move(one->waiting.front().call);
    one->waiting.pop_front();
    --waiting_;
    if (!asleep_.empty()) { wake_.notify_one(); }  // somebody is to watch those that sleep
    one->running = true;
    one->record = {};
    one->record.nobody_there = one->line && !one->line->attended();  // and it is overdue
    const bool counted = one->slow;
    if (counted) { ++slow_running_; }
    lock.unlock();
    run(*one, call);
    call = {};  // what it holds ends without the lock
    lock.lock();
    if (counted) { --slow_running_; }
    finish(*one);
    // A slow address that was waiting for a thread, or the end of the last call, may concern
    // others.
    if (counted || stopping_) { wake_.notify_all(); }
  }
}

void threaded_client_pool::wait(std::unique_lock<std::mutex>& lock) {
  if (asleep_.empty()) {
    wake_.wait(lock);
  } else {
    const auto until = asleep_.begin()->first;
    wake_.wait_until(lock, until);
  }
}

void threaded_client_pool::run(called_address& one, any_call& call) {
  const remote_target target{one.to, options_, interrupt_.number(), &one.record, one.line};
  if (auto* const wanted = std::get_if<control_call>(&call)) {
    if (!one.control) { one.control = make_remote_control(target); }
    (*wanted)(*one.control);
  } else {
    if (!one.management_point) { one.management_point = make_remote_management_point(target); }
    std::get<management_point_call>(call)(*one.management_point);
  }
}

void threaded_client_pool::finish(called_address& one) {
  one.running = false;
  one.slow = one.record.deadline_spent;
  if (!one.waiting.empty()) {
    queue(one);
    wake_.notify_one();
    return;
  }
  one.control.reset();
  one.management_point.reset();
  if (one.line) { one.line->expect(false); }
  forget_if_idle(one);
}

void threaded_client_pool::forget_if_idle(called_address& one) {
  const bool idle = one.waiting.empty() && !one.running && one.heartbeats == 0;
  if (idle && !one.slow) { addresses_.erase(one.text); }
}

}  // namespace

std::string outbound_address(const std::optional<model::node_id>& node, std::string_view name) {
  return node ? format("{}{}", outbound_prefix, node->text())
              : format("{}{}", unheard_prefix, name);
}

std::unique_ptr<client_pool> make_client_pool(unsigned threads, client_options options) {
  return std::make_unique<threaded_client_pool>(threads, std::move(options));
}

}  // namespace sluice::rpc
