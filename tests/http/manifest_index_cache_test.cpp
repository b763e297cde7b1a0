#include "http/manifest_index_cache.hpp"

#include <doctest/doctest.h>

#include "tests/http/test_library.hpp"

using namespace sluice;
using namespace sluice::http;
using namespace sluice::http::test;

namespace {

using index_result = result<std::shared_ptr<const manifest_index>>;

/// What the test does on the reactor with one cache.
struct cache_user {
  io::reactor& ring;
  const test_library& library;
  std::uint64_t bytes_max;
  std::unique_ptr<storage::library_reader> reader;
  std::unique_ptr<manifest_index_cache> cache;

  cache_user(io::reactor& on, const test_library& from, std::uint64_t bound)
      : ring(on), library(from), bytes_max(bound) {
    const bool opened = io::block_on<bool>(ring, [this] { return open(this); });
    REQUIRE(opened);
  }
  ~cache_user() {
    io::block_on<void>(ring, [this] { return close(this); });
  }
  static io::task<bool> open(cache_user* self) {
    auto opened = co_await storage::library_reader::open(self->ring, self->library.root());
    if (!opened) { co_return false; }
    self->reader = std::move(*opened);
    self->cache = std::make_unique<manifest_index_cache>(*self->reader, self->library.catalogue,
                                                         self->bytes_max);
    co_return true;
  }
  static io::task<void> close(cache_user* self) {
    co_await self->reader->close();
    self->cache.reset();
    self->reader.reset();
  }
  index_result get(const char* content) {
    const auto entry = library.catalogue->find(*model::content_id::parse(content));
    REQUIRE(entry);
    return io::block_on<index_result>(ring, [&] { return cache->get(*entry); });
  }
  static io::task<void> get_into(manifest_index_cache* cache, storage::catalogue_entry entry,
                                 std::shared_ptr<const manifest_index>* into) {
    auto got = co_await cache->get(entry);
    if (got) { *into = *got; }
  }
  /// Many asking for one content at once.
  static io::task<bool> get_together(cache_user* self, storage::catalogue_entry entry) {
    std::vector<std::shared_ptr<const manifest_index>> indexes(20);
    io::task_group askers;
    for (auto& index : indexes) { askers.start(get_into(self->cache.get(), entry, &index)); }
    co_await askers.wait_all();
    bool same = indexes.front() != nullptr;
    for (const auto& index : indexes) { same = same && index == indexes.front(); }
    co_return same;
  }
};

struct indexed_library {
  indexed_library() {
    for (unsigned i = 0; i < 2000; ++i) {
      library.add("file/" + std::to_string(i), patterned(5, i));
    }
    library.commit("PKG00012.1");
    library.commit("PKG00012.2");
    library.commit("PKG00012.3");
    auto started = io::reactor_thread::start("index");
    REQUIRE(started.ok());
    thread = std::move(*started);
  }
  test_library library;
  std::unique_ptr<io::reactor_thread> thread;
};

}  // namespace

TEST_CASE("an index is built once, however many ask for it meanwhile") {
  indexed_library with;
  cache_user user(with.thread->get(), with.library, limits::mib);
  const auto entry = with.library.catalogue->find(*model::content_id::parse("PKG00012.1"));
  CHECK(io::block_on<bool>(user.ring, [&] { return cache_user::get_together(&user, *entry); }));
  CHECK(user.cache->built() == 1);
  const auto again = user.get("PKG00012.1");
  REQUIRE(again.ok());
  CHECK((*again)->resolve("file/77").leads_to == manifest_index::resolution::kind::file);
  CHECK(user.cache->built() == 1);
}

TEST_CASE("the cache stays within its bytes, and forgets what was not asked for lately") {
  indexed_library with;
  std::uint64_t one = 0;
  {
    cache_user user(with.thread->get(), with.library, limits::mib);
    REQUIRE(user.get("PKG00012.1").ok());
    one = user.cache->bytes();
  }
  CHECK(one > 2000 * 48);
  // Room is made for what a manifest may need before it is read, so that two need some to spare.
  cache_user user(with.thread->get(), with.library, 3 * one);
  REQUIRE(user.get("PKG00012.1").ok());
  REQUIRE(user.get("PKG00012.2").ok());
  REQUIRE(user.get("PKG00012.1").ok());
  REQUIRE(user.get("PKG00012.3").ok());
  CHECK(user.cache->bytes() <= 3 * one);
  CHECK(user.cache->built() == 3);
  REQUIRE(user.get("PKG00012.3").ok());
  REQUIRE(user.get("PKG00012.1").ok());
  CHECK(user.cache->built() == 3);
  // One is always admitted.
  cache_user tiny(with.thread->get(), with.library, 1);
  REQUIRE(tiny.get("PKG00012.1").ok());
  REQUIRE(tiny.get("PKG00012.2").ok());
  CHECK(tiny.cache->bytes() == one);
}

TEST_CASE("an index goes with its content, and a manifest that changed is read anew") {
  indexed_library with;
  cache_user user(with.thread->get(), with.library, limits::mib);
  REQUIRE(user.get("PKG00012.1").ok());
  with.library.add("new", "new file");
  with.library.commit("PKG00012.1");
  const auto changed = user.get("PKG00012.1");
  REQUIRE(changed.ok());
  CHECK((*changed)->resolve("new").leads_to == manifest_index::resolution::kind::file);
  with.library.catalogue->remove(*model::content_id::parse("PKG00012.1"));
  REQUIRE(user.get("PKG00012.2").ok());
  const std::uint64_t with_two = user.cache->bytes();
  REQUIRE(user.get("PKG00012.2").ok());
  CHECK(user.cache->bytes() == with_two);
  CHECK(user.cache->built() == 3);
}

TEST_CASE("a broken manifest fails the request, and is tried again") {
  indexed_library with;
  cache_user user(with.thread->get(), with.library, limits::mib);
  with.library.write("datalib/PKG00012.1", "not a manifest\n");
  CHECK(user.get("PKG00012.1").error().code == errc::corrupt);
  with.library.commit("PKG00012.1");
  CHECK(user.get("PKG00012.1").ok());
}
