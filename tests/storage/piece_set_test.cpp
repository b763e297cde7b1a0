#include "storage/piece_set.hpp"

#include <doctest/doctest.h>

#include "base/base.hpp"

namespace sluice::storage {

namespace {

TEST_CASE("a set of pieces finds, counts and compares as a plain list would") {
  seeded_random random(11);
  for (const std::uint64_t size : {1U, 63U, 64U, 65U, 200U}) {
    piece_set set(size);
    piece_set other(size);
    std::vector<bool> plain(size);
    for (int step = 0; step < 400; ++step) {
      const std::uint64_t at = random() % size;
      const bool add = random() % 3 != 0;
      add ? set.add(at) : set.remove(at);
      plain[at] = add;
      if (random() % 2 == 0) { other.add(random() % size); }
      const std::uint64_t from = random() % (size + 1);
      std::uint64_t found = from;
      while (found < size && plain[found] != add) { ++found; }
      REQUIRE(set.find(from, add) == found);
    }
    std::uint64_t count = 0;
    std::vector<bool> without(size);
    for (const bool has : plain) { count += has ? 1 : 0; }
    for (const piece_run& run : set.without(other)) {
      REQUIRE(run.count > 0);
      for (std::uint64_t i = run.first; i < run.first + run.count; ++i) { without[i] = true; }
    }
    for (std::uint64_t i = 0; i < size; ++i) { CHECK(without[i] == (plain[i] && !other.has(i))); }
    CHECK(set.count() == count);
    set.clear();
    CHECK(set.count() == 0);
    CHECK(set.find(0, true) == size);
  }
}

}  // namespace

}  // namespace sluice::storage
