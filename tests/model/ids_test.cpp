#include "model/ids.hpp"

#include <unordered_set>

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::model;

TEST_CASE("every id has one text form, and it goes both ways") {
  const std::string hex = "3fa9" + std::string(60, '0');
  CHECK(digest::parse(hex)->hex() == hex);
  CHECK(file_id::parse(hex + ".1048577")->text() == hex + ".1048577");
  CHECK(file_id::parse(hex + ".0")->text() == hex + ".0");
  CHECK(site_code::parse("PKG")->text() == "PKG");
  CHECK(package_id::parse("S01FFFFF")->text() == "S01FFFFF");
  CHECK(package_id::parse("PKG00012")->number == 0x12);
  CHECK(content_id::parse("PKG00012.3")->text() == "PKG00012.3");
  CHECK(content_id::parse("PKG00012.4294967295")->version == 4294967295U);
}

TEST_CASE("another spelling of an id is refused, and the text is named") {
  const std::string hex(64, 'a');
  for (const std::string& text :
       {std::string(), std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'A')}) {
    CHECK_FALSE(digest::parse(text));
  }
  for (const char* tail :
       {"", ".", ".01", ".-1", ".+1", ".1 ", ".9223372036854775808", ".99999999999999999999"}) {
    CHECK_FALSE(file_id::parse(hex + tail));
  }
  for (const char* text : {"", "PK", "PKGG", "pkg", "P-G", "PK\n"}) {
    CHECK_FALSE(site_code::parse(text));
  }
  for (const char* text : {"", "PKG0001", "PKG000123", "PKG0001a", "pkg00012", "PKG0001G"}) {
    CHECK_FALSE(package_id::parse(text));
  }
  for (const char* text : {"PKG00012", "PKG00012.", "PKG00012.0", "PKG00012.01", "PKG00012.3.4",
                           "PKG00012.4294967296", "PKG00012.-1", ".3"}) {
    CHECK_FALSE(content_id::parse(text));
  }
  const auto failure = content_id::parse("pkg\x1b");
  REQUIRE_FALSE(failure);
  CHECK(failure.error().code == errc::invalid);
  CHECK(failure.error().doing.find("'pkg\\x1b'") != std::string::npos);
}

TEST_CASE("random ids come from the seed and print as 32 digits") {
  const auto first = job_id::make(seeded_random(1));
  CHECK(first == job_id::make(seeded_random(1)));
  CHECK(first != job_id::make(seeded_random(2)));
  CHECK(first.text().size() == 32);
  CHECK(job_id::parse(first.text()) == first);
  CHECK_FALSE(job_id::parse("0"));
}

TEST_CASE("files of one digest and two sizes are two files") {
  file_id one;
  file_id other;
  other.size = byte_count{1};
  CHECK(one != other);
  CHECK(std::unordered_set<file_id>{one, other}.size() == 2);
}
