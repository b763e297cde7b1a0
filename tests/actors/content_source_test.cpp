// The actor of a source over a simulated machine: what is our own disk's fault is not the source's.
#include "actors/content_source.hpp"

#include <doctest/doctest.h>

#include <cerrno>

#include "actors/node_journal.hpp"
#include "io/simulated_world.hpp"
#include "tests/actors/virtual_time.hpp"
#include "tests/http/simulated_source.hpp"

namespace sluice::actors::testing {

namespace {

constexpr const char* host = "node";

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A node with a library on a simulated disk, and one source that has a file of 3 MiB and a bit.
struct pulling_node {
  io::simulated_world world{13};
  std::unique_ptr<io::reactor> ring;
  io::worker_pool workers{0};
  io::task_group operations;
  std::unique_ptr<io::buffer_pool> buffers;
  std::unique_ptr<storage::content_library> library;
  std::unique_ptr<http::test::simulated_source> remote;
  virtual_time time;
  std::shared_ptr<storage::node_database> database;
  node_journal_actor journal;
  content_source_actor source;
  model::content_id content = *model::content_id::parse("PKG00001.1");
  std::vector<std::byte> bytes = std::vector<std::byte>(3 * limits::mib + 5, std::byte{7});
  hashing::measured_file file = hashing::measure(bytes);

  pulling_node() {
    world.put_file(host, "library/left-alone", "");
    auto made = io::reactor::make(world.machine(host));
    REQUIRE(made.ok());
    ring = std::move(*made);
    buffers = std::make_unique<io::buffer_pool>(*ring, io::make_buffer_budget(16));
    io::block_on<void>(*ring, [this] { return open(); });
    remote = std::make_unique<http::test::simulated_source>(*ring);
    remote->bodies[http::file_target(content, file.id)] = text_of(bytes);
    const auto layer = hashing::print_piece_layer(file.pieces);
    remote->bodies[http::pieces_target(content, file.id)] = text_of(layer);
    remote->bodies[http::signature_target(content)] = "signed";
    remote->bodies[http::manifest_target(content)] = std::string(500, 'm');
    spawn_actors();
  }
  ~pulling_node() {
    time.end(source);
    time.end(journal);
    finish_operations();
    remote.reset();
    library.reset();
    buffers.reset();
  }
  pulling_node(const pulling_node&) = delete;
  pulling_node& operator=(const pulling_node&) = delete;

