#include "apps/cli_text.hpp"

#include <doctest/doctest.h>

#include "apps/cli_json.hpp"

using namespace sluice;
using namespace sluice::cli;

TEST_CASE("columns are as wide as their widest cell in characters, and nothing trails") {
  text_table table({{"NAME"}, {"N", true}, {"LAST"}});
  table.add({{"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"}, {"7"}, {""}});
  table.add({{"a"}, {"1234"}, {"end"}});
  CHECK(table.text(false) ==
        "NAME      N  LAST\n"
        "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9     7\n"
        "a      1234  end\n");
}

TEST_CASE("a painted cell keeps its place") {
  text_table table({{"A"}, {"B"}});
  table.add({{"x", colour::bad}, {"y"}});
  CHECK(table.text(true) == "\x1b[2mA\x1b[0m  \x1b[2mB\x1b[0m\n\x1b[31mx\x1b[0m  y\n");
}

TEST_CASE("sizes, rates and spans are told in units that fit") {
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(1023) == "1023 B");
  CHECK(human_bytes(1024) == "1.0 KiB");
  CHECK(human_bytes(1024 * 1024 - 1) == "1.0 MiB");
  CHECK(human_bytes(~0ULL) == "16.0 EiB");
  CHECK(human_rate(512 * limits::mib) == "512.0 MiB/s");
  CHECK(human_time(std::chrono::seconds{59}) == "59s");
  CHECK(human_time(std::chrono::seconds{192}) == "3m 12s");
  CHECK(human_time(std::chrono::seconds{3720}) == "1h 02m");
  CHECK(human_time(std::chrono::hours{51}) == "2d 03h");
  CHECK(human_time(std::chrono::seconds{-5}) == "0s");
}

TEST_CASE("times are UTC, and say how far away they are") {
  const model::calendar_time time{std::chrono::milliseconds{1'800'000'000'007}};
  CHECK(iso_time(time) == "2027-01-15T08:00:00.007Z");
  CHECK(human_when(time, time + std::chrono::seconds{45}) == "2027-01-15 08:00:00Z (45s ago)");
  CHECK(human_when(time, time - std::chrono::hours{2}) == "2027-01-15 08:00:00Z (in 2h 00m)");
  CHECK(iso_time(model::calendar_time{std::chrono::milliseconds{-1}}) ==
        "1969-12-31T23:59:59.999Z");
}
