#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/base.hpp"

namespace sluice::model {

/// How much of the machine a validation may take (J2).
enum class validation_priority : std::uint8_t { lowest, low, medium, high, highest };

inline constexpr validation_priority validation_priority_default = validation_priority::lowest;

/// "lowest", "low", "medium", "high", "highest".
std::string_view name_of(validation_priority priority) noexcept;
std::optional<validation_priority> validation_priority_named(std::string_view name) noexcept;

/// How far a cycle is on one distribution point.
enum class validation_state : std::uint8_t { queued = 1, running = 2, complete = 3, aborted = 4 };
std::string_view name_of(validation_state state) noexcept;

/// Whose turn it is at the disk, where its scheduler looks at that (ioprio_set(2)).
enum class disk_turn : std::uint8_t {
  idle,         ///< when nobody else wants it
  best_effort,  ///< by `disk_level`
};

/// What a validation takes at one moment.
struct validation_power {
  disk_turn turn = disk_turn::idle;
  std::uint8_t disk_level = 7;         ///< 0: first, 7: last
  std::uint32_t blocks = 1;            ///< of 1 MiB, read or hashed at a time
  std::uint64_t bytes_per_second = 0;  ///< 0: as many as there are
  bool operator==(const validation_power&) const = default;
};

/// `busy`: content is being served (or pulled) right now.
///
///   priority   disk                at rest      busy
///   lowest     idle                4 blocks     1 block, 4 MiB/s
///   low        best effort, last   4 blocks     1 block, 32 MiB/s
///   medium     best effort, 4      6 blocks     2 blocks, 256 MiB/s
///   high       best effort, 4      8 blocks     4 blocks
///   highest    best effort, first  8 blocks     8 blocks
///
/// Never nothing: a node that always serves is validated in the end too. Where there is a rate, a
/// piece of a large file is hashed in parts with time between them.
validation_power power_of(validation_priority priority, bool busy) noexcept;

/// When the next block may begin, after one of `bytes` begins at `now` which might have begun at
/// `due`. Time that was not used is not made up for.
std::chrono::nanoseconds next_due(std::chrono::nanoseconds due, std::chrono::nanoseconds now,
                                  std::uint64_t bytes, std::uint64_t bytes_per_second) noexcept;

}  // namespace sluice::model