  io::task<void> open() {
    content_library_settings given;
    given.root = "/library";
    auto opened =
        co_await storage::content_library::open(*ring, workers, *buffers, catalogue, given, {});
    REQUIRE(opened.ok());
    library = std::move(*opened);
  }
  void spawn_actors() {
    seeded_random random{1};
    auto opened = storage::node_database::open("", model::epoch_id::make(random));
    REQUIRE(opened.ok());
    database = std::move(*opened);
    journal = time.system().spawn(node_journal, database);
    node_parts parts;
    parts.name = "dp9";
    parts.ring = ring.get();
    parts.workers = &workers;
    parts.buffers = buffers.get();
    parts.operations = &operations;
    parts.library = library.get();
    parts.now = [this] { return time.now(); };
    model::source_entry entry;
    entry.name = "a";
    entry.address = format("127.0.0.1:{}", http::test::simulated_source::port);
    source = time.system().spawn(content_source, parts, entry, journal);
  }
  void finish_operations() {
    time.run();
    ring->run_ready();
    io::block_on<void>(*ring, [this] { return operations.wait_all(); });
    time.run();
  }
  template <typename Answer, typename... Question>
  Answer ask(Question... question) {
    std::optional<Answer> answer;
    const caf::actor asker = time.system().spawn([&](caf::event_based_actor* self) {
      self->request(source, caf::infinite, question...)
          .then([&](Answer& given) { answer = std::move(given); }, [](caf::error&) {});
    });
    finish_operations();
    REQUIRE(answer.has_value());
    return *answer;
  }
  page_outcome fetch() {
    const progress_listener nobody_listens = time.system().spawn(listen, 0);
    fetch_page asked;
    asked.content = content;
    asked.files = {file.id};
    auto outcome = ask<page_outcome>(asked, nobody_listens);
    caf::anon_send_exit(nobody_listens, caf::exit_reason::user_shutdown);
    time.run();
    return outcome;
  }
  std::size_t complaints() {
    const auto rows = database->outbox(100);
    REQUIRE(rows.ok());
    return rows->size();
  }
  static progress_listener::behavior_type listen(progress_listener::pointer, int) {
    return {[](const page_progress&) {}};
  }
  using content_library_settings = storage::content_library::settings;
  std::shared_ptr<storage::content_catalogue> catalogue =
      std::make_shared<storage::content_catalogue>();
};

}  // namespace

TEST_CASE("a source keeps its good name when our own disk fails a write") {
  pulling_node node;
  for (std::uint64_t nth = 1; nth <= 3; ++nth) {
    node.world.fail(host, io::opcode::write, nth, EIO);
    const auto failed = node.fetch();
    CHECK(!failed.failure);
    REQUIRE(failed.trouble);
    CHECK(failed.trouble->os_error == EIO);
    CHECK(failed.bad_pieces == 0);
  }
  CHECK(node.complaints() == 0);
  const auto outcome = node.fetch();
  CHECK(!outcome.failure);
  CHECK(!outcome.trouble);
  CHECK(outcome.files_done == 1);
}

// X4
TEST_CASE("a source that says Retry-After is left alone so long, whoever asks") {
  pulling_node node;
  const auto target = http::file_target(node.content, node.file.id);
  node.remote->answers[target] =
      "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
  const auto first = node.fetch();
  REQUIRE(first.failure);
  CHECK(first.failure->row == "X4");
  CHECK(first.failure->rest == std::chrono::seconds(7));
  node.remote->answers.clear();
  const std::size_t asked = node.remote->asked.size();
  const auto second = node.fetch();
  REQUIRE(second.failure);
  CHECK(second.failure->row.empty());
  CHECK(second.failure->what.find("rests until ") == 0);
  CHECK_FALSE(node.ask<bool>(probe_content{node.content}));
  CHECK(node.remote->asked.size() == asked);
  node.time.advance(std::chrono::seconds(7));
  CHECK(node.fetch().files_done == 1);
  CHECK(node.complaints() == 1);  // 20001, once
}

// X24
TEST_CASE("a source that sends the manifest of a former version is blamed for just that") {
  pulling_node node;
  const auto newer = *model::content_id::parse("PKG00001.2");
  model::manifest_header header;
  header.content = node.content;
  const std::string former = model::manifest_printer::print_header(header);
  node.remote->bodies[http::signature_target(newer)] = "signed";
  node.remote->bodies[http::manifest_target(newer)] = former;
  fetch_manifest asked;
  asked.content = newer;
  asked.size = model::byte_count{former.size()};
  const auto outcome = node.ask<manifest_outcome>(asked);
  REQUIRE(outcome.failure);
  CHECK(outcome.failure->row == "X24");
  CHECK(outcome.failure->what == "sent the manifest of version 1, a former one");
  CHECK(node.complaints() == 1);
}

TEST_CASE("a source keeps its good name when our own disk does not take its manifest") {
  pulling_node node;
  node.world.fail(host, io::opcode::write, 1, ENOSPC);
  fetch_manifest asked;
  asked.content = node.content;
  asked.size = model::byte_count{500};
  const auto outcome = node.ask<manifest_outcome>(asked);
  CHECK(!outcome.failure);
  REQUIRE(outcome.trouble);
  CHECK(outcome.trouble->code == errc::no_space);
  CHECK(node.complaints() == 0);
}

}  // namespace sluice::actors::testing
