#include "io/worker_pool.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "io/io.hpp"

namespace sluice::io {
namespace {

task<void> run_one(worker_pool* pool, reactor* home, std::atomic<int>* ran, int* back) {
  co_await pool->run(*home, [home, ran] {
    if (!home->on_own_thread()) { ++*ran; }
  });
  if (home->on_own_thread()) { ++*back; }
}

task<void> run_many(worker_pool* pool, reactor* home, std::atomic<int>* ran, int* back) {
  task_group all;
  for (int asked = 0; asked < 10'000; ++asked) { all.start(run_one(pool, home, ran, back)); }
  co_await all.wait_all();
}

TEST_CASE("work runs on a worker and its task goes on at home") {
  auto started = reactor_thread::start("test");
  REQUIRE(started.ok());
  reactor& ring = (*started)->get();
  worker_pool pool(2);
  std::atomic<int> ran = 0;
  int back = 0;
  block_on<void>(ring, [&] { return run_many(&pool, &ring, &ran, &back); });
  CHECK(ran == 10'000);
  CHECK(back == 10'000);
}

TEST_CASE("without threads the work runs where it is asked for") {
  auto started = reactor_thread::start("test");
  REQUIRE(started.ok());
  reactor& ring = (*started)->get();
  worker_pool pool(0);
  std::atomic<int> elsewhere = 0;
  int back = 0;
  block_on<void>(ring, [&] { return run_many(&pool, &ring, &elsewhere, &back); });
  CHECK(elsewhere == 0);
  CHECK(back == 10'000);
}

}  // namespace
}  // namespace sluice::io
