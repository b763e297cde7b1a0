#include <doctest/doctest.h>

#include "tests/http/fetching_client.hpp"
#include "tests/http/raw_peer.hpp"
#include "tests/http/running_server.hpp"

using namespace sluice;
using namespace sluice::http;
using namespace sluice::http::test;
using namespace std::chrono_literals;

namespace {

constexpr auto site = storage::library_user::site;

source_client::settings pushed_settings(std::uint32_t connections = 4) {
  return {{"sluice", 1}, connections, {}, true};
}

/// A client whose connections come through a door, as on a standard distribution point.
class pushed_client : public fetching_client {
public:
  pushed_client(running_server& server, std::string ticket, std::uint32_t connections = 4)
      : fetching_client(pushed_settings(connections)),
        door_(server.pushes),
        ticket_(std::move(ticket)) {
    door_->open(ticket_, [this](io::socket connected) {
      auto moved = std::make_shared<io::socket>(std::move(connected).moved_to(ring()));
      ring().post([this, moved] {
        client().take(std::move(*moved));
        taken_.release();
      });
    });
  }
  ~pushed_client() { shut(); }
  void shut() { door_->shut(ticket_); }
  void wait_for_connection() {
    io::block_on<void>(ring(), [this] { return taken_.acquire(); });
  }

private:
  std::shared_ptr<push_door> door_;
  std::string ticket_;
  io::semaphore taken_{0};
};

io::task<void> push(io::reactor* ring, std::shared_ptr<storage::content_catalogue> catalogue,
                    push_order order, std::shared_ptr<io::cancellation> stop,
                    std::promise<push_end>* ended) {
  auto end = co_await push_content(ring, catalogue, std::move(order),
                                   std::make_shared<server_counters>(), stop);
  ended->set_value(std::move(end));
}

/// The site's end, on a reactor thread of its own.
class pushing_site {
public:
  pushing_site(const test_library& library, std::uint16_t port, const std::string& ticket,
               model::rate_limit limit = {}, std::uint32_t connections = 4) {
    auto started = io::reactor_thread::start("site");
    REQUIRE(started.ok());
    thread_ = std::move(*started);
    push_order order;
    order.to = {"127.0.0.1", port};
    order.ticket = ticket;
    order.connections = connections;
    order.content = library.content;
    order.library_root = library.root();
    order.pace = std::make_shared<pacer>(thread_->get(), limit, [] { return 0U; });
    auto [ticket_of_push, stop] = io::make_ticket(thread_->get());
    ticket_ = std::move(ticket_of_push);
    thread_->get().post([this, order, stop = stop, catalogue = library.catalogue] {
      thread_->get().start(push(&thread_->get(), catalogue, order, stop, &ended_));
    });
  }
  void cut() { ticket_.cancel(); }
  push_end wait() { return ended_.get_future().get(); }

private:
  std::unique_ptr<io::reactor_thread> thread_;
  io::ticket ticket_;
  std::promise<push_end> ended_;
};

struct filled_library : test_library {
  explicit filled_library(storage::library_user user) {
    add("large", patterned(3'300'000, 4));
    add("small", patterned(1234, 5));
    commit("PKG00012.3", user);
  }
};

model::file_id id_of(const std::string& bytes) {
  return hashing::measure(std::as_bytes(std::span(bytes))).id;
}

std::string text_of(const source_client::body& body) {
  return {reinterpret_cast<const char*>(body.bytes.data()), body.bytes.size()};
}

}  // namespace

// A1
TEST_CASE("what is asked for over a pushed connection comes from the site's library") {
  const test_library empty;
  const filled_library library(site);
  running_server point(empty);
  pushed_client client(point, "0123456789abcdef");
  CHECK(client.probe(manifest_target(library.content))->cause.code == errc::unreachable);
  pushing_site pushes(library, point.port(), "0123456789abcdef");
  client.wait_for_connection();

  const auto manifest = client.fetch(manifest_target(library.content), library.manifest.size());
  CHECK_MESSAGE(!manifest.failure, (manifest.failure ? manifest.failure->fault.what : ""));
  CHECK(text_of(manifest) == library.manifest);
  const std::string& large = library.files.at("large");
  const auto ranged =
      client.fetch_range(file_target(library.content, id_of(large)), large, limits::mib, 2'000'000);
  CHECK(!ranged.outcome.failure);
  CHECK(ranged.bytes.substr(limits::mib, 2'000'000) == large.substr(limits::mib, 2'000'000));
  const std::string& small = library.files.at("small");
  std::vector<std::string> bodies;
  const source_client::small_request one{file_target(library.content, id_of(small)), small.size()};
  for (const auto& outcome : client.fetch_many({one, one, one}, bodies)) { CHECK(!outcome); }
  CHECK(bodies == std::vector{small, small, small});

  client.shut();  // the job is done
  pushes.cut();
  CHECK(pushes.wait().failure->code == errc::cancelled);
}

TEST_CASE("a push gives its own content, and nothing else that the site has") {
  const test_library empty;
  filled_library library(site);
  auto other = *library.catalogue->find(library.content);
  other.content = *model::content_id::parse("PKG00013.1");
  library.catalogue->put(other);
  running_server point(empty);
  pushed_client client(point, "t1");
  pushing_site pushes(library, point.port(), "t1");
  client.wait_for_connection();
  CHECK(!client.probe(manifest_target(library.content)));
  CHECK(client.probe(manifest_target(other.content))->cause.code == errc::not_found);
  pushes.cut();
  CHECK(pushes.wait().failure->code == errc::cancelled);
}

