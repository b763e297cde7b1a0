#include "http/client.hpp"

#include <doctest/doctest.h>

#include "tests/http/canned_source.hpp"
#include "tests/http/fetching_client.hpp"
#include "tests/http/running_server.hpp"

using namespace sluice;
using namespace sluice::http;
using namespace sluice::http::test;
using namespace std::chrono_literals;
using then = canned_answer::then;

namespace {

constexpr std::uint64_t mib = limits::mib;

std::string ok(const std::string& body, const std::string& fields = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields +
         "\r\n" + body;
}

std::string status(const std::string& line, const std::string& fields = "") {
  return "HTTP/1.1 " + line + "\r\nContent-Length: 3\r\n" + fields + "\r\nno\n";
}

std::vector<source_client::small_request> many(std::size_t count, std::uint64_t size) {
  std::vector<source_client::small_request> requests;
  for (std::size_t i = 0; i < count; ++i) { requests.push_back({"/f" + std::to_string(i), size}); }
  return requests;
}

io::task<void> fetch_into(source_client::body& into, source_client& client,
                          std::shared_ptr<io::cancellation> stop) {
  into = co_await client.fetch("/a", 5, 100, std::move(stop));
}

/// Two requests over one connection: the one that waits for its turn is cancelled first.
io::task<void> cancel_in_turn(fetching_client& client, source_client::body& waiting) {
  auto [of_first, stop_first] = io::make_ticket(client.ring());
  auto [of_waiting, stop_waiting] = io::make_ticket(client.ring());
  source_client::body first;
  io::task_group holding;
  io::task_group in_turn;
  holding.start(fetch_into(first, client.client(), stop_first));
  in_turn.start(fetch_into(waiting, client.client(), stop_waiting));
  of_waiting.cancel();
  co_await in_turn.wait_all();
  CHECK(holding.running() == 1);
  of_first.cancel();
  co_await holding.wait_all();
  CHECK(first.failure.has_value());
}

}  // namespace

TEST_CASE("a client and a server of ours understand each other") {
  test_library library;
  const auto large = library.add("large", patterned(3'300'000, 4));
  std::vector<source_client::small_request> requests;
  std::vector<std::string> expected;
  std::vector<model::file_id> smalls;
  for (unsigned i = 0; i < 300; ++i) {
    const std::string bytes = patterned(1 + i * 37, i);
    smalls.push_back(library.add("small/" + std::to_string(i), bytes));
    expected.push_back(bytes);
  }
  library.add("big small", patterned(mib, 77));
  library.commit("PKG00012.3");
  for (const auto& id : smalls) {
    requests.push_back({file_target(library.content, id), model::raw(id.size)});
  }
  running_server server(library);
  fetching_client client(server.port());

  CHECK(!client.probe(manifest_target(library.content)));
  CHECK(client.probe("/manifest/PKG00099.1")->cause.code == errc::not_found);
  std::vector<std::string> bodies;
  for (const auto& outcome : client.fetch_many(requests, bodies)) { CHECK(!outcome); }
  CHECK(bodies == expected);
  const auto layer = client.fetch(pieces_target(library.content, large), 4 * 32);
  CHECK(!layer.failure);
  CHECK(layer.bytes.size() == 4 * 32);
  const auto signature = client.fetch(signature_target(library.content), std::nullopt);
  CHECK(!signature.failure);
  CHECK(signature.bytes.size() == 16);
  std::string manifest;
  CHECK(!client.fetch_to_file(manifest_target(library.content), library.manifest.size(), manifest));
  CHECK(manifest == library.manifest);

  const std::string& bytes = library.files.at("large");
  const std::string target = file_target(library.content, large);
  const auto whole = client.fetch_range(target, bytes, 0, bytes.size());
  CHECK(!whole.outcome.failure);
  CHECK(whole.bytes == bytes);
  CHECK(whole.right == std::set<std::uint64_t>{0, mib, 2 * mib, 3 * mib});
  const auto part = client.fetch_range(target, bytes, mib, 2 * mib);
  CHECK(!part.outcome.failure);
  CHECK(part.right == std::set<std::uint64_t>{mib, 2 * mib});
  CHECK(part.bytes.substr(mib) == bytes.substr(mib, 2 * mib));
  CHECK(server.counters->connections_open == 1);  // all of it on one kept-alive connection
  CHECK(client.client().bytes_received() > 5 * mib);
}

TEST_CASE("a bad status for one request does not fail the others") {
  canned_source source([](int, int request) {
    if (request == 1) { return canned_answer{status("404 Not Found"), then::keep}; }
    if (request == 2) {
      return canned_answer{status("503 Busy", "Retry-After: 7\r\n"), then::keep};
    }
    if (request == 3) { return canned_answer{ok("toolong"), then::keep}; }
    return canned_answer{ok("hello"), then::keep};
  });
  fetching_client client(source.port());
  std::vector<std::string> bodies;
  const auto outcomes = client.fetch_many(many(5, 5), bodies);
  CHECK(!outcomes[0]);
  CHECK(outcomes[1]->cause.code == errc::not_found);
  CHECK(outcomes[1]->fault.row.empty());
  CHECK(outcomes[2]->fault.row == "X5");
  CHECK(outcomes[2]->retry_after == 7s);
  CHECK(!outcomes[0]);
  CHECK(bodies[0] == "hello");
}

