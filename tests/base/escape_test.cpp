#include "base/escape.hpp"

#include <doctest/doctest.h>

using namespace sluice;

TEST_CASE("text from outside cannot move the terminal's cursor") {
  CHECK(escaped("a\x1b[2Jb") == "a\\x1b[2Jb");
  CHECK(escaped("line\nnext\r") == "line\\x0anext\\x0d");
  CHECK(escaped("\xc2\x9b"
                "31m") == "\\xc2\\x9b31m");
}

TEST_CASE("well-formed text is kept and a backslash is doubled") {
  CHECK(escaped("Grüße, 漢字, 🙂") == "Grüße, 漢字, 🙂");
  CHECK(escaped("a\\x1b") == "a\\\\x1b");
}

TEST_CASE("bytes that are not UTF-8 are shown as hex") {
  CHECK(escaped("\xff\xc0\xaf") == "\\xff\\xc0\\xaf");
  CHECK_FALSE(is_utf8("\xc0\xaf"));
  CHECK_FALSE(is_utf8("\xed\xa0\x80"));
  CHECK(is_utf8("plain and é"));
}

TEST_CASE("long text is cut and says so") {
  CHECK(escaped(std::string(2000, 'x'), 10) == "xxxxxxxxxx...");
}
