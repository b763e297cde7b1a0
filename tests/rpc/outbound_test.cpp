// Nodes that open no control port: calls of the site travel with their heartbeats.
#include <doctest/doctest.h>

#include <array>
#include <future>

#include "tests/rpc/fake_services.hpp"
#include "tests/rpc/live_server.hpp"

using namespace std::chrono_literals;

namespace sluice::rpc {

namespace {

constexpr const char* site_address = "127.0.0.1:8601";

client_options patient() {
  client_options made;
  made.call_deadline = live_server::patience;
  made.outbound_patience = live_server::patience;
  return made;
}

model::node_id some_node() {
  random_values random(3);
  return random.id<model::node_id>();
}

/// A node and what it says with its heartbeats.
struct asking_node {
  model::node_id id = some_node();
  fake_control control;
  command_session session{control, site_address};

  asking_node() { control.answer = notify_answer::accepted; }

  [[nodiscard]] command_contact idle() const { return {session.session(), 0, {}}; }
  std::optional<site_command> ask(client_pool& pool) { return pool.attend(id, idle()); }
  /// Performs the greeting of a call that waits; returns the message after it.
  std::optional<site_command> greeted(client_pool& pool) {
    const auto greeting = ask(pool);
    REQUIRE(greeting);
    CHECK(greeting->session == greeting->number);
    said = session.perform(*greeting);
    return pool.attend(id, said);
  }
  command_contact said{};  ///< to the greeting
  /// Heartbeats until no command comes. Returns how many came, the greetings among them.
  int ask_and_perform(client_pool& pool) {
    auto told = idle();
    for (int done = 0;; ++done) {
      const auto command = pool.attend(id, told);
      if (!command) { return done; }
      told = session.perform(*command);
    }
  }
};

/// A call whose outcome a test waits for.
struct asked_notify {
  std::shared_ptr<std::promise<result<notify_answer>>> promise =
      std::make_shared<std::promise<result<notify_answer>>>();
  std::future<result<notify_answer>> outcome = promise->get_future();

  void ask(client_pool& pool, const std::optional<model::node_id>& node) {
    random_values random(7);
    const auto given = random.notification();
    REQUIRE(pool.with_control(outbound_address(node, "dp1"),
                              [promise = promise, given](control_service& client) {
                                promise->set_value(client.notify({}, given));
                              })
                .ok());
  }
};

/// A call of which the greeting has been answered: its message has come to the node.
struct call_under_way {
  asking_node node;
  std::unique_ptr<client_pool> pool = make_client_pool(2, patient());
  asked_notify call;
  std::optional<site_command> command;

  call_under_way() {
    call.ask(*pool, node.id);
    command = node.greeted(*pool);
    REQUIRE(command);
  }
};

/// A site whose heartbeats are answered by the pool that calls its nodes.
struct attended_site final : management_point_service {
  client_pool& pool;
  explicit attended_site(client_pool& calls) : pool(calls) {}

