#include "actors/file_race.hpp"

#include <set>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace sluice::actors::testing {

namespace {

constexpr std::uint64_t mib = limits::mib;

/// A range that somebody brings, piece by piece.
struct under_way {
  file_race::source who = 0;
  file_race::range range;
  std::uint64_t next = 0;  ///< its pieces before this one were asked for
};

/// Several sources of random speed, manner and end, beside each other; every rule is checked at
/// every step. Returns whether the file became whole.
bool race(std::uint64_t seed) {
  seeded_random random(seed);
  const std::uint64_t pieces = 1 + random() % 100;
  const std::uint64_t size = pieces * mib - random() % mib;
  storage::piece_set held(pieces);
  for (std::uint64_t piece = 0; piece < pieces; ++piece) {
    if (random() % 4 == 0) { held.add(piece); }
  }
  const std::size_t sources = 1 + random() % 4;
  const auto lanes = static_cast<std::uint32_t>(1 + random() % (2 * sources));
  file_race race(held, model::byte_count{size}, lanes);
  std::vector<std::uint64_t> wrong_one_in;  // of a source's pieces; 1: all
  std::vector<bool> ended(sources);
  for (std::size_t i = 0; i < sources; ++i) {
    CHECK(race.join() == i);
    wrong_one_in.push_back(i == 0 ? 1'000'000 : 1 + random() % 20);
  }
  std::vector<std::set<std::uint64_t>> asked(sources);
  std::vector<under_way> lines;
  auto now = 1ns;
  for (int step = 0; step < 5'000; ++step) {
    now += std::chrono::milliseconds(1 + random() % 50);
    const file_race::source who = random() % sources;
    if (who != 0 && random() % 200 == 0) { ended[who] = true; }
    if (!ended[who]) {
      if (const auto range = race.take(who, now)) {
        CHECK(range->length > 0);
        CHECK(range->offset % mib == 0);
        CHECK(range->offset + range->length <= size);
        for (std::uint64_t at = range->offset; at < range->offset + range->length; at += mib) {
          CHECK_FALSE(held.has(at / mib));
          CHECK(asked[who].insert(at / mib).second);  // of one source once
          for (const under_way& line : lines) {
            const bool elsewhere =
                at < line.range.offset || at >= line.range.offset + line.range.length;
            CHECK(elsewhere);
          }
        }
        lines.push_back({who, *range, range->offset / mib});
      } else if (const auto slow = race.take_over(who, now)) {
        CHECK(race.is_given_up(*slow));
      }
    }
    if (lines.empty()) { continue; }
    const std::size_t at = random() % lines.size();
    under_way& line = lines[at];
    const std::uint64_t end = (line.range.offset + line.range.length + mib - 1) / mib;
    const bool over = ended[line.who] || line.next == end || race.is_given_up(line.range.number);
    if (over) {
      race.settle(line.range.number, now);
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at));
    } else if (random() % wrong_one_in[line.who] == 0 && line.who != 0) {
      ++line.next;
    } else {
      held.add(line.next++);
    }
  }
  CHECK(lines.empty());
  for (file_race::source who = 0; who < sources; ++who) { CHECK_FALSE(race.others_bring(who)); }
  return held.count() == pieces;
}

}  // namespace

// Z8
TEST_CASE("however sources race, no piece is under way twice, or asked of one of them twice") {
  int whole = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    if (race(seed)) { ++whole; }
  }
  // The first one of each brings all that it is asked for. What is taken over from it in vain, by
  // one that then fails, is left to the next page.
  CHECK(whole > 200);
}

