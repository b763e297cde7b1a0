// The librarian over a library on a simulated machine, in virtual time.
#include "actors/librarian.hpp"

#include <doctest/doctest.h>

#include "tests/actors/library_machine.hpp"

namespace sluice::actors::testing {

namespace {

using namespace std::chrono_literals;

constexpr const char* removed = "library/trash/000000000001.PKG00001.1/f";

/// A library with something in its trash since the beginning of time.
struct library_in_time : library_machine {
  librarian_actor librarian;

  explicit library_in_time(std::chrono::hours trash_kept) : library_machine(5) {
    world.put_file(host, removed, "bytes");
    open_library();
    node_parts given = parts;
    given.now = [this] {
      return model::calendar_time{
          std::chrono::duration_cast<std::chrono::milliseconds>(time.elapsed())};
    };
    given.kept.trash = trash_kept;
    librarian = time.system().spawn(actors::librarian, given);
    settle();
  }
  ~library_in_time() {
    time.end(librarian);
    settle();
  }
  library_in_time(const library_in_time&) = delete;
  library_in_time& operator=(const library_in_time&) = delete;

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
