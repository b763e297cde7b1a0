// Our own disk fails while a source gives everything it was asked for: the source is not to blame
// (it was once: what we cut off ourselves looked like its reset, X30).
#include <doctest/doctest.h>

#include <cerrno>

#include "io/simulated_world.hpp"
#include "tests/http/simulated_source.hpp"

namespace sluice::http {

namespace {

constexpr const char* host = "node";

/// Takes every block.
class trusting_tap final : public io::tap {
public:
  io::task<result<void>> take(std::span<const std::byte>, std::uint64_t) override {
    co_return result<void>();
  }
  void written(std::uint64_t, const result<void>&) override {}
};

/// A client, a source and a disk on one simulated machine.
struct failing_node {
  io::simulated_world world{11};
  std::unique_ptr<io::reactor> ring;
  std::unique_ptr<io::buffer_pool> buffers;
  std::unique_ptr<test::simulated_source> source;
  std::unique_ptr<source_client> client;
  io::file into;

  failing_node() {
    auto made = io::reactor::make(world.machine(host));
    REQUIRE(made.ok());
    ring = std::move(*made);
    buffers = std::make_unique<io::buffer_pool>(*ring, io::make_buffer_budget(16));
    source = std::make_unique<test::simulated_source>(*ring);
    source->bodies["/f"] = std::string(20 * limits::mib, 'x');
    source_client::settings given;
    given.address = io::endpoint("127.0.0.1", test::simulated_source::port);
    client = std::make_unique<source_client>(*ring, given);
    io::block_on<void>(*ring, [this] { return open(); });
  }
  ~failing_node() {
    io::block_on<void>(*ring, [this] { return into.close(); });
    io::block_on<void>(*ring, [this] { return client->close(); });
    source.reset();
    buffers.reset();
  }
  failing_node(const failing_node&) = delete;
  failing_node& operator=(const failing_node&) = delete;

  io::task<void> open() {
    auto root = co_await io::folder::open(*ring, "/");
    REQUIRE(root.ok());
    io::open_options options;
    options.access = io::access_mode::read_write;
    options.create = true;
    auto opened = co_await root->open_file("into", options);
    REQUIRE(opened.ok());
    into = std::move(*opened);
    co_await root->close();
  }
  source_client::range_outcome fetch_range() {
    trusting_tap check;
    const std::uint64_t size = source->bodies["/f"].size();
    io::ingest_request range;
    range.length = size;
    range.buffers_max = 2;
    return io::block_on<source_client::range_outcome>(*ring, [&] {
      return client->fetch_range("/f", size, range, *buffers, into, check, nullptr);
    });
  }
  source_client::file_outcome fetch_to_file() {
    const std::uint64_t size = source->bodies["/f"].size();
    return io::block_on<source_client::file_outcome>(
        *ring, [&] { return client->fetch_to_file("/f", size, into, nullptr); });
  }
};

TEST_CASE("a range that our own disk does not take is nobody's fault but ours") {
  for (const int os_error : {EIO, ENOSPC}) {
    failing_node node;
    node.world.fail(host, io::opcode::write, 3, os_error);
    const auto outcome = node.fetch_range();
    CHECK(!outcome.failure);
    REQUIRE(outcome.report.stopped);
    CHECK(outcome.report.stopped_here);
    CHECK(outcome.report.stopped->os_error == os_error);
    CHECK(outcome.report.bytes_received < 20 * limits::mib);
    const auto again = node.fetch_range();
    CHECK(!again.failure);
    CHECK(!again.report.stopped);
    CHECK(again.report.written.size() == 20);
  }
}

TEST_CASE("a manifest that our own disk does not take is nobody's fault but ours") {
  failing_node node;
  node.world.fail(host, io::opcode::write, 3, ENOSPC);
  const auto outcome = node.fetch_to_file();
  CHECK(!outcome.failure);
  REQUIRE(outcome.trouble);
  CHECK(outcome.trouble->code == errc::no_space);
  const auto again = node.fetch_to_file();
  CHECK(!again.failure);
  CHECK(!again.trouble);
}

}  // namespace

}  // namespace sluice::http
