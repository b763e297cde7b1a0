#include "storage/inventory.hpp"

#include "storage/library_state.hpp"
#include "tests/storage/library_home.hpp"

namespace sluice::storage {

namespace {

void fill(library_home& home) {
  REQUIRE(install(home,
                  make_content(home, "PKG00001.1", {{"a", patterned(10)}, {"b", patterned(20)}}),
                  library_user::site)
              .ok());
  REQUIRE(install(home,
                  make_content(home, "PKG00002.1", {{"a", patterned(10)}, {"c", patterned(30)}}),
                  library_user::site)
              .ok());
}

void check_full(library_home& home) {
  const auto totals = home.block([&] { return home.library().count(); });
  REQUIRE(totals.ok());
  CHECK(totals->files == 3);
  CHECK(totals->bytes == 60);
}

std::string file(std::size_t size) { return file_path(hashing::measure(patterned(size)).id); }

/// Removes PKG00001 and checks that just what nobody uses went.
void check_removal(library_home& home) {
  const auto removed = home.block([&] {
    return home.library().remove_content(*model::content_id::parse("PKG00001.1"),
                                         library_user::site);
  });
  CHECK(removed.ok());
  CHECK(home.has(file(10)));
  CHECK_FALSE(home.has(file(20)));
  CHECK(home.has(file(30)));
}

TEST_CASE("a lost inventory is made anew from the library") {
  library_home home;
  fill(home);
  home.close();
  for (const char* companion : {"", "-wal", "-shm"}) {
    std::filesystem::remove(home.inventory_path() + companion);
  }
  home.open();
  check_full(home);
  check_removal(home);
}

TEST_CASE("a broken inventory is made anew from the library") {
  library_home home;
  fill(home);
  home.close();
  write_text(home.inventory_path(), std::string(5000, 'x'));
  home.open();
  check_full(home);
  check_removal(home);
}

TEST_CASE("an inventory of another library is made anew") {
  library_home home;
  fill(home);
  home.close();
  {
    auto other = inventory::open(home.inventory_path());
    REQUIRE(other.ok());
    REQUIRE((*other)->clear().ok());
    const inventory::row row{*model::content_id::parse("PKG00001.1"), {}, 2};
    const auto made = make_content(home, "PKG00001.1", {{"z", patterned(99)}});
    REQUIRE((*other)->add(row, made.manifest).ok());
  }
  home.open();
  check_full(home);
  check_removal(home);
}

TEST_CASE("the inventory is made anew on request") {
  library_home home;
  fill(home);
  REQUIRE(home.block([&] { return home.library().rebuild_index(); }).ok());
  check_full(home);
  check_removal(home);
}

TEST_CASE("a removal without a usable inventory reads the other manifests instead") {
  library_home home;
  fill(home);
  home.library().inside().index_stale = true;
  check_removal(home);
  CHECK(home.block([&] { return home.library().count(); })->files == 2);
}

TEST_CASE("a content with a damaged manifest does not keep the library from opening") {
  library_home home;
  fill(home);
  home.close();
  std::filesystem::remove(home.inventory_path());
  std::filesystem::remove(home.path("datalib/PKG00001.1"));
  home.open();
  CHECK(home.block([&] { return home.library().count(); })->files == 2);
  CHECK(home.catalogue->all().size() == 2);
}

TEST_CASE("adding and removing a content twice counts once") {
  library_home home;
  const auto made = make_content(home, "PKG00001.1", {{"a", patterned(10)}, {"b", patterned(10)}});
  auto index = inventory::open("");
  REQUIRE(index.ok());
  const inventory::row row{made.content, made.hash, 2};
  for (int round = 0; round < 2; ++round) { REQUIRE((*index)->add(row, made.manifest).ok()); }
  CHECK((*index)->contents()->front() == row);
  CHECK((*index)->count()->files == 1);
  CHECK((*index)->unused(10)->empty());
  for (int round = 0; round < 2; ++round) {
    REQUIRE((*index)->remove(made.content, made.manifest).ok());
  }
  CHECK((*index)->contents()->empty());
  const auto unused = (*index)->unused(10);
  REQUIRE(unused->size() == 1);
  CHECK_FALSE(*(*index)->is_used(unused->front()));
  REQUIRE((*index)->forget_unused(*unused).ok());
  CHECK((*index)->unused(10)->empty());
}

}  // namespace

}  // namespace sluice::storage
