#include "http/manifest_index.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace sluice;
using namespace sluice::http;
using model::entry_kind;
using leads_to = manifest_index::resolution::kind;

namespace {

model::file_id file_named(std::uint8_t number) {
  model::file_id file{{}, model::byte_count{number}};
  file.digest.bytes.fill(std::byte{number});
  return file;
}

model::manifest_entry file_at(const char* path, std::uint8_t number) {
  return {entry_kind::file, path, file_named(number), {}};
}

manifest_index index_of(std::vector<model::manifest_entry> entries) {
  std::sort(entries.begin(), entries.end(),
            [](const auto& left, const auto& right) { return left.path < right.path; });
  model::manifest_header header;
  header.entries = static_cast<std::uint32_t>(entries.size());
  header.files = static_cast<std::uint32_t>(
      std::count_if(entries.begin(), entries.end(), [](const auto& one) { return one.is_file(); }));
  manifest_index_builder builder(header, model::byte_count{1000});
  for (const auto& entry : entries) { REQUIRE(builder.add(entry).ok()); }
  return builder.finish();
}

manifest_index tree() {
  return index_of({file_at("a", 1),
                   file_at("dir/b", 2),
                   file_at("dir/sub/c", 3),
                   file_at("dir-x", 4),
                   file_at("same", 1),
                   {entry_kind::executable, "tool", file_named(5), {}},
                   {entry_kind::folder, "empty", {}, {}},
                   {entry_kind::link, "to-a", {}, "a"},
                   {entry_kind::link, "dir/up", {}, "../a"},
                   {entry_kind::link, "to-dir", {}, "dir/sub"},
                   {entry_kind::link, "chain", {}, "to-dir/../b"},
                   {entry_kind::link, "loop", {}, "loop2"},
                   {entry_kind::link, "loop2", {}, "loop"},
                   {entry_kind::link, "nowhere", {}, "missing"},
                   {entry_kind::link, "dir/out", {}, "../../x"}});
}

std::uint64_t file_size(const manifest_index& index, const char* path) {
  const auto found = index.resolve(path);
  REQUIRE_MESSAGE(found.leads_to == leads_to::file, path);
  return model::raw(found.file.file.size);
}

std::vector<std::string> names(const manifest_index::page& page) {
  std::vector<std::string> all;
  for (const auto& entry : page.entries) { all.push_back(entry.name); }
  return all;
}

}  // namespace

TEST_CASE("files are found by path, and through links inside the content") {
  const manifest_index index = tree();
  CHECK(file_size(index, "a") == 1);
  CHECK(file_size(index, "dir/sub/c") == 3);
  CHECK(file_size(index, "to-a") == 1);
  CHECK(file_size(index, "dir/up") == 1);
  CHECK(file_size(index, "to-dir/c") == 3);
  CHECK(file_size(index, "chain") == 2);
  CHECK(index.resolve("tool").file.kind == entry_kind::executable);
}

TEST_CASE("what is not there, loops and climbs lead nowhere") {
  const manifest_index index = tree();
  for (const char* const path :
       {"b", "dir/x", "a/b", "di", "dir/su", "loop", "nowhere", "dir/out", "to-a/x", "zzz"}) {
    CHECK_MESSAGE(index.resolve(path).leads_to == leads_to::none, path);
  }
}

TEST_CASE("folders are found, named by an entry or only by what is in them") {
  const manifest_index index = tree();
  CHECK(index.resolve("").leads_to == leads_to::folder);
  CHECK(index.resolve("dir").folder == "dir");
  CHECK(index.resolve("empty").folder == "empty");
  CHECK(index.resolve("to-dir").folder == "dir/sub");
}

TEST_CASE("a file belongs to the content when digest and size do") {
  const manifest_index index = tree();
  for (std::uint8_t number = 1; number <= 5; ++number) { CHECK(index.has(file_named(number))); }
  CHECK(!index.has(file_named(6)));
  model::file_id other = file_named(5);
  other.size = model::byte_count{6};
  CHECK(!index.has(other));
  CHECK(!index_of({}).has(other));
}

TEST_CASE("a folder lists each name once, in pages") {
  const manifest_index index = tree();
  const auto all = index.list("", "", 100);
  CHECK(names(all) == std::vector<std::string>{"a", "chain", "dir-x", "dir", "empty", "loop",
                                               "loop2", "nowhere", "same", "to-a", "to-dir",
                                               "tool"});
  CHECK(all.next.empty());
  CHECK(all.entries[3].kind == entry_kind::folder);
  CHECK(names(index.list("dir", "", 100)) == std::vector<std::string>{"b", "out", "sub", "up"});
  CHECK(index.list("dir", "", 100).entries[1].link_target == "../../x");
  CHECK(index.list("empty", "", 100).entries.empty());
  for (std::size_t size = 1; size < 5; ++size) {
    std::vector<std::string> gathered;
    std::string after;
    do {
      const auto page = index.list("", after, size);
      for (const auto& name : names(page)) { gathered.push_back(name); }
      after = page.next;
    } while (!after.empty());
    CHECK(gathered == names(all));
  }
}

TEST_CASE("more entries than the header promised are refused") {
  model::manifest_header header;
  header.entries = 1;
  header.files = 1;
  manifest_index_builder builder(header, model::byte_count{100});
  CHECK(builder.add(file_at("a", 1)).ok());
  CHECK(builder.add(file_at("b", 1)).error().code == errc::corrupt);
}

TEST_CASE("a listing escapes every name for a browser and for JSON") {
  folder_listing listing;
  listing.content = *model::content_id::parse("PKG00012.3");
  listing.path = "x<y";
  listing.entries = {{"<script>\"'&", entry_kind::file, 7, {}},
                     {"javascript:a", entry_kind::folder, 0, {}},
                     {"l\n\\", entry_kind::link, 0, "a<b"}};
  listing.next = "n&m";
  const std::string page = print_html(listing);
  CHECK(page.find("<script>") == std::string::npos);
  CHECK(page.find("href=\"./%3Cscript%3E%22%27%26\"") != std::string::npos);
  CHECK(page.find("href=\"./javascript%3Aa/\"") != std::string::npos);
  CHECK(page.find("&lt;script&gt;&quot;&#39;&amp;") != std::string::npos);
  CHECK(page.find("?after=n%26m") != std::string::npos);
  CHECK(print_json(listing) ==
        "{\"content\":\"PKG00012.3\",\"path\":\"x<y\",\"entries\":["
        "{\"name\":\"<script>\\\"'&\",\"kind\":\"file\",\"size\":7},"
        "{\"name\":\"javascript:a\",\"kind\":\"folder\"},"
        "{\"name\":\"l\\u000a\\\\\",\"kind\":\"link\",\"target\":\"a<b\"}],\"next\":\"n&m\"}\n");
}
