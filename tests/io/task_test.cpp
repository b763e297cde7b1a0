#include "io/task.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "io/detached.hpp"
#include "io/sync.hpp"

namespace sluice::io {
namespace {

task<int> one() { co_return 1; }

task<void> add_up(int times, long* sum) {
  for (int turn = 0; turn < times; ++turn) {
    const int value = co_await one();
    *sum += value;
  }
}

detail::detached run(task<void> work, bool* done) {
  co_await work;
  *done = true;
}

task<std::unique_ptr<std::string>> boxed(std::string text) {
  co_return std::make_unique<std::string>(std::move(text));
}

task<void> keep_box(std::string* into) {
  auto box = co_await boxed("moved, not copied: longer than any small string");
  *into = *box;
}

task<result<int>> failing() { co_return error{errc::not_found, 0, "find it"}; }

task<void> keep_code(errc* into) {
  const auto outcome = co_await failing();
  *into = outcome.error().code;
}

task<int> after(event* gate, int value) {
  co_await gate->wait();
  co_return value;
}

task<void> wait_many(event* gate, int times, long* sum) {
  for (int turn = 0; turn < times; ++turn) {
    const int value = co_await after(gate, 1);
    *sum += value;
  }
}

TEST_CASE("a loop over a million tasks that finish at once needs no stack") {
  long sum = 0;
  bool done = false;
  run(add_up(1'000'000, &sum), &done);
  CHECK(done);
  CHECK(sum == 1'000'000);
}

TEST_CASE("a task moves its value to the one who awaits it") {
  std::string text;
  bool done = false;
  run(keep_box(&text), &done);
  CHECK(done);
  CHECK(text.starts_with("moved"));
}

TEST_CASE("a task returns a failure as a value") {
  errc code = errc::corrupt;
  bool done = false;
  run(keep_code(&code), &done);
  CHECK(code == errc::not_found);
}

TEST_CASE("a task that is never awaited never runs, and frees its parameters") {
  auto witness = std::make_shared<int>(1);
  {
    auto idle = [](std::shared_ptr<int> held) -> task<void> {
      *held = 2;
      co_return;
    }(witness);
    CHECK(witness.use_count() == 2);
  }
  CHECK(witness.use_count() == 1);
  CHECK(*witness == 1);
}

TEST_CASE("a task that waits first continues where it stopped") {
  event gate;
  long sum = 0;
  bool done = false;
  run(wait_many(&gate, 100'000, &sum), &done);
  CHECK_FALSE(done);
  gate.set();
  CHECK(done);
  CHECK(sum == 100'000);
}

}  // namespace
}  // namespace sluice::io
