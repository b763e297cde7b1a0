#include "io/socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "tests/io/twins.hpp"

namespace sluice::io {
namespace {

using namespace std::chrono_literals;

task<void> accept_one(listener* door, std::optional<socket>* into) {
  auto came = co_await door->accept();
  if (came) { into->emplace(std::move(*came)); }
}

struct pair_of_sockets {
  std::optional<socket> client;
  std::optional<socket> server;
};

task<void> connect_pair(reactor* ring, pair_of_sockets* into) {
  auto door = co_await listener::open(*ring, {"127.0.0.1", 0}, port_sharing::none);
  REQUIRE(door.ok());
  CHECK(door->local().port != 0);
  task_group both;
  both.start(accept_one(&*door, &into->server));
  auto client = co_await socket::connect(*ring, door->local(), 1min);
  REQUIRE(client.ok());
  into->client.emplace(std::move(*client));
  co_await both.wait_all();
  co_await door->close();
  REQUIRE(into->server.has_value());
}

task<void> close_pair(pair_of_sockets* both) {
  co_await both->client->close();
  co_await both->server->close();
}

task<void> send_all(socket* to, std::string text, bool* ok) {
  auto sent = co_await to->send(bytes_of(text), 1min);
  *ok = sent.ok();
}

task<void> receive_all(socket* from, std::size_t length, std::string* into) {
  into->resize(length);
  std::size_t filled = 0;
  while (filled < length) {
    auto came =
        co_await from->receive(std::as_writable_bytes(std::span(*into)).subspan(filled), 1min);
    if (!came || *came == 0) { break; }
    filled += *came;
  }
  into->resize(filled);
}

task<void> echo(reactor* ring) {
  pair_of_sockets both;
  co_await connect_pair(ring, &both);
  CHECK(both.server->peer() == "127.0.0.1");
  const std::string text = pattern(5'000'000);
  bool sent = false;
  std::string back;
  task_group flow;
  flow.start(send_all(&*both.client, text, &sent));
  flow.start(receive_all(&*both.server, text.size(), &back));
  co_await flow.wait_all();
  CHECK(sent);
  CHECK(back == text);
  co_await both.client->close();
  std::string none(10, 'x');
  auto end = co_await both.server->receive(std::as_writable_bytes(std::span(none)), 1min);
  REQUIRE(end.ok());
  CHECK(*end == 0);
  co_await both.server->close();
}

TEST_CASE_TEMPLATE("bytes arrive as they were sent, then the end", Twin, SLUICE_TWINS) {
  Twin twin;
  twin.run([&] { return echo(&twin.ring()); });
}

task<void> stall(reactor* ring) {
  pair_of_sockets both;
  co_await connect_pair(ring, &both);
  std::string none(10, 'x');
  const auto start = ring->now();
  auto silent = co_await both.client->receive(std::as_writable_bytes(std::span(none)), 20ms);
  REQUIRE_FALSE(silent.ok());
  CHECK(silent.error().code == errc::timed_out);
  CHECK(ring->now() - start >= 20ms);
  const std::string much = pattern(64'000'000);
  auto full = co_await both.client->send(bytes_of(much), 20ms);
  REQUIRE_FALSE(full.ok());
  CHECK(full.error().code == errc::timed_out);
  co_await close_pair(&both);
}

TEST_CASE_TEMPLATE("a silent or full peer ends the wait with timed_out", Twin, SLUICE_TWINS) {
  Twin twin;
  twin.run([&] { return stall(&twin.ring()); });
}

task<void> receive_failure(socket* from, errc* into) {
  std::string none(10, 'x');
  auto came = co_await from->receive(std::as_writable_bytes(std::span(none)), 0s);
  if (!came) { *into = came.error().code; }
}

task<void> abort_waiting(reactor* ring) {
  pair_of_sockets both;
  co_await connect_pair(ring, &both);
  errc code = errc::corrupt;
  task_group waiting;
  waiting.start(receive_failure(&*both.client, &code));
  co_await ring->sleep_for(1ms);
  both.client->abort();
  co_await waiting.wait_all();
  CHECK(code == errc::cancelled);
  auto later = co_await both.client->send(bytes_of("x"), 1s);
  REQUIRE_FALSE(later.ok());
  CHECK(later.error().code == errc::cancelled);
  co_await close_pair(&both);
}

/// Connects and says that it will send no more; reads nothing.
class half_closed_peer {
public:
  explicit half_closed_peer(std::uint16_t port)
      : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(descriptor_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    REQUIRE(::shutdown(descriptor_, SHUT_WR) == 0);
  }
  half_closed_peer(const half_closed_peer&) = delete;
  half_closed_peer& operator=(const half_closed_peer&) = delete;
  ~half_closed_peer() { ::close(descriptor_); }

private:
  int descriptor_;
};

std::chrono::nanoseconds processor_time() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

task<void> half_closed(reactor* ring) {
  auto door = co_await listener::open(*ring, {"127.0.0.1", 0}, port_sharing::none);
  REQUIRE(door.ok());
  const half_closed_peer peer(door->local().port);
  auto served = co_await door->accept();
  REQUIRE(served.ok());
  const std::string text = pattern(1'000'000);
  result<void> sent;
  while (sent) { sent = co_await served->send(bytes_of(text), 20ms); }
  REQUIRE(sent.error().code == errc::timed_out);  // from here on there is no room
  const auto before = processor_time();
  sent = co_await served->send(bytes_of(text), 600ms);
  CHECK(sent.error().code == errc::timed_out);
  CHECK(processor_time() - before < 300ms);
  co_await served->close();
  co_await door->close();
}

TEST_CASE("a peer that closed its direction and reads nothing costs no processor") {
  ring_twin twin;
  twin.run([&] { return half_closed(&twin.ring()); });
}

TEST_CASE_TEMPLATE("abort ends a waiting receive, and all later ones", Twin, SLUICE_TWINS) {
  Twin twin;
  twin.run([&] { return abort_waiting(&twin.ring()); });
}

task<void> accept_failure(listener* door, errc* into) {
  auto came = co_await door->accept();
  if (!came) { *into = came.error().code; }
}

task<void> abort_listener(reactor* ring) {
  auto door = co_await listener::open(*ring, {"127.0.0.1", 0}, port_sharing::first);
  REQUIRE(door.ok());
  auto second = co_await listener::open(*ring, door->local(), port_sharing::join);
  CHECK(second.ok());
  for (const auto sharing : {port_sharing::none, port_sharing::first}) {  // another daemon
    auto third = co_await listener::open(*ring, door->local(), sharing);
    REQUIRE_FALSE(third.ok());
    CHECK(third.error().os_error == EADDRINUSE);
    CHECK(describe(third.error()).find(door->local().text()) != std::string::npos);
  }
  errc code = errc::corrupt;
  task_group waiting;
  waiting.start(accept_failure(&*door, &code));
  co_await ring->sleep_for(1ms);
  door->abort();
  co_await waiting.wait_all();
  CHECK(code == errc::cancelled);
  const endpoint gone = door->local();
  co_await door->close();
  co_await second->close();
  auto refused = co_await socket::connect(*ring, gone, 1min);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == errc::unreachable);
}

TEST_CASE_TEMPLATE("a listener is shared, aborted, and gone", Twin, SLUICE_TWINS) {
  Twin twin;
  twin.run([&] { return abort_listener(&twin.ring()); });
}

task<void> send_a_file(reactor* ring, std::string path) {
  auto root = co_await folder::open(*ring, path);
  REQUIRE(root.ok());
  const std::string text = pattern(3'000'000);
  auto written = co_await root->write_whole("big", text);
  REQUIRE(written.ok());
  auto source = co_await root->open_file("big", {});
  REQUIRE(source.ok());
  pair_of_sockets both;
  co_await connect_pair(ring, &both);
  std::string back;
  task_group flow;
  flow.start(receive_all(&*both.server, 2'000'000, &back));
  auto sent = co_await both.client->send_file(*source, 1'000, 2'000'000, 1min);
  CHECK(sent.ok());
  co_await flow.wait_all();
  CHECK(back == text.substr(1'000, 2'000'000));
  flow.start(receive_all(&*both.server, 1'000, &back));
  auto beyond = co_await both.client->send_file(*source, text.size() - 1'000, 2'000, 1min);
  REQUIRE_FALSE(beyond.ok());
  CHECK(beyond.error().code == errc::corrupt);
  co_await flow.wait_all();
  co_await close_pair(&both);
}

TEST_CASE_TEMPLATE("a file is sent as it is, and a short one is told", Twin, SLUICE_TWINS) {
  Twin twin;
  twin.run([&] { return send_a_file(&twin.ring(), twin.folder()); });
}

/// Takes the file's bytes from `from` on out of the page cache; false where they stay.
bool drop_from_cache(int descriptor, std::uint64_t from) {
  if (::fdatasync(descriptor) != 0) { return false; }
  if (::posix_fadvise(descriptor, static_cast<off_t>(from), 0, POSIX_FADV_DONTNEED) != 0) {
    return false;
  }
  std::byte byte{};
  const iovec place{&byte, 1};
  return ::preadv2(descriptor, &place, 1, static_cast<off_t>(from), RWF_NOWAIT) < 0;
}

task<void> send_what_is_cached(reactor* ring, std::string path) {
  constexpr std::uint64_t all = 12 * limits::mib;
  constexpr std::uint64_t cached = 5 * limits::mib;
  auto root = co_await folder::open(*ring, path);
  REQUIRE(root.ok());
  const std::string text = pattern(all);
  auto written = co_await root->write_whole("big", text);
  REQUIRE(written.ok());
  auto source = co_await root->open_file("big", {});
  REQUIRE(source.ok());
  if (!drop_from_cache(source->descriptor(), cached)) {
    MESSAGE("skipped: this file system keeps its files in memory");
    co_return;
  }
  pair_of_sockets both;
  co_await connect_pair(ring, &both);
  std::string back;
  task_group flow;
  flow.start(receive_all(&*both.server, cached, &back));
  auto sent = co_await both.client->send_cached(*source, 0, all, 1min);
  REQUIRE(sent.ok());
  CHECK(*sent == cached);
  co_await flow.wait_all();
  CHECK(back == text.substr(0, cached));
  flow.start(receive_all(&*both.server, all - cached, &back));
  auto rest = co_await both.client->send_file(*source, cached, all - cached, 1min);
  CHECK(rest.ok());
  co_await flow.wait_all();
  CHECK(back == text.substr(cached));
  co_await close_pair(&both);
}

TEST_CASE("what is sent from the page cache ends where the page cache ends") {
  ring_twin twin;
  twin.run([&] { return send_what_is_cached(&twin.ring(), twin.folder()); });
}

task<void> broken_pipe(reactor* ring) {
  pair_of_sockets both;
  co_await connect_pair(ring, &both);
  co_await both.server->close();
  const std::string much = pattern(16'000'000);
  auto sent = co_await both.client->send(bytes_of(much), 1min);
  REQUIRE_FALSE(sent.ok());
  CHECK(sent.error().code == errc::peer_closed);
  co_await both.client->close();
}

TEST_CASE_TEMPLATE("sending to a closed peer says peer_closed", Twin, SLUICE_TWINS) {
  Twin twin;
  twin.run([&] { return broken_pipe(&twin.ring()); });
}

task<void> by_name(reactor* ring) {
  auto door = co_await listener::open(*ring, {"localhost", 0}, port_sharing::none);
  REQUIRE(door.ok());
  const auto start = ring->now();
  auto client = co_await socket::connect(*ring, {"localhost", door->local().port}, 1min);
  CHECK(client.ok());
  CHECK(ring->now() - start < 1min);
}

TEST_CASE_TEMPLATE("a name is resolved for listening and connecting", Twin, SLUICE_TWINS) {
  Twin twin;
  twin.run([&] { return by_name(&twin.ring()); });
}

TEST_CASE("addresses are host and port, with brackets around IPv6") {
  const auto plain = endpoint::parse("127.0.0.1:8080");
  REQUIRE(plain.ok());
  CHECK(plain->host == "127.0.0.1");
  CHECK(plain->port == 8080);
  CHECK(plain->text() == "127.0.0.1:8080");
  const auto six = endpoint::parse("[::1]:80");
  REQUIRE(six.ok());
  CHECK(six->host == "::1");
  CHECK(six->text() == "[::1]:80");
  CHECK(endpoint::parse("name.example:1").ok());
  for (const char* const wrong : {"", "host", "host:", ":80", "host:65536", "host:8x", "::1:80",
                                  "[]:80", "ho st:80", "host:-1"}) {
    CHECK_FALSE(endpoint::parse(wrong).ok());
  }
}

}  // namespace
}  // namespace sluice::io
