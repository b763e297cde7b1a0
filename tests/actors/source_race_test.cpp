// Several sources of one priority, over simulated machines and one network: actors, client and
// library are the real ones; the test stands in for the job.
#include <cerrno>

#include <doctest/doctest.h>

#include "actors/content_source.hpp"
#include "tests/actors/library_machine.hpp"
#include "tests/http/simulated_source.hpp"

using namespace std::chrono_literals;

namespace sluice::actors::testing {

namespace {

constexpr std::uint64_t rate = 8 * limits::mib;  ///< of each connection, in a second

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A machine that has all content.
struct remote_machine {
  std::string name;
  std::unique_ptr<io::reactor> ring;
  std::unique_ptr<http::test::simulated_source> serves;
  content_source_actor actor;
};

struct racing_node : library_machine {
  std::vector<remote_machine> remotes;
  model::content_id content = *model::content_id::parse("PKG00001.1");
  std::vector<std::byte> bytes;
  hashing::measured_file file;
  std::map<std::uint64_t, page_outcome> outcomes;  ///< by page: 1 is the page, the others help
  std::function<void()> at_share;                  ///< the large file is open, before anyone helps

  racing_node(std::size_t machines, std::uint64_t size) : library_machine(17, 64) {
    seeded_random random{2};
    bytes.resize(size);
    for (std::size_t at = 0; at < bytes.size(); at += 4096) {
      bytes[at] = static_cast<std::byte>(random());
    }
    file = hashing::measure(bytes);
    world.set_rate(rate);
    world.set_latency(1ms);
    world.put_file(host, "library/left-alone", "");
    open_library();
    begin_journal();
    for (std::size_t i = 0; i < machines; ++i) { add_remote(format("10.0.0.{}", i + 1)); }
  }
  ~racing_node() {
    for (auto& remote : remotes) { time.end(remote.actor); }
    run();
    for (auto& remote : remotes) { remote.serves.reset(); }
  }
  racing_node(const racing_node&) = delete;
  racing_node& operator=(const racing_node&) = delete;

  void add_remote(const std::string& name) {
    remote_machine made;
    made.name = name;
    made.ring = make_ring(name);
    made.serves = std::make_unique<http::test::simulated_source>(*made.ring, name);
    made.serves->bodies[http::file_target(content, file.id)] = text_of(bytes);
    const auto layer = hashing::print_piece_layer(file.pieces);
    made.serves->bodies[http::pieces_target(content, file.id)] = text_of(layer);
    model::source_entry entry;
    entry.name = name;
    entry.address = format("{}:{}", name, http::test::simulated_source::port);
    made.actor = time.system().spawn(content_source, parts, entry, journal);
    remotes.push_back(std::move(made));
  }
  /// Until nothing can happen any more, or `until` says so.
  void run(const std::function<bool()>& until = {}) {
    while (!until || !until()) {
      time.run();
      if (world.run_ready()) { continue; }
      const auto next = world.next_event();
      if (!next) { return; }
      time.advance(*next - world.now());
      world.advance_to(*next);
    }
  }
  void ask(std::size_t remote, fetch_page asked) {
    asked.content = content;
    asked.files = {file.id};
    time.system().spawn([this, remote, asked](caf::event_based_actor* self) {
      progress_listener listener = self->system().spawn(
          [this](progress_listener::pointer) -> progress_listener::behavior_type {
            return {[this](const page_progress& progress) { on_progress(progress); }};
          });
      self->request(remotes[remote].actor, caf::infinite, asked, listener)
          .then(
              [this, listener](const page_outcome& outcome) {
                outcomes[outcome.progress.page] = outcome;
                caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
              },
              [](caf::error&) { FAIL("no answer"); });
    });
  }
  void on_progress(const page_progress& progress) {
    if (progress.page != 1 || progress.files_shared == 0 || shared_) { return; }
    shared_ = true;
    if (at_share) { at_share(); }
    for (std::size_t i = 1; i < remotes.size(); ++i) {
      fetch_page asked;
      asked.page = 1 + i;
      asked.helps = 1;
      ask(i, asked);
    }
  }
  /// The whole file, by all remotes; returns how long it took.
  std::chrono::nanoseconds bring(const std::function<void()>& meanwhile = {}) {
    const auto begun = world.now();
    fetch_page asked;
    asked.page = 1;
    asked.sources = static_cast<std::uint32_t>(remotes.size());
    ask(0, asked);
    if (meanwhile) {
      run([this, begun] { return world.now() - begun >= 500ms; });
      meanwhile();
    }
    run([this] { return outcomes.size() == remotes.size(); });
    return world.now() - begun;
  }
  /// One piece in sixteen of what it has is wrong.
  void spoil(std::size_t remote) {
    auto& body = remotes[remote].serves->bodies[http::file_target(content, file.id)];
    for (std::size_t at = 5; at < body.size(); at += 16 * limits::mib) { body[at] ^= 1; }
  }
  /// How often the file was asked of it, by range.
  [[nodiscard]] std::size_t ranges_of(std::size_t remote) const {
    const auto& asked = remotes[remote].serves->asked;
    return static_cast<std::size_t>(
        std::count(asked.begin(), asked.end(), http::file_target(content, file.id)));
  }
  [[nodiscard]] std::uint64_t transferred() const {
    std::uint64_t sum = 0;
    for (const auto& [page, outcome] : outcomes) { sum += outcome.progress.bytes_transferred; }
    return sum;
  }

private:
  bool shared_ = false;
};

constexpr std::uint64_t large = 96 * limits::mib;

std::chrono::nanoseconds time_alone() {
  static const std::chrono::nanoseconds measured = [] {
    racing_node node(1, large);
    return node.bring();
  }();
  return measured;
}

}  // namespace

// Z8
TEST_CASE("sources of one priority bring a large file together, every byte once") {
  racing_node node(3, large);
  const auto took = node.bring();
  CHECK(node.outcomes[1].files_done == 1);
  CHECK(node.transferred() == large);
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    CHECK_FALSE(node.outcomes[1 + i].failure);
    CHECK(node.ranges_of(i) > 1);
  }
  CHECK(node.outcomes[1].progress.bytes_held == large);
  CHECK(node.outcomes[2].progress.bytes_held == 0);
  CHECK(took < time_alone() * 2 / 3);  // six connections after three
}

