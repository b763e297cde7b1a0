// The actor of a source over a simulated machine: what is our own disk's fault is not the source's.
#include "actors/content_source.hpp"

#include <doctest/doctest.h>

#include <cerrno>

#include "tests/actors/library_machine.hpp"
#include "tests/http/simulated_source.hpp"

namespace sluice::actors::testing {

namespace {

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A node with a library on a simulated disk, and one source that has a file of 3 MiB and a bit.
struct pulling_node : library_machine {
  std::unique_ptr<http::test::simulated_source> remote;
  content_source_actor source;
  model::content_id content = *model::content_id::parse("PKG00001.1");
  std::vector<std::byte> bytes = std::vector<std::byte>(3 * limits::mib + 5, std::byte{7});
  hashing::measured_file file = hashing::measure(bytes);

  pulling_node() : library_machine(13) {
    world.put_file(host, "library/left-alone", "");
    open_library();
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
    finish_operations();
    remote.reset();
  }
  pulling_node(const pulling_node&) = delete;
  pulling_node& operator=(const pulling_node&) = delete;

  void spawn_actors() {
    begin_journal();
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
