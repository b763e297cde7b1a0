// A node that opens no control port: its actor, against a site whose calls wait in a real pool.
#include "actors/outbound_contact.hpp"

#include <doctest/doctest.h>

#include <future>

#include "tests/actors/fake_node.hpp"
#include "tests/actors/virtual_time.hpp"

using namespace std::chrono_literals;

namespace sluice::actors::testing {

namespace {

constexpr const char* site_address = "main.example:9000";

/// Answers heartbeats with what waits for the node.
struct calling_site final : rpc::management_point_service {
  std::unique_ptr<rpc::client_pool> pool = rpc::make_client_pool(2);
  std::vector<std::chrono::nanoseconds> asked_at;  ///< heartbeats that answered nothing
  std::function<std::chrono::nanoseconds()> clock;
  std::optional<error> trouble;

  result<rpc::registration_answer> register_node(const rpc::principal&,
                                                 const rpc::registration&) override {
    return rpc::registration_answer{};
  }
  result<rpc::heartbeat_answer> heartbeat(const rpc::principal&,
                                          const rpc::heartbeat_request& given) override {
    REQUIRE(given.contact);
    if (given.contact->number == 0) { asked_at.push_back(clock()); }
    if (trouble) { return *trouble; }
    rpc::heartbeat_answer answer;
    answer.command = pool->attend(given.node, *given.contact);
    return answer;
  }
  result<std::uint64_t> submit(const rpc::principal&, const rpc::report_batch&) override {
    return std::uint64_t{0};
  }
};

struct outbound_node {
  calling_site site;
  fake_node node;
  virtual_time time;
  model::node_id id;
  std::shared_ptr<rpc::memory_client_pool> clients = std::make_shared<rpc::memory_client_pool>();
  std::shared_ptr<command_taker> taker = std::make_shared<command_taker>(node, site_address);
  outbound_contact_actor actor;

  outbound_node() {
    id.bytes[0] = std::byte{7};
    site.clock = node.clock = [this] { return time.elapsed(); };
    clients->offer(site_address, {.management_point = &site});
  }
  ~outbound_node() {
    time.end(actor);
    time.run();
  }
  outbound_node(const outbound_node&) = delete;
  outbound_node& operator=(const outbound_node&) = delete;

  void begin() {
    actor = time.system().spawn(outbound_contact,
                                outbound_contact_setup{clients, site_address, id, {}, taker});
    time.run();
  }
  std::future<result<rpc::poll_answer>> poll() {
    auto promise = std::make_shared<std::promise<result<rpc::poll_answer>>>();
    REQUIRE(site.pool
                ->with_control(rpc::outbound_address(id, ""),
                               [promise](rpc::control_service& control) {
                                 promise->set_value(control.poll({}, model::job_id{}));
                               })
                .ok());
    return promise->get_future();
  }
};

}  // namespace

TEST_CASE("the node asks for its commands every five seconds, and performs all that wait") {
  outbound_node parts;
  auto first = parts.poll();
  auto second = parts.poll();
  parts.begin();
  CHECK(first.get().ok());
  CHECK(second.get().ok());
  CHECK(parts.node.polls == 2);
  auto third = parts.poll();
  parts.time.advance(4999ms);
  CHECK(parts.node.polls == 2);
  parts.time.advance(1ms);
  CHECK(third.get().ok());
  CHECK(parts.site.asked_at == std::vector<std::chrono::nanoseconds>{0s, 5s});
}

TEST_CASE("while the site cannot be reached the node goes on asking") {
  outbound_node parts;
  parts.site.trouble = error{errc::unreachable, 0, "connect"};
  parts.begin();
  parts.time.advance(10s);
  CHECK(parts.site.asked_at.size() == 3);
  parts.site.trouble.reset();
  auto call = parts.poll();
  parts.time.advance(5s);
  CHECK(call.get().ok());
}

TEST_CASE("a node that ends performs nothing more") {
  outbound_node parts;
  parts.taker->close();
  auto call = parts.poll();
  parts.begin();
  CHECK(parts.node.polls == 0);
  parts.site.pool.reset();
  CHECK(call.get().error().code == errc::cancelled);
}

}  // namespace sluice::actors::testing