// Z8
TEST_CASE("a helper that falls silent costs no more than what it had promised") {
  racing_node alone(2, large);
  const auto with_both = alone.bring();
  racing_node node(2, large);
  const auto took = node.bring([&node] { node.world.part(host, node.remotes[1].name); });
  CHECK(node.outcomes[1].files_done == 1);
  CHECK(node.outcomes[2].slow);
  CHECK_FALSE(node.outcomes[2].failure);
  CHECK(took > with_both);
  // Both had a part of a second; then two connections brought all, which is two thirds of three.
  CHECK(took < time_alone() * 3 / 2);
}

// Z8
TEST_CASE("the source that was asked first falls silent, and others bring its part") {
  racing_node node(3, large);
  const auto took = node.bring([&node] { node.world.part(host, node.remotes[0].name); });
  CHECK(node.outcomes[1].files_done == 1);
  CHECK(node.outcomes[1].slow);
  CHECK_FALSE(node.outcomes[1].failure);
  CHECK(took < time_alone());
}

// Z8
TEST_CASE("the source that was asked first goes away, and others finish its page") {
  racing_node node(2, large);
  node.bring([&node] { node.world.kill(node.remotes[0].name); });
  CHECK(node.outcomes[1].files_done == 1);
  CHECK(node.outcomes[1].progress.bytes_held == large);
  REQUIRE(node.outcomes[1].failure);
  CHECK(node.outcomes[1].failure->cause.code == errc::peer_closed);
  CHECK_FALSE(node.outcomes[2].failure);
}

// Z8, X21
TEST_CASE("a piece that one source sends wrong is brought by another at once") {
  racing_node node(2, large);
  node.spoil(1);
  node.bring();
  CHECK(node.outcomes[1].files_done == 1);
  CHECK_FALSE(node.outcomes[1].failure);
  CHECK(node.outcomes[2].bad_pieces > 0);
  REQUIRE(node.outcomes[2].failure);
  CHECK(node.outcomes[2].failure->row == "X21");
  CHECK(node.transferred() == large + node.outcomes[2].bad_pieces * limits::mib);
}

