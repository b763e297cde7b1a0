#include "model/rate_limit.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace sluice;
using namespace sluice::model;
using namespace std::chrono_literals;

namespace {

/// Sends by it for so long, as one connection that never waits otherwise; the bytes that left.
std::uint64_t send_for(pacing& paced, std::chrono::nanoseconds duration, std::uint32_t hour = 12) {
  std::uint64_t sent = 0;
  for (std::chrono::nanoseconds now{0}; now < duration;) {
    const std::uint64_t slice = std::min<std::uint64_t>(paced.slice_bytes(), limits::mib);
    const auto wait = paced.ask(slice, now, hour);
    if (wait.count() > 0) {
      now += wait;
      continue;
    }
    sent += slice;
    now += 1us;
  }
  return sent;
}

bool is_within(std::uint64_t value, double wanted, double share) {
  const double off = static_cast<double>(value) - wanted;
  return off <= wanted * share && off >= -wanted * share;
}

}  // namespace

// F3, F4, F5
TEST_CASE("rate limits are read, and printed in the same words") {
  for (const char* text :
       {"unlimited", "1kbit/s", "20Mbit/s", "10Gbit/s", "1500bit/s", "pulse 256KB 5s", "hourly 50",
        "hourly 5,5,5,5,5,5,10,10,20,20,50,50,50,50,50,50,50,50,100,100,100,100,100,1"}) {
    const auto limit = parse_rate_limit(text);
    REQUIRE_MESSAGE(limit.ok(), text);
    CHECK(text_of(*limit) == text);
  }
  for (const char* text : {"",
                           "fast",
                           "20",
                           "0Mbit/s",
                           "999bit/s",
                           "401Gbit/s",
                           "-1Mbit/s",
                           "pulse",
                           "pulse 0KB 5s",
                           "pulse 256KB",
                           "pulse 256 5",
                           "pulse 256KB 0s",
                           "hourly",
                           "hourly ",
                           "hourly 101",
                           "hourly 1,2",
                           "hourly 0",
                           "hourly 0,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1",
                           "20mbit/s",
                           "99999999999999999999Gbit/s"}) {
    const auto limit = parse_rate_limit(text);
    REQUIRE_MESSAGE(!limit.ok(), text);
    CHECK(limit.error().code == errc::invalid);
  }
}

// F5
TEST_CASE("a rate in bits is met within two percent, from slow to fast") {
  for (const char* text : {"1Mbit/s", "8Mbit/s", "100Mbit/s", "1Gbit/s", "10Gbit/s"}) {
    const auto limit = parse_rate_limit(text);
    REQUIRE(limit.ok());
    pacing paced(*limit);
    const double wanted = static_cast<double>(limit->bits_per_second) / 8 * 10;
    const std::uint64_t sent = send_for(paced, 10s);
    CHECK_MESSAGE(is_within(sent, wanted, 0.02), text << ": " << sent << " for " << wanted);
  }
}

// F4
TEST_CASE("a pulse sends its block, then nothing for the pause") {
  const auto limit = parse_rate_limit("pulse 300KB 5s");
  REQUIRE(limit.ok());
  pacing paced(*limit);
  const std::uint64_t sent = send_for(paced, 100s);
  CHECK(is_within(sent, 20 * 300.0 * 1024, 0.02));
  CHECK(paced.ask(1, 101s, 0).count() == 0);  // the next block begins
}

// F5
TEST_CASE("an hourly share is one of the time, and the hour of the day decides which") {
  const auto limit = parse_rate_limit("hourly 1,25,100,9,9,9,9,9,9,9,9,9,9,9,9,9,9,9,9,9,9,9,9,9");
  REQUIRE(limit.ok());
  pacing paced(*limit);
  int open = 0;
  for (int second = 0; second < 1000; ++second) {
    open += paced.ask(1, std::chrono::seconds(second), 1).count() == 0 ? 1 : 0;
  }
  CHECK(open == 300);  // seconds 0, 1 and 2 of each ten begin within the first 2.5
  CHECK(paced.ask(1, 7s, 2).count() == 0);
  CHECK(paced.ask(1, 7s, 1) == 3s);
  CHECK(paced.ask(1, 10'099ms, 0).count() == 0);
  CHECK(paced.ask(1, 10'100ms, 0) == 9'900ms);
}

// F3
TEST_CASE("without a limit nothing waits") {
  pacing paced{rate_limit{}};
  CHECK(paced.slice_bytes() == UINT64_MAX);
  CHECK(paced.ask(UINT64_MAX, 0s, 0).count() == 0);
}

// F6
TEST_CASE("two connections together get what one would") {
  const auto limit = parse_rate_limit("8Mbit/s");
  REQUIRE(limit.ok());
  pacing paced(*limit);
  std::uint64_t sent[2] = {0, 0};
  for (std::chrono::nanoseconds now{0}; now < 10s; now += 1ms) {
    for (std::uint64_t& own : sent) {
      if (paced.ask(paced.slice_bytes(), now, 0).count() == 0) { own += paced.slice_bytes(); }
    }
  }
  CHECK(is_within(sent[0] + sent[1], 10'000'000, 0.02));
}
