#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "rpc/endpoint.hpp"
#include "tests/rpc/fake_services.hpp"
#include "tests/rpc/live_server.hpp"

namespace sluice::rpc {

namespace {

constexpr std::uint64_t seed = 20260131;

/// A peer that speaks bytes.
class raw_peer {
public:
  explicit raw_peer(const listen_address& to) {
    auto made = connect_to(to, live_server::patience, -1);
    SLUICE_CHECK(made.ok());
    socket_ = std::move(*made);
  }
  bool say(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) {
        std::chrono::nanoseconds patience = live_server::patience;
        if (!wait_ready(socket_.number(), POLLOUT, -1, patience)) { return false; }
        continue;
      }
      if (sent < 0) { return false; }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// True once the server has closed; what it said before is dropped.
  bool closed() {
    std::array<char, 4096> space;
    while (true) {
      std::chrono::nanoseconds patience = live_server::patience;
      if (!wait_ready(socket_.number(), POLLIN, -1, patience)) { return false; }
      const auto got = recv(socket_.number(), space.data(), space.size(), 0);
      if (got == 0 || (got < 0 && errno == ECONNRESET)) { return true; }
    }
  }
  void finish() { shutdown(socket_.number(), SHUT_WR); }

private:
  descriptor socket_;
};

std::string big_endian(std::uint32_t value) {
  std::string made;
  for (int shift = 24; shift >= 0; shift -= 8) {
    made.push_back(static_cast<char>((value >> shift) & 0xFF));
  }
  return made;
}
std::string framed(const std::string& bytes) {
  return big_endian(static_cast<std::uint32_t>(bytes.size())) + bytes;
}
/// The head of a call in the strict binary protocol, and one field of it: id 1 of `type`.
std::string call_head(const std::string& method, char type) {
  std::string made = big_endian(0x80010001) + big_endian(static_cast<std::uint32_t>(method.size()));
  made += method + big_endian(1) + type;
  made.push_back(0);
  made.push_back(1);
  return made;
}

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

struct victim {
  fake_control fake;
  live_server live;

