#include "tests/storage/library_home.hpp"

namespace sluice::storage {

namespace {

using contents = std::vector<model::content_id>;
using file_ids = std::vector<model::file_id>;

constexpr std::size_t large = 3 * limits::piece_size + 100;

std::unique_ptr<staging_file> open_file(library_home& home, const made_content& made,
                                        const model::file_id& file,
                                        std::vector<staging_file::piece_run> recorded = {}) {
  auto staged =
      home.block([&] { return home.library().begin_file(file, made.layers.at(file), recorded); });
  REQUIRE(staged.ok());
  return std::move(*staged);
}

void release(library_home& home, std::unique_ptr<staging_file> staged) {
  home.block([&] { return home.library().release_file(std::move(staged)); });
}

/// Its manifest is there, and one piece of each large file.
void begin(library_home& home, const made_content& made) {
  REQUIRE(give_manifest(home, made).ok());
  for (const auto& [file, bytes] : made.files) {
    if (bytes.size() <= limits::piece_size) { continue; }
    auto staged = open_file(home, made, file);
    CHECK(feed(home, *staged, bytes, 0, 1).empty());
    CHECK(home.block([&] { return staged->make_durable(); }).ok());
    release(home, std::move(staged));
  }
}

/// The files that went.
file_ids discard(library_home& home, const model::content_id& content, contents wanted = {}) {
  file_ids gone;
  discard_request asked{content, std::move(wanted), {}};
  asked.dropped = [&gone](const model::file_id& file) { gone.push_back(file); };
  CHECK(home.block([&] { return home.library().discard_staging(asked); }).ok());
  std::sort(gone.begin(), gone.end());
  return gone;
}

model::file_id id_of(const file_bytes& bytes) { return hashing::measure(bytes).id; }

}  // namespace

// C4
TEST_CASE("what was fetched of a content leaves staging, but for what another one needs") {
  library_home home;
  const auto own = patterned(large);
  const auto shared = patterned(large, 7);
  const auto one = make_content(home, "PKG00001.1", {{"a", own}, {"b", shared}, {"c", {}}});
  const auto two = make_content(home, "PKG00002.1", {{"b", shared}});
  begin(home, one);
  begin(home, two);
  CHECK(entries_in(home.path("staging")) == 6);
  CHECK(discard(home, one.content, {two.content}) == file_ids{id_of(own)});
  CHECK_FALSE(home.has(staging_manifest_path(one.content)));
  CHECK(entries_in(home.path("staging")) == 3);
  CHECK(discard(home, two.content) == file_ids{id_of(shared)});
  CHECK(entries_in(home.path("staging")) == 0);
  CHECK(discard(home, two.content).empty());
  begin(home, one);  // from the beginning
  CHECK(install(home, one, library_user::distribution_point).ok());
}

TEST_CASE("the versions before it go as well, also after a restart, and not those after it") {
  library_home home;
  std::vector<made_content> made;
  file_ids all;
  for (const char* name : {"PKG00001.1", "PKG00001.2", "PKG00001.3", "PKG00002.1"}) {
    const auto bytes = patterned(large, static_cast<unsigned>(10 * made.size()));
    all.push_back(id_of(bytes));
    made.push_back(make_content(home, name, {{"f", bytes}}));
    begin(home, made.back());
  }
  home.reopen(all);
  CHECK(discard(home, made[1].content).size() == 2);
  for (std::size_t i = 0; i < made.size(); ++i) {
    CHECK(home.has(staging_path(all[i], 1)) == (i >= 2));
    CHECK(home.has(staging_manifest_path(made[i].content)) == (i >= 2));
  }
  CHECK(discard(home, made[2].content, {made[2].content}).empty());
  CHECK(home.has(staging_manifest_path(made[2].content)));
}

TEST_CASE("a file that somebody writes stays, and goes the next time") {
  library_home home;
  const auto bytes = patterned(large);
  const auto made = make_content(home, "PKG00001.1", {{"f", bytes}});
  begin(home, made);
  auto writer = open_file(home, made, id_of(bytes), {{0, 1}});
  CHECK_FALSE(writer->records_stale());
  const discard_request asked{made.content, {}, {}};
  const auto refused = home.block([&] { return home.library().discard_staging(asked); });
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == errc::limit_reached);
  CHECK(home.has(staging_path(id_of(bytes), 1)));
  CHECK(home.has(staging_manifest_path(made.content)));
  release(home, std::move(writer));
  CHECK(discard(home, made.content).size() == 1);
  CHECK_FALSE(home.has(staging_manifest_path(made.content)));
  // What was recorded of one that went is not believed.
  writer = open_file(home, made, id_of(bytes), {{0, 1}});
  CHECK(writer->records_stale());
  CHECK(feed(home, *writer, bytes, 0, 4).empty());
  release(home, std::move(writer));
}

