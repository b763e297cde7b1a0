#include "model/validation_power.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace sluice::model {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t mib = limits::mib;

TEST_CASE("what a validation takes, by priority and by how busy the node is") {
  struct row {
    validation_priority priority;
    const char* name;
    validation_power at_rest;
    validation_power busy;
  };
  const std::vector<row> table{
      {validation_priority::lowest,
       "lowest",
       {disk_turn::idle, 7, 4, 0},
       {disk_turn::idle, 7, 1, 4 * mib}},
      {validation_priority::low,
       "low",
       {disk_turn::best_effort, 7, 4, 0},
       {disk_turn::best_effort, 7, 1, 32 * mib}},
      {validation_priority::medium,
       "medium",
       {disk_turn::best_effort, 4, 6, 0},
       {disk_turn::best_effort, 4, 2, 256 * mib}},
      {validation_priority::high,
       "high",
       {disk_turn::best_effort, 4, 8, 0},
       {disk_turn::best_effort, 4, 4, 0}},
      {validation_priority::highest,
       "highest",
       {disk_turn::best_effort, 0, 8, 0},
       {disk_turn::best_effort, 0, 8, 0}},
  };
  for (const row& each : table) {
    CAPTURE(each.name);
    CHECK(name_of(each.priority) == each.name);
    CHECK(validation_priority_named(each.name) == each.priority);
    CHECK(power_of(each.priority, false) == each.at_rest);
    CHECK(power_of(each.priority, true) == each.busy);
  }
  CHECK_FALSE(validation_priority_named("urgent").has_value());
}

TEST_CASE("a higher priority never takes less, a busy node never gives more, nobody gets nothing") {
  for (std::uint8_t number = 0; number < 5; ++number) {
    const auto priority = static_cast<validation_priority>(number);
    const validation_power at_rest = power_of(priority, false);
    const validation_power busy = power_of(priority, true);
    CHECK(busy.blocks >= 1);
    CHECK(busy.blocks <= at_rest.blocks);
    CHECK(at_rest.blocks <= limits::buffers_for_cold_readers_max);
    if (number == 0) { continue; }
    const auto below = static_cast<validation_priority>(number - 1);
    CHECK(at_rest.blocks >= power_of(below, false).blocks);
    CHECK(busy.blocks >= power_of(below, true).blocks);
  }
}

TEST_CASE("blocks keep the distance that their rate asks for, and make up for nothing") {
  struct row {
    std::chrono::nanoseconds due;
    std::chrono::nanoseconds now;
    std::uint64_t bytes;
    std::uint64_t rate;
    std::chrono::nanoseconds next;
  };
  const std::vector<row> table{
      {0s, 5s, mib, 0, 5s},            // no bound
      {5s, 5s, mib, 4 * mib, 5250ms},  // a quarter of a second each
      {5100ms, 5s, mib, mib, 6100ms},  // began early: counted from when it was due
      {1s, 5s, mib, mib, 6s},          // four idle seconds are lost
      {5s, 5s, 4096, 4 * mib, 5s + 976562ns},
  };
  for (const row& each : table) {
    CHECK(next_due(each.due, each.now, each.bytes, each.rate) == each.next);
  }
}

}  // namespace

}  // namespace sluice::model
