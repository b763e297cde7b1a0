// Bundles: many small files in one go, on a real disk and on a simulated one.
#include "io/bundle.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tests/io/twins.hpp"

namespace sluice::io {
namespace {

/// Around every bound: of a block, of what is written past the page cache, of a bundle's memory.
constexpr std::array<std::size_t, 9> all_sizes{0,    1,      4095,   4096,  4097,
                                               8192, 12'289, 65'536, 70'001};

std::string name_of(std::size_t size) { return format("made/{}", size); }

std::span<std::byte> writable(std::string& text) {
  return std::as_writable_bytes(std::span(text.data(), text.size()));
}

task<void> write_all_sizes(folder* root, bool aligned) {
  bundle_memory memory(all_sizes.size() * 128 * limits::kib);
  std::vector<bundled_file> files;
  for (std::size_t i = 0; i < all_sizes.size(); ++i) {
    const std::string text = pattern(all_sizes[i]);
    const auto room = memory.bytes().subspan(i * 128 * limits::kib + (aligned ? 0 : 1));
    std::memcpy(room.data(), text.data(), text.size());
    files.push_back({.path = name_of(all_sizes[i]), .bytes = room.first(text.size())});
  }
  co_await root->write_files(files, aligned);
  for (const bundled_file& file : files) { CHECK_FALSE(file.failed); }
}

task<void> check_all_sizes(folder* root, bool if_cached) {
  bundle_memory memory(limits::mib);
  std::vector<bundled_file> files;
  for (const std::size_t size : all_sizes) { files.push_back({.path = name_of(size)}); }
  co_await root->read_files(files, memory.bytes(), if_cached);
  for (std::size_t i = 0; i < files.size(); ++i) {
    CAPTURE(files[i].path);
    REQUIRE_FALSE(files[i].failed);
    REQUIRE_FALSE(files[i].left_out);
    CHECK(files[i].before.size == all_sizes[i]);
    CHECK(files[i].after.modified == files[i].before.modified);
    const auto bytes = files[i].bytes;
    CHECK(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) ==
          pattern(all_sizes[i]));
  }
}

task<void> write_and_check(reactor* ring, std::string path, bool aligned) {
  auto root = co_await folder::open(*ring, path);
  REQUIRE(root.ok());
  auto made = co_await root->make_folder("made");
  REQUIRE(made.ok());
  co_await write_all_sizes(&*root, aligned);
  co_await check_all_sizes(&*root, true);
  co_await check_all_sizes(&*root, false);
  co_await write_all_sizes(&*root, !aligned);  // again, over what is there
  co_await check_all_sizes(&*root, false);
  co_await root->close();
}

TEST_CASE_TEMPLATE("files that are written together are read together", Twin, SLUICE_TWINS) {
  for (const bool aligned : {true, false}) {
    Twin twin;
    twin.run([&] { return write_and_check(&twin.ring(), twin.folder(), aligned); });
  }
}

task<void> read_with_little_room(reactor* ring, std::string path) {
  auto root = co_await folder::open(*ring, path);
  REQUIRE(root.ok());
  std::string small = pattern(3000);
  std::string large = pattern(20'000);
  std::vector<bundled_file> written{{.path = "a", .bytes = writable(small)},
                                    {.path = "b", .bytes = writable(large)},
                                    {.path = "c", .bytes = writable(small)},
                                    {.path = "d", .bytes = writable(small)},
                                    {.path = "e", .bytes = writable(small)}};
  co_await root->write_files(written, false);
  bundle_memory memory(8192);
  bundle_memory own(4096);
  std::vector<bundled_file> files;
  for (const bundled_file& each : written) { files.push_back({.path = each.path}); }
  files.push_back({.path = "a", .bytes = own.bytes()});
  files.push_back({.path = "b", .bytes = own.bytes()});
  co_await root->read_files(files, memory.bytes(), false);
  CHECK(files[0].bytes.size() == 3000);
  CHECK(files[1].left_out);  // in no room of that size
  CHECK(files[1].before.size == 20'000);
  CHECK(files[2].bytes.size() == 3000);
  CHECK(files[3].left_out);  // this time
  CHECK(files[4].left_out);
  for (const bundled_file& each : files) { CHECK_FALSE(each.failed); }
  co_await root->close();
}

TEST_CASE_TEMPLATE("what has no room in a bundle is left out, and what comes after it waits", Twin,
                   SLUICE_TWINS) {
  Twin twin;
  twin.run([&] { return read_with_little_room(&twin.ring(), twin.folder()); });
}

task<void> rename_some(reactor* ring, std::string path) {
  auto root = co_await folder::open(*ring, path);
  REQUIRE(root.ok());
  for (const char* each : {"from", "to", "to2"}) {
    auto made = co_await root->make_folder(each);
    REQUIRE(made.ok());
  }
  std::string text = pattern(10);
  std::vector<bundled_file> written;
  for (const char* each : {"from/a", "from/b", "from/c", "to/b"}) {
    written.push_back({.path = each, .bytes = writable(text)});
  }
  co_await root->write_files(written, true);
  std::vector<bundled_file> files{{.path = "from/a", .to = "to/a"},
                                  {.path = "from/b", .to = "to/b"},
                                  {.path = "from/none", .to = "to/none"},
                                  {.path = "from/c", .to = "../c"},
                                  {.path = "from/c", .to = "to2/c"}};
  co_await root->rename_files(files, on_existing::keep);
  CHECK_FALSE(files[0].failed);
  REQUIRE(files[1].failed);
  CHECK(files[1].failed->code == errc::conflict);
  REQUIRE(files[2].failed);
  CHECK(files[2].failed->code == errc::not_found);
  REQUIRE(files[3].failed);
  CHECK(files[3].failed->code == errc::denied);
  CHECK_FALSE(files[4].failed);
  std::vector<bundled_file> again{{.path = "from/b", .to = "to/b"}};
  co_await root->rename_files(again, on_existing::replace);
  CHECK_FALSE(again[0].failed);
  std::vector<bundled_file> there{{.path = "to/a"}, {.path = "from/a"}, {.path = "to2/c"}};
  co_await root->look_at_files(there);
  CHECK(there[0].before.size == 10);
  REQUIRE(there[1].failed);
  CHECK(there[1].failed->code == errc::not_found);
  CHECK(there[2].before.kind == file_kind::regular);
  co_await root->close();
}

TEST_CASE_TEMPLATE("names are given together, and each that cannot be given says why", Twin,
                   SLUICE_TWINS) {
  Twin twin;
  twin.run([&] { return rename_some(&twin.ring(), twin.folder()); });
}

task<void> read_what_is_none(reactor* ring, std::string path) {
  auto root = co_await folder::open(*ring, path);
  REQUIRE(root.ok());
  bundle_memory memory(limits::mib);
  std::vector<bundled_file> files{{.path = "pipe"}, {.path = "none"}, {.path = "link"}};
  co_await root->read_files(files, memory.bytes(), true);
  REQUIRE(files[0].failed);
  CHECK(files[0].failed->code == errc::invalid);
  CHECK(describe(*files[0].failed).find("it is not a regular file") != std::string::npos);
  REQUIRE(files[1].failed);
  CHECK(files[1].failed->code == errc::not_found);
  REQUIRE(files[2].failed);
  CHECK(files[2].failed->code == errc::denied);
  co_await root->close();
}

TEST_CASE("a pipe in a bundle is refused, not waited for, and a link is not followed") {
  ring_twin twin;
  REQUIRE(::mkfifo((twin.folder() + "/pipe").c_str(), 0600) == 0);
  REQUIRE(::symlink("pipe", (twin.folder() + "/link").c_str()) == 0);
  twin.run([&] { return read_what_is_none(&twin.ring(), twin.folder()); });
}

task<void> write_three(reactor* ring, std::vector<bundled_file>* files) {
  auto root = co_await folder::open(*ring, "/");
  REQUIRE(root.ok());
  co_await root->write_files(*files, true);
  co_await root->close();
}

TEST_CASE("what the disk refuses to one file of a bundle is that file's failure alone") {
  std::string text = pattern(5000);
  const std::pair<opcode, int> failures[] = {{opcode::open_file, EIO},
                                             {opcode::write, EIO},
                                             {opcode::sync_all, EIO},
                                             {opcode::sync_all, EAGAIN},  // never tried again
                                             {opcode::sync_all, EINTR}};
  for (const auto& [code, os_error] : failures) {
    CAPTURE(static_cast<int>(code));
    CAPTURE(os_error);
    simulated_world world(1);
    auto ring = reactor::make(world.machine("node"));
    REQUIRE(ring.ok());
    world.fail("node", code, 2, os_error);
    std::vector<bundled_file> files;
    for (const char* each : {"a", "b", "c"}) {
      files.push_back({.path = each, .bytes = writable(text)});
    }
    block_on<void>(**ring, [&] { return write_three(ring->get(), &files); });
    CHECK_FALSE(files[0].failed);
    REQUIRE(files[1].failed);
    CHECK(files[1].failed->os_error == os_error);
    CHECK_FALSE(files[2].failed);
  }
}

}  // namespace
}  // namespace sluice::io