// Z8, X21
TEST_CASE("the first source's wrong pieces are told, though others have healed them") {
  racing_node node(2, large);
  node.spoil(0);
  node.bring();
  CHECK(node.outcomes[1].files_done == 1);
  CHECK(node.outcomes[1].bad_pieces > 0);
  REQUIRE(node.outcomes[1].failure);
  CHECK(node.outcomes[1].failure->row == "X21");
  CHECK_FALSE(node.outcomes[2].failure);
}

// Z8
TEST_CASE("of a file of little more than a range every source brings a part") {
  constexpr std::uint64_t size = 20 * limits::mib;
  racing_node node(3, size);
  node.bring();
  CHECK(node.outcomes[1].files_done == 1);
  CHECK(node.transferred() == size);
  for (std::size_t i = 1; i < 3; ++i) {
    CAPTURE(i);
    CHECK(node.outcomes[1 + i].progress.bytes_transferred > 2 * limits::mib);
  }
}

// Z8, X2
TEST_CASE("a helper that lacks the file takes no part") {
  racing_node node(2, large);
  node.remotes[1].serves->bodies.clear();
  node.bring();
  CHECK(node.outcomes[1].files_done == 1);
  REQUIRE(node.outcomes[2].failure);
  CHECK(node.outcomes[2].failure->verdict == model::source_verdict::lacks);
}

// Z8
TEST_CASE("a job that is stopped stops those that help it") {
  racing_node node(2, large);
  const auto took = node.bring([&node] {
    for (auto& remote : node.remotes) { caf::anon_send(remote.actor, stop_pages{}); }
  });
  CHECK(took < 600ms);
  CHECK(node.outcomes[1].files_done == 0);
  REQUIRE(node.outcomes[1].failure);
  CHECK(node.outcomes[1].failure->cause.code == errc::cancelled);
}

// Z8, X33
TEST_CASE("in haste a silent source is given up after a second, else after ten") {
  for (const bool haste : {true, false}) {
    CAPTURE(haste);
    racing_node node(1, 2 * limits::mib);
    node.world.part(host, node.remotes[0].name);
    const auto begun = node.world.now();
    fetch_page asked;
    asked.page = 1;
    asked.haste = haste;
    node.ask(0, asked);
    node.run([&node] { return !node.outcomes.empty(); });
    REQUIRE(node.outcomes[1].failure);
    CHECK(node.outcomes[1].failure->in_haste == haste);
    const auto took = node.world.now() - begun;
    CHECK(took >= (haste ? 1s : 10s));
    CHECK(took < (haste ? 1500ms : 11s));
  }
}

// Z8
TEST_CASE("who did not answer twice in a row is not asked for a while, longer each time") {
  racing_node node(1, 2 * limits::mib);
  const std::string name = node.remotes[0].name;
  node.world.part(host, name);
  const auto ask = [&node] {
    node.outcomes.clear();
    const auto begun = node.world.now();
    fetch_page asked;
    asked.page = 1;
    node.ask(0, asked);
    node.run([&node] { return !node.outcomes.empty(); });
    return node.world.now() - begun;
  };
  CHECK(ask() >= 10s);
  CHECK(ask() >= 10s);
  CHECK(ask() < 1s);
  REQUIRE(node.outcomes[1].failure);
  CHECK(node.outcomes[1].failure->what.find("did not answer 2 times in a row") == 0);
  node.time.advance(30s);
  CHECK(ask() >= 10s);
  node.time.advance(59s);
  CHECK(ask() < 1s);
  node.time.advance(1s);
  node.world.join(host, name);
  CHECK(ask() < 5s);
  CHECK(node.outcomes[1].files_done == 1);
}

// Z8, D10
TEST_CASE("who is shut out is asked at once when the site says that it is back") {
  racing_node node(1, 2 * limits::mib);
  const std::string name = node.remotes[0].name;
  node.world.part(host, name);
  for (int i = 0; i < 2; ++i) {
    node.outcomes.clear();
    fetch_page asked;
    asked.page = 1;
    node.ask(0, asked);
    node.run([&node] { return !node.outcomes.empty(); });
  }
  node.world.join(host, name);
  caf::anon_send(node.remotes[0].actor, source_back{});
  node.outcomes.clear();
  fetch_page asked;
  asked.page = 1;
  node.ask(0, asked);
  node.run([&node] { return !node.outcomes.empty(); });
  CHECK(node.outcomes[1].files_done == 1);
}

}  // namespace sluice::actors::testing
