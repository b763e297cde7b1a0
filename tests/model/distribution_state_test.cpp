#include "model/distribution_state.hpp"

#include <set>
#include <string>

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::model;

namespace {

/// Compares every pair with a picture: row = from, column = to, 'x' = allowed.
template <typename State, std::size_t Count>
void check_picture(const std::array<std::string_view, Count>& picture) {
  for (std::size_t from = 0; from < Count; ++from) {
    REQUIRE(picture[from].size() == Count);
    for (std::size_t to = 0; to < Count; ++to) {
      CAPTURE(from);
      CAPTURE(to);
      CHECK(may_follow(static_cast<State>(from), static_cast<State>(to)) ==
            (picture[from][to] == 'x'));
    }
  }
}

}  // namespace

// S1, B24
TEST_CASE("a job at the site takes only the ways of S1") {
  check_picture<site_job_state, 9>({
      // 012345678
      ".x....xxx",  // 0 pending
      "..x...xxx",  // 1 ready
      "...x..xx.",  // 2 started
      "....xxxxx",  // 3 in_progress
      ".x....xx.",  // 4 pending_restart
      ".........",  // 5 complete
      ".....x...",  // 6 failed: a late success report
      ".....x...",  // 7 cancelled: the same
      ".x....xx.",  // 8 suspended
  });
}

// S5, B25
TEST_CASE("a package on a distribution point takes only the ways of S5") {
  check_picture<package_state, 9>({
      // 012345678
      "....x..xx",  // 0 installed
      "x.x......",  // 1 install_pending
      ".x.x.....",  // 2 install_retrying
      "xx..x....",  // 3 install_failed
      ".....x...",  // 4 removal_pending
      "....x.x..",  // 5 removal_retrying
      "....x....",  // 6 removal_failed
      "x.x......",  // 7 content_updating
      "x..x.....",  // 8 content_monitoring
  });
}

// B24
TEST_CASE("what is heard of a job may be steps ahead, never back") {
  using enum site_job_state;
  using states = std::vector<site_job_state>;
  CHECK(way(pending, started) == states{ready, started});
  CHECK(way(pending, complete) == states{ready, started, in_progress, complete});
  CHECK(way(suspended, in_progress) == states{ready, started, in_progress});
  CHECK(way(cancelled, complete) == states{complete});
  CHECK(way(started, cancelled) == states{cancelled});
  CHECK(way(ready, ready).empty());
  for (const auto& [from, to] : {std::pair{in_progress, started}, std::pair{started, pending},
                                 std::pair{complete, in_progress}, std::pair{complete, failed},
                                 std::pair{failed, in_progress}, std::pair{cancelled, failed}}) {
    CHECK(way(from, to).empty());
  }
}

// B25
TEST_CASE("a package that is not there is never said to be, on its way to something else") {
  using enum package_state;
  using states = std::vector<package_state>;
  CHECK(way(install_pending, install_failed) == states{install_retrying, install_failed});
  CHECK(way(install_retrying, installed) == states{install_pending, installed});
  CHECK(way(content_updating, install_failed) == states{install_retrying, install_failed});
  CHECK(way(content_monitoring, content_updating) == states{installed, content_updating});
  CHECK(way(content_monitoring, install_pending) == states{install_failed, install_pending});
  CHECK(way(install_pending, removal_pending) ==
        states{install_retrying, install_failed, removal_pending});
  CHECK(way(content_updating, removal_pending) == states{installed, removal_pending});
  CHECK(way(removal_pending, removal_failed) == states{removal_retrying, removal_failed});
  CHECK(way(install_pending, content_updating).empty());
  CHECK(way(removal_pending, installed).empty());
  CHECK(way(installed, install_failed) == states{content_monitoring, install_failed});
}

TEST_CASE("every way consists of steps that S1 and S5 list") {
  for (int from = 0; from < 9; ++from) {
    for (int to = 0; to < 9; ++to) {
      auto job = static_cast<site_job_state>(from);
      for (const auto next : way(job, static_cast<site_job_state>(to))) {
        CHECK(may_follow(job, next));
        job = next;
      }
      auto package = static_cast<package_state>(from);
      for (const auto next : way(package, static_cast<package_state>(to))) {
        CHECK(may_follow(package, next));
        package = next;
      }
    }
  }
}

// S6, B26
TEST_CASE("each target is in exactly one console bucket") {
  const std::string_view heard_buckets =
      "1224"
      "22421";
  const std::string_view unheard_buckets =
      "1324"
      "22421";
  for (std::size_t i = 0; i < 9; ++i) {
    const auto state = static_cast<package_state>(i);
    CAPTURE(name_of(state));
    CHECK(static_cast<char>('0' + static_cast<int>(bucket_of(state, false, true))) ==
          heard_buckets[i]);
    CHECK(static_cast<char>('0' + static_cast<int>(bucket_of(state, false, false))) ==
          unheard_buckets[i]);
    CHECK(bucket_of(state, true, true) == console_bucket::failed);
    CHECK(bucket_of(state, true, false) == console_bucket::failed);
  }
}

TEST_CASE("the names of the site's states are distinct") {
  std::set<std::string_view> names;
  for (int i = 0; i < 9; ++i) { names.insert(name_of(static_cast<site_job_state>(i))); }
  CHECK(names.size() == 9);
  names.clear();
  for (int i = 0; i < 9; ++i) { names.insert(name_of(static_cast<package_state>(i))); }
  CHECK(names.size() == 9);
  CHECK(name_of(static_cast<site_job_state>(9)) == "unknown");
  CHECK(name_of(site_job_state::suspended) == "suspended");
  CHECK(name_of(package_state::content_monitoring) == "content_monitoring");
  CHECK(name_of(console_bucket::in_progress) == "in_progress");
}
