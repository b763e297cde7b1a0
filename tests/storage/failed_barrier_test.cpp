// A sync of names fails: whether a power cut would take them nobody knows, so none of them stays.
#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tests/storage/simulated_library.hpp"

namespace sluice::storage {

namespace {

constexpr const char* host = test::simulated_library::host;

using file_bytes = std::vector<std::byte>;

file_bytes patterned(std::size_t size, std::size_t from) {
  file_bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) { bytes[i] = static_cast<std::byte>((i + from) % 251); }
  return bytes;
}

struct library_on_trial : test::simulated_library {
  library_on_trial() { start(); }

  /// How many of the files the library says it has.
  std::size_t held(const std::vector<file_bytes>& files) {
    std::size_t count = 0;
    for (const file_bytes& bytes : files) {
      const model::file_id file = hashing::measure(bytes).id;
      auto there = io::block_on<result<bool>>(*ring, [&] { return library->holds(file); });
      REQUIRE(there.ok());
      if (*there) { ++count; }
    }
    return count;
  }

  /// How many were stored.
  std::size_t store(const std::vector<file_bytes>& files, io::on_existing how) {
    std::vector<content_library::small_file> small;
    for (const file_bytes& bytes : files) { small.push_back({hashing::measure(bytes).id, bytes}); }
    using outcomes = std::vector<std::optional<error>>;
    const auto told =
        io::block_on<outcomes>(*ring, [&] { return library->commit_small(small, how); });
    return static_cast<std::size_t>(std::count(told.begin(), told.end(), std::nullopt));
  }