TEST_CASE("requests that a closing source left unanswered are sent again while it makes progress") {
  canned_source source([](int, int request) {
    return canned_answer{ok("hello"), request < 6 ? then::keep : then::close};
  });
  fetching_client client(source.port());
  std::vector<std::string> bodies;
  for (const auto& outcome : client.fetch_many(many(200, 5), bodies)) { CHECK(!outcome); }
  CHECK(bodies == std::vector<std::string>(200, "hello"));
  // Seven answers a connection; the reset that follows a close may cost some of them.
  CHECK(source.connections() >= 29);
  CHECK(source.connections() < 60);
}

TEST_CASE("Connection: close in the middle of a pipeline costs a connection, not a request") {
  canned_source source([](int, int request) {
    return request < 9 ? canned_answer{ok("hello"), then::keep}
                       : canned_answer{ok("hello", "Connection: close\r\n"), then::close};
  });
  fetching_client client(source.port());
  std::vector<std::string> bodies;
  for (const auto& outcome : client.fetch_many(many(25, 5), bodies)) { CHECK(!outcome); }
  CHECK(source.connections() >= 3);
  CHECK(source.connections() < 9);
}

TEST_CASE("a source that answers nothing more fails what is left, by name") {
  canned_source source([](int connection, int request) {
    if (connection == 0 && request == 0) { return canned_answer{ok("hello"), then::keep}; }
    return canned_answer{"", then::close};
  });
  fetching_client client(source.port());
  std::vector<std::string> bodies;
  const auto outcomes = client.fetch_many(many(4, 5), bodies);
  CHECK(!outcomes[0]);
  for (std::size_t i = 1; i < 4; ++i) {
    REQUIRE(outcomes[i]);
    CHECK(outcomes[i]->fault.row == "X31");
  }
  CHECK(source.connections() == 2);
}

TEST_CASE("a kept-alive connection that died meanwhile is replaced once, without blame") {
  canned_source source([](int connection, int request) {
    if (connection == 0 && request == 1) { return canned_answer{"", then::close}; }
    return canned_answer{ok("hello"), then::keep};
  });
  fetching_client client(source.port());
  CHECK(!client.fetch("/a", 5).failure);
  CHECK(!client.fetch("/b", 5).failure);
  CHECK(source.connections() == 2);
}

TEST_CASE("only the source's own address is contacted, with what was asked for") {
  canned_source elsewhere([](int, int) { return canned_answer{ok("hello"), then::close}; });
  canned_source source([&](int, int) {
    return canned_answer{status("302 Found", "Location: http://127.0.0.1:" +
                                                 std::to_string(elsewhere.port()) + "/x\r\n"),
                         then::keep};
  });
  fetching_client client(source.port());
  CHECK(client.fetch("/a", 5).failure->fault.row == "X6");
  CHECK(elsewhere.connections() == 0);
  const auto requests = source.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].starts_with("GET /a HTTP/1.1\r\nHost: 127.0.0.1:"));
}

TEST_CASE("cancelling aborts the exchange and blames nobody") {
  canned_source source([](int, int) { return canned_answer{"", then::hold}; });
  fetching_client client(source.port());
  auto [ticket, stop] = io::make_ticket(client.ring());
  std::thread canceller([&, held = &ticket] {
    while (source.requests().empty()) { std::this_thread::yield(); }  // bounded poll
    held->cancel();
  });
  const auto body = client.fetch("/a", 5, 100, stop);
  canceller.join();
  REQUIRE(body.failure);
  CHECK(body.failure->cause.code == errc::cancelled);
  CHECK(body.failure->fault.row.empty());
}

TEST_CASE("cancelling does not wait for the turn on a connection that another has") {
  canned_source source([](int, int) { return canned_answer{"", then::hold}; });
  fetching_client client(source.port());
  source_client::body waiting;
  io::block_on<void>(client.ring(), [&] { return cancel_in_turn(client, waiting); });
  REQUIRE(waiting.failure);
  CHECK(waiting.failure->cause.code == errc::cancelled);
  CHECK(waiting.failure->fault.row.empty());
}

TEST_CASE("closing a client ends what is under way") {
  canned_source source([](int, int) { return canned_answer{"", then::hold}; });
  fetching_client client(source.port());
  std::thread closer([&] {
    while (source.requests().empty()) { std::this_thread::yield(); }  // bounded poll
    io::block_on<void>(client.ring(), [&] { return client.client().close(); });
  });
  const auto body = client.fetch("/a", 5);
  closer.join();
  CHECK(body.failure);
}

TEST_CASE("nobody listens there: the source cannot be connected") {
  std::uint16_t port = 0;
  {
    const canned_source gone([](int, int) { return canned_answer{}; });
    port = gone.port();
  }
  fetching_client client(port);
  const auto failure = client.probe("/a");
  REQUIRE(failure);
  CHECK(failure->cause.code == errc::unreachable);
  CHECK(failure->fault.row == "X33");
}
