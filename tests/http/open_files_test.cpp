#include "http/open_files.hpp"

#include <doctest/doctest.h>

#include "http/content_handler.hpp"
#include "io/simulated_world.hpp"

namespace sluice::http {

namespace {

constexpr const char* host = "node";

/// A library of two files on a simulated disk.
struct simulated_files {
  io::simulated_world world{7};
  std::unique_ptr<io::reactor> ring;
  std::unique_ptr<storage::library_reader> library;
  std::shared_ptr<storage::content_catalogue> catalogue =
      std::make_shared<storage::content_catalogue>();
  model::file_id first = put("first");
  model::file_id second = put("second");

  simulated_files() {
    auto made = io::reactor::make(world.machine(host));
    REQUIRE(made.ok());
    ring = std::move(*made);
    io::block_on<void>(*ring, [this] { return open(); });
  }
  simulated_files(const simulated_files&) = delete;
  simulated_files& operator=(const simulated_files&) = delete;
  ~simulated_files() {
    pass(std::chrono::seconds(1));  // files that were dropped are being closed
    io::block_on<void>(*ring, [this] { return library->close(); });
  }

  model::file_id put(const std::string& bytes) {
    const auto id = hashing::measure(std::as_bytes(std::span(bytes))).id;
    world.put_file(host, "library/" + storage::file_path(id), bytes);
    return id;
  }
  io::task<void> open() {
    auto opened = co_await storage::library_reader::open(*ring, "/library");
    REQUIRE(opened.ok());
    library = std::move(*opened);
  }
  io::task<void> remove(model::file_id file) {
    auto root = co_await io::folder::open(*ring, "/library");
    REQUIRE(root.ok());
    auto removed = co_await root->remove_file(storage::file_path(file));
    CHECK(removed.ok());
    co_await root->close();
  }
  result<open_files::shared_file> get(open_files& from, const model::file_id& file) {
    return io::block_on<result<open_files::shared_file>>(*ring, [&] { return from.get(file); });
  }
  void pass(std::chrono::nanoseconds time) {
    io::block_on<void>(*ring, [&] { return ring->sleep_for(time); });
  }
};

/// What a client would have received.
class recording_stream final : public io::byte_stream {
public:
  std::string sent;
  std::vector<std::size_t> sends;  ///< bytes of each call

  io::task<result<std::size_t>> receive(std::span<std::byte>, std::chrono::nanoseconds) override {
    co_return std::size_t{0};
  }
  io::task<result<void>> send(std::span<const std::byte> bytes, std::chrono::nanoseconds,
                              bool) override {
    sent.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    sends.push_back(bytes.size());
    co_return result<void>();
  }
  io::task<result<void>> send_file(const io::file&, std::uint64_t, std::uint64_t,
                                   std::chrono::nanoseconds) override {
    co_return result<void>();
  }
  io::task<result<std::uint64_t>> send_cached(const io::file&, std::uint64_t, std::uint64_t length,
                                              std::chrono::nanoseconds) override {
    co_return length;
  }
  void abort() noexcept override {}
  io::task<void> close() override { co_return; }
  [[nodiscard]] const std::string& peer() const noexcept override { return sent; }
};

io::task<void> give_and_flush(content_handler* handler, std::shared_ptr<const ready_answer> answer,
                              answer_writer* to) {
  auto given = co_await handler->give(std::move(answer), *to);
  CHECK(given.ok());
  auto flushed = co_await to->flush();
  CHECK(flushed.ok());
}

/// A content server of the two files, and what one client is sent.
struct simulated_serving {
  simulated_files disk;
  content_handler handler{*disk.ring, *disk.library, disk.catalogue, {}, limits::mib, nullptr, 0};
  recording_stream stream;
  server_counters counters;
  visit_counter nobody{nullptr, ""};
  answer_writer writer{stream, std::chrono::seconds(30), counters, nobody};

  simulated_serving() = default;
  simulated_serving(const simulated_serving&) = delete;
  simulated_serving& operator=(const simulated_serving&) = delete;
  ~simulated_serving() { handler.forget_files(); }

