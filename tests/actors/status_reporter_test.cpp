#include <doctest/doctest.h>

#include <algorithm>

#include "base/base.hpp"
#include "tests/actors/virtual_reporter.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using actors::testing::virtual_reporter;

namespace {

std::vector<std::string> numbers_up_to(std::size_t count) {
  std::vector<std::string> numbers;
  for (std::size_t i = 0; i < count; ++i) { numbers.push_back(format("{}", i)); }
  return numbers;
}

/// The node has its site; then one with other keys answers in its place.
void let_another_answer(virtual_reporter& node) {
  node.begin();
  node.site.key = 'b';
  node.site.knows_node = false;
  node.advance(1min);
  CHECK_FALSE(node.site_refused().empty());
}

}  // namespace

TEST_CASE("a node registers before it reports, and its outbox goes out in batches in order") {
  virtual_reporter node;
  node.append(1000);
  node.begin();
  CHECK(node.site.registrations.size() == 1);
  CHECK(node.site.batches.size() == 4);
  for (const auto& batch : node.site.batches) {
    CHECK(batch.messages.size() <= limits::status_messages_per_batch);
  }
  CHECK(node.site.delivered() == numbers_up_to(1000));
  CHECK(node.undelivered() == 0);
}

// A2
TEST_CASE("a node of 10,000 contents registers in parts, each within a frame's bounds") {
  virtual_reporter node;
  node.hold(10'000);
  node.begin();
  REQUIRE(node.site.registrations.size() == 3);
  std::size_t contents = 0;
  for (std::uint32_t part = 0; part < 3; ++part) {
    const auto& given = node.site.registrations[part];
    CHECK(given.full_inventory);
    CHECK(given.part == part);
    CHECK(given.more == (part < 2));
    CHECK(given.inventory.size() <= limits::rpc_container_items_max);
    contents += given.inventory.size();
  }
  CHECK(contents == 10'000);
}

// R16, Q4
TEST_CASE("a site that is away for a day is told all of 100,000 reports, in their order") {
  virtual_reporter node;
  node.begin();
  node.site.trouble = error{errc::unreachable, 0, "connect to the site"};
  node.append(50'000);
  node.advance(12h);
  node.append(50'000);
  node.advance(12h);
  CHECK(node.site.delivered().empty());
  node.site.trouble.reset();
  node.advance(60s);
  CHECK(node.site.delivered() == numbers_up_to(100'000));
  CHECK(node.undelivered() == 0);
}

TEST_CASE("a new report goes out at once") {
  virtual_reporter node;
  node.begin();
  node.advance(7s);
  node.append(1);
  CHECK(node.site.delivered() == numbers_up_to(1));
  CHECK(node.undelivered() == 0);
}

TEST_CASE("while the site is away a node asks less and less often, and loses nothing") {
  virtual_reporter node;
  node.begin();
  node.site.trouble = error{errc::unreachable, 0, "connect to the site"};
  node.site.calls.clear();
  node.append(3);
  node.advance(10min);
  const auto& calls = node.site.calls;
  REQUIRE(calls.size() >= 8);
  const std::vector<std::chrono::nanoseconds> first{0s, 1s, 3s, 7s, 15s, 31s, 63s, 123s};
  for (std::size_t i = 0; i < first.size(); ++i) { CHECK(calls[i] == first[i]); }
  for (std::size_t i = first.size(); i < calls.size(); ++i) {
    CHECK(calls[i] - calls[i - 1] == 60s);
  }
  CHECK(node.undelivered() == 3);
  node.site.trouble.reset();
  node.advance(60s);
  CHECK(node.site.delivered() == numbers_up_to(3));
  CHECK(node.undelivered() == 0);
}

TEST_CASE("a report while the site is away does not wake the node before its time") {
  virtual_reporter node;
  node.begin();
  node.withdraw_site();
  node.append(1);
  node.advance(5min);
  node.offer_site();
  node.site.calls.clear();
  node.append(1);
  CHECK(node.site.calls.empty());
  node.advance(60s);
  CHECK(node.undelivered() == 0);
}

TEST_CASE("the heart beats every 30 s, and other calls count as beats") {
  virtual_reporter node;
  node.begin();
  node.advance(90s);
  CHECK(node.site.heartbeats == std::vector<std::chrono::nanoseconds>{30s, 60s, 90s});
  node.advance(15s);
  node.append(1);
  node.advance(30s);
  CHECK(node.site.heartbeats.back() == 135s);
  CHECK(node.site.heartbeats.size() == 4);
}

TEST_CASE("a node that the site forgot registers again and delivers then") {
  virtual_reporter node;
  node.begin();
  node.site.knows_node = false;
  node.advance(30s);  // the heartbeat's answer says so
  CHECK(node.site.registrations.size() == 2);
  node.site.knows_node = false;
  node.append(2);
  node.advance(5s);
  CHECK(node.site.registrations.size() == 3);
  CHECK(node.site.delivered() == numbers_up_to(2));
  CHECK(node.site.registrations[0].epoch == node.site.registrations[2].epoch);
}

// A10
TEST_CASE("a site with other keys is not told what is here, and no orders of it are taken") {
  virtual_reporter node;
  node.hold(3);
  node.begin();
  CHECK(node.site.questions.empty());  // the first site that answers is its own
  CHECK(node.orders_refused().empty());
  node.site.registrations.clear();
  node.site.site = "NEW";
  node.site.key = 'b';
  node.site.knows_node = false;
  node.advance(30s);  // the heartbeat's answer says so
  node.append(2);
  node.advance(10min);
  CHECK(node.site.registrations.empty());
  CHECK(node.site.batches.empty());
  CHECK(node.site.refused_batches == 0);
  REQUIRE(node.site.questions.size() >= 8);
  for (const auto& question : node.site.questions) {
    CHECK(question.inventory.empty());
    CHECK(question.settings.empty());
  }
  CHECK(node.undelivered() == 2);
  CHECK(node.site_refused().find("site NEW at main.example:9000 has none of the keys") == 0);
  CHECK(node.site_refused().find("sluice --node adopt") != std::string::npos);
  CHECK(node.orders_refused() == node.site_refused());
}

// A10
TEST_CASE("an adopted site is told of all that is here, and nothing of the former one's") {
  virtual_reporter node;
  node.hold(3);
  node.begin();
  node.site.trouble = error{errc::unreachable, 0, "connect to the site"};
  node.append(5);
  node.site.trouble.reset();
  node.site.site = "NEW";
  node.site.key = 'b';
  node.site.knows_node = false;
  node.site.registrations.clear();
  node.restart();
  CHECK(node.site.registrations.empty());
  const auto adopted = node.adopt();
  REQUIRE(adopted.ok());
  CHECK(*adopted == model::adoption{"NEW", "main.example:9000", 3, 5});
  REQUIRE(node.site.registrations.size() == 1);  // at once
  CHECK(node.site.registrations[0].inventory.size() == 3);
  CHECK(node.site.registrations[0].inventory[0].manifest_hash);
  CHECK(node.site_refused().empty());
  CHECK(node.orders_refused().empty());
  node.append(1);
  CHECK(node.site.delivered() == std::vector<std::string>{"5"});
  node.restart();  // and so it stays
  CHECK(node.site.registrations.size() == 2);
  CHECK(node.adopt().error().code == errc::conflict);
}

// Who answers after the consent may be somebody else again.
TEST_CASE("a consent is to the site that was shown, and no other") {
  virtual_reporter node;
  let_another_answer(node);
  node.withdraw_site();
  CHECK(node.adopt().ok());
  CHECK(node.orders_refused().find("has yet to register") != std::string::npos);
  CHECK(node.site_refused().empty());
  node.site.key = 'c';
  node.site.registrations.clear();
  node.offer_site();
  node.restart();
  CHECK(node.site.registrations.empty());
  CHECK_FALSE(node.site_refused().empty());
  node.site.key = 'b';
  node.advance(2min);
  CHECK(node.site.registrations.size() == 1);
}

TEST_CASE("a site that shows no keys at all is not the node's own") {
  virtual_reporter node;
  node.hold(3);
  node.begin();
  node.site.key = '?';
  node.site.registrations.clear();
  node.site.knows_node = false;
  node.advance(1min);
  for (const auto& given : node.site.registrations) { CHECK(given.inventory.empty()); }
  CHECK_FALSE(node.orders_refused().empty());
  CHECK(node.adopt().error().code == errc::conflict);  // or whoever came next would be it
}

TEST_CASE("a node whose own site comes back goes on with it, also after another has answered") {
  virtual_reporter node;
  let_another_answer(node);
  node.append(2);
  node.site.key = 'a';
  node.advance(2min);
  CHECK(node.site_refused().empty());
  CHECK(node.orders_refused().empty());
  CHECK(node.site.delivered() == numbers_up_to(2));
  CHECK(node.adopt().error().code == errc::conflict);
}

TEST_CASE("a node whose site has not answered yet has nothing to adopt, and says what it heard") {
  virtual_reporter node;
  node.site.trouble = error{errc::not_found, 0, "register: the site knows no such node"};
  node.begin();
  const auto adopted = node.adopt();
  REQUIRE_FALSE(adopted.ok());
  CHECK(adopted.error().code == errc::conflict);
  CHECK(adopted.error().doing.find("the site knows no such node") != std::string::npos);
}

TEST_CASE("who gives orders while a node waits for its site is asked at once, once a second") {
  virtual_reporter node;
  node.withdraw_site();
  node.begin();
  node.advance(5min);
  node.offer_site();
  node.advance(2s);
  CHECK(node.site.registrations.empty());
  node.call();
  CHECK(node.site.registrations.size() == 1);
  node.site.trouble = error{errc::unreachable, 0, "connect to the site"};
  node.site.knows_node = false;
  node.advance(30s);
  node.site.calls.clear();
  for (int i = 0; i < 50; ++i) {
    node.call();
    node.advance(100ms);
  }
  CHECK(node.site.calls.size() <= 6);
}

TEST_CASE("what the site does not acknowledge is sent again, with a pause between") {
  virtual_reporter node;
  node.begin();
  node.site.withheld = 1;
  node.append(2);
  CHECK(node.undelivered() == 1);
  CHECK(node.site.batches.size() == 1);
  node.advance(1s);
  CHECK(node.site.batches.size() == 2);
  node.site.withheld = 0;
  node.advance(60s);
  CHECK(node.undelivered() == 0);
}

// D11
TEST_CASE("who was given content goes to the site with a heartbeat, whenever that changed") {
  virtual_reporter node;
  node.begin();
  node.visitors().add({model::visitor_kind::client, "10.0.0.1", 1000});
  node.visitors().add({model::visitor_kind::client, "10.0.0.1", 500});
  node.visitors().add({model::visitor_kind::distribution_point, "10.0.0.2", 7});
  node.advance(5min);
  using windows = std::vector<model::usage_window>;
  const windows now{{1, 1, 1, 1500, 7}, {7, 1, 1, 1500, 7}, {30, 1, 1, 1500, 7}};
  const auto& told = node.site.usage;
  REQUIRE(std::ranges::count(told, now) == 1);
  CHECK(told.back().empty());  // nothing is told twice
  // The day changes, and with it the first window.
  node.advance(24h);
  const windows later{{1, 0, 0, 0, 0}, {7, 1, 1, 1500, 7}, {30, 1, 1, 1500, 7}};
  CHECK(std::ranges::count(told, later) == 1);
}

// D11
TEST_CASE("a site that was away, or that forgot the node, is told who was given content") {
  virtual_reporter node;
  node.begin();
  node.advance(1min);
  node.site.trouble = error{errc::unreachable, 0, "connect to the site"};
  node.visitors().add({model::visitor_kind::client, "10.0.0.1", 1000});
  node.advance(10min);
  node.site.trouble.reset();
  node.site.usage.clear();
  node.advance(5min);
  const auto told = [&] {
    return std::ranges::count_if(node.site.usage, [](const auto& windows) {
      return !windows.empty() && windows.front().client_bytes == 1000;
    });
  };
  CHECK(told() == 1);
  node.site.knows_node = false;
  node.advance(5min);
  CHECK(told() == 2);
}

// A15
TEST_CASE("a node whose settings changed registers again, and tells them") {
  virtual_reporter node;
  node.begin();
  const std::vector<model::setting_row> settings{{"a", "1", "host, /a.toml:3"}};
  node.reload(settings);
  REQUIRE(node.site.registrations.size() == 2);
  CHECK(node.site.registrations.back().settings == settings);
  node.reload(settings);  // nothing changed
  CHECK(node.site.registrations.size() == 2);
  node.site.trouble = error{errc::unreachable, 0, "connect to the site"};
  node.reload({});
  node.site.trouble.reset();
  node.advance(2min);
  REQUIRE(node.site.registrations.size() == 3);
  CHECK(node.site.registrations.back().settings.empty());
}

// A9
TEST_CASE("a node under maintenance beats every second, so that it is back as soon as it may be") {
  virtual_reporter node;
  node.begin();
  node.site.maintenance = true;
  node.advance(30s);
  CHECK(node.site.heartbeats.size() == 1);
  node.advance(10s);
  CHECK(node.site.heartbeats.size() == 11);
  node.site.maintenance = false;
  node.advance(1s);
  CHECK(node.site.heartbeats.size() == 12);
  node.advance(29s);
  CHECK(node.site.heartbeats.size() == 12);
}

TEST_CASE("a node that reports all the time beats every minute all the same") {
  virtual_reporter node;
  node.begin();
  for (int i = 0; i < 50; ++i) {
    node.append(1);
    node.advance(5s);
  }
  CHECK(node.site.heartbeats.size() >= 4);
}
