#include "io/simulated_world.hpp"

#include <cerrno>
#include <optional>
#include <set>

#include "tests/io/twins.hpp"

namespace sluice::io {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<reactor> reactor_of(simulated_world& world, const std::string& host) {
  auto made = reactor::make(world.machine(host));
  REQUIRE(made.ok());
  return std::move(*made);
}

task<void> sleep_long(reactor* ring, int* turns) {
  for (int turn = 0; turn < 30; ++turn) {
    co_await ring->sleep_for(20min);
    ++*turns;
  }
}

TEST_CASE("thirty waits of twenty minutes take no time") {
  simulated_world world(1);
  const auto ring = reactor_of(world, "node");
  int turns = 0;
  const auto start = ring->now();
  block_on<void>(*ring, [&] { return sleep_long(ring.get(), &turns); });
  CHECK(turns == 30);
  CHECK(ring->now() - start == 30 * 20min);
}

TEST_CASE("time passes from event to event, one at a time") {
  simulated_world world(1);
  const auto ring = reactor_of(world, "node");
  int turns = 0;
  ring->start(sleep_long(ring.get(), &turns));
  CHECK_FALSE(world.run_ready());
  CHECK(turns == 0);
  REQUIRE(world.next_event().has_value());
  CHECK(*world.next_event() == world.now() + 20min);
  world.advance_to(*world.next_event());
  CHECK(world.run_ready());
  CHECK(turns == 1);
  while (ring->advance_to_next_event()) {}
  CHECK(turns == 30);
  CHECK_FALSE(world.next_event().has_value());
}

/// Writes three files: synced with its name, synced without its name, named but not synced.
task<void> write_three(reactor* ring) {
  auto root = co_await folder::open(*ring, "/");
  REQUIRE(root.ok());
  const std::string text = pattern(40'000);
  for (const std::string name : {"kept", "unsynced", "unnamed"}) {
    const open_options fresh{.access = access_mode::write, .create = true};
    auto made = co_await root->open_file(name, fresh);
    REQUIRE(made.ok());
    auto written = co_await made->write(bytes_of(text), 0);
    REQUIRE(written.ok());
    if (name != "unsynced") {
      auto synced = co_await made->sync_data();
      REQUIRE(synced.ok());
    }
    if (name == "unsynced") {
      auto named = co_await root->sync();
      REQUIRE(named.ok());
    }
    co_await made->close();
  }
}

TEST_CASE("a power cut loses what was not synced, and never what was") {
  int unnamed_kept = 0;
  int unsynced_whole = 0;
  constexpr int seeds = 40;
  const std::string text = pattern(40'000);
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    simulated_world world(seed);
    const auto ring = reactor_of(world, "node");
    block_on<void>(*ring, [&] { return write_three(ring.get()); });
    world.cut_power("node");
    CHECK(world.peek_file("node", "kept") == text);
    const auto unsynced = world.peek_file("node", "unsynced");
    REQUIRE(unsynced.has_value());
    if (*unsynced == text) { ++unsynced_whole; }
    const auto unnamed = world.peek_file("node", "unnamed");
    if (unnamed.has_value()) {
      ++unnamed_kept;
      CHECK(*unnamed == text);
    }
  }
  CHECK(unsynced_whole < seeds / 2);
  CHECK(unnamed_kept > 0);
  CHECK(unnamed_kept < seeds);
}

task<void> rename_over(reactor* ring, int times) {
  auto root = co_await folder::open(*ring, "/");
  if (!root) { co_return; }
  for (int turn = 0; turn < times; ++turn) {
    auto written = co_await root->write_whole("record", pattern(10'000, std::size_t(turn)));
    if (!written) { co_return; }
  }
}

TEST_CASE("write_whole leaves the old or the new bytes, whenever the power goes") {
  const std::string first = pattern(10'000, 0);
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    simulated_world world(seed);
    world.put_file("node", "record", first);
    auto ring = reactor_of(world, "node");
    ring->start(rename_over(ring.get(), 5));
    for (std::uint64_t event = 0; event < seed; ++event) { ring->advance_to_next_event(); }
    world.cut_power("node");
    while (ring->advance_to_next_event()) {}
    const auto left = world.peek_file("node", "record");
    REQUIRE(left.has_value());
    REQUIRE(left->size() == first.size());
    const auto start = static_cast<std::size_t>(static_cast<unsigned char>(left->front()));
    CHECK(*left == pattern(10'000, start));
  }
}

task<void> write_with_fault(reactor* ring, bool volume, error* second, bool* third_ok) {
  auto root = co_await folder::open(*ring, "/");
  const open_options fresh{.access = access_mode::write, .create = true};
  auto made = co_await root->open_file("file", fresh);
  const std::string text = pattern(10'000);
  auto first = co_await made->write(bytes_of(text), 0);
  CHECK(first.ok());
  result<void> failed;
  if (volume) {
    failed = co_await root->sync_volume();
  } else {
    failed = co_await made->sync_data();
  }
  REQUIRE_FALSE(failed.ok());
  *second = failed.error();
  auto again = co_await made->sync_data();
  *third_ok = again.ok();
  auto named = co_await root->sync();
  CHECK(named.ok());
}

TEST_CASE("after a failed sync the next one says ok and the bytes are gone") {
  for (const bool volume : {false, true}) {
    simulated_world world(3);
    world.fail("node", volume ? opcode::sync_volume : opcode::sync_data, 1, EIO);
    const auto ring = reactor_of(world, "node");
    error failure;
    bool again = false;
    block_on<void>(*ring, [&] { return write_with_fault(ring.get(), volume, &failure, &again); });
    CHECK(failure.os_error == EIO);
    CHECK(again);
    CHECK(world.peek_file("node", "file") == pattern(10'000));
    world.cut_power("node");
    CHECK(world.peek_file("node", "file") != pattern(10'000));
  }
}

task<void> fill_volume(reactor* ring, errc* into) {
  auto root = co_await folder::open(*ring, "/");
  auto small = co_await root->write_whole("small", pattern(500));
  CHECK(small.ok());
  auto large = co_await root->write_whole("large", pattern(600));
  if (!large) { *into = large.error().code; }
  auto removed = co_await root->remove_file("small");
  CHECK(removed.ok());
  auto fits = co_await root->write_whole("large", pattern(600));
  CHECK(fits.ok());
}

TEST_CASE("a full volume says no_space until something is removed") {
  simulated_world world(1);
  world.set_volume_size("node", 1'000);
  const auto ring = reactor_of(world, "node");
  errc code = errc::invalid;
  block_on<void>(*ring, [&] { return fill_volume(ring.get(), &code); });
  CHECK(code == errc::no_space);
}

task<void> serve_once(reactor* ring, std::string* got) {
  auto door = co_await listener::open(*ring, endpoint("server", 80), port_sharing::none);
  REQUIRE(door.ok());
  auto came = co_await door->accept();
  REQUIRE(came.ok());
  CHECK(came->peer() == "client");
  while (true) {
    got->resize(got->size() + 1'000);
    const auto tail = std::as_writable_bytes(std::span(*got)).last(1'000);
    auto length = co_await came->receive(tail, 1h);
    got->resize(got->size() - 1'000 + (length ? *length : 0));
    if (!length || *length == 0) { break; }
  }
}

task<void> send_in_two(reactor* ring, simulated_world* world, std::string first,
                       std::string second) {
  auto connected = co_await socket::connect(*ring, endpoint("server", 80), 1s);
  REQUIRE(connected.ok());
  auto sent = co_await connected->send(bytes_of(first), 1s);
  CHECK(sent.ok());
  world->part("client", "server");
  auto held = co_await connected->send(bytes_of(second), 1s);
  CHECK(held.ok());
  auto lost = co_await socket::connect(*ring, endpoint("server", 80), 1s);
  REQUIRE_FALSE(lost.ok());
  CHECK(lost.error().code == errc::timed_out);
  world->join("client", "server");
  co_await connected->close();
}

TEST_CASE("what a partition holds back arrives, in order, when it ends") {
  simulated_world world(5);
  world.shorten("server", 2);
  const auto server = reactor_of(world, "server");
  const auto client = reactor_of(world, "client");
  std::string got;
  server->start(serve_once(server.get(), &got));
  client->run_ready();
  server->advance_to_next_event();
  client->start(send_in_two(client.get(), &world, pattern(10'000), pattern(5'000, 7)));
  while (client->advance_to_next_event()) {}
  CHECK(got == pattern(10'000) + pattern(5'000, 7));
}

task<void> connect_to(reactor* ring, std::string host, std::optional<errc>* failure) {
  auto connected = co_await socket::connect(*ring, endpoint(host, 80), 1s);
  if (!connected) { *failure = connected.error().code; }
}

TEST_CASE("an unknown machine and a closed port are unreachable") {
  simulated_world world(1);
  const auto client = reactor_of(world, "client");
  const auto server = reactor_of(world, "server");
  for (const std::string host : {"server", "nobody"}) {
    std::optional<errc> failure;
    block_on<void>(*client, [&] { return connect_to(client.get(), host, &failure); });
    CHECK(failure == errc::unreachable);
  }
}

task<void> wait_for_peer(reactor* ring, std::chrono::nanoseconds stall,
                         std::optional<result<std::size_t>>* into) {
  auto connected = co_await socket::connect(*ring, endpoint("server", 80), 1s);
  REQUIRE(connected.ok());
  std::string none(10, 'x');
  auto came = co_await connected->receive(std::as_writable_bytes(std::span(none)), stall);
  into->emplace(std::move(came));
}

TEST_CASE("a killed machine ends its connections, one without power falls silent") {
  for (const bool power : {false, true}) {
    simulated_world world(1);
    auto server = reactor_of(world, "server");
    const auto client = reactor_of(world, "client");
    std::string got;
    server->start(serve_once(server.get(), &got));
    for (int event = 0; event < 3; ++event) { server->advance_to_next_event(); }
    std::optional<result<std::size_t>> outcome;
    client->start(wait_for_peer(client.get(), 1min, &outcome));
    world.run_ready();
    while (*world.next_event() < world.now() + 10s) {
      world.advance_to(*world.next_event());
      world.run_ready();
    }
    CHECK_FALSE(outcome.has_value());
    power ? world.cut_power("server") : world.kill("server");
    while (client->advance_to_next_event()) {}
    server.reset();  // its tasks have ended
    REQUIRE(outcome.has_value());
    CHECK(outcome->ok() == !power);
    if (power) { CHECK(outcome->error().code == errc::timed_out); }
  }
}

/// How long until so many bytes came, or it ended.
task<void> receive_all(reactor* ring, std::size_t bytes, std::optional<errc>* failure) {
  auto connected = co_await socket::connect(*ring, endpoint("server", 80), 1s);
  REQUIRE(connected.ok());
  std::string all(bytes, 'x');
  std::size_t came = 0;
  while (came < bytes) {
    auto part =
        co_await connected->receive(std::as_writable_bytes(std::span(all)).subspan(came), 1min);
    if (!part) { *failure = part.error().code; }
    if (!part || *part == 0) { break; }
    came += *part;
  }
  CHECK((failure->has_value() || all == pattern(bytes)));
}

task<void> serve_pattern(reactor* ring, std::size_t bytes, std::optional<errc>* failure) {
  auto door = co_await listener::open(*ring, endpoint("server", 80), port_sharing::none);
  REQUIRE(door.ok());
  auto came = co_await door->accept();
  REQUIRE(came.ok());
  const std::string all = pattern(bytes);
  auto sent = co_await came->send(bytes_of(all), 1min);
  if (!sent) { *failure = sent.error().code; }
}

TEST_CASE("a slow machine is slow to all, until it is mended") {
  simulated_world world(1);
  world.slow_down("server", 1'000);
  const auto server = reactor_of(world, "server");
  const auto client = reactor_of(world, "client");
  for (const bool slow : {true, false}) {
    std::optional<errc> failure;
    server->start(serve_pattern(server.get(), 10'000, &failure));
    server->advance_to_next_event();
    const auto start = client->now();
    block_on<void>(*client, [&] { return receive_all(client.get(), 10'000, &failure); });
    CHECK_FALSE(failure.has_value());
    CHECK((client->now() - start >= 10s) == slow);
    while (server->advance_to_next_event()) {}
    world.mend("server");
  }
}

TEST_CASE("what is sent arrives in order, also when the latency becomes less meanwhile") {
  simulated_world world(1);
  world.set_rate(1'000'000);
  world.set_latency(500ms);
  const auto server = reactor_of(world, "server");
  const auto client = reactor_of(world, "client");
  std::optional<errc> failure;
  server->start(serve_pattern(server.get(), 6'000'000, &failure));
  client->start(receive_all(client.get(), 6'000'000, &failure));
  while (const auto next = world.next_event()) {
    world.advance_to(*next);
    world.run_ready();
    if (world.now() > 4s) { world.set_latency(1ms); }
  }
  CHECK_FALSE(failure.has_value());
}

TEST_CASE("both sides hear of a connection that is reset") {
  simulated_world world(1);
  world.set_rate(1'000'000);
  const auto server = reactor_of(world, "server");
  const auto client = reactor_of(world, "client");
  std::optional<errc> sending;
  std::optional<errc> receiving;
  server->start(serve_pattern(server.get(), 20'000'000, &sending));
  client->start(receive_all(client.get(), 20'000'000, &receiving));
  while (world.now() < 5s) {
    REQUIRE(world.next_event());
    world.advance_to(*world.next_event());
    world.run_ready();
  }
  CHECK_FALSE(sending.has_value());
  CHECK_FALSE(receiving.has_value());
  world.reset_connections("client");
  while (client->advance_to_next_event()) {}
  CHECK(sending == errc::peer_closed);
  CHECK(receiving == errc::peer_closed);
}

TEST_CASE("links of a simulated disk are read but not followed, and bits can rot") {
  simulated_world world(1);
  world.put_file("node", "a/b/file", "abc");
  world.put_link("node", "a/link", "b/file");
  CHECK(world.flip_bit("node", "a/b/file", 1));
  CHECK_FALSE(world.flip_bit("node", "a/b/file", 3));
  CHECK(world.peek_file("node", "a/b/file") == "acc");
  CHECK_FALSE(world.peek_file("node", "a/link").has_value());
}

}  // namespace
}  // namespace sluice::io