  explicit victim(server_options options = {}) : live({.control = &fake}, options) {
    fake.answer = poll_answer{};
  }
  [[nodiscard]] bool serves() const {
    client_options patient;
    patient.call_deadline = live_server::patience;
    return connect_control(live.tcp_address(), patient)->poll({}, {}).ok();
  }
};

}  // namespace

TEST_CASE("a frame of 2 GiB, or of less than nothing, costs its connection and no memory") {
  const victim target;
  REQUIRE(target.serves());
  const auto before = resident_bytes();
  for (const std::uint32_t size : {0x7fffffffU, 0x80000000U, 0xffffffffU, 0x00100001U}) {
    raw_peer peer(target.live.tcp_address());
    REQUIRE(peer.say(big_endian(size)));
    CHECK(peer.closed());
  }
  CHECK(resident_bytes() < before + 32 * limits::mib);
  CHECK(target.serves());
}

TEST_CASE("a list of twenty million elements in nine bytes costs its connection and no memory") {
  const victim target;
  REQUIRE(target.serves());
  const auto before = resident_bytes();
  constexpr char list_type = 15;
  constexpr char struct_type = 12;
  constexpr char byte_type = 3;
  for (const char element : {struct_type, byte_type, list_type}) {
    for (const char* method : {"hello", "notify", "poll", "nothing"}) {
      raw_peer peer(target.live.tcp_address());
      auto bomb = call_head(format("DistributionPointControl:{}", method), list_type);
      bomb += element + big_endian(20'000'000);
      REQUIRE(peer.say(framed(bomb)));
      peer.finish();
      CHECK(peer.closed());
    }
  }
  CHECK(resident_bytes() < before + 32 * limits::mib);
  CHECK(target.serves());
}

TEST_CASE("structs within structs end at the recursion bound") {
  const victim target;
  raw_peer peer(target.live.tcp_address());
  constexpr char struct_type = 12;
  auto deep = call_head("DistributionPointControl:hello", struct_type);
  for (int i = 0; i < 100'000; ++i) { deep += std::string{struct_type, 0, 9}; }
  REQUIRE(peer.say(framed(deep)));
  CHECK(peer.closed());
  CHECK(target.serves());
}

TEST_CASE("random bytes, framed or not, do not stop the server") {
  const victim target;
  random_values random(seed);
  const auto before = resident_bytes();
  for (int round = 0; round < 200; ++round) {
    std::string bytes(random.below(300), '\0');
    for (auto& byte : bytes) { byte = static_cast<char>(random.below(256)); }
    raw_peer peer(target.live.tcp_address());
    if (random.coin()) { bytes = framed(bytes); }
    if (random.coin()) { bytes = framed(call_head("DistributionPointControl:hello", 12) + bytes); }
    static_cast<void>(peer.say(bytes));
    peer.finish();
    CHECK(peer.closed());
  }
  CHECK(resident_bytes() < before + 64 * limits::mib);
  CHECK(target.serves());
}

TEST_CASE("a call before hello is refused and does not reach the service") {
  victim target;
  raw_peer peer(target.live.tcp_address());
  auto call = call_head("DistributionPointControl:poll", 11) + big_endian(16);
  call += std::string(17, '\0');  // a job, and the end of the arguments
  REQUIRE(peer.say(framed(call)));
  peer.finish();
  CHECK(peer.closed());
  CHECK(target.fake.method.empty());
}

TEST_CASE("a peer that stalls, or is idle, loses its connection") {
  const victim target({.speaks = {}, .idle_deadline = std::chrono::milliseconds(50)});
  raw_peer idle(target.live.tcp_address());
  raw_peer stalled(target.live.tcp_address());
  REQUIRE(stalled.say(big_endian(1000) + "abc"));
  CHECK(idle.closed());
  CHECK(stalled.closed());
}

TEST_CASE("a peer that sends a byte now and then does not hold its connection for ever") {
  const victim target({.speaks = {}, .idle_deadline = std::chrono::milliseconds(50)});
  raw_peer slow(target.live.tcp_address());
  REQUIRE(slow.say(big_endian(1'000'000)));
  bool open = true;
  for (int i = 0; open && i < 100'000; ++i) {
    std::chrono::nanoseconds between = std::chrono::milliseconds(1);
    static_cast<void>(wait_ready(-1, 0, -1, between));
    open = slow.say("x");
  }
  CHECK(!open);
}

TEST_CASE("more connections than allowed are closed at once, and those that are open go on") {
  const victim target({.speaks = {}, .connections_max = 4});
  std::vector<std::unique_ptr<raw_peer>> held;
  for (int i = 0; i < 4; ++i) {
    held.push_back(std::make_unique<raw_peer>(target.live.tcp_address()));
  }
  CHECK(raw_peer(target.live.tcp_address()).closed());
  CHECK(held.front()->say(big_endian(0)));
}

TEST_CASE("a server that is destroyed lets go of connected peers") {
  std::unique_ptr<raw_peer> peer;
  {
    const victim target;
    peer = std::make_unique<raw_peer>(target.live.tcp_address());
    REQUIRE(peer->say(big_endian(1000)));
  }
  CHECK(peer->closed());
}

TEST_CASE("the Unix socket is for its owner and group, and a stale one is replaced") {
  const temporary_folder folder;
  const listen_address at{.unix_path = folder.path() + "/admin.sock"};
  {
    auto stale = open_listener(at);
    REQUIRE(stale.ok());
  }
  const mode_t mask = umask(0027);  // that of sluiced
  auto running = server::start(at, {});
  umask(mask);
  REQUIRE(running.ok());
  struct stat status {};
  REQUIRE(stat(at.unix_path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0660);
  const auto second = server::start(at, {});
  REQUIRE(!second.ok());
  CHECK(second.error().code == errc::conflict);
  running->reset();
  CHECK(stat(at.unix_path.c_str(), &status) != 0);
  std::ofstream(at.unix_path) << "a file";
  CHECK(server::start(at, {}).error().code == errc::conflict);
  CHECK(server::start({.unix_path = std::string(200, 'x')}, {}).error().code == errc::invalid);
}

TEST_CASE("TCP is on loopback or refused, with the reason") {
  for (const char* host : {"0.0.0.0", "::", "192.0.2.1", "10.0.0.1"}) {
    const auto refused = server::start({.host = host}, {});
    REQUIRE(!refused.ok());
    CHECK(refused.error().code == errc::invalid);
    CHECK(refused.error().doing.find("mutual TLS") != std::string::npos);
  }
  CHECK(server::start({.host = "127.0.0.2"}, {}).ok());
}

TEST_CASE("addresses are host and port") {
  CHECK(listen_address::parse("127.0.0.1:8530")->text() == "127.0.0.1:8530");
  CHECK(listen_address::parse("[::1]:1")->host == "::1");
  CHECK(listen_address::parse("[::1]:1")->text() == "[::1]:1");
  for (const char* wrong : {"", ":", "host", "host:", ":1", "host:65536", "host:-1", "host:1x"}) {
    CHECK(listen_address::parse(wrong).error().code == errc::invalid);
  }
}

}  // namespace sluice::rpc