  io::task<bool> commit_large(const file_bytes& bytes) {
    const hashing::measured_file measured = hashing::measure(bytes);
    auto staged = co_await library->begin_file(measured.id, measured.pieces, {});
    REQUIRE(staged.ok());
    for (std::uint64_t piece = 0; piece < measured.pieces.size(); ++piece) {
      auto memory = co_await buffers->acquire();
      const std::uint64_t offset = piece * limits::piece_size;
      const auto block = memory.bytes().first((*staged)->length_of(piece));
      std::memcpy(block.data(), bytes.data() + offset, block.size());
      auto taken = co_await (*staged)->take(block, offset);
      REQUIRE(taken.ok());
      auto written = co_await (*staged)->target().write_tail(block, offset);
      (*staged)->written(offset, written);
    }
    auto committed = co_await library->commit_file(std::move(*staged), io::on_existing::keep);
    co_return committed.ok();
  }
};

/// Fails each sync of a batch in turn; what was not stored is not held, and can be stored again.
void fail_each_sync(std::size_t count, io::opcode sync, std::uint64_t syncs_at_least) {
  std::vector<file_bytes> files;
  for (std::size_t i = 0; i < count; ++i) { files.push_back(patterned(300, i)); }
  std::uint64_t nth = 1;
  for (bool failed = true; failed; ++nth) {
    CAPTURE(nth);
    library_on_trial on;
    on.world.fail(host, sync, nth, EIO);
    const std::size_t stored = on.store(files, io::on_existing::keep);
    failed = stored < count;
    CHECK(on.held(files) == stored);
    if (!failed) { break; }
    CHECK(on.store(files, io::on_existing::keep) == count);
    CHECK(on.held(files) == count);
  }
  CHECK(nth > syncs_at_least);
}

TEST_CASE("files of a small batch whose names could not be synced are not there") {
  fail_each_sync(3, io::opcode::sync_all, 6);  // each file, filelib, each folder
}

TEST_CASE("files of a large batch whose names could not be synced are not there") {
  fail_each_sync(20, io::opcode::sync_volume, 2);
}

io::task<void> store_some(content_library* library, std::vector<content_library::small_file> files,
                          std::size_t* stored) {
  auto outcomes = co_await library->commit_small(std::move(files), io::on_existing::keep);
  *stored += static_cast<std::size_t>(std::count(outcomes.begin(), outcomes.end(), std::nullopt));
}

io::task<void> store_halves(content_library* library, const std::vector<file_bytes>* files,
                            std::size_t* stored) {
  std::vector<content_library::small_file> halves[2];
  for (std::size_t i = 0; i < files->size(); ++i) {
    halves[i % 2].push_back({hashing::measure((*files)[i]).id, (*files)[i]});
  }
  io::task_group group;
  for (auto& half : halves) { group.start(store_some(library, std::move(half), stored)); }
  co_await group.wait_all();
}

TEST_CASE("batches that are stored at the same time share their two barriers, and their failure") {
  std::vector<file_bytes> files;
  for (std::size_t i = 0; i < 40; ++i) { files.push_back(patterned(300, i)); }
  for (const std::uint64_t nth : {1U, 2U, 3U}) {
    CAPTURE(nth);
    library_on_trial on;
    on.world.fail(host, io::opcode::sync_volume, nth, EIO);
    std::size_t stored = 0;
    const auto both = [&] { return store_halves(on.library.get(), &files, &stored); };
    io::block_on<void>(*on.ring, both);
    CHECK(stored == (nth == 3 ? files.size() : 0));
    CHECK(on.held(files) == stored);
    if (nth == 3) { continue; }
    io::block_on<void>(*on.ring, both);
    CHECK(stored == files.size());
    CHECK(on.held(files) == files.size());
  }
}

TEST_CASE("a snapshot with a barrier that failed leaves nothing, and can be taken again") {
  std::vector<file_bytes> files;
  for (std::size_t i = 0; i < 20; ++i) { files.push_back(patterned(300, i)); }
  const std::array<std::byte, 32> seed{std::byte{1}};
  const hashing::signing_key key(seed);
  std::uint64_t nth = 1;
  for (bool failed = true; failed; ++nth) {
    CAPTURE(nth);
    library_on_trial on;
    for (std::size_t i = 0; i < files.size(); ++i) {
      std::string text(files[i].size(), '\0');
      std::memcpy(text.data(), files[i].data(), text.size());
      on.world.put_file(host, format("source/{}", i), text);
    }
    on.library->trust({key.verifier()});
    snapshot_request asked;
    asked.source_root = "/source";
    asked.content = *model::content_id::parse("PKG00001.1");
    asked.site_key = &key;
    const auto take = [&] {
      return take_snapshot(*on.ring, on.workers, *on.buffers, *on.library, asked, nullptr);
    };
    on.world.fail(host, io::opcode::sync_volume, nth, EIO);
    failed = !io::block_on<result<snapshot_outcome>>(*on.ring, take).ok();
    CHECK(on.held(files) == (failed ? 0 : files.size()));
    if (!failed) { break; }
    CHECK(io::block_on<result<snapshot_outcome>>(*on.ring, take).ok());
    CHECK(on.held(files) == files.size());
  }
  CHECK(nth == 3);  // the bytes, the names
}

TEST_CASE("a large file whose name could not be synced is not there") {
  const std::vector<file_bytes> files{patterned(limits::piece_size + 5, 0)};
  std::uint64_t nth = 1;
  for (bool failed = true; failed; ++nth) {
    CAPTURE(nth);
    library_on_trial on;
    on.world.fail(host, io::opcode::sync_all, nth + 1, EIO);  // the first is of staging/
    const auto commit = [&] { return on.commit_large(files.front()); };
    failed = !io::block_on<bool>(*on.ring, commit);
    CHECK(on.held(files) == (failed ? 0 : 1));
    if (!failed) { break; }
    CHECK(io::block_on<bool>(*on.ring, commit));
  }
  CHECK(nth > 4);  // the bytes, filelib, the pieces, their name, the name
}

TEST_CASE("a file that was there keeps its name when its replacement could not be synced") {
  const std::vector<file_bytes> files{patterned(300, 0), patterned(300, 1)};
  library_on_trial on;
  CHECK(on.store({files.front()}, io::on_existing::keep) == 1);
  on.world.fail(host, io::opcode::sync_all, 4, EIO);  // two files, filelib, the first folder
  CHECK(on.store(files, io::on_existing::replace) == 0);
  CHECK(on.held({files.front()}) == 1);
  CHECK(on.held({files.back()}) == 0);
}

}  // namespace

}  // namespace sluice::storage
