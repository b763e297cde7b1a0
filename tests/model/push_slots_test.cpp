#include "model/push_slots.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace sluice;
using namespace sluice::model;

namespace {

push_slots::push push(std::uint32_t package, const std::string& point) {
  return {*package_id::parse(format("PKG{:05X}", package)), point};
}

std::size_t begin_all(push_slots& slots) {
  std::size_t begun = 0;
  while (slots.next()) { ++begun; }
  return begun;
}

}  // namespace

// B16
TEST_CASE("three packages at a time go to five distribution points each") {
  push_slots slots(3, 5);
  for (std::uint32_t package = 0; package < 4; ++package) {
    for (int point = 0; point < 7; ++point) {
      slots.ask(push(package, format("dp{}", point)), package_priority::medium);
    }
  }
  CHECK(begin_all(slots) == 15);
  CHECK(slots.waiting() == 13);
  CHECK_FALSE(slots.goes_on(push(3, "dp0")));
  for (int point = 0; point < 5; ++point) { slots.leave(push(0, format("dp{}", point))); }
  // The rest of the same package was first to ask.
  CHECK(slots.next() == push(0, "dp5"));
  CHECK(slots.next() == push(0, "dp6"));
  CHECK_FALSE(slots.next());
  slots.leave(push(0, "dp5"));
  CHECK_FALSE(slots.next());  // package 0 still goes on
  slots.leave(push(0, "dp6"));
  CHECK(slots.next() == push(3, "dp0"));
}

// B16, D15
TEST_CASE("a push of high priority begins before those that waited longer") {
  push_slots slots(1, 1);
  slots.ask(push(1, "a"), package_priority::low);
  CHECK(slots.next() == push(1, "a"));
  slots.ask(push(2, "a"), package_priority::low);
  slots.ask(push(3, "a"), package_priority::medium);
  slots.ask(push(4, "a"), package_priority::low);
  slots.ask(push(4, "a"), package_priority::high);  // it changed
  slots.leave(push(1, "a"));
  CHECK(slots.next() == push(4, "a"));
  slots.leave(push(4, "a"));
  CHECK(slots.next() == push(3, "a"));
  slots.leave(push(3, "a"));
  CHECK(slots.next() == push(2, "a"));
}

TEST_CASE("who asks twice, or leaves without having asked, changes no count") {
  push_slots slots(2, 1);
  slots.ask(push(1, "a"), package_priority::medium);
  slots.ask(push(1, "a"), package_priority::medium);
  CHECK(slots.waiting() == 1);
  CHECK(slots.next() == push(1, "a"));
  slots.ask(push(1, "a"), package_priority::medium);
  CHECK(slots.waiting() == 0);
  slots.leave(push(9, "z"));
  CHECK(slots.going_on() == 1);
  slots.leave(push(1, "a"));
  slots.leave(push(1, "a"));
  CHECK(slots.going_on() == 0);
}

TEST_CASE("one that waits may leave; a lower number lets those go on that do") {
  push_slots slots(2, 2);
  for (const char* point : {"a", "b", "c"}) { slots.ask(push(1, point), package_priority::medium); }
  CHECK(begin_all(slots) == 2);
  slots.leave(push(1, "c"));
  CHECK(slots.waiting() == 0);
  slots.set_most(1, 1);
  CHECK(slots.going_on() == 2);
  slots.ask(push(2, "a"), package_priority::high);
  CHECK_FALSE(slots.next());
  slots.leave(push(1, "a"));
  slots.leave(push(1, "b"));
  CHECK(slots.next() == push(2, "a"));
}
