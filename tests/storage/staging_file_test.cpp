#include "storage/staging_file.hpp"

#include "tests/storage/library_home.hpp"

namespace sluice::storage {

namespace {

constexpr std::size_t piece = limits::piece_size;
using runs = std::vector<piece_run>;

/// A large file, its id and its layer.
struct large_file {
  file_bytes bytes;
  hashing::measured_file measured;
  explicit large_file(std::size_t size)
      : bytes(patterned(size)), measured(hashing::measure(bytes)) {}
  [[nodiscard]] const model::file_id& id() const { return measured.id; }
};

std::unique_ptr<staging_file> begin(library_home& home, const large_file& file,
                                    const runs& recorded = {}) {
  auto staged = home.block(
      [&] { return home.library().begin_file(file.id(), file.measured.pieces, recorded); });
  REQUIRE_MESSAGE(staged.ok(), (staged.ok() ? "" : describe(staged.error())));
  return std::move(*staged);
}

runs make_durable(library_home& home, staging_file& staged) {
  const auto recorded = home.block([&] { return staged.make_durable(); });
  REQUIRE(recorded.ok());
  return *recorded;
}

result<void> commit(library_home& home, std::unique_ptr<staging_file>& staged,
                    io::on_existing how = io::on_existing::keep) {
  return home.block([&] { return home.library().commit_file(std::move(staged), how); });
}

TEST_CASE("one wrong piece costs that piece and nothing else") {
  library_home home;
  const large_file file(5 * piece + 100);
  file_bytes damaged = file.bytes;
  damaged[2 * piece + 7] ^= std::byte{1};
  auto staged = begin(home, file);
  CHECK(feed(home, *staged, damaged, 0, 6) == std::vector<std::uint64_t>{2});
  CHECK(staged->bytes_held() == 4 * piece + 100);
  CHECK_FALSE(staged->complete());
  CHECK(staged->held().find(0, false) == 2);
  CHECK(staged->held().find(3, false) == staged->held().size());

  CHECK(feed(home, *staged, file.bytes, 2, 1).empty());
  CHECK(staged->complete());
  REQUIRE(commit(home, staged).ok());
  CHECK(*read_committed(home, file.id()) == file.bytes);
  CHECK(*home.block([&] { return home.library().holds(file.id()); }));
  CHECK(read_text(home.path(piece_layer_path(file.id()))).size() == 6 * 32);
  CHECK(entries_in(home.path("staging")) == 0);
}

TEST_CASE("an incomplete file cannot be committed and is still there afterwards") {
  library_home home;
  const large_file file(3 * piece);
  auto staged = begin(home, file);
  feed(home, *staged, file.bytes, 0, 2);
  CHECK(commit(home, staged).error().code == errc::invalid);
  CHECK_FALSE(home.has(file_path(file.id())));
  staged = begin(home, file);
  CHECK(staged->bytes_held() == 2 * piece);
  home.let_go(staged);
}

TEST_CASE("only written pieces are recorded, each once") {
  library_home home;
  const large_file file(8 * piece);
  auto staged = begin(home, file);
  feed(home, *staged, file.bytes, 0, 2);
  feed(home, *staged, file.bytes, 4, 1);
  CHECK(make_durable(home, *staged) == runs{{0, 2}, {4, 1}});
  CHECK(make_durable(home, *staged).empty());
  feed(home, *staged, file.bytes, 2, 1);
  const std::span<const std::byte> block(file.bytes);
  const auto taken =
      home.block([&] { return staged->take(block.subspan(6 * piece, piece), 6 * piece); });
  CHECK(taken.ok());  // taken, but not written
  CHECK(make_durable(home, *staged) == runs{{2, 1}});
  home.let_go(staged);
}

TEST_CASE("a dropped file goes on where it was, and re-reads what was not recorded") {
  library_home home;
  const large_file file(200 * piece + 5);
  auto staged = begin(home, file);
  feed(home, *staged, file.bytes, 0, 4);
  CHECK(make_durable(home, *staged) == runs{{0, 4}});
  feed(home, *staged, file.bytes, 4, 2);    // right behind what is recorded
  feed(home, *staged, file.bytes, 198, 3);  // too far away to be looked for
  home.let_go(staged);

  staged = begin(home, file, {{0, 4}});
  CHECK_FALSE(staged->records_stale());
  CHECK(staged->bytes_held() == 6 * piece);
  CHECK(make_durable(home, *staged) == runs{{4, 2}});
  home.let_go(staged);

  home.reopen({file.id()});
  staged = begin(home, file, {{0, 6}, {198, 3}});
  CHECK(staged->bytes_held() == 8 * piece + 5);
  feed(home, *staged, file.bytes, 6, 192);
  REQUIRE(commit(home, staged).ok());
  CHECK(*read_committed(home, file.id()) == file.bytes);
}

TEST_CASE("a staged file that nobody wants is removed at the next start") {
  library_home home;
  const large_file file(2 * piece);
  auto staged = begin(home, file);
  home.let_go(staged);
  REQUIRE(entries_in(home.path("staging")) == 1);
  write_text(home.path("staging/snapshot.7"), "left by a crash");
  write_text(home.path("pkglib/PKG00001.new"), "left by a crash");
  home.reopen();
  CHECK(entries_in(home.path("staging")) == 0);
  CHECK(entries_in(home.path("pkglib")) == 0);
}

TEST_CASE("records of an attempt that is gone are not believed") {
  library_home home;
  const large_file file(80 * piece);
  SUBCASE("the file is not there") {
    auto staged = begin(home, file, {{0, 70}});
    CHECK(staged->records_stale());
    CHECK(staged->bytes_held() == 0);
    home.let_go(staged);
  }
  SUBCASE("the file is another one's beginning") {
    auto staged = begin(home, file);
    feed(home, *staged, file.bytes, 0, 3);
    home.let_go(staged);
    staged = begin(home, file, {{0, 70}});
    CHECK(staged->records_stale());
    CHECK(staged->bytes_held() == 3 * piece);
    home.let_go(staged);
  }
  SUBCASE("they go beyond its end") {
    auto staged = begin(home, file);
    feed(home, *staged, file.bytes, 0, 3);
    home.let_go(staged);
    staged = begin(home, file, {{0, 81}});
    CHECK(staged->records_stale());
    home.let_go(staged);
  }
}

TEST_CASE("a failed write condemns the attempt: nothing of it is kept") {
  library_home home;
  const large_file file(3 * piece);
  auto staged = begin(home, file);
  feed(home, *staged, file.bytes, 0, 3);
  staged->written(piece, error{errc::os_failed, 5, "write to it"});
  CHECK_FALSE(staged->complete());
  CHECK(staged->bytes_held() == 0);
  CHECK(home.block([&] { return staged->make_durable(); }).error().os_error == 5);
  home.block([&] { return home.library().release_file(std::move(staged)); });
  CHECK(entries_in(home.path("staging")) == 0);

  staged = begin(home, file);
  CHECK(staged->attempt() == 2);
  CHECK(staged->bytes_held() == 0);
  feed(home, *staged, file.bytes, 0, 3);
  CHECK(commit(home, staged).ok());
}

io::task<void> wait_and_mark(content_library& library, model::file_id file, io::event& over) {
  co_await library.staging_released(file);
  over.set();
}

TEST_CASE("a second writer is turned away and can wait for the first") {
  library_home home;
  const large_file file(2 * piece);
  auto staged = begin(home, file);
  const auto second =
      home.block([&] { return home.library().begin_file(file.id(), file.measured.pieces, {}); });
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code == errc::conflict);
  io::event over;
  home.ring().post([&] { home.ring().start(wait_and_mark(home.library(), file.id(), over)); });
  feed(home, *staged, file.bytes, 0, 2);
  CHECK_FALSE(over.is_set());
  REQUIRE(commit(home, staged).ok());
  home.block([&] { return over.wait(); });
  CHECK(over.is_set());
}

TEST_CASE("a layer that is not the file's is refused before anything is written") {
  library_home home;
  const large_file file(2 * piece);
  hashing::piece_layer wrong = file.measured.pieces;
  std::swap(wrong[0], wrong[1]);
  const auto begun = home.block([&] { return home.library().begin_file(file.id(), wrong, {}); });
  REQUIRE_FALSE(begun.ok());
  CHECK(begun.error().code == errc::corrupt);
  CHECK(entries_in(home.path("staging")) == 0);
}

TEST_CASE("committing a file that is there already is a success") {
  library_home home;
  const large_file file(2 * piece + 9);
  for (int round = 0; round < 2; ++round) {
    auto staged = begin(home, file);
    feed(home, *staged, file.bytes, 0, 3);
    REQUIRE(commit(home, staged).ok());
  }
  CHECK(*read_committed(home, file.id()) == file.bytes);
  CHECK(entries_in(home.path("filelib")) == 2);
  CHECK(entries_in(home.path("staging")) == 0);
}

}  // namespace

}  // namespace sluice::storage
