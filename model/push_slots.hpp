#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "model/notification.hpp"

namespace sluice::model {

/// Which pushes to standard distribution points go on at a time (features B16): of so many
/// packages, each to so many distribution points. Of those who wait the highest package priority
/// goes first, then who asked first; one that cannot go yet (its package is at its bound, or no
/// further package may begin) is passed over.
///
/// Memory: about 200 bytes for each push that goes on or waits.
class push_slots {
public:
  struct push {
    package_id package;
    std::string distribution_point;
    auto operator<=>(const push&) const = default;
  };
  push_slots(std::uint32_t packages, std::uint32_t points_each)
      : packages_(packages), points_each_(points_each) {}

  /// It waits from now on; asking again changes nothing, also when it goes on already.
  void ask(const push& one, package_priority priority);
  /// It ended, or is not wanted any more.
  void leave(const push& one);
  /// Whose turn it is: it goes on now. Nothing when nobody may.
  std::optional<push> next();
  /// Those beyond lower numbers go on until they leave.
  void set_most(std::uint32_t packages, std::uint32_t points_each) noexcept;

  [[nodiscard]] bool goes_on(const push& one) const;
  [[nodiscard]] std::size_t going_on() const noexcept { return going_.size(); }
  [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size(); }

private:
  using place = std::pair<package_priority, std::uint64_t>;

  [[nodiscard]] bool may_begin(const package_id& package) const;

  std::uint32_t packages_;
  std::uint32_t points_each_;
  std::uint64_t last_ = 0;
  std::set<push> going_;
  std::map<package_id, std::uint32_t> of_package_;  ///< how many of it go on
  std::map<place, push> queue_;
  std::map<push, place> places_;
};

}  // namespace sluice::model
