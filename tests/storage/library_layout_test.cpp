#include "storage/library_layout.hpp"

#include <doctest/doctest.h>

namespace sluice::storage {

namespace {

constexpr std::string_view hex = "3fa9c1d2e3f405162738495a6b7c8d9eaf0112233445566778899aabbccddeef";

model::file_id some_file() { return {*model::digest::parse(hex), model::byte_count{1048577}}; }

TEST_CASE("every path of the library is what the layout says") {
  const model::content_id content = *model::content_id::parse("PKG00012.3");
  const std::string name = format("{}.1048577", hex);
  CHECK(file_path(some_file()) == "filelib/3f/" + name);
  CHECK(piece_layer_path(some_file()) == "filelib/3f/" + name + ".pieces");
  CHECK(staging_path(some_file(), 2) == "staging/" + name + ".2");
  CHECK(manifest_path(content) == "datalib/PKG00012.3");
  CHECK(signature_path(content) == "datalib/PKG00012.3.sig");
  CHECK(staging_manifest_path(content) == "staging/PKG00012.3");
  CHECK(staging_signature_path(content) == "staging/PKG00012.3.sig");
  CHECK(package_path(content.package) == "pkglib/PKG00012");
}

TEST_CASE("a staged file's name leads back to its id and attempt") {
  const auto found = parse_staged_name(format("{}.1048577.12", hex));
  REQUIRE(found.ok());
  CHECK(found->file == some_file());
  CHECK(found->attempt == 12);
}

TEST_CASE("other names in staging are no staged files") {
  for (const std::string& name :
       {std::string(), std::string("."), std::string("PKG00012.3"), std::string("PKG00012.3.sig"),
        format("{}.1048577", hex), format("{}.1048577.0", hex), format("{}.1048577.01", hex),
        format("{}.1048577.1x", hex), format("{}.1048577.99999999999", hex),
        format("{}.10 48577.1", hex)}) {
    CAPTURE(name);
    CHECK_FALSE(parse_staged_name(name).ok());
  }
}

}  // namespace

}  // namespace sluice::storage
