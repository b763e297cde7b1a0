#include "base/base.hpp"

#include <array>
#include <cerrno>

#include <doctest/doctest.h>

using namespace sluice;

TEST_CASE("a result is a value or the reason why there is none") {
  const result<int> good = 7;
  CHECK(good);
  CHECK(*good == 7);
  const result<int> bad = error{errc::not_found, 0, "find it"};
  CHECK_FALSE(bad);
  CHECK(bad.error().code == errc::not_found);
}

TEST_CASE("an errno becomes what the caller can do about it") {
  CHECK(os_failure(ENOSPC, "write x").code == errc::no_space);
  CHECK(os_failure(ENOENT, "open x").code == errc::not_found);
  CHECK(os_failure(EIO, "read x").code == errc::os_failed);
  CHECK(describe(os_failure(EIO, "read x")) == "cannot read x: Input/output error");
  CHECK(describe({errc::limit_reached, 0, "take job 51"}) == "cannot take job 51: limit reached");
}

TEST_CASE("a cause is told once, and no word of the code follows a sentence") {
  CHECK(describe({errc::unreachable, ECONNREFUSED, "connect to a:1 (Connection refused)"}) ==
        "cannot connect to a:1 (Connection refused)");
  CHECK(describe({errc::not_found, 0, "show job 7: there is none"}) ==
        "cannot show job 7: there is none");
  CHECK(describe({errc::invalid, 0, "read \"x\" as a number"}) == "cannot read \"x\" as a number");
}

TEST_CASE("hex goes both ways and refuses anything else") {
  std::array<std::byte, 2> bytes{};
  REQUIRE(from_hex("3fa9", bytes));
  CHECK(to_hex(bytes) == "3fa9");
  CHECK_FALSE(from_hex("3FA9", bytes));
  CHECK_FALSE(from_hex("3fa", bytes));
  CHECK_FALSE(from_hex("3fag", bytes));
}
