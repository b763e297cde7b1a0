#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/base.hpp"
#include "model/model.hpp"

namespace sluice::storage {

/// What a distribution point keeps of its visitors, for as long as the longest window; a database
/// of its own, which may be lost without harm. Threads: one at a time.
class usage_book {
public:
  /// About 60 bytes each on disk. Of those who come when there are so many, only bytes are counted.
  static constexpr std::uint32_t visitors_max = 100'000;

  ~usage_book();
  /// "" as path: in memory. One that cannot be read is kept aside and made anew.
  static result<std::unique_ptr<usage_book>> open(const std::string& path);
  /// Nothing of what is older than the longest window is kept. Visits without a name are bytes
  /// only.
  result<void> add(const std::vector<model::visit>& visits, model::calendar_time now);
  /// One for each of `usage_days`, in their order.
  result<std::vector<model::usage_window>> windows(model::calendar_time now);

private:
  struct state;
  explicit usage_book(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace sluice::storage
