#include "model/validation_power.hpp"

#include <algorithm>
#include <array>

namespace sluice::model {

namespace {

struct priority_row {
  validation_priority priority;
  std::string_view name;
  validation_power at_rest;
  validation_power busy;
};

constexpr std::uint64_t mib = limits::mib;
constexpr disk_turn idle = disk_turn::idle;
constexpr disk_turn best_effort = disk_turn::best_effort;

constexpr std::array<priority_row, 5> rows{{
    {validation_priority::lowest, "lowest", {idle, 7, 4, 0}, {idle, 7, 1, 4 * mib}},
    {validation_priority::low, "low", {best_effort, 7, 4, 0}, {best_effort, 7, 1, 32 * mib}},
    {validation_priority::medium, "medium", {best_effort, 4, 6, 0}, {best_effort, 4, 2, 256 * mib}},
    {validation_priority::high, "high", {best_effort, 4, 8, 0}, {best_effort, 4, 4, 0}},
    {validation_priority::highest, "highest", {best_effort, 0, 8, 0}, {best_effort, 0, 8, 0}},
}};

}  // namespace

std::string_view name_of(validation_priority priority) noexcept {
  return rows[static_cast<std::size_t>(priority)].name;
}

std::optional<validation_priority> validation_priority_named(std::string_view name) noexcept {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [name](const priority_row& row) { return row.name == name; });
  if (found == rows.end()) { return std::nullopt; }
  return found->priority;
}

std::string_view name_of(validation_state state) noexcept {
  switch (state) {
    case validation_state::queued: return "queued";
    case validation_state::running: return "running";
    case validation_state::complete: return "complete";
    case validation_state::aborted: return "aborted";
  }
  return "unknown";
}

validation_power power_of(validation_priority priority, bool busy) noexcept {
  const priority_row& row = rows[static_cast<std::size_t>(priority)];
  return busy ? row.busy : row.at_rest;
}

std::chrono::nanoseconds next_due(std::chrono::nanoseconds due, std::chrono::nanoseconds now,
                                  std::uint64_t bytes, std::uint64_t bytes_per_second) noexcept {
  if (bytes_per_second == 0) { return now; }
  constexpr std::uint64_t second = 1'000'000'000;
  // A block has at most 16 MiB or so: no overflow.
  return std::max(due, now) + std::chrono::nanoseconds(bytes * second / bytes_per_second);
}

}  // namespace sluice::model
