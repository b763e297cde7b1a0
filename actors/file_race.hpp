#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "model/model.hpp"
#include "storage/storage.hpp"

namespace sluice::actors {

/// Which source brings which range of one large file, when one or several of equal rank do (Z8).
/// No piece is under way twice, and none is asked of the same source twice; what one could not
/// bring is left to the others. Knows no clock: times are any that only grow.
/// Memory:   a bit per piece and source.
/// Lifetime: within that of `held`, which is what the file has, as pieces come.
class file_race {
public:
  using time = std::chrono::nanoseconds;
  using source = std::size_t;
  struct range {
    std::uint64_t number = 0;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
  };

  /// `lanes`: how many of all sources will take ranges side by side; no range is more than what is
  /// left for each of them. 1: of any size that fits a source.
  file_race(const storage::piece_set& held, model::byte_count size, std::uint32_t lanes)
      : held_(held), size_(size), lanes_(lanes) {}

  /// One more takes part.
  source join();
  /// What `who` is to bring next; nothing when nothing is left that it was not asked for.
  std::optional<range> take(source who, time now);
  /// The range has ended, in whatever way: what is held by now has come.
  void settle(std::uint64_t number, time now);
  /// Others are bringing what `who` was not asked for.
  [[nodiscard]] bool others_bring(source who) const;
  /// A range that `who` should bring in place of a slower one, given up by this call: it ends, is
  /// settled, and what is left of it can be taken. See `model::is_worth_taking_over`.
  std::optional<std::uint64_t> take_over(source who, time now);
  [[nodiscard]] bool is_given_up(std::uint64_t number) const;

private:
  struct one_source {
    storage::piece_set asked;
    std::uint64_t first = 0;  ///< all pieces before it are held or were asked
    std::uint64_t range_bytes = limits::range_per_message;
    std::uint64_t bytes_per_second = 0;  ///< of its last range
  };
  struct under_way {
    std::uint64_t number = 0;
    source who = 0;
    storage::piece_run pieces;
    time begun{};
    bool given_up = false;
  };

  [[nodiscard]] bool is_under_way(std::uint64_t piece) const;
  [[nodiscard]] std::uint64_t fair_share() const;
  [[nodiscard]] bool is_free(const one_source& who, std::uint64_t piece) const;
  [[nodiscard]] bool lacks_some_of(source who, const under_way& one) const;
  [[nodiscard]] model::range_pace pace_of(const under_way& one, time now) const;

  const storage::piece_set& held_;
  model::byte_count size_;
  std::uint32_t lanes_;
  std::vector<one_source> sources_;
  std::vector<under_way> ranges_;  ///< at most one per lane
  std::uint64_t last_number_ = 0;
};

}  // namespace sluice::actors
