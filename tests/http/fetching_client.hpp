#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "http/http.hpp"
#include "tests/http/test_library.hpp"

namespace sluice::http::test {

/// Accepts a block when it is the right one; counts what was wrong.
class comparing_tap final : public io::tap {
public:
  explicit comparing_tap(const std::string& expected) : expected_(expected) {}
  io::task<result<void>> take(std::span<const std::byte> block, std::uint64_t offset) override {
    const std::string_view text(reinterpret_cast<const char*>(block.data()), block.size());
    const std::string_view wanted = std::string_view(expected_).substr(offset, limits::piece_size);
    if (text == wanted) { co_return result<void>(); }
    co_return result<void>(error{errc::corrupt, 0, "compare a block"});
  }
  void written(std::uint64_t offset, const result<void>& outcome) override {
    if (outcome) { right.insert(offset); }
  }
  std::set<std::uint64_t> right;

private:
  const std::string& expected_;
};

/// A source_client on a reactor thread of its own, called from the test's thread.
class fetching_client {
public:
  explicit fetching_client(std::uint16_t port, source_patience patience = {},
                           std::uint32_t connections = 1)
      : fetching_client(
            source_client::settings{{"127.0.0.1", port}, connections, patience, false}) {}
  explicit fetching_client(source_client::settings given) {
    auto started = io::reactor_thread::start("client");
    REQUIRE(started.ok());
    thread_ = std::move(*started);
    on_ring([&] {
      client_ = std::make_unique<source_client>(thread_->get(), given);
      buffers_ = std::make_unique<io::buffer_pool>(thread_->get(), io::make_buffer_budget(16));
    });
  }
  ~fetching_client() {
    io::block_on<void>(ring(), [&] { return client_->close(); });
    on_ring([&] {
      client_.reset();
      buffers_.reset();
    });
  }
  [[nodiscard]] io::reactor& ring() { return thread_->get(); }
  [[nodiscard]] source_client& client() { return *client_; }

  std::optional<fetch_failure> probe(const std::string& target) {
    return io::block_on<std::optional<fetch_failure>>(ring(),
                                                      [&] { return client_->probe(target); });
  }
  source_client::body fetch(const std::string& target, std::optional<std::uint64_t> size,
                            std::uint64_t bytes_max = 1 << 20,
                            std::shared_ptr<io::cancellation> stop = nullptr) {
    return io::block_on<source_client::body>(
        ring(), [&] { return client_->fetch(target, size, bytes_max, stop); });
  }
  using outcomes = std::vector<std::optional<fetch_failure>>;
  outcomes fetch_many(const std::vector<source_client::small_request>& requests,
                      std::vector<std::string>& bodies) {
    bodies.assign(requests.size(), "");
    const auto take = [&bodies](std::size_t i, std::span<const std::byte> bytes) {
      bodies[i].assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    return io::block_on<outcomes>(ring(),
                                  [&] { return client_->fetch_many(requests, take, nullptr); });
  }
  /// Fetches a range of `expected` into a file; returns the outcome and which blocks are right.
  struct ranged {
    source_client::range_outcome outcome;
    std::set<std::uint64_t> right;
    std::string bytes;  ///< what the file holds
  };
  ranged fetch_range(const std::string& target, const std::string& expected, std::uint64_t offset,
                     std::uint64_t length, std::shared_ptr<io::cancellation> stop = nullptr) {
    ranged made;
    comparing_tap tap(expected);
    io::file into = open_file("range");
    io::ingest_request range{offset, length};
    made.outcome = io::block_on<source_client::range_outcome>(ring(), [&] {
      return client_->fetch_range(target, expected.size(), range, *buffers_, into, tap, stop);
    });
    io::block_on<void>(ring(), [&] { return into.close(); });
    made.right = tap.right;
    made.bytes = *io::blocking::read_file(folder_.path() + "/range", 64 << 20);
    return made;
  }
  std::optional<fetch_failure> fetch_to_file(const std::string& target, std::uint64_t size,
                                             std::string& bytes) {
    io::file into = open_file("whole");
    auto outcome = io::block_on<source_client::file_outcome>(
        ring(), [&] { return client_->fetch_to_file(target, size, into, nullptr); });
    CHECK(!outcome.trouble);
    io::block_on<void>(ring(), [&] { return into.close(); });
    bytes = *io::blocking::read_file(folder_.path() + "/whole", 64 << 20);
    return outcome.failure;
  }

private:
  io::file open_file(const std::string& name) {
    auto folder = io::block_on<result<io::folder>>(
        ring(), [&] { return io::folder::open(ring(), folder_.path()); });
    REQUIRE(folder.ok());
    io::open_options options;
    options.access = io::access_mode::read_write;
    options.create = true;
    options.truncate = true;
    auto opened =
        io::block_on<result<io::file>>(ring(), [&] { return folder->open_file(name, options); });
    REQUIRE(opened.ok());
    io::block_on<void>(ring(), [&] { return folder->close(); });
    return std::move(*opened);
  }
  void on_ring(const std::function<void()>& work) {
    io::block_on<void>(ring(), [&] { return run(work); });
  }
  static io::task<void> run(std::function<void()> work) {
    work();
    co_return;
  }

  temporary_folder folder_;
  std::unique_ptr<io::reactor_thread> thread_;
  std::unique_ptr<source_client> client_;
  std::unique_ptr<io::buffer_pool> buffers_;
};

}  // namespace sluice::http::test