  result<registration_answer> register_node(const principal&, const registration&) override {
    return registration_answer{};
  }
  result<heartbeat_answer> heartbeat(const principal&, const heartbeat_request& given) override {
    heartbeat_answer answer;
    answer.command = pool.attend(given.node, *given.contact);
    return answer;
  }
  result<std::uint64_t> submit(const principal&, const report_batch&) override {
    return std::uint64_t{0};
  }
};

}  // namespace

TEST_CASE("calls wait for a heartbeat of the node, and go one after another with the next ones") {
  asking_node node;
  node.control.answer = notify_answer::known;
  const auto pool = make_client_pool(2, patient());
  asked_notify first;
  asked_notify second;
  first.ask(*pool, node.id);
  second.ask(*pool, node.id);
  CHECK(first.outcome.wait_for(0s) == std::future_status::timeout);
  CHECK(node.ask_and_perform(*pool) == 3);  // they are greeted once
  const auto told = first.outcome.get();
  REQUIRE(told.ok());
  CHECK(*told == notify_answer::known);
  CHECK(second.outcome.get().ok());
  CHECK(node.control.caller.how == principal::way::loopback);
  CHECK(node.ask_and_perform(*pool) == 0);
}

TEST_CASE("what the node refuses comes back in its own words") {
  asking_node node;
  node.control.failure = error{errc::conflict, 0, "take PKG00001.1: it is being removed"};
  const auto pool = make_client_pool(2, patient());
  asked_notify call;
  call.ask(*pool, node.id);
  CHECK(node.ask_and_perform(*pool) == 2);
  const auto told = call.outcome.get();
  REQUIRE_FALSE(told.ok());
  CHECK(describe(told.error()) == describe(*node.control.failure));
}

TEST_CASE("a call that another brings about goes in the same turn") {
  asking_node node;
  const auto pool = make_client_pool(2, patient());
  asked_notify second;
  std::promise<bool> first;
  random_values random(7);
  const auto given = random.notification();
  REQUIRE(pool->with_control(outbound_address(node.id, "dp1"),
                             [&](control_service& client) {
                               const bool answered = client.notify({}, given).ok();
                               second.ask(*pool, node.id);
                               first.set_value(answered);
                             })
              .ok());
  CHECK(node.ask_and_perform(*pool) == 3);  // they are greeted once
  CHECK(first.get_future().get());
  CHECK(second.outcome.get().ok());
}

TEST_CASE("calls that no heartbeat comes for end unreachable together, and say what they lacked") {
  client_options given = patient();
  given.outbound_patience = 20ms;
  const auto pool = make_client_pool(2, given);
  std::array<asked_notify, 3> calls;
  for (asked_notify& call : calls) { call.ask(*pool, some_node()); }
  asked_notify unheard;  // of a node that has never been heard of: at once
  unheard.ask(*pool, std::nullopt);
  CHECK(unheard.outcome.get().error().code == errc::unreachable);
  for (asked_notify& call : calls) {
    const auto told = call.outcome.get();
    REQUIRE_FALSE(told.ok());
    CHECK(told.error().code == errc::unreachable);
    CHECK(told.error().doing.find("contact = outbound") != std::string::npos);
  }
}

TEST_CASE("a node that asks anew without an answer has lost the call, and takes the next one") {
  asking_node node;
  const auto pool = make_client_pool(2, patient());
  asked_notify lost;
  lost.ask(*pool, node.id);
  REQUIRE(node.ask(*pool));  // the greeting of a call; then the node restarts
  asked_notify next;
  next.ask(*pool, node.id);
  CHECK(node.ask_and_perform(*pool) == 2);
  CHECK(lost.outcome.get().error().code == errc::peer_closed);
  CHECK(next.outcome.get().ok());
}

TEST_CASE("what is said to an earlier call, or again, is no answer to the one under way") {
  call_under_way one;
  CHECK(one.command->session == one.node.said.number);
  one.pool->attend(one.node.id, one.node.said);  // as a network may deliver it twice
  CHECK(one.call.outcome.get().error().code == errc::peer_closed);
  CHECK(one.node.control.method.empty());
}

TEST_CASE("what a node says after the call was given up is nobody's answer") {
  client_options given = patient();
  given.call_deadline = 2s;
  asking_node node;
  const auto pool = make_client_pool(2, given);
  asked_notify late;
  late.ask(*pool, node.id);
  const auto greeting = node.ask(*pool);
  REQUIRE(greeting);
  const auto said = node.session.perform(*greeting);
  CHECK(late.outcome.get().error().code == errc::timed_out);
  CHECK_FALSE(pool->attend(node.id, said));
  asked_notify next;
  next.ask(*pool, node.id);
  CHECK(node.ask_and_perform(*pool) == 2);
  CHECK(next.outcome.get().ok());
}

TEST_CASE("a node that began anew does not know the session, and the call is told so at once") {
  call_under_way one;
  command_session anew(one.node.control, site_address);
  const auto said = anew.perform(*one.command);
  CHECK(said == command_contact{0, one.command->number, {}});
  one.pool->attend(one.node.id, said);
  CHECK(one.call.outcome.get().error().code == errc::peer_closed);
  CHECK(one.node.control.method.empty());
}

TEST_CASE("calls that wait for a node, or for its answer, are cancelled when the pool ends") {
  asking_node node;
  asked_notify asleep;
  asked_notify under_way;
  {
    const auto pool = make_client_pool(2, patient());
    under_way.ask(*pool, node.id);
    REQUIRE(node.ask(*pool));
    random_values random(11);
    asleep.ask(*pool, random.id<model::node_id>());
  }
  CHECK(asleep.outcome.get().error().code == errc::cancelled);
  CHECK(under_way.outcome.get().error().code == errc::cancelled);
}

TEST_CASE("what is longer than a string may be travels whole over a real connection") {
  asking_node node;
  random_values random(5);
  poll_answer long_one{true, random.state_message()};
  long_one.state.reason = std::string(200 * limits::kib, 'r');
  long_one.state.source = std::string(200 * limits::kib, 's');
  node.control.answer = long_one;
  const auto pool = make_client_pool(2, patient());
  attended_site site(*pool);
  const live_server live({.management_point = &site});
  auto told = std::make_shared<std::promise<result<poll_answer>>>();
  auto outcome = told->get_future();
  REQUIRE(
      pool->with_control(outbound_address(node.id, ""),
                         [told](control_service& client) { told->set_value(client.poll({}, {})); })
          .ok());
  const auto client = connect_management_point(live.tcp_address(), patient());
  heartbeat_request beat;
  beat.node = node.id;
  beat.contact = node.idle();
  std::size_t longest = 0;
  while (true) {
    const auto came = client->heartbeat({}, beat);
    REQUIRE(came.ok());
    if (!came->command) { break; }
    beat.contact = node.session.perform(*came->command);
    REQUIRE(beat.contact->answer);
    longest = std::max(longest, beat.contact->answer->size());
  }
  CHECK(longest > limits::rpc_string_bytes_max);
  const auto came = outcome.get();
  REQUIRE(came.ok());
  CHECK(*came == long_one);
}

TEST_CASE("what is no message, or not greeted, is performed by nobody") {
  call_under_way one;
  one.command->session = one.command->number;  // it says that it begins a session
  const auto refused = one.node.session.perform(*one.command);
  REQUIRE(refused.answer);
  CHECK(refused.answer->find("hello") != std::string::npos);
  for (const std::string& message :
       {std::string(), std::string("GET / HTTP/1.1\r\n\r\n"),
        std::string(limits::rpc_frame_bytes_max + 1, 'x'), std::string("\0\0\0\0", 4)}) {
    CHECK_FALSE(one.node.session.perform({9, 9, message}).answer);
    CHECK(one.node.session.session() == 0);
  }
  CHECK(one.node.control.method.empty());
}

}  // namespace sluice::rpc
