#include "io/cancellation.hpp"

#include <doctest/doctest.h>

#include <future>
#include <thread>

#include "io/io.hpp"

namespace sluice::io {
namespace {

task<void> wait_until_cancelled(std::shared_ptr<cancellation> cancel, int* reactions,
                                std::promise<void>* registered) {
  event asked;
  const auto kept = cancel->on_request([&asked, reactions] {
    ++*reactions;
    asked.set();
  });
  {
    const auto forgotten = cancel->on_request([reactions] { *reactions += 100; });
  }
  registered->set_value();
  co_await asked.wait();
  const auto late = cancel->on_request([reactions] { *reactions += 10; });
}

TEST_CASE("dropping a ticket from another thread asks the operation to stop, once") {
  auto started = reactor_thread::start("test");
  REQUIRE(started.ok());
  reactor& ring = (*started)->get();
  int reactions = 0;
  auto [held, cancel] = make_ticket(ring);
  CHECK_FALSE(cancel->requested());
  std::promise<void> registered;
  std::thread dropping([ticket = std::move(held), &registered]() mutable {
    registered.get_future().wait();
    ticket.cancel();
  });
  block_on<void>(ring, [&] { return wait_until_cancelled(cancel, &reactions, &registered); });
  dropping.join();
  CHECK(cancel->requested());
  CHECK(reactions == 11);
}

TEST_CASE("a ticket is harmless after its operation and its reactor have gone") {
  ticket kept;
  {
    auto started = reactor_thread::start("test");
    REQUIRE(started.ok());
    auto [held, cancel] = make_ticket((*started)->get());
    kept = std::move(held);
  }
  kept.cancel();
}

TEST_CASE("a released ticket cancels nothing") {
  auto started = reactor_thread::start("test");
  REQUIRE(started.ok());
  auto [held, cancel] = make_ticket((*started)->get());
  held.release();
  started->reset();
  CHECK_FALSE(cancel->requested());
}

}  // namespace
}  // namespace sluice::io
