#include "io/simulated_world.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "io/detached.hpp"
#include "io/simulated_backend.hpp"

namespace sluice::io {

simulated_world::simulated_world(std::uint64_t seed)
    : state_(std::make_shared<detail::simulated_state>(seed)) {}

simulated_world::~simulated_world() { SLUICE_CHECK(state_->served.empty()); }

backend_factory simulated_world::machine(std::string host) {
  detail::machine& own = state_->named(host);
  return [world = state_, &own] { return std::make_unique<detail::simulated_backend>(world, own); };
}

std::chrono::nanoseconds simulated_world::now() const noexcept { return state_->now; }

bool simulated_world::run_ready() {
  const detail::ready_driver driving;
  bool any = false;
  while (state_->run_others(nullptr) || state_->run_due()) { any = true; }
  return any;
}

std::optional<std::chrono::nanoseconds> simulated_world::next_event() const {
  const auto next = state_->next_event();
  if (next == std::chrono::nanoseconds::max()) { return std::nullopt; }
  return next;
}

void simulated_world::advance_to(std::chrono::nanoseconds time) {
  state_->now = std::max(state_->now, time);
}

void simulated_world::fail(const std::string& host, opcode code, std::uint64_t nth, int os_error,
                           bool for_good) {
  state_->named(host).faults.push_back({code, nth, os_error, for_good});
}

void simulated_world::shorten(const std::string& host, std::uint64_t one_in) {
  state_->named(host).short_one_in = one_in;
}

void simulated_world::slow_down(const std::string& host, std::uint64_t bytes_per_second) {
  state_->named(host).bytes_per_second = bytes_per_second;
}

void simulated_world::reset_connections(const std::string& host) {
  const detail::machine& own = state_->named(host);
  for (const auto& [descriptor, each] : own.handles) {
    if (each.end) { state_->reset(each.end); }
  }
  for (const auto& each : own.doors) {
    for (const detail::end_pointer& arrived : each->arrived) { state_->reset(arrived); }
  }
}

void simulated_world::mend(const std::string& host) {
  detail::machine& own = state_->named(host);
  own.faults.clear();
  own.short_one_in = 0;
  own.bytes_per_second = std::numeric_limits<std::uint64_t>::max();
}

void simulated_world::cut_power(const std::string& host) {
  state_->end_life(state_->named(host), true);
}

void simulated_world::kill(const std::string& host) {
  state_->end_life(state_->named(host), false);
}

void simulated_world::set_latency(std::chrono::nanoseconds one_way) { state_->latency = one_way; }

void simulated_world::set_rate(std::uint64_t bytes_per_second) {
  state_->bytes_per_second = bytes_per_second;
}

void simulated_world::part(const std::string& one, const std::string& other) {
  state_->parted_pairs.insert(std::minmax(one, other));
}

void simulated_world::join(const std::string& one, const std::string& other) {
  state_->parted_pairs.erase(std::minmax(one, other));
  // What still must not pass is held again.
  for (auto& each : std::exchange(state_->held, {})) {
    state_->after(state_->latency, std::move(each));
  }
}

void simulated_world::set_volume_size(const std::string& host, std::uint64_t bytes) {
  state_->named(host).disk.set_size(bytes);
}

void simulated_world::fill_volume(const std::string& host) {
  detail::simulated_disk& disk = state_->named(host).disk;
  disk.set_size(disk.used());
}

namespace {

/// The folder of `path`, made when missing; `path` becomes the last component.
detail::node_pointer parent_of(detail::simulated_disk& disk, std::string_view& path) {
  detail::node_pointer folder = disk.root();
  for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
    const std::string name(path.substr(0, slash));
    path.remove_prefix(slash + 1);
    disk.make_folder(*folder, name, 0750, {});
    folder = folder->names.at(name);
  }
  return folder;
}

}  // namespace

void simulated_world::put_file(const std::string& host, std::string_view path, std::string bytes) {
  detail::simulated_disk& disk = state_->named(host).disk;
  const auto folder = parent_of(disk, path);
  const open_options replace{.access = access_mode::write, .create = true, .truncate = true};
  detail::node_pointer made;
  const std::uint64_t size = disk.size();
  disk.set_size(std::numeric_limits<std::uint64_t>::max());
  SLUICE_CHECK(disk.open(folder, path, replace, state_->now, made) == 0);
  SLUICE_CHECK(disk.write(*made, std::as_bytes(std::span(bytes)), 0, state_->now) >= 0);
  disk.sync(*made);
  disk.sync(*folder);
  disk.set_size(size);
}

void simulated_world::put_link(const std::string& host, std::string_view path, std::string target) {
  detail::simulated_disk& disk = state_->named(host).disk;
  const auto folder = parent_of(disk, path);
  SLUICE_CHECK(disk.make_link(*folder, std::string(path), std::move(target)) == 0);
  disk.sync(*folder);
}

std::optional<std::string> simulated_world::peek_file(const std::string& host,
                                                      std::string_view path) const {
  const detail::simulated_disk& disk = state_->named(host).disk;
  detail::node_pointer found;
  if (disk.find(disk.root(), path, found) != 0) { return std::nullopt; }
  return found->bytes;
}

bool simulated_world::flip_bit(const std::string& host, std::string_view path,
                               std::uint64_t offset) {
  detail::simulated_disk& disk = state_->named(host).disk;
  detail::node_pointer found;
  if (disk.find(disk.root(), path, found) != 0 || offset >= found->bytes.size()) { return false; }
  found->bytes[offset] = static_cast<char>(found->bytes[offset] ^ 1);
  if (offset < found->durable_bytes.size()) {
    found->durable_bytes[offset] = static_cast<char>(found->durable_bytes[offset] ^ 1);
  }
  return true;
}

}  // namespace sluice::io
