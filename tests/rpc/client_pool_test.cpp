#include <doctest/doctest.h>

#include <future>
#include <latch>

#include "rpc/endpoint.hpp"
#include "tests/rpc/fake_services.hpp"
#include "tests/rpc/live_server.hpp"

namespace sluice::rpc {

namespace {

client_options short_deadlines(std::chrono::milliseconds call) {
  client_options made;
  made.call_deadline = call;
  return made;
}

/// Accepts (by the kernel's backlog) and never answers.
struct dead_node {
  descriptor listener;
  std::string address;

  dead_node() {
    auto made = open_listener({.host = "127.0.0.1"});
    SLUICE_CHECK(made.ok());
    listener = std::move(*made);
    address = format("127.0.0.1:{}", port_of(listener));
  }
};

/// Answers polls; safe from many connections at once.
struct polled_node final : control_service {
  result<notify_answer> notify(const principal&, const model::notification&) override {
    return notify_answer::accepted;
  }
  result<poll_answer> poll(const principal&, model::job_id) override { return poll_answer{}; }
  result<cancel_outcome> cancel(const principal&, const job_cancel&) override {
    return cancel_outcome::unknown;
  }
  result<void> remove_content(const principal&, model::content_id) override { return {}; }
  result<page<model::content_id>> inventory(const principal&, page_request wish) override {
    return page<model::content_id>{.rows = {}, .total = wish.offset};
  }
  result<void> validate(const principal&, const validation_order&) override { return {}; }
  result<model::validation_row> validation_progress(const principal&, model::cycle_id) override {
    return model::validation_row{};
  }
  result<model::byte_count> free_space(const principal&) override { return model::byte_count{}; }
  result<std::string> begin_push(const principal&, model::job_id, std::chrono::seconds) override {
    return std::string();
  }
};

}  // namespace

TEST_CASE("calls to one address run one at a time, in order") {
  polled_node node;
  const live_server live({.control = &node});
  constexpr std::uint32_t calls = 50;
  std::vector<std::uint32_t> order;  // only the pool's one thread for this address writes it
  std::latch done(calls);
  const auto pool = make_client_pool(8, short_deadlines(live_server::patience));
  for (std::uint32_t i = 0; i < calls; ++i) {
    REQUIRE(pool->with_control(live.tcp_text(),
                               [&, i](control_service& client) {
                                 const auto answer = client.inventory({}, {.offset = i});
                                 order.push_back(answer ? answer->total : ~0U);
                                 done.count_down();
                               })
                .ok());
  }
  done.wait();
  REQUIRE(order.size() == calls);
  for (std::uint32_t i = 0; i < calls; ++i) { CHECK(order[i] == i); }
}

// Q6
TEST_CASE("addresses that timed out have a share of the threads and no more") {
  const std::vector<dead_node> dead(6);
  std::latch first_round(6);
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::atomic<int> inside = 0;
  std::latch second_round(6);
  std::latch others(3);
  const auto pool = make_client_pool(4, short_deadlines(std::chrono::milliseconds(50)));
  for (const auto& one : dead) {  // now the pool knows them
    REQUIRE(pool->with_control(one.address,
                               [&](control_service& client) {
                                 CHECK(client.poll({}, {}).error().code == errc::timed_out);
                                 first_round.count_down();
                               })
                .ok());
  }
  first_round.wait();

  for (const auto& one : dead) {  // each would hold its thread until it is released
    REQUIRE(pool->with_control(one.address,
                               [&](control_service& client) {
                                 CHECK(++inside == 1);
                                 released.wait();
                                 CHECK(client.poll({}, {}).error().code == errc::timed_out);
                                 --inside;
                                 second_round.count_down();
                               })
                .ok());
  }
  for (int i = 1; i <= 3; ++i) {  // three that the pool has never called, at the same time
    REQUIRE(pool->with_control(format("127.0.0.1:{}", i),
                               [&](control_service&) { others.arrive_and_wait(); })
                .ok());
  }
  others.wait();
  release.set_value();
  second_round.wait();
}

// Q6
TEST_CASE("a dead address and another take turns even on one thread") {
  const dead_node dead;
  const auto pool = make_client_pool(1, short_deadlines(std::chrono::milliseconds(20)));
  for (int round = 0; round < 3; ++round) {
    std::promise<errc> first;
    std::promise<void> second;
    REQUIRE(pool->with_control(dead.address,
                               [&](control_service& client) {
                                 first.set_value(client.poll({}, {}).error().code);
                               })
                .ok());
    REQUIRE(pool->with_control("127.0.0.1:1", [&](control_service&) { second.set_value(); }).ok());
    CHECK(first.get_future().get() == errc::timed_out);
    second.get_future().get();
  }
}

TEST_CASE("waiting is bounded, and those that wait when the pool ends are cancelled") {
  const dead_node dead;
  std::atomic<std::uint32_t> cancelled = 0;
  std::uint32_t taken = 0;
  {
    const auto pool = make_client_pool(2, short_deadlines(live_server::patience));
    result<void> asked;
    while (asked.ok() && taken < 1000) {
      asked = pool->with_control(dead.address, [&](control_service& client) {
        const auto answer = client.poll({}, {});
        if (!answer && answer.error().code == errc::cancelled) { ++cancelled; }
      });
      if (asked.ok()) { ++taken; }
    }
    REQUIRE(!asked.ok());
    CHECK(asked.error().code == errc::limit_reached);
    CHECK(taken >= limits::rpc_calls_waiting_per_address_max);
    CHECK(taken <= limits::rpc_calls_waiting_per_address_max + 1);
  }
  CHECK(cancelled == taken);
}

TEST_CASE("what is no address is refused at once") {
  const auto pool = make_client_pool(1);
  CHECK(pool->with_control("nowhere", [](control_service&) {}).error().code == errc::invalid);
}

TEST_CASE("a management point is reached through the pool") {
  fake_management_point fake;
  fake.answer = std::uint64_t{41};
  const live_server live({.management_point = &fake});
  const auto pool = make_client_pool(2, short_deadlines(live_server::patience));
  std::promise<std::uint64_t> answer;
  REQUIRE(pool->with_management_point(live.tcp_text(),
                                      [&](management_point_service& client) {
                                        const auto came = client.submit({}, {});
                                        answer.set_value(came ? *came : 0);
                                      })
              .ok());
  CHECK(answer.get_future().get() == 41);
}

TEST_CASE("the memory twin answers at once, as loopback, and unreachable when withdrawn") {
  fake_control control;
  control.answer = notify_answer::known;
  memory_client_pool pool;
  pool.offer("127.0.0.1:7", {.control = &control});
  random_values random(1);
  const auto notification = random.notification();
  const auto ask = [&] {
    std::optional<result<notify_answer>> came;
    REQUIRE(
        pool.with_control("127.0.0.1:7",
                          [&](control_service& client) { came = client.notify({}, notification); })
            .ok());
    return came.value();
  };
  const auto first = ask();
  REQUIRE(first.ok());
  CHECK(*first == notify_answer::known);
  CHECK(control.caller.how == principal::way::loopback);
  CHECK(std::any_cast<const model::notification&>(control.arguments.at(0)) == notification);
  pool.withdraw("127.0.0.1:7");
  CHECK(ask().error().code == errc::unreachable);
}

}  // namespace sluice::rpc
