#include "storage/package_record.hpp"

#include <doctest/doctest.h>

namespace sluice::storage {

namespace {

constexpr std::string_view golden =
    "sluice-package 1\n"
    "package PKG00012\n"
    "content 3 1 3fa9c1d2e3f405162738495a6b7c8d9eaf0112233445566778899aabbccddeef 812 5000 7\n"
    "content 10 3 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 90 0 0\n";

model::package_id package() { return *model::package_id::parse("PKG00012"); }

std::string with(std::string_view from, std::string_view to) {
  std::string text(golden);
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST_CASE("a package record reads back as it was printed") {
  const auto contents = parse_package_record(package(), golden);
  REQUIRE(contents.ok());
  REQUIRE(contents->size() == 2);
  CHECK(contents->front().content.text() == "PKG00012.3");
  CHECK(contents->front().users == 1);
  CHECK(model::raw(contents->front().manifest_size) == 812);
  CHECK(model::raw(contents->front().bytes) == 5000);
  CHECK(contents->front().files == 7);
  CHECK(print_package_record(package(), *contents) == golden);
}

TEST_CASE("a package record without contents reads back") {
  const auto contents = parse_package_record(package(), print_package_record(package(), {}));
  REQUIRE(contents.ok());
  CHECK(contents->empty());
}

TEST_CASE("a record of a newer format is left alone, by name") {
  const auto contents =
      parse_package_record(package(), with("sluice-package 1", "sluice-package 2"));
  REQUIRE_FALSE(contents.ok());
  CHECK(contents.error().code == errc::incompatible);
}

TEST_CASE("a damaged package record is refused") {
  const std::string cut(golden.substr(0, golden.size() - 1));
  for (const std::string& text :
       {std::string(), cut, with("PKG00012", "PKG00013"), with("content 3 1", "content 3 4"),
        with("content 3 1", "content 3 0"), with("content 3 1", "content 03 1"),
        with("content 3", "content 11"), with("content 3", "content 10"), with(" 7\n", "\n"),
        with(" 7\n", " 7 7\n"), with(" 7\n", " x\n"), with("3fa9", "3fA9"), with("812", "-812"),
        with("content 3", "contents 3"), std::string(golden) + "\n"}) {
    CAPTURE(text);
    const auto contents = parse_package_record(package(), text);
    REQUIRE_FALSE(contents.ok());
    CHECK(contents.error().code == errc::corrupt);
  }
}

}  // namespace

}  // namespace sluice::storage
