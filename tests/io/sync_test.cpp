#include "io/sync.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "io/detached.hpp"

namespace sluice::io {
namespace {

detail::detached run(task<void> work, bool* done) {
  co_await work;
  *done = true;
}

task<void> hold(semaphore* permits, event* gate, int name, std::vector<int>* order) {
  co_await permits->acquire();
  order->push_back(name);
  co_await gate->wait();
  permits->release();
}

task<void> pass(semaphore* permits, long* passed) {
  co_await permits->acquire();
  ++*passed;
  permits->release();
}

task<void> wait_for(event* gate, int* woken) {
  co_await gate->wait();
  ++*woken;
}

TEST_CASE("a semaphore lets its permits in, the others in the order they asked") {
  semaphore permits(2);
  event gate;
  std::vector<int> order;
  task_group all;
  for (int name = 1; name <= 5; ++name) { all.start(hold(&permits, &gate, name, &order)); }
  CHECK(order == std::vector<int>{1, 2});
  CHECK_FALSE(permits.try_acquire());
  gate.set();
  CHECK(order == std::vector<int>{1, 2, 3, 4, 5});
  CHECK(all.running() == 0);
  CHECK(permits.try_acquire());
}

TEST_CASE("a semaphore wakes a long queue without a deep stack") {
  semaphore permits(1);
  long passed = 0;
  CHECK(permits.try_acquire());
  task_group all;
  for (int asked = 0; asked < 200'000; ++asked) { all.start(pass(&permits, &passed)); }
  CHECK(passed == 0);
  permits.release();
  CHECK(passed == 200'000);
}

TEST_CASE("an event wakes all who wait, and is passed at once while it is set") {
  event gate;
  int woken = 0;
  task_group all;
  for (int asked = 0; asked < 3; ++asked) { all.start(wait_for(&gate, &woken)); }
  CHECK(woken == 0);
  gate.set();
  CHECK(woken == 3);
  all.start(wait_for(&gate, &woken));
  CHECK(woken == 4);
  gate.clear();
  all.start(wait_for(&gate, &woken));
  CHECK(woken == 4);
  CHECK(all.running() == 1);
  gate.set();
  CHECK(all.running() == 0);
}

task<void> look_once(event* changed, int* looks) {
  changed->clear();
  co_await changed->wait();
  ++*looks;
  changed->clear();
  co_await changed->wait();
}

TEST_CASE("an event wakes all who wait, also when the first of them clears it") {
  event changed;
  int looks = 0;
  task_group all;
  for (int waiter = 0; waiter < 3; ++waiter) { all.start(look_once(&changed, &looks)); }
  changed.set();
  CHECK(looks == 3);
  changed.set();
  CHECK(all.running() == 0);
}

TEST_CASE("a group is waited for until its last task ended") {
  event first;
  event second;
  int woken = 0;
  bool done = false;
  task_group all;
  all.start(wait_for(&first, &woken));
  all.start(wait_for(&second, &woken));
  run(all.wait_all(), &done);
  first.set();
  CHECK_FALSE(done);
  second.set();
  CHECK(done);
  CHECK(woken == 2);
}

}  // namespace
}  // namespace sluice::io
