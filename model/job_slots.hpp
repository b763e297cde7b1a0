#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "model/notification.hpp"

namespace sluice::model {

/// Who has a job at one distribution point, and who is next (B4, D15): at most so many at a time;
/// of those who wait the highest package priority goes first, then who asked first. A job that
/// waits for something else than a turn (a source, space) has no slot; it takes one again when it
/// goes on, also when there is none left: it is open over there, whatever is counted here.
///
/// Memory: about 100 bytes for each package that has a slot or waits for one.
class job_slots {
public:
  explicit job_slots(std::uint32_t most) : most_(most) {}

  /// True: it has a slot now, or had one. False: it waits; `next` will name it.
  bool ask(const package_id& package, package_priority priority);
  /// It is open over there already.
  void take(const package_id& package);
  /// It ended, died, waits for something else, or is not wanted any more.
  void leave(const package_id& package);
  /// Whose turn it is: it has a slot now, and is to be told. Nothing when all slots are taken or
  /// nobody waits.
  std::optional<package_id> next();
  /// Those beyond a lower number keep their slots until they leave.
  void set_most(std::uint32_t most) noexcept { most_ = most; }

  [[nodiscard]] std::uint32_t most() const noexcept { return most_; }
  [[nodiscard]] std::size_t taken() const noexcept { return holders_.size(); }
  [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size(); }

private:
  using place = std::pair<package_priority, std::uint64_t>;

  void stop_waiting(const package_id& package);

  std::uint32_t most_;
  std::uint64_t last_ = 0;
  std::set<package_id> holders_;
  std::map<place, package_id> queue_;
  std::map<package_id, place> places_;
};

}  // namespace sluice::model
