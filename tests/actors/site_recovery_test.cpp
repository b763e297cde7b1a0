// What a site takes up again after an end: its own, or of one of its actors.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <stdexcept>
#include <utility>

#include "tests/actors/virtual_site.hpp"
#include "tests/temporary_folder.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using actors::testing::virtual_site;
using model::package_state;
using model::site_job_state;
using model::state_report;
using storage::site_database;

namespace {

constexpr std::uint64_t package_bytes = 1'000'000;

/// `main` holds the package; dp1 pulls from it and has registered.
struct pair {
  explicit pair(std::string database_path = {})
      : site(std::move(database_path)), package(site.add_package()) {
    CHECK(site.add_point("dp1", {"main:1"}).ok());
    CHECK(site.register_node("dp1").ok());
    CHECK(site.distribute(package, {"main"}).ok());
  }
  void notify_in_vain() {
    site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
    CHECK(site.distribute(package, {"dp1"}).ok());
    for (auto passed = 1min; passed <= 29 * 20min; ++passed) {  // its heart beats all the time
      site.advance(1min);
      if (passed < 29 * 20min) { CHECK(site.heartbeat("dp1").ok()); }
    }
    site.node("dp1").trouble.reset();
  }
  virtual_site site;
  model::package_id package;
};

/// No file of this process grows while it lives.
class frozen_files {
public:
  frozen_files() {
    was_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit none{1, limit_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~frozen_files() {
    setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, was_);
  }
  frozen_files(const frozen_files&) = delete;
  frozen_files& operator=(const frozen_files&) = delete;

private:
  rlimit limit_{};
  void (*was_)(int) = SIG_DFL;
};

bool speaks_of(const error& failure, const std::string& what) {
  return describe(failure).find(what) != std::string::npos;
}

}  // namespace

// The library and the database -------------------------------------------------------------------

TEST_CASE("a content that a crash left without a package is dropped when the site begins") {
  pair parts;
  const auto cut_short = *model::content_id::parse("PKG0000A.1");
  const auto half_updated = model::content_id{parts.package, 2};
  parts.site.library.for_site.insert(cut_short);
  parts.site.library.for_site.insert(half_updated);
  parts.site.library.committed.insert(cut_short);  // also for the distribution point: stays so
  for (const auto& content : {cut_short, half_updated}) {
    CHECK(parts.site.database().begin_change(content).ok());
  }
  parts.site.restart();
  CHECK(parts.site.library.dropped == std::vector{half_updated, cut_short});
  CHECK(parts.site.database().open_changes()->empty());
  CHECK(parts.site.library.for_site == std::set{model::content_id{parts.package, 1}});
  CHECK(parts.site.library.committed.contains(cut_short));
}

// A database that was made anew gave its first package the number of one in the library: that add
// failed, and the next start dropped all that the library held.
TEST_CASE(
    "what the site database never touched stays in the library, whatever is added meanwhile") {
  virtual_site site;
  const std::set held{*model::content_id::parse("PKG00001.1"),
                      *model::content_id::parse("PKG00003.2")};
  site.library.for_site = held;
  site.restart();
  const auto added = site.add_package({"/srv/sources/a", std::nullopt, "a"});
  REQUIRE(added.ok());
  CHECK(added->id.text() == "PKG00002");
  const auto next = site.add_package({"/srv/sources/b", std::nullopt, "b"});
  REQUIRE(next.ok());
  CHECK(next->id.text() == "PKG00004");
  CHECK(site.remove_package(next->id).ok());
  site.restart();
  for (const auto& content : held) { CHECK(site.library.for_site.contains(content)); }
  CHECK(site.library.for_site.contains({added->id, 1}));
  CHECK(site.library.dropped == std::vector{model::content_id{next->id, 1}});
}

TEST_CASE("an id that is still being removed somewhere is not given again") {
  pair parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.remove_package(parts.package).ok());
  const auto refused = parts.site.add_package({"/srv/sources/a", parts.package, "a"});
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::conflict);
  CHECK(speaks_of(refused.error(), "still being removed from dp1"));
}

TEST_CASE("a database that was made anew drops nothing of the library") {
  virtual_site site;
  const auto held = *model::content_id::parse("PKG00001.1");
  site.library.for_site.insert(held);
  site.restart();
  CHECK(site.library.dropped.empty());
  const auto refused = site.add_package({"/srv/sources/a", held.package, "a"});
  REQUIRE(!refused);
  CHECK(speaks_of(refused.error(), "sluice package remove PKG00001"));
  CHECK(site.remove_package(held.package).ok());
  CHECK(site.library.for_site.empty());
}

TEST_CASE("a package whose row could not be written is in the library no more") {
  temporary_folder folder;
  virtual_site site(folder / "site.db");
  std::optional<frozen_files> frozen;
  site.library.after_snapshot = [&] { frozen.emplace(); };
  const auto failed = site.add_package({"/srv/sources/office", std::nullopt, "office"});
  frozen.reset();
  REQUIRE(!failed);
  CHECK(site.library.dropped.size() == 1);
  CHECK(site.library.for_site.empty());
  site.library.after_snapshot = {};
  CHECK(site.add_package({"/srv/sources/office", std::nullopt, "office"}).ok());
  CHECK(site.library.for_site.size() == 1);
}

