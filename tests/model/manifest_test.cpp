#include "model/manifest.hpp"

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include <doctest/doctest.h>

#include "tests/model/manifest_sample.hpp"

using namespace sluice;
using namespace sluice::model;
using namespace sluice::model::sample;

namespace {

std::string read_golden(const std::string& name) {
  std::ifstream file(std::string(SLUICE_GOLDEN) + "/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Compares with the golden file; with UPDATE_GOLDEN=1 in the environment writes it instead.
void check_golden(const std::string& name, const std::string& text) {
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(std::string(SLUICE_GOLDEN) + "/" + name, std::ios::binary) << text;
  }
  CHECK(read_golden(name) == text);
}

manifest random_manifest(seeded_random& random) {
  manifest made;
  made.header.content = *content_id::parse("PKG00012.3");
  std::vector<std::string> folders{""};
  std::map<std::string, manifest_entry> entries;
  const std::size_t count = random() % 60;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string path = folders[random() % folders.size()] + random_name(random);
    if (entries.contains(path)) { continue; }
    manifest_entry entry = random_entry(path, random);
    if (entry.kind == entry_kind::folder) { folders.push_back(path + "/"); }
    entries.emplace(path, std::move(entry));
  }
  for (auto& [path, entry] : entries) { made.entries.push_back(std::move(entry)); }
  seal(made);
  return made;
}

std::vector<manifest_entry> parsed_in_chunks(std::string_view text, seeded_random& random,
                                             std::size_t longest, manifest_parser& parser) {
  std::vector<manifest_entry> entries;
  while (!text.empty()) {
    const std::string_view chunk = text.substr(0, random() % longest + 1);
    REQUIRE(parser.feed(chunk, entries));
    text.remove_prefix(chunk.size());
  }
  REQUIRE(parser.finish());
  return entries;
}

}  // namespace

TEST_CASE("the format is that of the golden files") {
  manifest whole = every_kind();
  check_golden("every_kind.manifest", print_manifest(whole));
  whole.entries.clear();
  seal(whole);
  check_golden("empty_package.manifest", print_manifest(whole));
}

TEST_CASE("golden files are read back") {
  const auto read = parse_manifest(read_golden("every_kind.manifest"));
  REQUIRE(read);
  CHECK(*read == every_kind());
  const auto empty = parse_manifest(read_golden("empty_package.manifest"));
  REQUIRE(empty);
  CHECK(empty->entries.empty());
  CHECK(empty->header.content.text() == "PKG00012.3");
}

TEST_CASE("random manifests survive printing and parsing in any chunks") {
  seeded_random random(42);
  for (int round = 0; round < 500; ++round) {
    const manifest whole = random_manifest(random);
    const std::string text = print_manifest(whole);
    manifest_parser parser;
    const auto entries = parsed_in_chunks(text, random, round % 2 == 0 ? 7 : 500, parser);
    REQUIRE(entries == whole.entries);
    REQUIRE(parser.header() == whole.header);
    REQUIRE(print_manifest({parser.header(), entries}) == text);
  }
}

TEST_CASE("one changed byte is refused, or is another manifest with its own spelling") {
  const std::string text = print_manifest(every_kind());
  seeded_random random(5);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ (1 << (random() % 8)));
    const auto read = parse_manifest(changed);
    if (read) { REQUIRE(print_manifest(*read) == changed); }
  }
}

TEST_CASE("every shortened manifest is refused") {
  const std::string text = print_manifest(every_kind());
  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    REQUIRE_FALSE(parse_manifest(std::string_view(text).substr(0, length)));
  }
}

TEST_CASE("the outcome does not depend on the chunks, in failure too") {
  const std::string text = print_manifest(every_kind()) + "d zzz\n";
  manifest_parser whole;
  std::vector<manifest_entry> at_once;
  const auto first = whole.feed(text, at_once);
  REQUIRE_FALSE(first);
  for (const std::size_t length : {1, 2, 3, 17, 100}) {
    manifest_parser parser;
    std::vector<manifest_entry> entries;
    result<void> fed;
    for (std::size_t at = 0; at < text.size() && fed; at += length) {
      fed = parser.feed(std::string_view(text).substr(at, length), entries);
    }
    REQUIRE_FALSE(fed);
    CHECK(fed.error() == first.error());
    CHECK(entries == at_once);
    CHECK(parser.feed("d zzzz\n", entries).error() == first.error());
    CHECK(parser.finish().error() == first.error());
  }
}

TEST_CASE("an entry line stands alone for readers that go on in the middle") {
  for (const manifest_entry& entry : every_kind().entries) {
    std::string line = manifest_printer::print_entry(entry);
    line.pop_back();
    const auto read = parse_manifest_entry(line);
    REQUIRE(read);
    CHECK(*read == entry);
  }
  CHECK_FALSE(parse_manifest_entry(""));
  CHECK_FALSE(parse_manifest_entry("d a\n"));
}

TEST_CASE("the first lines say of which content a manifest is") {
  const manifest whole = sample::every_kind();
  const std::string text = print_manifest(whole);
  CHECK(content_of_manifest(text) == whole.header.content);
  CHECK(content_of_manifest(text.substr(0, text.find("algorithm"))) == whole.header.content);
  CHECK(!content_of_manifest(text.substr(0, text.find("algorithm") - 1)));
  CHECK(!content_of_manifest(std::string(500, 'm')));
  CHECK(!content_of_manifest(""));
}

TEST_CASE("percent-encoding leaves the unreserved characters and the slash") {
  CHECK(percent_encoded("aZ09-._~/") == "aZ09-._~/");
  CHECK(percent_encoded(" %é\n+:") == "%20%25%C3%A9%0A%2B%3A");
}

TEST_CASE("a link may point anywhere inside the tree") {
  for (const auto& [path, target] :
       std::vector<std::pair<const char*, const char*>>{{"a", "b"},
                                                        {"a", "b/c"},
                                                        {"a", "."},
                                                        {"a/b", ".."},
                                                        {"a/b", "../c"},
                                                        {"a/b/c", "../.."},
                                                        {"a/b/c", "../../x"},
                                                        {"a", "./b//c/"},
                                                        {"a/b", ".././c"},
                                                        {"a", "not there"},
                                                        {"a", "..."},
                                                        {"a", "..b/..c"}}) {
    CAPTURE(target);
    CHECK(link_stays_inside(path, target));
  }
}

TEST_CASE("a link that leaves the tree, or might through another link, is refused") {
  for (const auto& [path, target] :
       std::vector<std::pair<const char*, const char*>>{{"a", ""},
                                                        {"a", "/etc/passwd"},
                                                        {"a", ".."},
                                                        {"a", "../a"},
                                                        {"a/b", "../.."},
                                                        {"a/b", "../../a"},
                                                        {"a/b", ".././../c"},
                                                        {"a", "b/.."},
                                                        {"a", "b/../../c"},
                                                        {"a/b", "./..//../x"},
                                                        {"a", "\xff"}}) {
    CAPTURE(target);
    CHECK_FALSE(link_stays_inside(path, target));
  }
  CHECK_FALSE(link_stays_inside("a", std::string_view("b\0c", 3)));
  CHECK_FALSE(link_stays_inside("a", std::string(4097, 'b')));
  CHECK(link_stays_inside("a", std::string(4096, 'b')));
}
