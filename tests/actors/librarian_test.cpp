// The librarian over a library on a simulated machine, in virtual time.
#include "actors/librarian.hpp"

#include <doctest/doctest.h>

#include "io/simulated_world.hpp"
#include "tests/actors/virtual_time.hpp"

namespace sluice::actors::testing {

namespace {

using namespace std::chrono_literals;

constexpr const char* host = "node";
constexpr const char* removed = "library/trash/000000000001.PKG00001.1/f";

/// A library with something in its trash since the beginning of time.
struct library_in_time {
  io::simulated_world world{5};
  std::unique_ptr<io::reactor> ring;
  io::worker_pool workers{0};
  io::task_group operations;
  std::unique_ptr<io::buffer_pool> buffers;
  std::shared_ptr<storage::content_catalogue> catalogue =
      std::make_shared<storage::content_catalogue>();
  std::unique_ptr<storage::content_library> library;
  virtual_time time;
  librarian_actor librarian;

  explicit library_in_time(std::chrono::hours trash_kept) {
    world.put_file(host, removed, "bytes");
    auto made = io::reactor::make(world.machine(host));
    REQUIRE(made.ok());
    ring = std::move(*made);
    buffers = std::make_unique<io::buffer_pool>(*ring, io::make_buffer_budget(16));
    io::block_on<void>(*ring, [this] { return open(); });
    node_parts parts;
    parts.ring = ring.get();
    parts.workers = &workers;
    parts.operations = &operations;
    parts.library = library.get();
    parts.catalogue = catalogue;
    parts.now = [this] {
      return model::calendar_time{
          std::chrono::duration_cast<std::chrono::milliseconds>(time.elapsed())};
    };
    parts.kept.trash = trash_kept;
    librarian = time.system().spawn(actors::librarian, parts);
    settle();
  }
  ~library_in_time() {
    time.end(librarian);
    settle();
    library.reset();
    buffers.reset();
  }
  library_in_time(const library_in_time&) = delete;
  library_in_time& operator=(const library_in_time&) = delete;

  io::task<void> open() {
    storage::content_library::settings given;
    given.root = "/library";
    auto opened =
        co_await storage::content_library::open(*ring, workers, *buffers, catalogue, given, {});
    REQUIRE(opened.ok());
    library = std::move(*opened);
  }
  void settle() {
    time.run();
    ring->run_ready();
    io::block_on<void>(*ring, [this] { return operations.wait_all(); });
    time.run();
  }
  void advance(std::chrono::minutes distance) {
    for (auto passed = 0min; passed < distance; passed += 10min) {
      time.advance(10min);
      settle();
    }
  }
  [[nodiscard]] bool has_trash() const { return world.peek_file(host, removed).has_value(); }
};

}  // namespace

TEST_CASE("trash is kept for its hours, and then removed without anybody asking") {
  library_in_time on(24h);
  CHECK(on.has_trash());
  on.advance(24h);
  CHECK(on.has_trash());
  on.advance(20min);
  CHECK(!on.has_trash());
}

}  // namespace sluice::actors::testing
