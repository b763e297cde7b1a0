#include "io/simulated_state.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sluice::io::detail {

machine& simulated_state::named(const std::string& host) {
  const auto [place, fresh] = machines.try_emplace(host);
  if (fresh) { place->second.host = host; }
  return place->second;
}

machine* simulated_state::known(const std::string& host, const std::string& seen_from) {
  const bool itself = host == "localhost" || host == "127.0.0.1" || host == "::1";
  const auto found = machines.find(itself ? seen_from : host);
  return found == machines.end() ? nullptr : &found->second;
}

void simulated_state::after(time delay, std::function<void()> happens) {
  events.emplace(std::pair(now + delay, ++numbers), std::move(happens));
}

bool simulated_state::run_due() {
  bool any = false;
  while (!events.empty() && events.begin()->first.first <= now) {
    const auto due = events.extract(events.begin());
    due.mapped()();
    any = true;
  }
  return any;
}

bool simulated_state::run_others(const turning* except) {
  bool any = false;
  for (std::size_t index = 0; index < served.size(); ++index) {
    if (served[index] != except) { any |= served[index]->run_once(); }
  }
  return any;
}

simulated_state::time simulated_state::next_event() const {
  time next = events.empty() ? time::max() : events.begin()->first.first;
  for (const turning* each : served) { next = std::min(next, each->next_timer().value_or(next)); }
  return next;
}

void simulated_state::begin(operation& asked, machine& of) {
  asked.number = ++numbers;
  operations.emplace(asked.number, in_flight{&asked, &of});
}

in_flight* simulated_state::find(std::uint64_t number) {
  const auto found = operations.find(number);
  return found == operations.end() ? nullptr : &found->second;
}

void simulated_state::complete(std::uint64_t number, std::int64_t outcome) {
  const auto ended = operations.extract(number);
  if (ended.empty()) { return; }  // cancelled before
  operation& asked = *ended.mapped().asked;
  asked.result = outcome;
  asked.completed(asked);
}

void simulated_state::complete_after(time delay, std::uint64_t number, std::int64_t outcome) {
  after(delay, [this, number, outcome] { complete(number, outcome); });
}

void simulated_state::park(std::uint64_t number) {
  in_flight* const flight = find(number);
  if (flight->cancelled) {
    complete_after(time(1), number, -ECANCELED);
  } else {
    flight->parked = true;
  }
}

void simulated_state::cancel(std::uint64_t number) {
  in_flight* const flight = find(number);
  if (flight == nullptr) { return; }
  flight->cancelled = true;
  if (flight->parked) { complete_after(time(1), number, -ECANCELED); }
}

int simulated_state::add(machine& to, handle made) {
  to.handles.emplace(++descriptors, std::move(made));
  return descriptors;
}

std::size_t simulated_state::shortened(const machine& of, std::size_t length, std::size_t unit) {
  if (of.short_one_in == 0 || length <= unit || random() % of.short_one_in != 0) { return length; }
  return (1 + random() % ((length - 1) / unit)) * unit;
}

void simulated_state::end_life(machine& of, bool power_cut) {
  ++of.life;
  for (auto& [number, flight] : operations) {
    if (flight.of == &of) { complete_after(time(1), number, -ECANCELED); }
  }
  for (auto& [descriptor, each] : of.handles) {
    if (!each.end) { continue; }
    if (power_cut) {
      each.end->shut = true;  // and the other side hears of it when it sends
    } else {
      shut(each.end);
    }
  }
  for (const auto& each : of.doors) { shut(*each); }
  of.handles.clear();
  of.doors.clear();
  if (power_cut) { of.disk.cut_power(std::ref(random)); }
}

}  // namespace sluice::io::detail
