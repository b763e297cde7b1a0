#include "storage/content_catalogue.hpp"

#include <doctest/doctest.h>

namespace sluice::storage {

namespace {

constexpr std::uint8_t site = static_cast<std::uint8_t>(library_user::site);
constexpr std::uint8_t point = static_cast<std::uint8_t>(library_user::distribution_point);

catalogue_entry entry_of(std::string_view content, std::uint8_t users) {
  catalogue_entry entry;
  entry.content = *model::content_id::parse(content);
  entry.users = users;
  return entry;
}

TEST_CASE("the newest version of a package is the newest that the user holds") {
  content_catalogue catalogue;
  catalogue.put(entry_of("PKG00012.9", site | point));
  catalogue.put(entry_of("PKG00012.10", point));
  catalogue.put(entry_of("PKG00012.11", site));
  catalogue.put(entry_of("PKG00013.40", point));
  const model::package_id package = *model::package_id::parse("PKG00012");
  CHECK(catalogue.newest(package, library_user::distribution_point)->content.version == 10);
  CHECK(catalogue.newest(package, library_user::site)->content.version == 11);
  CHECK(catalogue.versions(package).size() == 3);
  CHECK_FALSE(catalogue.newest(*model::package_id::parse("PKG00001"), library_user::site));
}

TEST_CASE("every change of the catalogue changes its revision") {
  content_catalogue catalogue;
  const auto empty = catalogue.revision();
  catalogue.put(entry_of("PKG00012.1", site));
  const auto one = catalogue.revision();
  CHECK(one != empty);
  catalogue.remove(*model::content_id::parse("PKG00012.2"));
  CHECK(catalogue.revision() == one);
  catalogue.remove(*model::content_id::parse("PKG00012.1"));
  CHECK(catalogue.revision() != one);
  CHECK(catalogue.all().empty());
}

TEST_CASE("a content that is put twice is there once, as it was put last") {
  content_catalogue catalogue;
  catalogue.put(entry_of("PKG00012.1", site));
  catalogue.put(entry_of("PKG00012.1", site | point));
  REQUIRE(catalogue.all().size() == 1);
  CHECK(catalogue.find(*model::content_id::parse("PKG00012.1"))->users == (site | point));
}

}  // namespace

}  // namespace sluice::storage
