// What a crash between two steps leaves behind (docs/library_layout.md), and what opening makes of
// it. Each test puts the library into that state on a real disk.
#include "storage/inventory.hpp"
#include "tests/storage/library_home.hpp"

namespace sluice::storage {

namespace {

std::string file(std::size_t size) { return file_path(hashing::measure(patterned(size)).id); }

made_content first(const library_home& home) {
  return make_content(home, "PKG00001.1", {{"a", patterned(10)}, {"b", patterned(20)}});
}

result<void> commit(library_home& home, const made_content& made) {
  return home.block(
      [&] { return home.library().commit_content(made.content, library_user::site); });
}

TEST_CASE("files without records: nothing is visible, and a job finds them present") {
  library_home home;
  const auto made = first(home);
  const file_bytes bytes = patterned(10);
  const std::vector<content_library::small_file> files{{hashing::measure(bytes).id, bytes}};
  REQUIRE_FALSE(
      home.block([&] { return home.library().commit_small(files, io::on_existing::keep); })[0]
          .has_value());
  home.reopen();
  CHECK(home.catalogue->all().empty());
  REQUIRE(give_manifest(home, made).ok());
  const auto page = home.block([&] { return home.library().missing({.content = made.content}); });
  CHECK(page->files.size() == 1);
  CHECK(page->files_present == 1);
}

TEST_CASE("a named manifest without a record: nothing is visible, and the job commits it") {
  library_home home;
  const auto made = first(home);
  REQUIRE(install(home, made, library_user::site).ok());
  home.close();
  std::filesystem::remove(home.path("pkglib/PKG00001"));
  std::filesystem::remove(home.inventory_path());
  home.open();
  CHECK(home.catalogue->all().empty());
  REQUIRE(home.block([&] {
                return home.library().recheck_manifest(made.content, made.hash,
                                                       model::byte_count{made.manifest.size()});
              })
              .ok());
  REQUIRE(commit(home, made).ok());
  home.reopen();
  CHECK(home.catalogue->all().size() == 1);
}

TEST_CASE("a signature that got its name, when its manifest could not: the next commit goes on") {
  library_home home;
  const auto made = first(home);
  for (const auto& [id, bytes] : made.files) {
    const std::vector<content_library::small_file> one{{id, bytes}};
    home.block([&] { return home.library().commit_small(one, io::on_existing::keep); });
  }
  REQUIRE(give_manifest(home, made).ok());
  std::filesystem::rename(home.path(staging_signature_path(made.content)),
                          home.path(signature_path(made.content)));
  CHECK(commit(home, made).ok());
  CHECK(home.has(manifest_path(made.content)));
  CHECK(home.has(signature_path(made.content)));
}

TEST_CASE("a record without an index row: the row is added") {
  library_home home;
  REQUIRE(install(home, first(home), library_user::site).ok());
  home.close();
  REQUIRE((*inventory::open(home.inventory_path()))->clear().ok());
  home.open();
  CHECK(home.block([&] { return home.library().count(); })->files == 2);
}

TEST_CASE("a removed record with everything else still there: the removal is finished") {
  library_home home;
  REQUIRE(install(home, first(home), library_user::site).ok());
  const auto other = make_content(home, "PKG00002.1", {{"a", patterned(10)}});
  REQUIRE(install(home, other, library_user::site).ok());
  home.close();
  std::filesystem::remove(home.path("pkglib/PKG00001"));
  home.open();
  CHECK_FALSE(home.has("datalib/PKG00001.1"));
  CHECK_FALSE(home.has("datalib/PKG00001.1.sig"));
  CHECK(home.has(file(10)));
  CHECK_FALSE(home.has(file(20)));
  CHECK(home.block([&] { return home.library().count(); })->files == 1);
}

TEST_CASE("files without a use that were not yet moved: they are moved") {
  library_home home;
  const auto made = first(home);
  REQUIRE(install(home, made, library_user::site).ok());
  home.close();
  std::filesystem::remove(home.path("pkglib/PKG00001"));
  REQUIRE((*inventory::open(home.inventory_path()))->remove(made.content, made.manifest).ok());
  home.open();
  CHECK(entries_in(home.path("filelib")) == 0);
  CHECK(entries_in(home.path("trash")) == 2);
}

TEST_CASE("a record of a newer release stops the library, a damaged one hides its package only") {
  library_home home;
  REQUIRE(install(home, first(home), library_user::site).ok());
  const auto other = make_content(home, "PKG00002.1", {{"a", patterned(10)}});
  REQUIRE(install(home, other, library_user::site).ok());
  home.close();
  std::string record = read_text(home.path("pkglib/PKG00001"));
  write_text(home.path("pkglib/PKG00001"), record.substr(0, record.size() - 3));
  home.open();
  CHECK(home.catalogue->all().size() == 1);
  CHECK(home.has("datalib/PKG00001.1"));
  CHECK(home.has(file(20)));
  home.close();
  record[std::string_view("sluice-package ").size()] = '2';
  write_text(home.path("pkglib/PKG00001"), record);
  const auto opened = home.block([&] {
    return content_library::open(home.ring(), home.workers(), home.buffers(),
                                 std::make_shared<content_catalogue>(), {home.folder() / "library"},
                                 {});
  });
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == errc::incompatible);
}

}  // namespace

}  // namespace sluice::storage
