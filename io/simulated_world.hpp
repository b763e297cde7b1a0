#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/backend.hpp"

namespace sluice::io {

namespace detail {
struct simulated_state;
}

/// Machines with disks, on one network, in virtual time: the twin of the real ring for tests. One
/// seed replays everything: latencies, short operations, what a power cut leaves.
///
/// Lifetime:  outlives the reactors of its machines.
/// Threads:   one. All reactors of a world run on it; driving one drives all.
class simulated_world {
public:
  explicit simulated_world(std::uint64_t seed);
  ~simulated_world();
  simulated_world(const simulated_world&) = delete;
  simulated_world& operator=(const simulated_world&) = delete;

  /// For `reactor::make`: a reactor on that machine, which comes into being with an empty disk when
  /// first named. Its name is its address ("10.0.0.1", "site"); it is also 127.0.0.1 to itself.
  backend_factory machine(std::string host);

  // Time. For whoever drives several clocks in step.
  [[nodiscard]] std::chrono::nanoseconds now() const noexcept;
  /// Runs all reactors until nothing can happen without time passing; false: nothing happened.
  bool run_ready();
  [[nodiscard]] std::optional<std::chrono::nanoseconds> next_event() const;
  /// Sets the clock, never back; runs nothing.
  void advance_to(std::chrono::nanoseconds time);

  // Faults.
  /// The `nth` operation of that kind from now (1: the next) fails with that errno; with `for_good`
  /// all later ones too. A sync that fails loses the bytes it should have made durable.
  void fail(const std::string& host, opcode code, std::uint64_t nth, int os_error,
            bool for_good = false);
  /// One of `one_in` reads, writes, sends and receives moves only a part; 0: none.
  void shorten(const std::string& host, std::uint64_t one_in);
  /// Of each direction of each of its connections, when that is less than `set_rate` says of all.
  void slow_down(const std::string& host, std::uint64_t bytes_per_second);
  /// All its connections are cut off, as a firewall does that forgets them: both sides are told.
  void reset_connections(const std::string& host);
  /// From now on its operations are whole, succeed, and are as fast as others'.
  void mend(const std::string& host);
  /// The machine loses its power: unsynced bytes and names are lost (or some of them not), all its
  /// operations end with `cancelled`, and its reactors get nothing done any more. Peers hear
  /// nothing. Reactors made for it later see the disk as it was left.
  void cut_power(const std::string& host);
  /// Kills its processes: as a power cut, but the disk keeps all, and peers see their connections
  /// end.
  void kill(const std::string& host);

  // Network.
  void set_latency(std::chrono::nanoseconds one_way);
  void set_rate(std::uint64_t bytes_per_second);  ///< of each direction of each connection
  /// Nothing passes between the two until `join`; nobody is told.
  void part(const std::string& one, const std::string& other);
  void join(const std::string& one, const std::string& other);

  // Disks, from outside of time. Paths without a leading slash; the disk's root is "/".
  void set_volume_size(const std::string& host, std::uint64_t bytes);
  void fill_volume(const std::string& host);  ///< it is as large as what is on it
  /// A durable file, its folders made, also when the volume is full.
  void put_file(const std::string& host, std::string_view path, std::string bytes);
  void put_link(const std::string& host, std::string_view path, std::string target);
  [[nodiscard]] std::optional<std::string> peek_file(const std::string& host,
                                                     std::string_view path) const;
  /// Bit rot: also what is durable. False when there is no such byte.
  bool flip_bit(const std::string& host, std::string_view path, std::uint64_t offset);

private:
  std::shared_ptr<detail::simulated_state> state_;
};

}  // namespace sluice::io
