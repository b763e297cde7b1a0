#include "model/job_slots.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <vector>

using namespace sluice;
using namespace sluice::model;

namespace {

package_id package(std::uint32_t number) { return *package_id::parse(format("PKG{:05X}", number)); }

/// Everybody whose turn it is.
std::vector<package_id> all_next(job_slots& slots) {
  std::vector<package_id> found;
  while (const auto one = slots.next()) { found.push_back(*one); }
  return found;
}

}  // namespace

// B4
TEST_CASE("as many as there are slots get one, the next waits until one leaves") {
  job_slots slots(50);
  for (std::uint32_t i = 0; i < 50; ++i) { CHECK(slots.ask(package(i), package_priority::medium)); }
  CHECK_FALSE(slots.ask(package(50), package_priority::medium));
  CHECK_FALSE(slots.next());
  CHECK(slots.ask(package(7), package_priority::medium));  // has one
  slots.leave(package(3));
  CHECK(slots.next() == package(50));
  CHECK_FALSE(slots.next());
  CHECK(slots.taken() == 50);
  CHECK(slots.waiting() == 0);
}

// D15
TEST_CASE("high overtakes medium, medium low; equals go as they came") {
  job_slots slots(1);
  CHECK(slots.ask(package(0), package_priority::low));
  CHECK_FALSE(slots.ask(package(1), package_priority::low));
  CHECK_FALSE(slots.ask(package(2), package_priority::medium));
  CHECK_FALSE(slots.ask(package(3), package_priority::high));
  CHECK_FALSE(slots.ask(package(4), package_priority::high));
  CHECK_FALSE(slots.ask(package(5), package_priority::medium));
  CHECK_FALSE(slots.ask(package(1), package_priority::low));  // again: keeps its place
  std::vector<package_id> order;
  for (package_id running = package(0);;) {
    slots.leave(running);
    const auto next = slots.next();
    if (!next) { break; }
    order.push_back(running = *next);
  }
  CHECK(order == std::vector{package(3), package(4), package(2), package(5), package(1)});
}

TEST_CASE("who changes its priority waits in its new class, behind those who were there") {
  job_slots slots(1);
  CHECK(slots.ask(package(0), package_priority::medium));
  CHECK_FALSE(slots.ask(package(1), package_priority::low));
  CHECK_FALSE(slots.ask(package(2), package_priority::high));
  CHECK_FALSE(slots.ask(package(1), package_priority::high));
  slots.leave(package(0));
  CHECK(slots.next() == package(2));
  slots.leave(package(2));
  CHECK(slots.next() == package(1));
}

TEST_CASE("who waits for something else has no slot, and takes one again beyond the number") {
  job_slots slots(2);
  CHECK(slots.ask(package(0), package_priority::medium));
  CHECK(slots.ask(package(1), package_priority::medium));
  CHECK_FALSE(slots.ask(package(2), package_priority::medium));
  slots.leave(package(0));  // waits for a source
  CHECK(all_next(slots) == std::vector{package(2)});
  slots.take(package(0));  // goes on
  CHECK(slots.taken() == 3);
  slots.leave(package(1));
  CHECK_FALSE(slots.ask(package(3), package_priority::high));
  slots.leave(package(2));
  CHECK(all_next(slots) == std::vector{package(3)});
}

TEST_CASE("nobody passes those who wait, also when a slot is free") {
  job_slots slots(1);
  CHECK(slots.ask(package(0), package_priority::medium));
  CHECK_FALSE(slots.ask(package(1), package_priority::medium));
  slots.leave(package(0));
  CHECK_FALSE(slots.ask(package(2), package_priority::medium));
  CHECK(slots.next() == package(1));
}

TEST_CASE("who is not wanted any more leaves the queue, and another number is for those to come") {
  job_slots slots(1);
  CHECK(slots.ask(package(0), package_priority::medium));
  CHECK_FALSE(slots.ask(package(1), package_priority::medium));
  CHECK_FALSE(slots.ask(package(2), package_priority::medium));
  slots.leave(package(1));
  CHECK(slots.waiting() == 1);
  slots.set_most(3);
  CHECK(all_next(slots) == std::vector{package(2)});
  slots.set_most(1);
  CHECK_FALSE(slots.ask(package(3), package_priority::high));
  slots.leave(package(0));
  CHECK_FALSE(slots.next());
}

// B4, Q3
TEST_CASE("10,000 wishes in any order: never too many slots, nobody is lost, classes are strict") {
  seeded_random random(7);
  job_slots slots(50);
  std::map<package_id, package_priority> asked;
  std::map<package_priority, std::size_t> waiting;
  std::deque<package_id> running;
  std::size_t ended = 0;
  const auto end_one = [&] {
    slots.leave(running.front());
    running.pop_front();
    ++ended;
    while (const auto next = slots.next()) {
      const package_priority priority = asked.at(*next);
      for (const auto& [other, count] : waiting) { CHECK((count == 0 || priority <= other)); }
      --waiting[priority];
      running.push_back(*next);
    }
  };
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    const auto priority = static_cast<package_priority>(random() % 3 + 1);
    asked[package(i)] = priority;
    if (slots.ask(package(i), priority)) {
      running.push_back(package(i));
    } else {
      ++waiting[priority];
    }
    if (random() % 4 == 0) { end_one(); }
    CHECK(slots.taken() <= 50);
  }
  while (!running.empty()) { end_one(); }
  CHECK(ended == 10'000);
  CHECK(slots.waiting() == 0);
}
