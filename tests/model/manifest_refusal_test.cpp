#include <algorithm>

#include <doctest/doctest.h>

#include "tests/model/manifest_sample.hpp"

using namespace sluice;
using namespace sluice::model;

namespace {

const std::string root(64, 'a');

std::string header(std::uint64_t entries, std::uint64_t files, std::uint64_t bytes) {
  return format(
      "sluice-manifest 1\nsite PKG\npackage PKG00012\nversion 3\nalgorithm sha256-tree\n"
      "entries {}\nfiles {}\nbytes {}\n",
      entries, files, bytes);
}

std::string file(std::string_view path) { return format("f 1 {} {}\n", root, path); }

/// A manifest of these lines whose counts are right.
std::string with(const std::vector<std::string>& lines) {
  std::string body;
  std::uint64_t files = 0;
  for (const std::string& line : lines) {
    body += line;
    files += line.front() == 'f' ? 1 : 0;
  }
  return header(lines.size(), files, files) + body;
}

void check_refused(std::string_view text, std::string_view named, errc code = errc::corrupt) {
  CAPTURE(named);
  const auto read = parse_manifest(text);
  REQUIRE_FALSE(read);
  CHECK(name_of(read.error().code) == name_of(code));
  CAPTURE(read.error().doing);
  CHECK(read.error().doing.find(named) != std::string::npos);
  CHECK(read.error().doing.starts_with("accept the manifest, line "));
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("a manifest of these helpers is accepted as long as nothing is wrong") {
  CHECK(parse_manifest(with({})));
  CHECK(parse_manifest(with({file("a"), file("a-b"), file("a.b"), file("a0"), file("b/c")})));
  CHECK(parse_manifest(with({"d a\n", file("a-b"), file("a/b")})));
}

TEST_CASE("a wrong header is refused with the line and the cause") {
  const std::string good = with({file("a")});
  check_refused("", "line 1: the header ends early");
  check_refused("\n", "line 1: it does not begin with 'sluice-manifest'");
  check_refused(replaced(good, "sluice-manifest 1", "sluice-manifest 2"),
                "line 1: its format is '2', this build reads 1", errc::incompatible);
  check_refused(replaced(good, "sluice-manifest 1", "sluice-manifest 01"), "line 1",
                errc::incompatible);
  check_refused(replaced(good, "site PKG\n", ""), "line 2: 'site ...' is expected here");
  check_refused(replaced(good, "site PKG", "site pkg"), "line 2: the site is not");
  check_refused(replaced(good, "site PKG", "site ABC"), "line 3: the package is not one of");
  check_refused(replaced(good, "PKG00012", "PKG0012"), "line 3: the package is not a PackageID");
  check_refused(replaced(good, "version 3", "version 0"), "line 4: the version");
  check_refused(replaced(good, "version 3", "version 4294967296"), "line 4: the version");
  check_refused(replaced(good, "version 3", "version 03"), "line 4: 'version'");
  check_refused(replaced(good, "sha256-tree", "md5"), "line 5: its algorithm is 'md5'",
                errc::incompatible);
  check_refused(replaced(good, "entries 1", "entries  1"), "line 6: 'entries'");
  check_refused(replaced(good, "entries 1", "entries"), "line 6: 'entries ...' is expected");
  check_refused(replaced(good, "files 1", "files 2"), "line 8: 2 files cannot be among 1 entries");
  check_refused(replaced(good, "bytes 1", "bytes 9223372036854775808"), "line 8: 'bytes'");
  check_refused(replaced(good, "bytes 1", "bytes -1"), "line 8: 'bytes'");
  check_refused(replaced(good, "bytes 1\n", "bytes 1\r\n"), "line 8: 'bytes'");
}

TEST_CASE("counts that are not kept are refused") {
  const std::string line = file("a");
  check_refused(header(2, 1, 1) + line, "2 entries are announced, 1 are there");
  check_refused(header(0, 0, 0) + line, "line 9: there are more than the 0 entries announced");
  check_refused(header(1, 0, 1) + line, "line 9: there are more than the 0 files announced");
  check_refused(header(1, 1, 0) + line, "line 9: the files have more than the 0 bytes");
  check_refused(header(1, 1, 2) + line, "2 bytes are announced, the files have 1");
  check_refused(header(1, 1, 0) + "d a\n", "1 files are announced, 0 are there");
  check_refused(header(2, 2, 5) + format("f 3 {} a\nf 9223372036854775807 {} b\n", root, root),
                "line 10: the files have more than the 5 bytes");
}

TEST_CASE("a path that is not a plain way down from the root is refused") {
  check_refused(with({file("")}), "line 9: the path is empty");
  check_refused(with({file("/a")}), "line 9: the path '/a' is absolute");
  check_refused(with({file("a/")}), "ends in '/'");
  check_refused(with({file("a//b")}), "has an empty component");
  check_refused(with({file(".")}), "has a '.' component");
  check_refused(with({file("./a")}), "has a '.' component");
  check_refused(with({file("a/.")}), "has a '.' component");
  check_refused(with({file("..")}), "has a '..' component");
  check_refused(with({file("../a")}), "has a '..' component");
  check_refused(with({file("a/../b")}), "has a '..' component");
  check_refused(with({file("a/..")}), "has a '..' component");
  check_refused(with({file("a%00b")}), "has a NUL byte");
  check_refused(with({file("%FF")}), "the path '\\xff' is not UTF-8");
  check_refused(with({file("%ED%A0%80")}), "is not UTF-8");
  check_refused(with({file(std::string(4097, 'a'))}), "a path of 4097 bytes is longer than 4096");
  CHECK(parse_manifest(with({file(std::string(4096, 'a'))})));
}

TEST_CASE("any other spelling of a path is refused") {
  for (const char* path : {"%41", "%2e", "%2F", "%c3%a9", "%", "%4", "%G0", "a b", "a\tb", "a+b",
                           "\xC3\xA9", "a%2", "a\r"}) {
    CAPTURE(path);
    check_refused(with({file(path)}), "line 9: the path is not percent-encoded as it must be");
  }
  check_refused(with({"l %41 a\n"}), "line 9: the link target is not percent-encoded");
}

TEST_CASE("an entry that is no entry is refused") {
  check_refused(with({"\n"}), "line 9: '' is no kind of entry");
  check_refused(with({"F 1 a\n"}), "line 9: 'F' is no kind of entry");
  check_refused(with({"d\n"}), "line 9: the path is empty");
  check_refused(with({"d \n"}), "line 9: the path is empty");
  check_refused(with({"f\n"}), "line 9: the size is not a number");
  check_refused(header(1, 1, 1) + format("f 01 {} a\n", root), "line 9: the size");
  check_refused(header(1, 1, 1) + format("f +1 {} a\n", root), "line 9: the size");
  check_refused(header(1, 1, 1) + format("f  {} a\n", root), "line 9: the size");
  check_refused(header(1, 1, 1) + "f 1 abcd a\n", "line 9: the digest");
  check_refused(header(1, 1, 1) + format("f 1 {} a\n", std::string(64, 'A')), "the digest");
  check_refused(header(1, 1, 1) + format("f 1 {}\n", root), "line 9: the path is empty");
  check_refused(header(1, 1, 0) + format("f 0 {} a\n", root), "an empty file has the SHA-256");
  check_refused(with({"l a\n"}), "line 9: the path is empty");
}

TEST_CASE("a link that leaves the tree is refused") {
  check_refused(with({"l ../x a\n"}), "line 9: the link 'a' may leave the tree");
  check_refused(with({"l /etc/passwd a\n"}), "may leave the tree by its target '/etc/passwd'");
  check_refused(with({"l ../../x a/b\n"}), "may leave the tree");
  check_refused(with({"l b/../../c a\n"}), "may leave the tree");
  check_refused(with({"l  a\n"}), "may leave the tree");
  check_refused(with({"l a%00 b\n"}), "may leave the tree");
  CHECK(parse_manifest(with({"l ../x a/b\n"})));
}

TEST_CASE("paths that repeat or are out of order are refused") {
  check_refused(with({file("a"), file("a")}), "line 10: the path 'a' is there twice");
  check_refused(with({"d a\n", file("a")}), "line 10: the path 'a' is there twice");
  check_refused(with({file("b"), file("a")}), "line 10: the path 'a' is out of order");
  check_refused(with({file("a/b"), file("a-b")}), "line 10: the path 'a-b' is out of order");
  // The order is that of the bytes, not of their encoding: '%C3' is after 'z', ' ' before '-'.
  CHECK(parse_manifest(with({file("%20"), file("z"), file("%C3%A9")})));
  check_refused(with({file("%C3%A9"), file("z")}), "is out of order");
}

TEST_CASE("only a folder may be a parent, however far apart the two lines are") {
  check_refused(with({file("a"), file("a/b")}),
                "line 10: 'a' is no folder, yet the parent of 'a/b'");
  check_refused(with({"l b a\n", file("a/b")}), "line 10: 'a' is no folder");
  check_refused(with({file("a"), file("a-b"), file("a/b")}), "line 11: 'a' is no folder");
  check_refused(with({file("a"), file("a-b"), "d a-b-c\n", file("a-c"), file("a/b/c/d")}),
                "line 13: 'a' is no folder, yet the parent of 'a/b/c/d'");
  check_refused(with({file("x/a"), file("x/a%20"), file("x/a/b")}), "'x/a' is no folder");
  check_refused(with({file("a"), file("a%20"), file("a%20/c")}), "line 11: 'a ' is no folder");
  CHECK(parse_manifest(with({file("a"), file("a-b"), file("ab/c"), file("b/a")})));
}

TEST_CASE("the parent rule agrees with a set of all paths, for random trees") {
  seeded_random random(3);
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < 6; ++i) {
      std::string path(1, "ab"[random() % 2]);
      const std::size_t more = random() % 3;
      for (std::size_t j = 0; j < more; ++j) {
        path += "-/"[random() % 2];
        path += "ab"[random() % 2];
      }
      paths.push_back(path);
    }
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    std::vector<std::string> lines;
    bool wrong = false;
    for (const std::string& path : paths) {
      lines.push_back(file(path));
      for (const std::string& other : paths) { wrong = wrong || other.starts_with(path + "/"); }
    }
    refused += wrong ? 1 : 0;
    REQUIRE(parse_manifest(with(lines)).ok() == !wrong);
  }
  CHECK(refused > 1'000);
}

TEST_CASE("a manifest beyond the limits is refused before it costs memory") {
  check_refused(header(1'000'001, 0, 0), "line 6: it announces 1000001 entries, more than 1000000",
                errc::limit_reached);
  check_refused(replaced(header(1, 1, 1), "files 1", "files 1000001"), "line 7: it announces",
                errc::limit_reached);
  manifest_parser parser;
  std::vector<manifest_entry> entries;
  const std::string flood(1 << 20, 'x');
  const auto fed = parser.feed(flood, entries);
  REQUIRE_FALSE(fed);
  CHECK(fed.error().code == errc::limit_reached);
  CHECK(fed.error().doing.find("line 1: it is longer than 24704 bytes") != std::string::npos);
}

TEST_CASE("a manifest of more than 64 MiB is refused at that byte") {
  manifest_parser parser;
  std::vector<manifest_entry> entries;
  REQUIRE(parser.feed(header(1'000'000, 0, 0), entries));
  std::uint64_t bytes = header(1'000'000, 0, 0).size();
  const std::string tail(3000, 'a');
  result<void> fed;
  for (int i = 0; fed; ++i) {
    const std::string line = format("d {:08}{}\n", i, tail);
    bytes += line.size();
    fed = parser.feed(line, entries);
    entries.clear();
    REQUIRE(bytes < limits::manifest_bytes_max + 2 * line.size());
  }
  CHECK(fed.error().code == errc::limit_reached);
  CHECK(fed.error().doing.find("longer than 67108864 bytes") != std::string::npos);
  CHECK(bytes > limits::manifest_bytes_max);
}

TEST_CASE("a million entries are accepted") {
  manifest_parser parser;
  std::vector<manifest_entry> entries;
  REQUIRE(parser.feed(header(1'000'000, 0, 0), entries));
  for (int i = 0; i < 1'000'000; ++i) {
    REQUIRE(parser.feed(format("d {:06}\n", i), entries));
    entries.clear();
  }
  CHECK(parser.finish());
  CHECK(parser.header().entries == 1'000'000);
}