  /// What one more answer sends.
  std::string give(const model::file_id& file, std::string head) {
    stream.sent.clear();
    stream.sends.clear();
    const auto answer = std::make_shared<ready_answer>(ready_answer{{}, file, std::move(head)});
    io::block_on<void>(*disk.ring, [&] { return give_and_flush(&handler, answer, &writer); });
    return stream.sent;
  }
};

}  // namespace

TEST_CASE("a file stays open for the next request") {
  simulated_files disk;
  open_files files(*disk.ring, *disk.library, disk.catalogue);
  const auto once = disk.get(files, disk.first);
  const auto again = disk.get(files, disk.first);
  REQUIRE(once.ok());
  REQUIRE(again.ok());
  CHECK(*once == *again);
  files.forget_all();
}

// A removed package kept its blocks until the next request, which a quiet node never gets.
TEST_CASE("a file that nobody asks for is closed after its time, without any request") {
  simulated_files disk;
  open_files files(*disk.ring, *disk.library, disk.catalogue);
  std::weak_ptr<served_file> kept = *disk.get(files, disk.first);
  CHECK_FALSE(kept.expired());
  disk.pass(limits::open_file_age_max + limits::open_file_sweep_interval);
  CHECK(kept.expired());
}

TEST_CASE("a change of the catalogue closes every file soon, without any request") {
  simulated_files disk;
  open_files files(*disk.ring, *disk.library, disk.catalogue);
  std::weak_ptr<served_file> kept = *disk.get(files, disk.first);
  disk.catalogue->put({*model::content_id::parse("PKG00001.1"), 1, {}, {}, {}, 0});
  disk.pass(limits::open_file_sweep_interval);
  CHECK(kept.expired());
}

TEST_CASE("a file that is in use stays until it was sent") {
  simulated_files disk;
  open_files files(*disk.ring, *disk.library, disk.catalogue);
  auto sending = disk.get(files, disk.first);
  disk.pass(3 * limits::open_file_age_max);
  CHECK((*sending)->cached.is_open());
  CHECK_FALSE(files.find(disk.first));
}

// It was a cut connection, which a distribution point blames on its source.
TEST_CASE("a ready answer whose file is gone is a 404, and the connection goes on") {
  simulated_serving server;
  io::block_on<void>(*server.disk.ring, [&] { return server.disk.remove(server.disk.second); });
  const std::string sent = server.give(server.disk.second, "never sent");
  CHECK(sent.starts_with("HTTP/1.1 404 "));
  CHECK(sent.find("the bytes are missing here") != std::string::npos);
  CHECK(sent.find("Connection: close") == std::string::npos);
  CHECK(sent.find("never sent") == std::string::npos);
}

TEST_CASE("a small file that is asked for again is sent from memory, its head before it") {
  simulated_serving server;
  const model::file_id& file = server.disk.first;
  CHECK(server.give(file, "head\n") == "head\nfirst");
  server.disk.world.put_file(host, "library/" + storage::file_path(file), "wrong");
  CHECK(server.give(file, "head\n") == "head\nfirst");
  CHECK(server.stream.sends == std::vector<std::size_t>{10});
  CHECK(server.counters.bytes_sent == 20);
  CHECK(server.give(file, "other head\n").starts_with("other head\n"));
  CHECK(server.give(server.disk.second, "head\n") == "head\nsecond");
}

TEST_CASE("files of up to 8 KiB are remembered, larger ones are not") {
  simulated_serving server;
  const auto largest = server.disk.put(std::string(8 * limits::kib, 'x'));
  const auto larger = server.disk.put(std::string(8 * limits::kib + 1, 'x'));
  CHECK(server.give(largest, "head\n") == "head\n" + std::string(8 * limits::kib, 'x'));
  CHECK(server.stream.sends.size() == 1);
  CHECK(server.give(larger, "head\n") == "head\n");  // the file itself went by `send_file`
}

TEST_CASE(
    "what is remembered of a file goes with it: after its time, or as the catalogue changes") {
  simulated_serving server;
  const model::file_id& file = server.disk.first;
  CHECK(server.give(file, "head\n") == "head\nfirst");
  server.disk.world.put_file(host, "library/" + storage::file_path(file), "later");
  server.disk.pass(limits::open_file_age_max + limits::open_file_sweep_interval);
  CHECK(server.give(file, "head\n") == "head\nlater");
  server.disk.world.put_file(host, "library/" + storage::file_path(file), "after");
  server.disk.catalogue->put({*model::content_id::parse("PKG00001.1"), 1, {}, {}, {}, 0});
  CHECK(server.give(file, "head\n") == "head\nafter");
}

TEST_CASE("answers to requests that came together share what is sent") {
  simulated_serving server;
  const model::file_id& file = server.disk.first;
  CHECK(server.give(file, "head\n") == "head\nfirst");
  const auto answer = std::make_shared<ready_answer>(ready_answer{{}, file, "head\n"});
  const auto both = [&]() -> io::task<void> {
    server.writer.set_next_came(true);
    auto first = co_await server.handler.give(answer, server.writer);
    CHECK(first.ok());
    server.writer.set_next_came(false);
    auto second = co_await server.handler.give(answer, server.writer);
    CHECK(second.ok());
    auto flushed = co_await server.writer.flush();
    CHECK(flushed.ok());
  };
  server.stream.sent.clear();
  server.stream.sends.clear();
  io::block_on<void>(*server.disk.ring, both);
  CHECK(server.stream.sent == "head\nfirsthead\nfirst");
  CHECK(server.stream.sends == std::vector<std::size_t>{20});
}

}  // namespace sluice::http