TEST_CASE("a complete content is not touched, but what was to replace it goes") {
  library_home home;
  const auto bytes = patterned(large);
  const auto made = make_content(home, "PKG00001.1", {{"f", bytes}});
  REQUIRE(install(home, made, library_user::distribution_point).ok());
  CHECK(discard(home, made.content).empty());
  release(home, open_file(home, made, id_of(bytes)));
  CHECK(home.has(staging_path(id_of(bytes), 1)));
  CHECK(discard(home, made.content) == file_ids{id_of(bytes)});
  CHECK_FALSE(home.has(staging_path(id_of(bytes), 1)));
  CHECK(read_committed(home, id_of(bytes)).ok());
}

TEST_CASE("what is to heal a content that is there stays until that is removed") {
  library_home home;
  const auto bytes = patterned(large);
  const auto made = make_content(home, "PKG00001.1", {{"f", bytes}});
  REQUIRE(install(home, made, library_user::distribution_point).ok());
  std::filesystem::rename(home.path(file_path(id_of(bytes))),
                          home.path(staging_path(id_of(bytes), 1)));
  home.reopen({id_of(bytes)});
  const model::content_id newer{made.content.package, 2};
  CHECK(discard(home, newer).empty());
  CHECK(home.has(staging_path(id_of(bytes), 1)));
  CHECK(home.block([&] {
              return home.library().remove_content(made.content, library_user::distribution_point);
            })
            .ok());
  CHECK_FALSE(home.has(staging_path(id_of(bytes), 1)));
}

TEST_CASE("half a manifest keeps nobody from throwing away the rest") {
  library_home home;
  const auto bytes = patterned(large);
  const auto made = make_content(home, "PKG00001.1", {{"f", bytes}});
  begin(home, made);
  write_text(home.path("staging/PKG00001.2"), "sluice-manifest 1\nbytes 7\nf nonsense\n");
  CHECK(discard(home, {made.content.package, 2}) == file_ids{id_of(bytes)});
  CHECK(entries_in(home.path("staging")) == 0);
  // A job that is just getting its manifest wants nothing yet.
  begin(home, made);
  write_text(home.path("staging/PKG00003.1"), "sluice-manifest 1\nbytes 7\nf nonsense\n");
  CHECK(discard(home, made.content, {*model::content_id::parse("PKG00003.1")}).size() == 1);
}

// C4
TEST_CASE("files that are whole already go as well, but for those of another content") {
  library_home home;
  const auto committed = patterned(100, 1);
  const auto wanted = patterned(100, 2);
  const auto own = patterned(100, 3);
  const auto whole = patterned(large, 4);
  const auto other = make_content(home, "PKG00002.1", {{"f", committed}});
  REQUIRE(install(home, other, library_user::distribution_point).ok());
  const auto open = make_content(home, "PKG00003.1", {{"f", wanted}});
  REQUIRE(give_manifest(home, open).ok());
  const auto made = make_content(home, "PKG00001.1",
                                 {{"a", committed},
                                  {"b", wanted},
                                  {"c", own},
                                  {"d", whole},
                                  {"e", patterned(100, 5)},
                                  {"f", {}}});
  REQUIRE(give_manifest(home, made).ok());
  for (const auto* bytes : {&wanted, &own}) {
    const std::vector<content_library::small_file> one{{id_of(*bytes), *bytes}};
    home.block([&] { return home.library().commit_small(one, io::on_existing::keep); });
  }
  auto staged = open_file(home, made, id_of(whole));
  CHECK(feed(home, *staged, whole, 0, 4).empty());
  CHECK(home.block([&] {
              return home.library().commit_file(std::move(staged), io::on_existing::keep);
            })
            .ok());
  CHECK(discard(home, made.content, {open.content}).empty());
  CHECK(home.has(file_path(id_of(committed))));
  CHECK(home.has(file_path(id_of(wanted))));
  CHECK_FALSE(home.has(file_path(id_of(own))));
  CHECK_FALSE(home.has(file_path(id_of(whole))));
  CHECK_FALSE(home.has(staging_manifest_path(made.content)));
  CHECK(discard(home, open.content).empty());
  CHECK_FALSE(home.has(file_path(id_of(wanted))));
  CHECK(read_committed(home, id_of(committed)).ok());
}

}  // namespace sluice::storage