TEST_CASE(
    "a removal that the library did not hear of is made up for, by the wish or at the start") {
  for (const bool repeated : {true, false}) {
    CAPTURE(repeated);
    pair parts;
    parts.site.library.drop_failures.push_back({errc::os_failed, 5, "write the package record"});
    CHECK(!parts.site.remove_package(parts.package));
    CHECK(parts.site.library.for_site.size() == 1);
    if (repeated) { parts.site.library.drop_failures.push_back({errc::os_failed, 5, "write"}); }
    parts.site.restart();
    CHECK(parts.site.library.for_site.size() == (repeated ? 1 : 0));
    if (repeated) { CHECK(parts.site.remove_package(parts.package).ok()); }
    CHECK(parts.site.library.for_site.empty());
  }
}

// Its actors --------------------------------------------------------------------------------------

TEST_CASE("a site that cannot begin says so to whoever asks how it is") {
  temporary_folder folder;
  virtual_site site(folder / "site.db");
  CHECK(site.health().ok());
  site.restart(site_database::mode::read_only);
  const auto health = site.health();
  REQUIRE(!health);
  CHECK(health.error().code == errc::denied);
  CHECK(speaks_of(health.error(), "site.db"));
  site.restart(site_database::mode::read_write);
  CHECK(site.health().ok());
}

TEST_CASE("what the site does for a distribution point begins again when it has ended by itself") {
  pair parts;
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  CHECK(parts.site.node("dp1").notified.size() == 1);
  parts.site.kill_proxy("dp1");
  parts.site.node("dp1").trouble.reset();
  parts.site.advance(limits::actor_restart_delay - 1ns);
  CHECK(parts.site.node("dp1").notified.size() == 1);
  parts.site.advance(1ns);
  CHECK(parts.site.node("dp1").notified.size() == 2);
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::started);
  CHECK(parts.site.report(parts.package, "dp1", state_report::success, package_bytes).ok());
  parts.site.kill_proxy("dp1");
  CHECK(parts.site.remove_point("dp1").ok());
  parts.site.advance(10min);  // nobody comes back for a point that is gone
  CHECK(parts.site.node("dp1").notified.size() == 2);
}

TEST_CASE("a tracking that ended of an error nobody foresaw begins again from its row") {
  pair parts;
  bool foreseen = false;
  parts.site.node("dp1").on_notify = [&](const model::notification&) {
    if (!std::exchange(foreseen, true)) { throw std::runtime_error("nobody foresaw it"); }
  };
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.site.advance(limits::actor_restart_delay - 1ns);
  CHECK(parts.site.node("dp1").notified.size() == 1);
  parts.site.advance(1ns);
  CHECK(parts.site.node("dp1").notified.size() == 2);
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::started);
}

// Cancelled, and heard again (B8) -----------------------------------------------------------------

TEST_CASE(
    "after the last try in vain the node's next heartbeat opens a new job, also after a restart") {
  for (const bool restarted : {false, true}) {
    CAPTURE(restarted);
    pair parts;
    parts.notify_in_vain();
    const auto given_up = parts.site.row(parts.package, "dp1").row;
    CHECK(given_up.job_state == site_job_state::cancelled);
    CHECK(given_up.tries_left == 0);
    if (restarted) { parts.site.restart(); }
    CHECK(parts.site.node("dp1").notified.size() == 30);
    CHECK(parts.site.heartbeat("dp1").ok());
    CHECK(parts.site.node("dp1").notified.size() == 31);
    const auto row = parts.site.row(parts.package, "dp1").row;
    CHECK(row.job != given_up.job);
    CHECK(row.job_state == site_job_state::started);
    CHECK(row.tries_left == limits::notification_tries_max);
    CHECK(parts.site.heartbeat("dp1").ok());
    CHECK(parts.site.node("dp1").notified.size() == 31);
  }
}

TEST_CASE("the new round survives a restart too") {
  pair parts;
  parts.notify_in_vain();
  parts.site.node("dp1").trouble = error{errc::unreachable, 0, "connect to dp1"};
  CHECK(parts.site.heartbeat("dp1").ok());
  CHECK(parts.site.node("dp1").notified.size() == 31);
  parts.site.node("dp1").trouble.reset();
  parts.site.restart();
  CHECK(parts.site.node("dp1").notified.size() == 32);
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::started);
}

TEST_CASE("a job given up for want of polls is not opened again by a heartbeat") {
  pair parts;
  CHECK(parts.site.distribute(parts.package, {"dp1"}).ok());
  parts.site.node("dp1").trouble = error{errc::timed_out, 0, "ask dp1"};
  parts.site.advance(74h);
  CHECK(parts.site.row(parts.package, "dp1").row.job_state == site_job_state::cancelled);
  parts.site.node("dp1").trouble.reset();
  parts.site.restart();
  CHECK(parts.site.heartbeat("dp1").ok());
  CHECK(parts.site.node("dp1").notified.size() == 1);
}
