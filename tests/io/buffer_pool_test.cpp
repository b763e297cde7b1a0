#include "io/buffer_pool.hpp"

#include <thread>
#include <vector>

#include "tests/io/twins.hpp"

namespace sluice::io {
namespace {

task<void> take_one(buffer_pool* pool, int name, std::vector<buffer>* held,
                    std::vector<int>* order) {
  auto taken = co_await pool->acquire();
  held->push_back(std::move(taken));
  order->push_back(name);
}

task<void> fifo(reactor* ring) {
  const auto budget = make_buffer_budget(3);
  buffer_pool pool(*ring, budget);
  std::vector<buffer> held;
  std::vector<int> order;
  task_group all;
  for (int name = 1; name <= 5; ++name) { all.start(take_one(&pool, name, &held, &order)); }
  CHECK(order == std::vector<int>{1, 2, 3});
  CHECK(pool.lent() == 3);
  for (buffer& each : held) {
    CHECK(each.bytes().size() == limits::piece_size);
    CHECK(reinterpret_cast<std::uintptr_t>(each.bytes().data()) % 4096 == 0);
    each.bytes().back() = std::byte{1};
  }
  held.erase(held.begin(), held.begin() + 2);
  co_await all.wait_all();
  CHECK(order == std::vector<int>{1, 2, 3, 4, 5});
  CHECK(pool.lent() == 3);
  held.clear();
  CHECK(pool.lent() == 0);
}

TEST_CASE_TEMPLATE("buffers are aligned, bounded, and lent in turn", Twin, SLUICE_TWINS) {
  Twin twin;
  twin.run([&] { return fifo(&twin.ring()); });
}

task<void> take_and_return(buffer_pool* pool, int times) {
  for (int turn = 0; turn < times; ++turn) {
    auto first = co_await pool->acquire();
    first.bytes().front() = std::byte{7};
  }
}

task<void> use_pool(reactor* ring, std::shared_ptr<buffer_budget> budget) {
  buffer_pool pool(*ring, std::move(budget));
  task_group all;
  for (int user = 0; user < 8; ++user) { all.start(take_and_return(&pool, 2'000)); }
  co_await all.wait_all();
  CHECK(pool.lent() == 0);
}

TEST_CASE("two reactors share one budget and both make progress") {
  const auto budget = make_buffer_budget(2);
  ring_twin first;
  ring_twin second;
  auto other = std::thread([&] { second.run([&] { return use_pool(&second.ring(), budget); }); });
  first.run([&] { return use_pool(&first.ring(), budget); });
  other.join();
}

}  // namespace
}  // namespace sluice::io
