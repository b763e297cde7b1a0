// Trash counts as free: it goes, oldest first, when its room is needed.
#include <doctest/doctest.h>

#include <array>
#include <cerrno>

#include "tests/storage/simulated_library.hpp"

namespace sluice::storage {

using namespace std::chrono_literals;

namespace {

/// A library on a simulated volume, with three folders of 1 MiB in its trash.
struct library_with_trash : test::simulated_library {
  library_with_trash() {
    world.set_volume_size(host, 100 * limits::mib);
    for (const char* const name : folders) {
      world.put_file(host, path_of(name), std::string(limits::mib, 'x'));
    }
    start();
  }

  /// As a removal would: a folder that is as old as this moment.
  io::task<void> put_young(std::string name) {
    auto root = co_await io::folder::open(*ring, "/library/trash");
    REQUIRE(root.ok());
    auto made = co_await root->make_folders(name);
    REQUIRE(made.ok());
    co_await root->close();
    world.put_file(host, path_of(name), "young");
  }
  std::uint64_t free_after(std::uint64_t wanted) {
    using outcome = result<content_library::totals>;
    const auto totals = io::block_on<outcome>(*ring, [&] { return library->make_room(wanted); });
    REQUIRE(totals.ok());
    return totals->bytes_free;
  }
  [[nodiscard]] std::size_t left() const {
    std::size_t count = 0;
    for (const char* const name : folders) {
      count += world.peek_file(host, path_of(name)) ? 1 : 0;
    }
    return count;
  }
  [[nodiscard]] bool has(const char* name) const {
    return world.peek_file(host, path_of(name)).has_value();
  }
  static std::string path_of(std::string_view name) { return format("library/trash/{}/f", name); }
  static constexpr std::array folders{"000000000001.PKG00001.1", "000000000002.PKG00002.1",
                                      "000000000010.PKG00003.1"};
};

TEST_CASE("room that is there already costs no trash") {
  library_with_trash on;
  const std::uint64_t free = on.free_after(0);
  CHECK(on.free_after(free) == free);
  CHECK(on.left() == 3);
}

TEST_CASE("the oldest trash makes room, the rest stays") {
  library_with_trash on;
  const std::uint64_t wanted = on.free_after(0) + limits::mib + 1;
  CHECK(on.free_after(wanted) >= wanted);
  CHECK(on.left() == 1);
  CHECK(on.has("000000000010.PKG00003.1"));
}

TEST_CASE("too little trash is emptied, and what is free then is told") {
  library_with_trash on;
  const std::uint64_t before = on.free_after(0);
  CHECK(on.free_after(before + limits::gib) == before + 3 * limits::mib);
  CHECK(on.left() == 0);
}

TEST_CASE("old trash goes, younger trash stays") {
  library_with_trash on;
  on.world.advance_to(on.world.now() + 1h);
  const auto noon = on.world.now();
  io::block_on<void>(*on.ring, [&] { return on.put_young("000000000011.PKG00004.1"); });
  const auto sweep = [&](std::chrono::nanoseconds before) {
    return io::block_on<result<void>>(*on.ring, [&] { return on.library->sweep_trash(before); });
  };
  REQUIRE(sweep(0h).ok());
  CHECK(on.left() == 3);
  REQUIRE(sweep(noon).ok());
  CHECK(on.left() == 0);
  CHECK(on.has("000000000011.PKG00004.1"));
  REQUIRE(sweep(noon + 1h).ok());
  CHECK(!on.has("000000000011.PKG00004.1"));
}

// Such a folder stayed for ever, and everything that lay behind it in the trash.
TEST_CASE("a folder that lay in a file's place goes with all that is in it") {
  library_with_trash on;
  const std::string first = format("library/trash/{}", library_with_trash::folders[0]);
  on.world.put_file(on.host, first + "/a/b/c", "deep");
  on.world.put_file(on.host, first + "/z", "behind it");
  const std::uint64_t wanted = on.free_after(0) + 1;
  CHECK(on.free_after(wanted) >= wanted);
  CHECK(on.left() == 2);
  CHECK_FALSE(on.world.peek_file(on.host, first + "/a/b/c"));
  CHECK_FALSE(on.world.peek_file(on.host, first + "/z"));
}

TEST_CASE("what cannot be removed from the trash does not keep the rest") {
  library_with_trash on;
  const std::string first = format("library/trash/{}", library_with_trash::folders[0]);
  on.world.put_file(on.host, first + "/a", "refuses");
  const std::uint64_t before = on.free_after(0);
  on.world.fail(on.host, io::opcode::remove_file, 1, EIO);
  CHECK(on.free_after(before + 1) >= before + limits::mib);
  CHECK(on.left() == 2);
}

}  // namespace

}  // namespace sluice::storage