// Z8
TEST_CASE("alone, a source is asked for all that is missing, in order, in ranges that fit it") {
  storage::piece_set held(40);
  held.add(3);
  file_race race(held, model::byte_count{40 * mib - 7}, 1);
  const auto only = race.join();
  const auto first = race.take(only, 0ns);
  REQUIRE(first);
  CHECK(first->offset == 0);
  CHECK(first->length == 3 * mib);
  held.add(0);
  held.add(1);
  held.add(2);
  race.settle(first->number, 1s);  // 3 MiB/s
  const auto second = race.take(only, 1s);
  REQUIRE(second);
  CHECK(second->offset == 4 * mib);
  CHECK(second->length == 3 * mib);
  CHECK_FALSE(race.others_bring(only));
  CHECK_FALSE(race.take_over(only, 100s));
  race.settle(second->number, 2s);  // nothing came: a piece at a time
  const auto third = race.take(only, 2s);
  REQUIRE(third);
  CHECK(third->offset == 7 * mib);
  CHECK(third->length == mib);
}

// Z8
TEST_CASE("of what several bring none is given more than its share, however fast it may be") {
  storage::piece_set held(20);
  file_race race(held, model::byte_count{20 * mib}, 4);
  const auto first = race.join();
  const auto late = race.join();
  std::vector<std::uint64_t> pieces;
  for (int lane = 0; lane < 4; ++lane) {
    const auto range = race.take(lane < 2 ? first : late, 0ns);
    REQUIRE(range);
    pieces.push_back(range->length / mib);
  }
  CHECK(pieces == std::vector<std::uint64_t>{5, 3, 3, 2});
}

// Z8
TEST_CASE("what one could not bring is brought by another, and the last bytes count") {
  storage::piece_set held(2);
  file_race race(held, model::byte_count{mib + 5}, 1);
  const auto one = race.join();
  const auto other = race.join();
  const auto all = race.take(one, 0ns);
  REQUIRE(all);
  CHECK(all->length == mib + 5);
  CHECK_FALSE(race.take(other, 0ns));
  CHECK(race.others_bring(other));
  held.add(0);
  race.settle(all->number, 1s);
  CHECK_FALSE(race.others_bring(other));
  CHECK_FALSE(race.take(one, 1s));
  const auto rest = race.take(other, 1s);
  REQUIRE(rest);
  CHECK(rest->offset == mib);
  CHECK(rest->length == 5);
}

// Z8
TEST_CASE("who came when all was given out takes over from a silent one after a second") {
  storage::piece_set held(20);
  file_race race(held, model::byte_count{20 * mib}, 1);
  const auto first = race.join();
  const auto one = race.take(first, 0ns);
  const auto rest = race.take(first, 0ns);
  REQUIRE(one);
  REQUIRE(rest);
  const auto late = race.join();
  CHECK_FALSE(race.take(late, 1ms));
  held.add(16);
  CHECK_FALSE(race.take_over(late, 999ms));
  CHECK(race.take_over(late, 1s) == one->number);
  CHECK_FALSE(race.take_over(late, 10s));  // the other one has brought something
}

// Z8
TEST_CASE("who has nothing left takes over from a slower one, which does not get it back") {
  storage::piece_set held(32);
  file_race race(held, model::byte_count{32 * mib}, 1);
  const auto quick = race.join();
  const auto slow = race.join();
  const auto of_slow = race.take(slow, 0ns);
  const auto of_quick = race.take(quick, 0ns);
  REQUIRE(of_slow);
  REQUIRE(of_quick);
  for (std::uint64_t piece = 16; piece < 32; ++piece) { held.add(piece); }
  race.settle(of_quick->number, 160ms);  // 100 MiB/s
  CHECK_FALSE(race.take(quick, 160ms));
  CHECK(race.take_over(quick, 10ms) == std::nullopt);  // too early to tell
  CHECK(race.take_over(quick, 160ms) == of_slow->number);
  CHECK(race.take_over(quick, 160ms) == std::nullopt);  // once is enough
  CHECK_FALSE(race.take(quick, 160ms));                 // it is still under way
  CHECK(race.is_given_up(of_slow->number));
  held.add(0);
  race.settle(of_slow->number, 161ms);
  CHECK_FALSE(race.take(slow, 161ms));
  const auto rest = race.take(quick, 161ms);
  REQUIRE(rest);
  CHECK(rest->offset == mib);
  CHECK(rest->length == 15 * mib);
  CHECK_FALSE(race.take_over(slow, 100s));
}

}  // namespace sluice::actors::testing
