#include "http/content_target.hpp"

#include <doctest/doctest.h>

#include "http/content_type.hpp"

using namespace sluice;
using namespace sluice::http;

namespace {

int refused_with(const std::string& target) {
  const auto parsed = parse_content_target(target);
  const auto* const why = std::get_if<refusal>(&parsed);
  REQUIRE_MESSAGE(why != nullptr, target);
  return why->status;
}

wire_path path_in(const std::string& target) {
  const auto parsed = parse_content_target(target);
  REQUIRE_MESSAGE(std::holds_alternative<path_target>(parsed), target);
  return std::get<path_target>(parsed).path;
}

const std::string digest(64, 'a');

}  // namespace

TEST_CASE("a path is decoded once") {
  CHECK(path_in("/content/PKG00012.3/a/b").path == "a/b");
  CHECK(path_in("/content/PKG00012.3/a%20b/%C3%A4+").path == "a b/\xC3\xA4+");
  CHECK(path_in("/content/PKG00012.3/%252e%252e/x").path == "%2e%2e/x");
  CHECK(path_in("/content/PKG00012.3/a...b/..c").path == "a...b/..c");
  CHECK(path_in("/content/PKG00012.3/a%5Cb").path == "a\\b");
  CHECK(path_in("/content/PKG00012.3/a%3Fb?x=y").path == "a?b");
  CHECK(path_in("/content/PKG00012.3/").folder);
  CHECK(path_in("/content/PKG00012.3/a/").folder);
  CHECK(!path_in("/content/PKG00012.3/a").folder);
}

TEST_CASE("no spelling of a climb is accepted") {
  for (const char* const path :
       {"..",       "../x",   "a/../b",     "a/..",      "./a",        "a/./b", "%2e%2e/x",
        "%2E%2e/x", ".%2e/x", "%2e/x",      "a%2fb",     "a%2F..%2Fb", "%2f",   "a\\b",
        "..\\x",    "..%5cx", "a%5c..%5cb", "%5C.",      "a//b",       "//a",   "/",
        "a//",      "%00",    "a%00b",      "%",         "%2",         "%zz",   "%c0%ae%c0%ae/x",
        "%c0%af",   "%ff",    "%e0%80%ae",  "%ed%a0%80", "\xff"}) {
    CHECK_MESSAGE(refused_with(std::string("/content/PKG00012.3/") + path) == 400, path);
    CHECK_MESSAGE(refused_with(std::string("/content/PKG00012/current/") + path) == 400, path);
  }
  CHECK(refused_with("/../etc/passwd") == 400);
  CHECK(refused_with("/%2e%2e/etc/passwd") == 400);
  CHECK(refused_with("/content/../etc/passwd") == 404);
  CHECK(refused_with("/manifest/../PKG00012.3") == 404);
  CHECK(refused_with("/file/PKG00012.3/../../etc/passwd") == 404);
  CHECK(refused_with("/pieces/PKG00012.3/..%2f" + digest + ".5") == 404);
}

TEST_CASE("a query chooses the form and the page of a listing") {
  const auto parsed =
      std::get<path_target>(parse_content_target("/content/PKG00012.3/?json&after=a%26b&x"));
  CHECK(parsed.json);
  CHECK(parsed.after == "a&b");
  CHECK(!parsed.root_without_slash);
  CHECK(std::get<path_target>(parse_content_target("/content/PKG00012.3")).root_without_slash);
  CHECK(refused_with("/content/PKG00012.3/?after=%f") == 400);
}

TEST_CASE("the current version of a package keeps path and query") {
  const auto parsed =
      std::get<current_target>(parse_content_target("/content/PKG00012/current/a%20b/?json"));
  CHECK(parsed.package.text() == "PKG00012");
  CHECK(parsed.rest == "/a%20b/?json");
  CHECK(std::get<current_target>(parse_content_target("/content/PKG00012/current")).rest == "/");
  CHECK(refused_with("/content/PKG00012/other/a") == 404);
  CHECK(refused_with("/content/PKG00012") == 404);
}

TEST_CASE("manifests, files and piece layers are asked for by their names") {
  const auto manifest =
      std::get<manifest_target_parts>(parse_content_target("/manifest/PKG00012.3"));
  CHECK(manifest.content.text() == "PKG00012.3");
  CHECK(!manifest.signature);
  CHECK(
      std::get<manifest_target_parts>(parse_content_target("/manifest/PKG00012.3.sig")).signature);
  const auto file =
      std::get<file_target_parts>(parse_content_target("/file/PKG00012.3/" + digest + ".5"));
  CHECK(file.file.text() == digest + ".5");
  CHECK(!file.pieces);
  CHECK(std::get<file_target_parts>(parse_content_target("/pieces/PKG00012.3/" + digest + ".5"))
            .pieces);
  for (const std::string& target :
       {std::string("/"), std::string("/content"), std::string("/content/"),
        std::string("/content/nothing/a"), std::string("/file/PKG00012.3/"),
        "/file/PKG00012.3/" + digest + ".05", "/file/PKG00012.3/" + digest + ".5/x",
        std::string("/manifest/"), std::string("/livez"), std::string("/favicon.ico")}) {
    CHECK_MESSAGE(refused_with(target) == 404, target);
  }
}

TEST_CASE("an encoded path decodes to itself") {
  std::string all;
  for (int letter = 1; letter < 128; ++letter) {
    if (letter != '/' && letter != '\\') { all += static_cast<char>(letter); }
  }
  const auto decoded = parse_wire_path(encode_path("f/" + all + "/\xE2\x82\xAC"));
  REQUIRE(decoded);
  CHECK(decoded->path == "f/" + all + "/\xE2\x82\xAC");
}

TEST_CASE("the content type follows the extension, and executables are octets") {
  using model::entry_kind;
  CHECK(content_type("a/b.HTML", entry_kind::file) == "text/html");
  CHECK(content_type("a.html/b", entry_kind::file) == "application/octet-stream");
  CHECK(content_type("b.tar.gz", entry_kind::file) == "application/gzip");
  CHECK(content_type("b.html", entry_kind::executable) == "application/octet-stream");
}
