#include "model/source_ranking.hpp"

#include <map>
#include <set>

#include <doctest/doctest.h>

#include "base/base.hpp"

using namespace sluice;
using namespace sluice::model;

namespace {

// The reference, 40 lines: what D6-D10 say, written as directly as possible. Sources are grouped by
// priority; a group is walked to its end before the next; who serves is kept as long as he does.
using verdicts = std::vector<source_verdict>;

std::set<std::size_t> reference_choice(const std::vector<std::uint32_t>& priorities,
                                       const verdicts& known) {
  std::map<std::uint32_t, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < priorities.size(); ++i) { groups[priorities[i]].push_back(i); }
  for (const auto& [priority, members] : groups) {
    std::set<std::size_t> serving;
    std::set<std::size_t> fresh;
    for (const std::size_t member : members) {
      if (known[member] == source_verdict::has_it) { serving.insert(member); }
      if (known[member] == source_verdict::untried) { fresh.insert(member); }
    }
    if (!serving.empty()) { return serving; }
    if (!fresh.empty()) { return fresh; }
  }
  return {};
}

verdicts reference_start_over(verdicts known) {
  for (auto& verdict : known) { verdict = source_verdict::untried; }
  return known;
}
// End of the reference.

verdicts verdicts_of(const std::vector<ranked_source>& sources) {
  verdicts known;
  for (const ranked_source& source : sources) { known.push_back(source.verdict); }
  return known;
}

std::vector<ranked_source> random_topology(seeded_random& random) {
  std::vector<ranked_source> sources(random() % 8);
  for (ranked_source& source : sources) {
    source.priority = static_cast<std::uint32_t>(random() % 4);
    source.verdict = static_cast<source_verdict>(random() % 5);
  }
  return sources;
}

/// One transfer: asks, learns, asks again, until nobody is left; then one more round.
/// Returns the number of choices that differ from the reference.
int differences(std::vector<ranked_source> sources, seeded_random& random) {
  int count = 0;
  std::vector<std::uint32_t> priorities;
  for (const ranked_source& source : sources) { priorities.push_back(source.priority); }
  for (int step = 0; step < 12; ++step) {
    const auto expected = reference_choice(priorities, verdicts_of(sources));
    const auto chosen = choose_source(sources, random());
    if (chosen.has_value() != !expected.empty()) { ++count; }
    if (!chosen) {
      const auto over = reference_start_over(verdicts_of(sources));
      start_over(sources);
      count += verdicts_of(sources) == over ? 0 : 1;
      continue;
    }
    if (!expected.contains(*chosen)) { ++count; }
    sources[*chosen].verdict = static_cast<source_verdict>(1 + random() % 4);
  }
  return count;
}

}  // namespace

// D6
TEST_CASE("100,000 random topologies are ranked as the reference model says") {
  seeded_random random(20'241'113);
  int wrong = 0;
  for (int round = 0; round < 100'000; ++round) {
    wrong += differences(random_topology(random), random);
  }
  CHECK(wrong == 0);
}

