#include "io/ingest.hpp"

#include <mutex>
#include <set>

#include "tests/io/twins.hpp"

namespace sluice::io {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t mib = limits::mib;

/// Checks the pattern on a worker; refuses or fails at given offsets.
class checking_tap final : public tap {
public:
  checking_tap(reactor& home, worker_pool& workers) : home_(home), workers_(workers) {}
  std::set<std::uint64_t> corrupt;
  std::set<std::uint64_t> failing;
  std::set<std::uint64_t> taken;
  std::set<std::uint64_t> told_written;
  int under_way_max = 0;

  task<result<void>> take(std::span<const std::byte> block, std::uint64_t offset) override {
    CHECK(taken.insert(offset).second);
    under_way_max = std::max(under_way_max, ++under_way_);
    bool right = true;
    co_await workers_.run(home_, [&right, block, offset] {
      for (std::size_t at = 0; at < block.size(); ++at) {
        right = right && block[at] == static_cast<std::byte>((offset + at) % 251);
      }
    });
    --under_way_;
    CHECK(right);
    if (corrupt.contains(offset)) { co_return error{errc::corrupt, 0, "verify"}; }
    if (failing.contains(offset)) { co_return error{errc::no_space, 0, "hash"}; }
    co_return result<void>();
  }
  void written(std::uint64_t offset, const result<void>& outcome) override {
    CHECK(outcome.ok());
    CHECK(told_written.insert(offset).second);
  }

private:
  reactor& home_;
  worker_pool& workers_;
  int under_way_ = 0;
};

struct flow {
  reactor& ring;
  worker_pool& workers;
  buffer_pool& buffers;
  std::optional<folder> root;
  std::optional<file> source;
  std::optional<file> target;
  std::unique_ptr<byte_stream> sender;
  std::unique_ptr<byte_stream> receiver;
};

task<void> accept_one(listener* door, std::unique_ptr<byte_stream>* into) {
  auto came = co_await door->accept();
  REQUIRE(came.ok());
  *into = plain_stream(std::move(*came));
}

task<void> open_flow(flow* of, std::string path, std::string text) {
  auto root = co_await folder::open(of->ring, path);
  REQUIRE(root.ok());
  of->root.emplace(std::move(*root));
  auto written = co_await of->root->write_whole("source", text);
  REQUIRE(written.ok());
  auto source = co_await of->root->open_file("source", {});
  REQUIRE(source.ok());
  of->source.emplace(std::move(*source));
  auto target = co_await of->root->open_file(
      "target", {.access = access_mode::read_write, .create = true, .direct = true});
  REQUIRE(target.ok());
  of->target.emplace(std::move(*target));
  auto door = co_await listener::open(of->ring, {"127.0.0.1", 0}, port_sharing::none);
  REQUIRE(door.ok());
  task_group both;
  both.start(accept_one(&*door, &of->sender));
  auto client = co_await socket::connect(of->ring, door->local(), 1min);
  REQUIRE(client.ok());
  of->receiver = plain_stream(std::move(*client));
  co_await both.wait_all();
}

task<void> close_flow(flow* of) {
  co_await of->source->close();
  co_await of->target->close();
  co_await of->sender->close();
  co_await of->receiver->close();
  co_await of->root->close();
}

task<void> send_source(flow* of, std::uint64_t offset, std::uint64_t length) {
  const auto sent = co_await egress(*of->source, offset, length, *of->sender, 1min);
}

task<void> whole_file(flow* of, std::string path, std::uint64_t length) {
  const std::string text = pattern(length);
  co_await open_flow(of, path, text);
  checking_tap check(of->ring, of->workers);
  const std::uint64_t early = std::min<std::uint64_t>(length, 3'000);
  task_group sending;
  sending.start(send_source(of, early, length - early));
  auto report =
      co_await ingest(of->buffers, *of->receiver, bytes_of(text).first(early), *of->target,
                      {.length = length, .stall = 1min, .buffers_max = 3}, check);
  co_await sending.wait_all();
  CHECK_FALSE(report.stopped.has_value());
  CHECK(report.bytes_received == length);
  CHECK(report.written.size() == (length + mib - 1) / mib);
  CHECK(check.told_written.size() == report.written.size());
  CHECK(check.under_way_max <= 3);
  CHECK(of->buffers.lent() == 0);
  auto back = co_await of->root->read_whole("target", length);
  REQUIRE(back.ok());
  CHECK(*back == text);
  co_await close_flow(of);
}

template <typename Twin>
void with_flow(const std::function<task<void>(flow*, std::string)>& body) {
  Twin twin;
  worker_pool workers(Twin::worker_threads);
  std::optional<buffer_pool> buffers;
  std::optional<flow> made;
  twin.run([&] {
    buffers.emplace(twin.ring(), make_buffer_budget(8));
    made.emplace(flow{twin.ring(), workers, *buffers});
    return body(&*made, twin.folder());
  });
  twin.run([&]() -> task<void> {
    made.reset();
    buffers.reset();
    co_return;
  });
}

TEST_CASE_TEMPLATE("a file of any length comes through whole", Twin, SLUICE_TWINS) {
  for (const std::uint64_t length :
       {std::uint64_t{1}, std::uint64_t{4096}, mib - 1, mib, mib + 1, 7 * mib + 12'345, 20 * mib}) {
    with_flow<Twin>(
        [length](flow* of, std::string path) { return whole_file(of, std::move(path), length); });
  }
}

task<void> refused_block(flow* of, std::string path) {
  const std::string text = pattern(4 * mib + 10);
  co_await open_flow(of, path, text);
  checking_tap check(of->ring, of->workers);
  check.corrupt = {mib, 4 * mib};
  task_group sending;
  sending.start(send_source(of, 0, text.size()));
  auto report =
      co_await ingest(of->buffers, *of->receiver, {}, *of->target, {.length = text.size()}, check);
  co_await sending.wait_all();
  CHECK_FALSE(report.stopped.has_value());
  CHECK(report.refused == std::vector<std::uint64_t>{mib, 4 * mib});
  CHECK(report.written == std::vector<std::uint64_t>{0, 2 * mib, 3 * mib});
  CHECK(check.told_written == std::set<std::uint64_t>{0, 2 * mib, 3 * mib});
  co_await close_flow(of);
}

TEST_CASE_TEMPLATE("a corrupt block is refused and the rest goes on", Twin, SLUICE_TWINS) {
  with_flow<Twin>(refused_block);
}

task<void> failing_tap(flow* of, std::string path) {
  const std::string text = pattern(20 * mib);
  co_await open_flow(of, path, text);
  checking_tap check(of->ring, of->workers);
  check.failing = {2 * mib};
  task_group sending;
  sending.start(send_source(of, 0, text.size()));
  auto report = co_await ingest(of->buffers, *of->receiver, {}, *of->target,
                                {.length = text.size(), .buffers_max = 2}, check);
  co_await of->receiver->close();  // the sender waits for room as long as it is open
  co_await sending.wait_all();
  REQUIRE(report.stopped.has_value());
  CHECK(report.stopped->code == errc::no_space);
  CHECK(report.stopped_here);
  CHECK(report.bytes_received < text.size());
  CHECK(of->buffers.lent() == 0);
  co_await close_flow(of);
}

TEST_CASE_TEMPLATE("any other failure of the tap stops the ingest", Twin, SLUICE_TWINS) {
  with_flow<Twin>(failing_tap);
}

task<void> short_sender(flow* of, std::string path) {
  const std::string text = pattern(3 * mib);
  co_await open_flow(of, path, text);
  checking_tap check(of->ring, of->workers);
  task_group sending;
  sending.start(send_source(of, 0, 2 * mib + 5));
  co_await sending.wait_all();
  co_await of->sender->close();
  auto report =
      co_await ingest(of->buffers, *of->receiver, {}, *of->target, {.length = text.size()}, check);
  REQUIRE(report.stopped.has_value());
  CHECK(report.stopped->code == errc::peer_closed);
  CHECK_FALSE(report.stopped_here);
  CHECK(report.bytes_received == 2 * mib + 5);
  CHECK(report.written == std::vector<std::uint64_t>{0, mib});
  co_await close_flow(of);
}

TEST_CASE_TEMPLATE("a sender that ends early leaves whole blocks only", Twin, SLUICE_TWINS) {
  with_flow<Twin>(short_sender);
}

}  // namespace
}  // namespace sluice::io
