#include "io/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tests/io/twins.hpp"

namespace sluice::io {
namespace {

constexpr open_options fresh{.access = access_mode::read_write, .create = true};
constexpr open_options fresh_direct{
    .access = access_mode::read_write, .create = true, .direct = true};

task<void> write_and_read(reactor* ring, std::string path) {
  auto root = co_await folder::open(*ring, path);
  REQUIRE(root.ok());
  auto made = co_await root->open_file("a", fresh);
  REQUIRE(made.ok());
  const std::string text = pattern(100'000);
  auto written = co_await made->write(bytes_of(text), 5);
  CHECK(written.ok());
  auto synced = co_await made->sync_data();
  CHECK(synced.ok());
  std::string back(200'000, 'x');
  auto length = co_await made->read(std::as_writable_bytes(std::span(back)), 5);
  REQUIRE(length.ok());
  CHECK(*length == text.size());
  CHECK(back.substr(0, *length) == text);
  auto facts = co_await made->facts();
  REQUIRE(facts.ok());
  CHECK(facts->size == 100'005);
  CHECK(facts->kind == file_kind::regular);
  CHECK(facts->links == 1);
  auto none = co_await made->read(std::as_writable_bytes(std::span(back)), 100'005);
  REQUIRE(none.ok());
  CHECK(*none == 0);
  co_await made->close();
  CHECK_FALSE(made->is_open());
  co_await root->close();
}

TEST_CASE_TEMPLATE("what is written to a file is read back", Twin, SLUICE_TWINS) {
  Twin twin;
  twin.run([&] { return write_and_read(&twin.ring(), twin.folder()); });
}

task<void> direct_tail(reactor* ring, buffer_pool* buffers, std::string path) {
  auto root = co_await folder::open(*ring, path);
  REQUIRE(root.ok());
  for (const std::size_t size : {1U, 4095U, 4096U, 4097U, 70'000U, 1'048'575U, 1'048'576U}) {
    auto memory = co_await buffers->acquire();
    const std::string text = pattern(size);
    std::memcpy(memory.bytes().data(), text.data(), size);
    auto made = co_await root->open_file("direct", fresh_direct);
    REQUIRE(made.ok());
    auto reserved = co_await made->allocate(size);
    CHECK(reserved.ok());
    auto written = co_await made->write_tail(memory.bytes().first(size), 0);
    CHECK(written.ok());
    auto synced = co_await made->sync_all();
    CHECK(synced.ok());
    auto facts = co_await made->facts();
    REQUIRE(facts.ok());
    CHECK(facts->size == size);
    std::ranges::fill(memory.bytes(), std::byte{0xEE});
    made->set_turn({disk_class::idle, 7});  // which changes whose turn it is, and no byte
    auto length = co_await made->read(memory.bytes(), 0);
    REQUIRE(length.ok());
    CHECK(*length == size);
    CHECK(std::memcmp(memory.bytes().data(), text.data(), size) == 0);
    co_await made->close();
    auto removed = co_await root->remove_file("direct");
    CHECK(removed.ok());
  }
}

TEST_CASE_TEMPLATE("a direct file keeps the exact length of its tail", Twin, SLUICE_TWINS) {
  Twin twin;
  std::unique_ptr<buffer_pool> buffers;
  twin.run([&] {
    buffers = std::make_unique<buffer_pool>(twin.ring(), make_buffer_budget(4));
    return direct_tail(&twin.ring(), buffers.get(), twin.folder());
  });
  twin.run([&]() -> task<void> {
    buffers.reset();
    co_return;
  });
}

task<void> open_rules(reactor* ring, std::string path) {
  auto root = co_await folder::open(*ring, path);
  REQUIRE(root.ok());
  auto missing = co_await root->open_file("missing", {});
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().code == errc::not_found);
  CHECK(missing.error().doing.find("missing") != std::string::npos);
  auto made = co_await root->open_file(
      "once", {.access = access_mode::write, .create = true, .exclusive = true});
  CHECK(made.ok());
  auto again = co_await root->open_file(
      "once", {.access = access_mode::write, .create = true, .exclusive = true});
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().code == errc::conflict);
  for (const char* const outside : {"../etc", "/etc/passwd", "folder/../../x"}) {
    auto refused = co_await root->open_file(outside, {});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code != errc::os_failed);
  }
  auto no_folder = co_await folder::open(*ring, path + "/missing");
  REQUIRE_FALSE(no_folder.ok());
  CHECK(no_folder.error().code == errc::not_found);
}

TEST_CASE_TEMPLATE("opening tells what is missing, existing or outside", Twin, SLUICE_TWINS) {
  Twin twin;
  twin.run([&] { return open_rules(&twin.ring(), twin.folder()); });
}

task<void> names(reactor* ring, std::string path) {
  auto root = co_await folder::open(*ring, path);
  REQUIRE(root.ok());
  auto made = co_await root->make_folders("a/b/c");
  REQUIRE(made.ok());
  auto taken = co_await root->make_folder("a/b");
  REQUIRE_FALSE(taken.ok());
  CHECK(taken.error().code == errc::conflict);
  auto orphan = co_await root->make_folder("none/b");
  CHECK_FALSE(orphan.ok());
  auto again = co_await root->make_folders("a/b/c");
  CHECK(again.ok());
  auto first = co_await root->write_whole("a/b/one", "1");
  REQUIRE(first.ok());
  auto second = co_await root->write_whole("a/two", "22");
  REQUIRE(second.ok());
  auto kept = co_await root->rename("a/two", "a/b/one", on_existing::keep);
  REQUIRE_FALSE(kept.ok());
  CHECK(kept.error().code == errc::conflict);
  auto replaced = co_await root->rename("a/two", "a/b/one", on_existing::replace);
  CHECK(replaced.ok());
  auto text = co_await root->read_whole("a/b/one", 10);
  REQUIRE(text.ok());
  CHECK(*text == "22");
  auto moved = co_await root->rename("a/b/one", "a/b/three", on_existing::keep);
  CHECK(moved.ok());
  auto too_long = co_await root->read_whole("a/b/three", 1);
  REQUIRE_FALSE(too_long.ok());
  CHECK(too_long.error().code == errc::limit_reached);
  auto entries = co_await root->list("a/b");
  REQUIRE(entries.ok());
  std::ranges::sort(*entries, {}, &folder_entry::name);
  REQUIRE(entries->size() == 2);
  CHECK((*entries)[0].name == "c");
  CHECK((*entries)[0].kind == file_kind::folder);
  CHECK((*entries)[1].name == "three");
  CHECK((*entries)[1].kind == file_kind::regular);
  auto facts = co_await root->facts("a/b/three");
  REQUIRE(facts.ok());
  CHECK(facts->size == 2);
  CHECK(facts->permissions == 0640);
  auto full = co_await root->remove_folder("a/b");
  REQUIRE_FALSE(full.ok());
  CHECK(full.error().code == errc::conflict);
  auto file_gone = co_await root->remove_file("a/b/three");
  CHECK(file_gone.ok());
  auto folder_gone = co_await root->remove_folder("a/b/c");
  CHECK(folder_gone.ok());
  auto inside = co_await root->open_folder("a/b");
  REQUIRE(inside.ok());
  auto empty = co_await inside->list("");
  REQUIRE(empty.ok());
  CHECK(empty->empty());
  auto synced = co_await root->sync("a/b");
  CHECK(synced.ok());
  auto whole = co_await root->sync_volume();
  CHECK(whole.ok());
  auto volume = co_await root->volume();
  REQUIRE(volume.ok());
  CHECK(volume->bytes_total > 0);
  CHECK(volume->bytes_free <= volume->bytes_total);
  auto wrong = co_await root->remove_file("..");
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().code == errc::invalid);
}

TEST_CASE_TEMPLATE("folders are made, listed, renamed and removed", Twin, SLUICE_TWINS) {
  Twin twin;
  twin.run([&] { return names(&twin.ring(), twin.folder()); });
}

task<void> change_file(reactor* ring, std::string path) {
  auto root = co_await folder::open(*ring, path);
  REQUIRE(root.ok());
  auto made = co_await root->open_file("f", fresh);
  REQUIRE(made.ok());
  auto written = co_await made->write(bytes_of("0123456789"), 0);
  CHECK(written.ok());
  auto cut = co_await made->truncate(4);
  CHECK(cut.ok());
  auto marked = co_await made->set_permissions(0440);
  CHECK(marked.ok());
  auto facts = co_await made->facts();
  REQUIRE(facts.ok());
  CHECK(facts->size == 4);
  CHECK(facts->permissions == 0440);
  auto emptied = co_await root->open_file(
      "f", {.access = access_mode::read_write, .create = true, .truncate = true});
  if (emptied) {  // not by root only
    auto length = co_await emptied->facts();
    REQUIRE(length.ok());
    CHECK(length->size == 0);
  }
}

TEST_CASE_TEMPLATE("size and permissions of a file can be changed", Twin, SLUICE_TWINS) {
  Twin twin;
  twin.run([&] { return change_file(&twin.ring(), twin.folder()); });
}

task<void> links(reactor* ring, std::string path) {
  auto root = co_await folder::open(*ring, path);
  REQUIRE(root.ok());
  auto target = co_await root->read_link("inward");
  REQUIRE(target.ok());
  CHECK(*target == "file");
  auto facts = co_await root->facts("inward");
  REQUIRE(facts.ok());
  CHECK(facts->kind == file_kind::link);
  for (const char* const link : {"inward", "outward/passwd"}) {
    auto refused = co_await root->open_file(link, {});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == errc::denied);
  }
}

task<void> open_pipe(reactor* ring, std::string path) {
  auto root = co_await folder::open(*ring, path);
  REQUIRE(root.ok());
  for (const bool direct : {false, true}) {
    auto pipe = co_await root->open_file("pipe", {.direct = direct, .regular = true});
    REQUIRE_FALSE(pipe.ok());
    CHECK(pipe.error().code == errc::invalid);
    CHECK(describe(pipe.error()).find("pipe: it is not a regular file") != std::string::npos);
  }
  auto written = co_await root->write_whole("file", pattern(100'000));
  REQUIRE(written.ok());
  auto file = co_await root->open_file("file", {.regular = true});
  REQUIRE(file.ok());
  CHECK((::fcntl(file->descriptor(), F_GETFL) & O_NONBLOCK) == 0);  // reads wait for the disk
  co_await file->close();
}

TEST_CASE("a pipe where a file should be is refused, and not waited for") {
  ring_twin twin;
  REQUIRE(::mkfifo((twin.folder() + "/pipe").c_str(), 0600) == 0);
  twin.run([&] { return open_pipe(&twin.ring(), twin.folder()); });
}

TEST_CASE("links are read and looked at, but never followed beneath a folder") {
  ring_twin twin;
  std::filesystem::create_symlink("file", twin.folder() + "/inward");
  std::filesystem::create_symlink("/etc", twin.folder() + "/outward");
  twin.run([&] { return links(&twin.ring(), twin.folder()); });
}

TEST_CASE("blocking calls write, read, rename and make folders") {
  ring_twin twin;
  const std::string deep = twin.folder() + "/x/y/z";
  CHECK(blocking::make_folders(deep).ok());
  CHECK(blocking::make_folders(deep).ok());
  const std::string text = pattern(300'000);
  CHECK(blocking::write_file(deep + "/file", text).ok());
  const auto back = blocking::read_file(deep + "/file", text.size());
  REQUIRE(back.ok());
  CHECK(*back == text);
  const auto too_long = blocking::read_file(deep + "/file", text.size() - 1);
  REQUIRE_FALSE(too_long.ok());
  CHECK(too_long.error().code == errc::limit_reached);
  CHECK(blocking::rename_file(deep + "/file", deep + "/moved").ok());
  CHECK_FALSE(blocking::exists(deep + "/file"));
  CHECK(blocking::exists(deep + "/moved"));
  const auto missing = blocking::rename_file(deep + "/file", deep + "/other");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().code == errc::not_found);
  CHECK_FALSE(blocking::make_folders(deep + "/moved").ok());
}

}  // namespace
}  // namespace sluice::io
