// A14: stock nginx over a library, with the one rewrite rule that is shipped, is a source; and on
// ranges it agrees with our own server.
#include <doctest/doctest.h>

#include "tests/http/fetching_client.hpp"
#include "tests/http/nginx_process.hpp"
#include "tests/http/raw_peer.hpp"
#include "tests/http/running_server.hpp"

using namespace sluice;
using namespace sluice::http;
using namespace sluice::http::test;

namespace {

/// False, with the reason, where there is no nginx; on CI that is a failure.
bool nginx_is_here() {
  if (!nginx_path().empty()) { return true; }
  const char* const on_ci = std::getenv("CI");
  REQUIRE_MESSAGE((on_ci == nullptr || std::string_view(on_ci) != "true"), "nginx is missing");
  MESSAGE("skipped: nginx is not installed (apt-get install nginx-light)");
  return false;
}

std::string shipped_configuration() {
  const char* const path = std::getenv("SLUICE_NGINX_SOURCE_CONF");
  REQUIRE_MESSAGE(path != nullptr, "run by meson test, which says where docs/ is");
  auto text = io::blocking::read_file(path, limits::mib);
  REQUIRE(text.ok());
  return *text;
}

}  // namespace

TEST_CASE("stock nginx with one rewrite rule is a source") {
  if (!nginx_is_here()) { return; }
  test_library library;
  const auto large = library.add("large", patterned(2'500'000, 6));
  std::vector<source_client::small_request> requests;
  std::vector<std::string> expected;
  std::vector<model::file_id> smalls;
  for (unsigned i = 0; i < 200; ++i) {
    expected.push_back(patterned(10 + i, i));
    smalls.push_back(library.add(std::to_string(i), expected.back()));
  }
  library.commit("PKG00012.3");
  for (const auto& id : smalls) {
    requests.push_back({file_target(library.content, id), model::raw(id.size)});
  }
  const nginx_process nginx(shipped_configuration(), library.root());
  fetching_client client(nginx.port);

  CHECK(!client.probe(manifest_target(library.content)));
  CHECK(client.probe("/manifest/PKG00099.1")->cause.code == errc::not_found);
  std::string manifest;
  CHECK(!client.fetch_to_file(manifest_target(library.content), library.manifest.size(), manifest));
  CHECK(manifest == library.manifest);
  CHECK(client.fetch(signature_target(library.content), std::nullopt).bytes.size() == 16);
  CHECK(client.fetch(pieces_target(library.content, large), 3 * 32).bytes.size() == 3 * 32);
  std::vector<std::string> bodies;
  for (const auto& outcome : client.fetch_many(requests, bodies)) { CHECK(!outcome); }
  CHECK(bodies == expected);
  const std::string& bytes = library.files.at("large");
  const auto target = file_target(library.content, large);
  const auto first = client.fetch_range(target, bytes, 0, limits::mib);
  CHECK(!first.outcome.failure);
  const auto rest = client.fetch_range(target, bytes, limits::mib, bytes.size() - limits::mib);
  CHECK(!rest.outcome.failure);
  CHECK(first.right.size() + rest.right.size() == 3);
  for (const char* const outside :
       {"/filelib/", "/pkglib/PKG00012", "/file/PKG00012.3/../../pkglib/PKG00012", "/"}) {
    CHECK(client.probe(outside)->cause.code == errc::not_found);
  }
}

TEST_CASE("nginx and our server answer the same ranges with the same bytes") {
  if (!nginx_is_here()) { return; }
  test_library library;
  const auto file = library.add("file", patterned(300'000, 8));
  library.commit("PKG00012.3");
  const nginx_process nginx(shipped_configuration(), library.root());
  running_server server(library);
  raw_peer theirs(nginx.port);
  raw_peer ours(server.port());
  const auto target = file_target(library.content, file);
  for (const char* const range :
       {"bytes=0-0", "bytes=0-", "bytes=5-10", "bytes=299999-", "bytes=-1", "bytes=-300001",
        "bytes=100-999999999", "bytes=300000-", "bytes=9-5", "bytes=-0", "bytes=a-b", "bytes=5",
        "bytes=0-99999999999999999999", "bytes= 1-2 ", "other=0-1"}) {
    const auto fields = std::string("Range: ") + range + "\r\n";
    const auto left = theirs.get(target, fields);
    const auto right = ours.get(target, fields);
    CHECK_MESSAGE(left.head.status == right.head.status, range);
    CHECK_MESSAGE(left.head.content_range == right.head.content_range, range);
    if (left.head.status < 300) { CHECK_MESSAGE(left.body == right.body, range); }
  }
}