// D7
TEST_CASE("equal priorities share 10,000 picks evenly") {
  // Chi-square with 4 degrees of freedom: 18.47 is passed by chance once in a thousand seeds.
  const std::vector<ranked_source> sources{{"far", 9, {}}, {"a", 1, {}}, {"b", 1, {}},
                                           {"c", 1, {}},   {"d", 1, {}}, {"e", 1, {}}};
  seeded_random random(1);
  std::map<std::size_t, int> picks;
  for (int i = 0; i < 10'000; ++i) { ++picks[choose_source(sources, random()).value()]; }
  CHECK(picks.size() == 5);
  CHECK_FALSE(picks.contains(0));
  double chi_square = 0;
  for (const auto& [index, count] : picks) {
    chi_square += (count - 2000.0) * (count - 2000.0) / 2000.0;
  }
  CHECK(chi_square < 18.47);
}

// D8, D9
TEST_CASE("the lowest number goes first, then another of the same, then the next") {
  std::vector<ranked_source> sources{{"site", 2, {}}, {"near", 1, {}}, {"near too", 1, {}}};
  const auto first = choose_source(sources, 4).value();
  CHECK(sources[first].priority == 1);
  sources[first].verdict = source_verdict::lacks;
  const auto second = choose_source(sources, 5).value();
  CHECK(sources[second].priority == 1);
  CHECK(second != first);
  sources[second].verdict = source_verdict::bad;
  CHECK(choose_source(sources, 6) == 0);
  sources[0].verdict = source_verdict::quarantined;
  CHECK_FALSE(choose_source(sources, 7));
  start_over(sources);
  CHECK(sources[0].verdict == source_verdict::untried);
  CHECK(sources[first].verdict == source_verdict::untried);
  CHECK(choose_source(sources, 8).has_value());
}

// D14
TEST_CASE("speed decides among equals, and nowhere else; who was not measured comes first") {
  std::vector<ranked_source> sources{{"slow", 1, {}, 10}, {"fast", 1, {}, 1000}, {"far", 2, {}, 9}};
  seeded_random random(3);
  for (int i = 0; i < 50; ++i) { CHECK(choose_source(sources, random()) == 1); }
  sources.push_back({"new", 1, {}});
  sources.push_back({"new too", 1, {}});
  std::map<std::size_t, int> picks;
  for (int i = 0; i < 50; ++i) { ++picks[choose_source(sources, random()).value()]; }
  CHECK(picks.size() == 2);
  CHECK(picks.begin()->first == 3);
  sources[0].verdict = source_verdict::has_it;
  CHECK(choose_source(sources, random()) == 0);
  for (auto& source : sources) {
    if (source.priority == 1) { source.verdict = source_verdict::lacks; }
  }
  CHECK(choose_source(sources, random()) == 2);
}

TEST_CASE("a source that serves is kept, but not against a better priority") {
  std::vector<ranked_source> sources{{"a", 1, {}}, {"b", 1, source_verdict::has_it}, {"c", 1, {}}};
  for (std::uint64_t random = 0; random < 50; ++random) {
    CHECK(choose_source(sources, random) == 1);
  }
  sources.push_back({"better", 0, {}});
  CHECK(choose_source(sources, 9) == 3);
}

// Z8, D6
TEST_CASE("usable sources of the same priority help, those that serve first, and no others") {
  using enum source_verdict;
  const std::vector<ranked_source> sources{{"serving", 1, has_it},    {"fresh", 1, untried},
                                           {"lacks", 1, lacks},       {"bad", 1, bad},
                                           {"rests", 1, quarantined}, {"better", 0, untried},
                                           {"far", 2, has_it},        {"serves too", 1, has_it}};
  for (std::uint64_t random = 0; random < 20; ++random) {
    CHECK(choose_helpers(sources, 0, 3, random) == std::vector<std::size_t>{7, 1});
    CHECK(choose_helpers(sources, 0, 1, random) == std::vector<std::size_t>{7});
    CHECK(choose_helpers(sources, 0, 0, random).empty());
    CHECK(choose_helpers(sources, 6, 3, random).empty());
  }
}

// Z8, D7
TEST_CASE("which of many equal sources help is left to chance") {
  std::vector<ranked_source> sources;
  for (int i = 0; i < 8; ++i) { sources.push_back({format("dp{}", i), 1, {}}); }
  std::set<std::size_t> helped;
  seeded_random random(1);
  for (int i = 0; i < 200; ++i) {
    for (const std::size_t one : choose_helpers(sources, 3, 2, random())) { helped.insert(one); }
  }
  CHECK(helped == std::set<std::size_t>{0, 1, 2, 4, 5, 6, 7});
}

// Z8
TEST_CASE("a range is taken over from who is less than half as fast, at its best") {
  using namespace std::chrono_literals;
  constexpr std::uint64_t mib = limits::mib;
  struct row {
    std::uint64_t come;
    std::chrono::nanoseconds under_way;
    std::uint64_t own;
    bool taken;
  };
  const row rows[] = {
      {0, 0ms, 100 * mib, false},       // just begun
      {0, 19ms, 100 * mib, false},      // its first piece may come now: 52 MiB/s
      {0, 21ms, 100 * mib, true},       // 47 MiB/s at best
      {0, 10s, 0, false},               // nothing is known of who is free
      {0, 10s, mib, true},              // silent
      {15 * mib, 1s, 16 * mib, false},  // as fast
      {7 * mib, 1s, 16 * mib, false},   // half as fast
      {6 * mib, 1s, 16 * mib, true},    // less
      {100 * mib, 1s, 1000 * mib, true},
  };
  for (const row& one : rows) {
    CAPTURE(one.come);
    CAPTURE(one.under_way.count());
    CHECK(is_worth_taking_over({one.come, one.under_way}, one.own) == one.taken);
  }
}

TEST_CASE("without sources nobody is chosen") { CHECK_FALSE(choose_source({}, 1)); }
