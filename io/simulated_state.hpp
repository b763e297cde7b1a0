#pragma once

#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "io/simulated_disk.hpp"
#include "io/socket.hpp"

namespace sluice::io::detail {

/// One side of a connection. Waiting operations are known by their numbers; 0: none.
struct connection_end {
  std::string host;
  std::uint16_t port = 0;
  std::weak_ptr<connection_end> other;
  std::string inbound;
  std::size_t taken = 0;                  ///< of `inbound`
  std::uint64_t travelling = 0;           ///< bytes on their way to the other side
  std::chrono::nanoseconds free_at{};     ///< when the line takes the next bytes
  std::chrono::nanoseconds arrived_at{};  ///< when the last ones reach the other side
  std::uint64_t receiving = 0;
  std::uint64_t sending = 0;
  bool ended = false;   ///< the other side will send no more
  bool broken = false;  ///< reset
  bool shut = false;    ///< by its own side
};
using end_pointer = std::shared_ptr<connection_end>;

struct door {
  endpoint local;
  bool shared = false;
  bool shut = false;
  std::deque<end_pointer> arrived;
  std::uint64_t accepting = 0;
};

struct handle {
  node_pointer file;
  bool direct = false;
  std::shared_ptr<io::detail::door> door;
  end_pointer end;
};

struct fault {
  opcode code;
  std::uint64_t nth;
  int os_error;
  bool for_good;
};

struct machine {
  std::string host;
  simulated_disk disk;
  std::uint64_t life = 1;  ///< the next after each power cut or kill
  std::map<int, handle> handles;
  std::vector<std::shared_ptr<io::detail::door>> doors;
  std::uint16_t ports_given = 0;
  std::uint64_t doors_asked = 0;
  std::vector<fault> faults;
  std::uint64_t short_one_in = 0;
  std::uint64_t bytes_per_second = std::numeric_limits<std::uint64_t>::max();
};

struct in_flight {
  operation* asked;
  machine* of;
  bool parked = false;     ///< waits for something else than time
  bool cancelled = false;  ///< to end as soon as it would be parked
};

/// What all parts of a simulated world share.
struct simulated_state {
  using time = std::chrono::nanoseconds;

  explicit simulated_state(std::uint64_t seed) : random(seed) {}

  machine& named(const std::string& host);
  machine* known(const std::string& host, const std::string& seen_from);
  bool parted(const std::string& one, const std::string& other) const;
  void after(time delay, std::function<void()> happens);
  bool run_due();
  bool run_others(const turning* except);
  [[nodiscard]] time next_event() const;

  // Operations.
  void begin(operation& asked, machine& of);
  in_flight* find(std::uint64_t number);
  void complete(std::uint64_t number, std::int64_t outcome);
  void complete_after(time delay, std::uint64_t number, std::int64_t outcome);
  void park(std::uint64_t number);
  void cancel(std::uint64_t number);
  int add(machine& to, handle made);
  void end_life(machine& of, bool power_cut);
  std::size_t shortened(const machine& of, std::size_t length, std::size_t unit);

  // Network.
  void connect(std::uint64_t number);
  void arrive(std::uint64_t number, machine& at);
  std::int64_t listen(machine& on, endpoint& at, port_sharing sharing);
  void accept(std::uint64_t number);
  void receive(std::uint64_t number);
  void send(std::uint64_t number);
  [[nodiscard]] std::uint64_t rate_of(const connection_end& from, const connection_end& to) const;
  void transmit(const end_pointer& from, std::string bytes, bool last);
  void deliver(const end_pointer& to, const end_pointer& from, std::string bytes, bool last);
  void shut(const end_pointer& own);
  void shut(door& own);
  void reset(const end_pointer& own);
  void wake(std::uint64_t& waiting, void (simulated_state::*again)(std::uint64_t));

  time now = std::chrono::seconds(1);
  seeded_random random;
  std::uint64_t numbers = 0;
  int descriptors = 0;
  time latency = std::chrono::microseconds(50);
  std::uint64_t bytes_per_second = 1'000'000'000;
  std::map<std::pair<time, std::uint64_t>, std::function<void()>> events;
  std::map<std::uint64_t, in_flight> operations;
  std::map<std::string, machine> machines;
  std::set<std::pair<std::string, std::string>> parted_pairs;
  std::vector<std::function<void()>> held;  ///< deliveries between parted machines
  std::vector<turning*> served;
};

}  // namespace sluice::io::detail