TEST_CASE("a push ends when the node does not know its ticket any more") {
  const test_library empty;
  const filled_library library(site);
  running_server point(empty);
  {
    pushing_site unknown(library, point.port(), "nobody's");
    const auto end = unknown.wait();
    CHECK(end.over);
    CHECK_FALSE(end.failure);
  }
  auto client = std::make_unique<pushed_client>(point, "t2");
  pushing_site pushes(library, point.port(), "t2");
  client->wait_for_connection();
  CHECK(!client->probe(manifest_target(library.content)));
  client.reset();  // as when the job is over: its connections close
  const auto end = pushes.wait();
  CHECK(end.over);
  CHECK_FALSE(end.failure);
}

TEST_CASE("a push to a node that is not there says so") {
  const filled_library library(site);
  std::uint16_t port = 0;
  {
    const test_library empty;
    running_server gone(empty);
    port = gone.port();
  }
  pushing_site pushes(library, port, "t3");
  const auto end = pushes.wait();
  CHECK_FALSE(end.over);
  REQUIRE(end.failure);
  CHECK(end.failure->code == errc::unreachable);
}

TEST_CASE("a connection that is lost is opened again by the site") {
  const test_library empty;
  const filled_library library(site);
  running_server point(empty);
  pushed_client client(point, "t4", 1);
  pushing_site pushes(library, point.port(), "t4", {}, 1);
  client.wait_for_connection();
  CHECK(!client.probe(manifest_target(library.content)));
  io::block_on<void>(client.ring(), [&]() -> io::task<void> {
    client.client().cut_taken({});
    co_return;
  });
  client.wait_for_connection();
  CHECK(!client.probe(manifest_target(library.content)));
  pushes.cut();
  CHECK(pushes.wait().failure->code == errc::cancelled);
}

TEST_CASE("a push that is cut off fails what is under way, as nobody's fault") {
  const test_library empty;
  const filled_library library(site);
  running_server point(empty);
  pushed_client client(point, "t5");
  model::rate_limit slow;
  slow.of = model::rate_limit::kind::bits;
  slow.bits_per_second = 8'000'000;  // 3.3 MB would take 3 s
  pushing_site pushes(library, point.port(), "t5", slow);
  client.wait_for_connection();
  const std::string& large = library.files.at("large");
  CHECK(!client.probe(manifest_target(library.content)));
  pushes.cut();
  CHECK(pushes.wait().failure->code == errc::cancelled);
  const auto after =
      client.fetch_range(file_target(library.content, id_of(large)), large, 0, large.size());
  REQUIRE(after.outcome.failure);
}

// A1
TEST_CASE("a PUT is refused before any body, but with a ticket that is known") {
  const filled_library library(storage::library_user::distribution_point);
  running_server point(library);
  const auto answer_to = [&](const std::string& request) {
    raw_peer peer(point.port());
    REQUIRE(peer.send(request));
    const std::string answer = peer.until_closed();
    return answer.substr(0, answer.find("\r\n"));
  };
  const std::string fields = "Host: dp\r\nConnection: Upgrade\r\nUpgrade: sluice-source\r\n";
  CHECK(answer_to("PUT /push/guess HTTP/1.1\r\n" + fields + "\r\n") == "HTTP/1.1 404 Not Found");
  CHECK(answer_to("PUT /content/PKG00012.3/small HTTP/1.1\r\n" + fields + "\r\n") ==
        "HTTP/1.1 405 Method Not Allowed");
  CHECK(answer_to("PUT /push/guess HTTP/1.1\r\n" + fields + "Content-Length: 9\r\n\r\n") ==
        "HTTP/1.1 400 Bad Request");
  point.pushes->open("good", [](io::socket) {});
  CHECK(answer_to("PUT /push/good HTTP/1.1\r\nHost: dp\r\n\r\n") == "HTTP/1.1 400 Bad Request");
  CHECK(answer_to("PUT /push/good HTTP/1.1\r\n" + fields + "\r\nmore") ==
        "HTTP/1.1 400 Bad Request");
  CHECK(answer_to("GET /push/good HTTP/1.1\r\nHost: dp\r\nConnection: close\r\n\r\n") ==
        "HTTP/1.1 404 Not Found");
  CHECK(answer_to("PUT /push/good HTTP/1.1\r\n" + fields + "\r\n") ==
        "HTTP/1.1 101 Switching Protocols");
}

// F5, F6
TEST_CASE("the limit holds for the connections of a push together") {
  const test_library empty;
  const filled_library library(site);
  running_server point(empty);
  pushed_client client(point, "t6");
  model::rate_limit limit;
  limit.of = model::rate_limit::kind::pulse;
  limit.block_kib = 1024;
  limit.pause_seconds = 1;
  pushing_site pushes(library, point.port(), "t6", limit);
  client.wait_for_connection();
  const std::string& large = library.files.at("large");
  const auto before = client.ring().now();
  const auto ranged =
      client.fetch_range(file_target(library.content, id_of(large)), large, 0, large.size());
  CHECK(!ranged.outcome.failure);
  CHECK(ranged.bytes == large);
  // 3.3 MB in blocks of 1 MiB: three pauses, whatever the machine does meanwhile.
  CHECK(client.ring().now() - before >= 2900ms);
  pushes.cut();
  CHECK(pushes.wait().failure->code == errc::cancelled);
}
