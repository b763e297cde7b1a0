#include "storage/content_library.hpp"

#include "tests/storage/library_home.hpp"

namespace sluice::storage {

namespace {

constexpr std::size_t piece = limits::piece_size;

model::file_id id_of(const file_bytes& bytes) { return hashing::measure(bytes).id; }

model::content_id content(std::string_view name) { return *model::content_id::parse(name); }

result<void> remove(library_home& home, std::string_view name, library_user user) {
  return home.block([&] { return home.library().remove_content(content(name), user); });
}

content_library::totals count(library_home& home) {
  const auto totals = home.block([&] { return home.library().count(); });
  REQUIRE(totals.ok());
  return *totals;
}

missing_page missing(library_home& home, const missing_request& asked) {
  const auto page = home.block([&] { return home.library().missing(asked); });
  REQUIRE_MESSAGE(page.ok(), (page.ok() ? "" : describe(page.error())));
  return *page;
}

// G8
TEST_CASE("a file shared by two packages is stored once and goes with the last of them") {
  library_home home;
  const file_bytes shared = patterned(3 * piece + 17);
  const file_bytes small = bytes_of("small and shared");
  const auto one = make_content(
      home, "PKG00001.1", {{"a/big", shared}, {"b", small}, {"c", small}, {"own", bytes_of("1")}});
  const auto two =
      make_content(home, "PKG00002.1", {{"x", shared}, {"y", small}, {"own", bytes_of("2")}});
  REQUIRE(install(home, one, library_user::site).ok());
  CHECK(entries_in(home.path("filelib")) == 4);  // three files and a piece layer
  REQUIRE(install(home, two, library_user::site).ok());
  CHECK(entries_in(home.path("filelib")) == 5);
  CHECK(count(home).contents == 2);
  CHECK(count(home).files == 4);
  CHECK(count(home).bytes == shared.size() + small.size() + 2);
  CHECK(*read_committed(home, id_of(shared)) == shared);

  REQUIRE(remove(home, "PKG00001.1", library_user::site).ok());
  CHECK(count(home).files == 3);
  CHECK_FALSE(home.has(file_path(id_of(bytes_of("1")))));
  CHECK_FALSE(home.has("datalib/PKG00001.1"));
  CHECK_FALSE(home.has("pkglib/PKG00001"));
  CHECK(*read_committed(home, id_of(shared)) == shared);
  CHECK(*read_committed(home, id_of(small)) == small);

  REQUIRE(remove(home, "PKG00002.1", library_user::site).ok());
  CHECK(count(home).files == 0);
  CHECK(entries_in(home.path("filelib")) == 0);
  CHECK(entries_in(home.path("trash")) == 9);  // four files, a layer, two manifests with signature
  CHECK(remove(home, "PKG00002.1", library_user::site).error().code == errc::not_found);
}

TEST_CASE("trash is emptied oldest first, and only as far as asked") {
  library_home home;
  for (const std::string name : {"PKG00001.1", "PKG00002.1"}) {
    REQUIRE(install(home, make_content(home, name, {{"f", patterned(5000, name[7] - '0')}}),
                    library_user::site)
                .ok());
    REQUIRE(remove(home, name, library_user::site).ok());
  }
  CHECK(*home.block([&] { return home.library().empty_trash(1); }) > 5000);
  REQUIRE(entries_in(home.path("trash")) == 3);
  CHECK(home.has("trash/000000000003.PKG00002.1/PKG00002.1"));
  home.reopen();
  CHECK(*home.block([&] { return home.library().empty_trash(~std::uint64_t{0}); }) > 5000);
  CHECK(entries_in(home.path("trash")) == 0);
}

TEST_CASE("what a content still needs room for is counted once, without what is here or staged") {
  library_home home;
  const file_bytes here = patterned(700);
  REQUIRE(install(home, make_content(home, "PKG00001.1", {{"f", here}}), library_user::site).ok());
  const file_bytes twice = patterned(5000, 3);
  const file_bytes large = patterned(2 * piece + 5);
  const auto made = make_content(
      home, "PKG00002.1", {{"a", here}, {"b", twice}, {"c", twice}, {"d", large}, {"e", {}}});
  REQUIRE(give_manifest(home, made).ok());
  const auto needs = [&](bool all) {
    return *home.block([&] { return home.library().bytes_missing(made.content, all); });
  };
  CHECK(needs(false) == 5000 + large.size());
  CHECK(needs(true) == 5000 + large.size() + 700);
  auto staged = home.block(
      [&] { return home.library().begin_file(id_of(large), hashing::measure(large).pieces, {}); });
  REQUIRE(staged.ok());
  CHECK(needs(false) == 5000);
  home.block([&] { return home.library().release_file(std::move(*staged)); });
  CHECK(needs(false) == 5000);
  CHECK(home.block([&] { return home.library().bytes_missing(content("PKG00009.1"), false); })
            .error()
            .code == errc::not_found);
}

TEST_CASE(
    "a two-piece file and its layer as a 64-byte file have one digest and live side by side") {
  library_home home;
  const file_bytes large = patterned(piece + 1);
  const auto measured = hashing::measure(large);
  const file_bytes layer = hashing::print_piece_layer(measured.pieces);
  REQUIRE(layer.size() == 64);
  REQUIRE(id_of(layer).digest == measured.id.digest);
  REQUIRE(install(home, make_content(home, "PKG00001.1", {{"large", large}, {"layer", layer}}),
                  library_user::distribution_point)
              .ok());
  CHECK(count(home).files == 2);
  CHECK(*read_committed(home, measured.id) == large);
  CHECK(*read_committed(home, id_of(layer)) == layer);
}

TEST_CASE("a content goes with its last user, and is known again after a restart") {
  library_home home;
  const auto made = make_content(home, "PKG00001.7", {{"f", patterned(100)}});
  REQUIRE(install(home, made, library_user::site).ok());
  const auto add = [&](std::string_view name) {
    return home.block(
        [&] { return home.library().add_user(content(name), library_user::distribution_point); });
  };
  REQUIRE(add("PKG00001.7").ok());
  CHECK(add("PKG00001.8").error().code == errc::not_found);
  const auto before = home.catalogue->all();
  home.reopen();
  CHECK(home.catalogue->all() == before);
  REQUIRE(before.size() == 1);
  CHECK(before.front().users == 3);
  CHECK(before.front().files == 1);
  CHECK(before.front().manifest_hash == made.hash);
  CHECK(model::raw(before.front().manifest_size) == made.manifest.size());

  REQUIRE(remove(home, "PKG00001.7", library_user::site).ok());
  CHECK(*read_committed(home, id_of(patterned(100))) == patterned(100));
  CHECK(home.catalogue->find(made.content)->users == 2);
  REQUIRE(remove(home, "PKG00001.7", library_user::distribution_point).ok());
  CHECK_FALSE(home.catalogue->find(made.content));
  home.reopen();
  CHECK(home.catalogue->all().empty());
}

TEST_CASE("empty files are made by the library and never missing") {
  library_home home;
  const auto made =
      make_content(home, "PKG00001.1", {{"e1", {}}, {"e2", {}}, {"f", bytes_of("x")}});
  const auto facts = give_manifest(home, made);
  REQUIRE(facts.ok());
  CHECK(facts->files == 3);
  CHECK(facts->pieces == 1);
  CHECK(facts->empty_files == 2);
  missing_request asked{.content = made.content};
  asked.all = true;
  CHECK(missing(home, asked).files.size() == 1);
  REQUIRE(install(home, made, library_user::site).ok());
  CHECK(read_committed(home, id_of({}))->empty());
}

TEST_CASE("what is missing comes in pages, each file once, and a walk can stop early") {
  library_home home;
  std::map<std::string, file_bytes> files;
  for (int i = 0; i < 600; ++i) { files[format("d/{:04}", i)] = bytes_of(format("file {}", i)); }
  files["d/0001"] = files["d/0000"];
  const auto made = make_content(home, "PKG00001.1", files);
  REQUIRE(give_manifest(home, made).ok());
  missing_request asked{.content = made.content};
  const auto first = missing(home, asked);
  CHECK(first.files.size() == limits::files_per_batch_max);
  CHECK_FALSE(first.end);
  asked.until = first.next;
  const auto bounded = missing(home, asked);
  CHECK(bounded.files == first.files);
  CHECK_FALSE(bounded.end);
  CHECK(bounded.next.offset == first.next.offset);
  asked.until.reset();

  asked.from = first.next;
  asked.bytes_max = 1;
  CHECK(missing(home, asked).files.size() == 1);
  asked.bytes_max = limits::bytes_per_batch_max;
  std::size_t total = first.files.size();
  while (true) {
    const auto page = missing(home, asked);
    total += page.files.size();
    if (page.end) { break; }
    asked.from = page.next;
  }
  CHECK(total == 599);

  REQUIRE(install(home, made, library_user::site).ok());
  const auto nothing = missing(home, {.content = made.content});
  CHECK(nothing.files.empty());
  CHECK(nothing.end);
  CHECK(nothing.files_present == 600);
  CHECK(home.block([&] { return home.library().missing({.content = content("PKG00009.1")}); })
            .error()
            .code == errc::not_found);
}

TEST_CASE("a content of which a file is missing is not committed") {
  library_home home;
  const auto made = make_content(home, "PKG00001.1", {{"f", bytes_of("never came")}});
  REQUIRE(give_manifest(home, made).ok());
  const auto committed =
      home.block([&] { return home.library().commit_content(made.content, library_user::site); });
  REQUIRE_FALSE(committed.ok());
  CHECK(committed.error().code == errc::corrupt);
  CHECK_FALSE(home.has("datalib/PKG00001.1"));
  CHECK(home.catalogue->all().empty());
}

TEST_CASE("redistribution replaces a rotten file, and keeping replaces one of the wrong size") {
  library_home home;
  const file_bytes large = patterned(2 * piece);
  const file_bytes small = patterned(3000, 5);
  const auto made = make_content(home, "PKG00001.1", {{"l", large}, {"s", small}});
  REQUIRE(install(home, made, library_user::site).ok());
  for (const file_bytes& bytes : {large, small}) {
    const std::string path = home.path(file_path(id_of(bytes)));
    std::string rotten = read_text(path);
    rotten[1234] ^= 1;
    write_text(path, rotten);
    REQUIRE(*read_committed(home, id_of(bytes)) != bytes);
  }
  REQUIRE(install(home, made, library_user::site).ok());
  CHECK(*read_committed(home, id_of(small)) != small);  // keep: having it is a success
  REQUIRE(install(home, made, library_user::site, true).ok());
  CHECK(*read_committed(home, id_of(small)) == small);
  CHECK(*read_committed(home, id_of(large)) == large);
  CHECK(count(home).files == 2);

  write_text(home.path(file_path(id_of(small))), "short");
  REQUIRE(install(home, made, library_user::site).ok());
  CHECK(*read_committed(home, id_of(small)) == small);
  CHECK(entries_in(home.path("staging")) == 0);
}

TEST_CASE("a small file whose bytes are wrong is refused, and the others of its batch are kept") {
  library_home home;
  std::vector<file_bytes> bytes;
  for (unsigned i = 0; i < 40; ++i) { bytes.push_back(patterned(100 + i, i)); }
  std::vector<content_library::small_file> files;
  for (const file_bytes& each : bytes) { files.push_back({id_of(each), each}); }
  bytes[7][50] ^= std::byte{1};
  const auto outcomes =
      home.block([&] { return home.library().commit_small(files, io::on_existing::keep); });
  for (std::size_t i = 0; i < files.size(); ++i) {
    CHECK(outcomes[i].has_value() == (i == 7));
    CHECK(*home.block([&] { return home.library().holds(files[i].id); }) == (i != 7));
  }
  CHECK(outcomes[7]->code == errc::corrupt);
  CHECK(entries_in(home.path("staging")) == 0);
}

}  // namespace

}  // namespace sluice::storage
