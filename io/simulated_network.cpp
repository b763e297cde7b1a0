#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "io/simulated_state.hpp"

namespace sluice::io::detail {

namespace {

/// What a connection takes before the receiver has taken it.
constexpr std::uint64_t window = 4 * limits::mib;
constexpr std::uint16_t first_free_port = 40'000;

}  // namespace

bool simulated_state::parted(const std::string& one, const std::string& other) const {
  return parted_pairs.contains(std::minmax(one, other));
}

void simulated_state::wake(std::uint64_t& waiting, void (simulated_state::*again)(std::uint64_t)) {
  const std::uint64_t number = std::exchange(waiting, 0);
  if (number == 0) { return; }
  if (in_flight* const asked = find(number)) { asked->parked = false; }
  after(time(1), [this, number, again] { (this->*again)(number); });
}

std::int64_t simulated_state::listen(machine& on, endpoint& at, port_sharing sharing) {
  if (at.port == 0) { at.port = static_cast<std::uint16_t>(first_free_port + on.ports_given++); }
  for (const auto& each : on.doors) {
    if (each->local.port == at.port && !(sharing == port_sharing::join && each->shared)) {
      return -EADDRINUSE;
    }
  }
  auto made = std::make_shared<door>();
  made->local = at;
  made->shared = sharing != port_sharing::none;
  on.doors.push_back(made);
  return add(on, {.door = std::move(made)});
}

void simulated_state::connect(std::uint64_t number) {
  in_flight* const flight = find(number);
  if (flight == nullptr) { return; }
  machine* const target = known(flight->asked->at->host, flight->of->host);
  if (target == nullptr) {
    complete_after(latency, number, -EHOSTUNREACH);
  } else if (parted(target->host, flight->of->host)) {
    park(number);  // nobody answers
  } else {
    after(2 * latency, [this, number, target] { arrive(number, *target); });
  }
}

void simulated_state::arrive(std::uint64_t number, machine& at) {
  in_flight* const flight = find(number);
  if (flight == nullptr) { return; }
  std::vector<std::shared_ptr<door>> open;
  for (const auto& each : at.doors) {
    if (each->local.port == flight->asked->at->port && !each->shut) { open.push_back(each); }
  }
  if (open.empty()) {
    complete(number, -ECONNREFUSED);
    return;
  }
  door& chosen = *open[at.doors_asked++ % open.size()];
  auto near = std::make_shared<connection_end>();
  auto far = std::make_shared<connection_end>();
  near->host = flight->of->host;
  near->port = static_cast<std::uint16_t>(first_free_port + flight->of->ports_given++);
  near->other = far;
  far->host = at.host;
  far->port = flight->asked->at->port;
  far->other = near;
  chosen.arrived.push_back(std::move(far));
  wake(chosen.accepting, &simulated_state::accept);
  complete(number, add(*flight->of, {.end = std::move(near)}));
}

void simulated_state::accept(std::uint64_t number) {
  in_flight* const flight = find(number);
  if (flight == nullptr) { return; }
  const auto found = flight->of->handles.find(flight->asked->descriptor);
  if (found == flight->of->handles.end() || !found->second.door) {
    complete(number, -EBADF);
    return;
  }
  door& own = *found->second.door;
  if (own.shut) {
    complete(number, -EINVAL);
    return;
  }
  if (own.arrived.empty()) {
    own.accepting = number;
    park(number);
    return;
  }
  const end_pointer came = std::move(own.arrived.front());
  own.arrived.pop_front();
  const end_pointer other = came->other.lock();
  if (other) {
    const bool local = other->host == came->host;
    *flight->asked->at = endpoint(local ? "127.0.0.1" : other->host, other->port);
  }
  complete(number, add(*flight->of, {.end = came}));
}

void simulated_state::receive(std::uint64_t number) {
  in_flight* const flight = find(number);
  if (flight == nullptr) { return; }
  const auto found = flight->of->handles.find(flight->asked->descriptor);
  if (found == flight->of->handles.end() || !found->second.end) {
    complete(number, -EBADF);
    return;
  }
  const end_pointer own = found->second.end;
  const std::size_t there = own->inbound.size() - own->taken;
  if (there == 0 || own->broken) {
    if (own->broken || own->ended || own->shut) {
      complete(number, own->broken ? -ECONNRESET : 0);
    } else {
      own->receiving = number;
      park(number);
    }
    return;
  }
  const std::size_t wanted = std::min(flight->asked->memory.size(), there);
  const std::size_t length = shortened(*flight->of, wanted, 1);
  std::memcpy(flight->asked->memory.data(), own->inbound.data() + own->taken, length);
  own->taken += length;
  if (own->taken == own->inbound.size()) {
    own->inbound.clear();
    own->taken = 0;
  }
  if (const end_pointer other = own->other.lock()) { wake(other->sending, &simulated_state::send); }
  complete(number, static_cast<std::int64_t>(length));
}

void simulated_state::send(std::uint64_t number) {
  in_flight* const flight = find(number);
  if (flight == nullptr) { return; }
  operation& asked = *flight->asked;
  const auto found = flight->of->handles.find(asked.descriptor);
  if (found == flight->of->handles.end() || !found->second.end) {
    complete(number, -EBADF);
    return;
  }
  const end_pointer own = found->second.end;
  const end_pointer other = own->other.lock();
  if (own->shut || own->broken) {
    complete(number, -EPIPE);
    return;
  }
  const std::uint64_t unread = other ? other->inbound.size() - other->taken : 0;
  const std::uint64_t room = window - std::min(window, own->travelling + unread);
  if (room == 0) {
    own->sending = number;
    park(number);
    return;
  }
  const bool whole_file = asked.code == opcode::send_file;
  const std::uint64_t wanted =
      std::min(room, whole_file ? asked.length : std::uint64_t{asked.memory.size()});
  std::string bytes(shortened(*flight->of, wanted, 1), '\0');
  if (whole_file) {
    const auto file = flight->of->handles.find(asked.other_descriptor);
    const bool open = file != flight->of->handles.end() && file->second.file;
    const std::int64_t length =
        open ? flight->of->disk.read(*file->second.file, std::as_writable_bytes(std::span(bytes)),
                                     asked.offset)
             : -EBADF;
    if (length <= 0) {
      complete(number, length);
      return;
    }
    bytes.resize(static_cast<std::size_t>(length));
  } else {
    std::memcpy(bytes.data(), asked.memory.data(), bytes.size());
  }
  const auto length = static_cast<std::int64_t>(bytes.size());
  transmit(own, std::move(bytes), false);
  complete(number, length);
}

/// The slowest of the line and the two machines.
std::uint64_t simulated_state::rate_of(const connection_end& from, const connection_end& to) const {
  return std::min({bytes_per_second, machines.at(from.host).bytes_per_second,
                   machines.at(to.host).bytes_per_second});
}

void simulated_state::transmit(const end_pointer& from, std::string bytes, bool last) {
  const auto other = from->other.lock();
  if (!other) {
    from->broken = from->broken || !last;
    return;
  }
  from->travelling += bytes.size();
  const std::uint64_t rate = rate_of(*from, *other);
  std::size_t begin = 0;
  do {  // what takes longer than a second comes in as it travels
    std::string part = bytes.substr(begin, rate);
    begin += part.size();
    from->free_at =
        std::max(from->free_at, now) + time(part.size() * std::uint64_t{1'000'000'000} / rate);
    const bool ends = last && begin == bytes.size();
    auto arrives = [this, other, from, ends, part = std::move(part)]() mutable {
      deliver(other, from, std::move(part), ends);
    };
    // In order, also when the latency has become less.
    from->arrived_at = std::max(from->arrived_at, from->free_at + latency);
    after(from->arrived_at - now, std::move(arrives));
  } while (begin < bytes.size());
}

void simulated_state::deliver(const end_pointer& to, const end_pointer& from, std::string bytes,
                              bool last) {
  if (parted(to->host, from->host)) {
    held.push_back([this, to, from, bytes, last] { deliver(to, from, bytes, last); });
    return;
  }
  from->travelling -= bytes.size();
  if (to->shut && !last) {  // nobody reads it any more
    from->broken = true;
    wake(from->receiving, &simulated_state::receive);
    wake(from->sending, &simulated_state::send);
    return;
  }
  to->inbound += bytes;
  to->ended = to->ended || last;
  wake(to->receiving, &simulated_state::receive);
}

void simulated_state::shut(const end_pointer& own) {
  if (std::exchange(own->shut, true)) { return; }
  transmit(own, {}, true);
  wake(own->receiving, &simulated_state::receive);
  wake(own->sending, &simulated_state::send);
}

/// What travels is lost; both sides hear of it, but for one behind a partition.
void simulated_state::reset(const end_pointer& own) {
  const end_pointer other = own->other.lock();
  for (const end_pointer& each : {own, other}) {
    if (!each || (each == other && parted(own->host, other->host))) { continue; }
    each->broken = true;
    wake(each->receiving, &simulated_state::receive);
    wake(each->sending, &simulated_state::send);
  }
}

void simulated_state::shut(door& own) {
  own.shut = true;
  for (const end_pointer& each : own.arrived) { shut(each); }
  own.arrived.clear();
  wake(own.accepting, &simulated_state::accept);
}

}  // namespace sluice::io::detail
