#include "io/egress.hpp"

#include "tests/io/twins.hpp"

namespace sluice::io {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t mib = limits::mib;

/// Keeps what is sent. Of a file only the first `cached` bytes are in the page cache.
class keeping_stream final : public byte_stream {
public:
  std::uint64_t cached = 0;
  std::uint64_t fails_after = UINT64_MAX;
  std::string kept;
  std::uint64_t by_page_cache = 0;          ///< what `send_file` was asked for
  std::uint64_t shared_after = UINT64_MAX;  ///< bytes: then somebody else sends the file as well
  parts_sent parts{};

  task<result<std::size_t>> receive(std::span<std::byte>, std::chrono::nanoseconds) override {
    co_return std::size_t{0};
  }
  task<result<void>> send(std::span<const std::byte> bytes, std::chrono::nanoseconds,
                          bool) override {
    if (kept.size() + bytes.size() > fails_after) {
      co_return error{errc::peer_closed, 0, "send to a peer"};
    }
    kept.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (kept.size() >= shared_after) {
      [[maybe_unused]] const auto other = parts.add(0, UINT64_MAX);
      shared_after = UINT64_MAX;
    }
    co_return result<void>();
  }
  task<result<void>> send_file(const file&, std::uint64_t, std::uint64_t length,
                               std::chrono::nanoseconds) override {
    by_page_cache += length;
    co_return result<void>();
  }
  task<result<std::uint64_t>> send_cached(const file&, std::uint64_t offset, std::uint64_t length,
                                          std::chrono::nanoseconds) override {
    const std::uint64_t sent = offset < cached ? std::min(length, cached - offset) : 0;
    kept.append(sent, '+');
    co_return sent;
  }
  void abort() noexcept override {}
  task<void> close() override { co_return; }
  [[nodiscard]] const std::string& peer() const noexcept override { return peer_; }

private:
  std::string peer_ = "a peer";
};

struct opened_file {
  buffer_pool& buffers;
  std::string text;
  std::optional<folder> root;
  std::optional<file> cached;
  std::optional<file> direct;
};

task<void> open_source(opened_file* of, reactor& ring, std::string path) {
  auto root = co_await folder::open(ring, path);
  REQUIRE(root.ok());
  of->root.emplace(std::move(*root));
  auto written = co_await of->root->write_whole("source", of->text);
  REQUIRE(written.ok());
  auto cached = co_await of->root->open_file("source", {});
  REQUIRE(cached.ok());
  of->cached.emplace(std::move(*cached));
  open_options past_cache;
  past_cache.direct = true;
  auto direct = co_await of->root->open_file("source", past_cache);
  REQUIRE(direct.ok());
  of->direct.emplace(std::move(*direct));
}

task<void> close_source(opened_file* of) {
  co_await of->cached->close();
  co_await of->direct->close();
  co_await of->root->close();
}

/// Runs `body` over a file of `size` patterned bytes, on either twin.
template <typename Twin>
void with_source(std::uint64_t size, const std::function<task<void>(opened_file*)>& body) {
  Twin twin;
  std::optional<buffer_pool> buffers;
  std::optional<opened_file> of;
  twin.run([&] {
    buffers.emplace(twin.ring(), make_buffer_budget(limits::buffers_per_cold_reader));
    of.emplace(opened_file{*buffers, pattern(size), {}, {}, {}});
    return open_source(&*of, twin.ring(), twin.folder());
  });
  twin.run([&] { return body(&*of); });
  twin.run([&] { return close_source(&*of); });
  twin.run([&]() -> task<void> {
    of.reset();
    buffers.reset();
    co_return;
  });
}

task<void> cold_parts(opened_file* of) {
  const std::uint64_t size = of->text.size();
  const std::pair<std::uint64_t, std::uint64_t> parts[] = {
      {0, size}, {1, size - 1}, {4095, 4098}, {mib - 1, 2}, {3 * mib + 7, 4 * mib}, {size - 1, 1}};
  for (const auto& [offset, length] : parts) {
    keeping_stream to;
    cold_budget budget{of->buffers, 1};
    const cold_reading cold{&*of->direct, &budget};
    auto sent = co_await egress(*of->cached, offset, length, to, 1min, cold);
    CHECK(sent.ok());
    CHECK(to.kept == of->text.substr(offset, length));
    CHECK(to.by_page_cache == 0);
    CHECK(budget.readers_left == 1);
    CHECK(of->buffers.lent() == 0);
  }
}

TEST_CASE_TEMPLATE("cold bytes of any part come past the page cache, in their order", Twin,
                   SLUICE_TWINS) {
  with_source<Twin>(9 * mib + 12'345, cold_parts);
}

task<void> partly_cached(opened_file* of) {
  keeping_stream to;
  to.cached = 2 * mib + 4096;
  cold_budget budget{of->buffers, 1};
  const cold_reading cold{&*of->direct, &budget};
  auto sent = co_await egress(*of->cached, 10, of->text.size() - 10, to, 1min, cold);
  CHECK(sent.ok());
  CHECK(to.kept == std::string(2 * mib + 4086, '+') + of->text.substr(2 * mib + 4096));
}

TEST_CASE_TEMPLATE("what is in the page cache is sent from there, the rest past it", Twin,
                   SLUICE_TWINS) {
  with_source<Twin>(5 * mib, partly_cached);
}

task<void> no_reader_left(opened_file* of) {
  keeping_stream to;
  to.cached = mib;
  cold_budget budget{of->buffers, 0};
  const cold_reading cold{&*of->direct, &budget};
  auto sent = co_await egress(*of->cached, 0, of->text.size(), to, 1min, cold);
  CHECK(sent.ok());
  CHECK(to.by_page_cache == of->text.size() - mib);
}

TEST_CASE_TEMPLATE("who finds no cold reader left goes by way of the page cache", Twin,
                   SLUICE_TWINS) {
  with_source<Twin>(3 * mib, no_reader_left);
}

task<void> others_come(opened_file* of) {
  const std::uint64_t size = of->text.size();
  for (const std::uint64_t after : {std::uint64_t{0}, 2 * mib}) {
    keeping_stream to;
    to.shared_after = after;
    const auto own = to.parts.add(0, size);
    if (after == 0) { [[maybe_unused]] const auto other = to.parts.add(size - 1, 1); }
    cold_budget budget{of->buffers, 1};
    const cold_reading cold{&*of->direct, &budget, &to.parts, own};
    auto sent = co_await egress(*of->cached, 0, size, to, 1min, cold);
    CHECK(sent.ok());
    CHECK(to.kept == of->text.substr(0, after));
    CHECK(to.by_page_cache == size - after);
    CHECK(budget.readers_left == 1);
    CHECK(of->buffers.lent() == 0);
  }
}

TEST_CASE_TEMPLATE("what others want as well goes on by way of the page cache", Twin,
                   SLUICE_TWINS) {
  with_source<Twin>(9 * mib, others_come);
}

task<void> others_want_the_rest(opened_file* of) {
  keeping_stream to;
  const auto own = to.parts.add(0, 4 * mib);
  const auto other = to.parts.add(4 * mib, 5 * mib);
  cold_budget budget{of->buffers, 1};
  auto sent =
      co_await egress(*of->cached, 0, 4 * mib, to, 1min, {&*of->direct, &budget, &to.parts, own});
  CHECK(sent.ok());
  CHECK(to.by_page_cache == 0);
  CHECK(own->from == 4 * mib);
  to.parts.remove(own);
  CHECK_FALSE(to.parts.is_shared(other));
}

TEST_CASE_TEMPLATE("other parts of the same file are read past the page cache side by side", Twin,
                   SLUICE_TWINS) {
  with_source<Twin>(9 * mib, others_want_the_rest);
}

task<void> leaving_peer(opened_file* of) {
  keeping_stream to;
  to.fails_after = 2 * mib;
  cold_budget budget{of->buffers, 1};
  const cold_reading cold{&*of->direct, &budget};
  auto sent = co_await egress(*of->cached, 0, of->text.size(), to, 1min, cold);
  REQUIRE_FALSE(sent.ok());
  CHECK(sent.error().code == errc::peer_closed);
  CHECK(budget.readers_left == 1);
  CHECK(of->buffers.lent() == 0);
}

TEST_CASE_TEMPLATE("a peer that leaves costs no buffer", Twin, SLUICE_TWINS) {
  with_source<Twin>(9 * mib, leaving_peer);
}

task<void> shorter_file(opened_file* of) {
  keeping_stream to;
  cold_budget budget{of->buffers, 1};
  const cold_reading cold{&*of->direct, &budget};
  auto sent = co_await egress(*of->cached, 0, of->text.size() + 2 * mib, to, 1min, cold);
  REQUIRE_FALSE(sent.ok());
  CHECK(sent.error().code == errc::corrupt);
  CHECK(budget.readers_left == 1);
}

TEST_CASE_TEMPLATE("a file that is shorter than its name says is not padded", Twin, SLUICE_TWINS) {
  with_source<Twin>(3 * mib + 1, shorter_file);
}

}  // namespace
}  // namespace sluice::io
