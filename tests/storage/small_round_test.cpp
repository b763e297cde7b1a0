// Rounds of small files that several share: a full volume, and replacing beside keeping.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/storage/simulated_library.hpp"

namespace sluice::storage {

namespace {

using file_bytes = std::vector<std::byte>;
using outcomes = std::vector<std::optional<error>>;

constexpr std::size_t file_size = 10'000;
constexpr const char* old_trash = "library/trash/000000000001.PKG00001.1/f";

std::vector<file_bytes> different_files(std::size_t count, std::size_t from) {
  std::vector<file_bytes> files(count, file_bytes(file_size));
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t at = 0; at < file_size; ++at) {
      files[i][at] = static_cast<std::byte>((at * (from + i + 1)) % 251);
    }
  }
  return files;
}

/// One of those that store at the same time.
struct storing {
  std::vector<file_bytes> files;
  io::on_existing how = io::on_existing::keep;
  outcomes told{};

  [[nodiscard]] std::size_t stored() const {
    return static_cast<std::size_t>(std::count(told.begin(), told.end(), std::nullopt));
  }
};

io::task<void> store(content_library* library, storing* one) {
  std::vector<content_library::small_file> small;
  for (const file_bytes& bytes : one->files) {
    small.push_back({hashing::measure(bytes).id, bytes});
  }
  one->told = co_await library->commit_small(std::move(small), one->how);
}

io::task<void> store_both(content_library* library, storing* one, storing* other) {
  io::task_group group;
  group.start(store(library, one));
  group.start(store(library, other));
  co_await group.wait_all();
}

struct shared_library : test::simulated_library {
  void store_at_once(storing& one, storing& other) {
    io::block_on<void>(*ring, [&] { return store_both(library.get(), &one, &other); });
  }
  void check_held(const storing& of) {
    for (std::size_t i = 0; i < of.files.size(); ++i) {
      const model::file_id file = hashing::measure(of.files[i]).id;
      const auto held = io::block_on<result<bool>>(*ring, [&] { return library->holds(file); });
      CHECK(*held == !of.told[i].has_value());
    }
  }
};

TEST_CASE("who finds the volume full in a shared round gets the room of the trash") {
  shared_library on;
  on.world.set_volume_size(on.host, 3 * limits::mib);
  on.world.put_file(on.host, old_trash, std::string(limits::mib, 'x'));
  on.start();
  storing one{different_files(60, 0)};
  storing other{different_files(60, 60)};
  on.store_at_once(one, other);
  CHECK(one.stored() == 60);
  CHECK(other.stored() == 60);
  CHECK_FALSE(on.world.peek_file(on.host, old_trash));
  on.check_held(one);
  on.check_held(other);
}

TEST_CASE("what found no room fails alone: the rest of a shared round is stored") {
  shared_library on;
  on.world.set_volume_size(on.host, 2 * limits::mib);
  on.start();
  storing one{different_files(60, 0)};
  storing other{different_files(60, 60)};
  on.store_at_once(one, other);
  const std::size_t stored = one.stored() + other.stored();
  CHECK(stored > 0);
  CHECK(stored < 120);
  for (const storing* each : {&one, &other}) {
    for (const auto& told : each->told) {
      if (told) { CHECK(told->code == errc::no_space); }
    }
    on.check_held(*each);
  }
  on.world.set_volume_size(on.host, 4 * limits::mib);
  on.store_at_once(one, other);
  CHECK(one.stored() + other.stored() == 120);
}

TEST_CASE("replacing goes beside keeping: each damaged file is right afterwards") {
  shared_library on;
  on.start();
  storing before{different_files(40, 0)};
  storing nothing{};
  on.store_at_once(before, nothing);
  REQUIRE(before.stored() == 40);
  const auto path_of = [](const file_bytes& bytes) {
    return format("library/{}", file_path(hashing::measure(bytes).id));
  };
  for (const file_bytes& bytes : before.files) {
    REQUIRE(on.world.flip_bit(on.host, path_of(bytes), 77));
  }
  storing healing{before.files, io::on_existing::replace};
  storing fresh{different_files(40, 40)};
  on.store_at_once(healing, fresh);
  CHECK(healing.stored() == 40);
  CHECK(fresh.stored() == 40);
  for (const storing* each : {&healing, &fresh}) {
    for (const file_bytes& bytes : each->files) {
      const auto found = on.world.peek_file(on.host, path_of(bytes));
      REQUIRE(found.has_value());
      CHECK(std::ranges::equal(std::as_bytes(std::span(*found)), bytes));
    }
  }
}

}  // namespace

}  // namespace sluice::storage
