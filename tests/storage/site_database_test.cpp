#include "storage/site_database.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/temporary_folder.hpp"

namespace sluice::storage {

namespace {

using mode = site_database::mode;

std::unique_ptr<site_database> open_at(const std::string& path, mode how = mode::read_write) {
  auto opened = site_database::open(path, how);
  REQUIRE_MESSAGE(opened.ok(), (opened ? "" : describe(opened.error())));
  return std::move(*opened);
}

template <typename T>
T got(result<T> answer) {
  REQUIRE_MESSAGE(answer.ok(), (answer ? "" : describe(answer.error())));
  return std::move(*answer);
}

void done(const result<void>& answer) {
  REQUIRE_MESSAGE(answer.ok(), (answer ? "" : describe(answer.error())));
}

template <typename Id>
Id id_of(std::uint8_t first) {
  Id made;
  made.bytes.fill(std::byte{0xA5});
  made.bytes[0] = std::byte{first};
  return made;
}

model::calendar_time at(std::int64_t milliseconds) {
  return model::calendar_time{std::chrono::milliseconds{milliseconds}};
}

model::package_id package_of(std::uint32_t number) {
  return {*model::site_code::parse("PKG"), number};
}

model::package_row package_row_of(std::uint32_t number) {
  model::package_row row;
  row.id = package_of(number);
  row.name = "it's \"quoted\" \xC3\xBC";
  row.source_path = std::string("/sources/with\nnewline\0and zero", 30);
  row.version = 7;
  row.files = 1'000'000;
  row.bytes = model::byte_count{model::file_size_max};
  row.manifest_hash.bytes.fill(std::byte{0xEE});
  row.created = at(1'700'000'000'123);
  return row;
}

model::distribution_point_row point_row_of(const std::string& name) {
  model::distribution_point_row row;
  row.name = name;
  row.control_address = "10.0.0.2:8741";
  row.mode = model::distribution_point_mode::pull;
  row.sources = {{"site", 1}, {"dp9", 200}, {"dp3", 1}};
  return row;
}

/// Every field has a value of its own.
site_distribution distribution_of(std::uint32_t number, const std::string& name) {
  site_distribution made;
  model::distribution_row& row = made.row;
  row.package = package_of(number);
  row.distribution_point = name;
  row.version = 3;
  row.bucket = model::console_bucket::in_progress;
  row.state = model::package_state::install_retrying;
  row.job = id_of<model::job_id>(static_cast<std::uint8_t>(number));
  row.job_state = model::site_job_state::in_progress;
  row.percent = 42;
  row.bytes_total = model::byte_count{1001};
  row.bytes_done = model::byte_count{1002};
  row.bytes_transferred = model::byte_count{1003};
  row.pieces_verified = 1004;
  row.bytes_per_second = 1005;
  row.remaining = std::chrono::seconds{1006};
  row.source = "dp9";
  row.tries_left = 29;
  row.next_try = at(1'700'000'001'000);
  row.reason = "waits, says \"dp9\"";
  row.changed = at(1'700'000'002'000);
  made.redistribute = true;
  made.heard = true;
  made.cancelled = true;
  made.last_sequence = ~std::uint64_t{0};
  made.node_state = model::job_state::waiting_for_source;
  made.polls = 1007;
  made.cancel_asked = true;
  made.held_by = "root";
  return made;
}

void check_same(const model::distribution_row& left, const model::distribution_row& right) {
  CHECK(left.package == right.package);
  CHECK(left.version == right.version);
  CHECK(left.distribution_point == right.distribution_point);
  CHECK(left.bucket == right.bucket);
  CHECK(left.state == right.state);
  CHECK(left.job == right.job);
  CHECK(left.job_state == right.job_state);
  CHECK(left.percent == right.percent);
  CHECK(left.bytes_total == right.bytes_total);
  CHECK(left.bytes_done == right.bytes_done);
  CHECK(left.bytes_transferred == right.bytes_transferred);
  CHECK(left.pieces_verified == right.pieces_verified);
  CHECK(left.bytes_per_second == right.bytes_per_second);
  CHECK(left.remaining == right.remaining);
  CHECK(left.source == right.source);
  CHECK(left.tries_left == right.tries_left);
  CHECK(left.next_try == right.next_try);
  CHECK(left.reason == right.reason);
  CHECK(left.changed == right.changed);
}

void check_same(const site_distribution& left, const site_distribution& right) {
  check_same(left.row, right.row);
  CHECK(left.redistribute == right.redistribute);
  CHECK(left.heard == right.heard);
  CHECK(left.cancelled == right.cancelled);
  CHECK(left.removing == right.removing);
  CHECK(left.last_sequence == right.last_sequence);
  CHECK(left.node_state == right.node_state);
  CHECK(left.polls == right.polls);
  CHECK(left.cancel_asked == right.cancel_asked);
  CHECK(left.held_by == right.held_by);
}

bool same_sources(const std::vector<model::source_choice>& left,
                  const std::vector<model::source_choice>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const auto& one, const auto& other) {
                      return one.name == other.name && one.priority == other.priority;
                    });
}

model::message_row message_of(std::uint32_t id, std::vector<std::string> insertions) {
  model::message_row row;
  row.site = "PKG";
  row.system = "dp1";
  row.message = {id + 17, at(1'700'000'000'000 + id), "the node's label", id,
                 std::move(insertions)};
  return row;
}

model::content_id content_of(std::uint32_t number) { return {package_of(number), 1}; }

void run_raw(const std::string& path, const std::string& statement) {
  SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(statement);
}

}  // namespace

TEST_CASE("every field of a package comes back, and its targets are counted") {
  const auto database = open_at("");
  const model::package_row given = package_row_of(0x12);
  done(database->put_package(given, model::byte_count{4711}));
  auto row = distribution_of(0x12, "dp1");
  done(database->put_distribution(row));
  row.row.distribution_point = "dp2";
  row.removing = true;
  done(database->put_distribution(row));
  const auto found = got(database->package(given.id));
  REQUIRE(found);
  CHECK(found->row.id == given.id);
  CHECK(found->row.name == given.name);
  CHECK(found->row.source_path == given.source_path);
  CHECK(found->row.version == given.version);
  CHECK(found->row.files == given.files);
  CHECK(found->row.bytes == given.bytes);
  CHECK(found->row.manifest_hash == given.manifest_hash);
  CHECK(found->row.created == given.created);
  CHECK(found->row.targets == 1);
  CHECK(found->manifest_size == model::byte_count{4711});
  CHECK_FALSE(got(database->package(package_of(0x13))));
  done(database->forget_package(given.id));
  CHECK_FALSE(got(database->package(given.id)));
}

TEST_CASE("package numbers ascend from 1 and skip those an operator chose") {
  const auto database = open_at("");
  const auto site = *model::site_code::parse("PKG");
  const auto allot = [&](const model::site_code& code) {
    return got(database->allot_package_id(
        code, [](const model::package_id& id) { return id == package_of(6); }));
  };
  CHECK(allot(site) == package_of(1));
  done(database->put_package(package_row_of(2), {}));
  done(database->put_distribution(distribution_of(3, "dp1")));  // still being removed there
  CHECK(allot(site) == package_of(4));
  CHECK(allot(site) == package_of(5));
  CHECK(allot(site) == package_of(7));  // the library holds a 6
  CHECK(allot(*model::site_code::parse("XYZ")).text() == "XYZ00001");
}

TEST_CASE("a package number that was not used is given again, unless a later one was given") {
  const auto database = open_at("");
  const auto allot = [&] {
    return got(database->allot_package_id(package_of(0).site,
                                          [](const model::package_id&) { return false; }));
  };
  CHECK(allot() == package_of(1));
  done(database->return_package_id(package_of(1)));
  CHECK(allot() == package_of(1));
  CHECK(allot() == package_of(2));
  done(database->return_package_id(package_of(1)));
  CHECK(allot() == package_of(3));
}

TEST_CASE("a change of the library is open from its begin to its end") {
  const temporary_folder folder;
  const std::string path = folder / "site.db";
  {
    const auto database = open_at(path);
    CHECK(got(database->open_changes()).empty());
    done(database->begin_change(content_of(2)));
    done(database->begin_change(content_of(1)));
    done(database->begin_change(content_of(1)));
    done(database->end_change(content_of(3)));
  }
  const auto database = open_at(path);
  CHECK(got(database->open_changes()) == std::vector{content_of(1), content_of(2)});
  done(database->end_change(content_of(1)));
  CHECK(got(database->open_changes()) == std::vector{content_of(2)});
}

TEST_CASE("lists come in pages with the total of all") {
  const auto database = open_at("");
  for (std::uint32_t number = 1; number <= 7; ++number) {
    done(database->put_package(package_row_of(number), {}));
    done(database->put_distribution_point(point_row_of(format("dp{}", number))));
    done(database->add_message(message_of(number, {})));
    done(database->put_distribution(distribution_of(number, "dp1")));
    done(database->put_distribution(distribution_of(1, format("dp{}", number))));
  }
  const auto packages = got(database->packages(5, 5));
  CHECK(packages.total == 7);
  REQUIRE(packages.rows.size() == 2);
  CHECK(packages.rows[0].id == package_of(6));
  CHECK(packages.rows[1].id == package_of(7));

  const auto points = got(database->distribution_points(2, 3));
  CHECK(points.total == 7);
  REQUIRE(points.rows.size() == 3);
  CHECK(points.rows[0].name == "dp3");
  CHECK(points.rows[0].sources.size() == 3);

  const auto messages = got(database->messages(1, 2));
  CHECK(messages.total == 7);
  REQUIRE(messages.rows.size() == 2);
  CHECK(messages.rows[0].message.id == 6);
  CHECK(messages.rows[1].message.id == 5);

  CHECK(got(database->distributions({}, {}, 0, 3)).total == 13);
  CHECK(got(database->distributions({}, {}, 0, 3)).rows.size() == 3);
  CHECK(got(database->distributions({}, {}, 12, 3)).rows.size() == 1);
  CHECK(got(database->distributions({}, {}, 13, 3)).rows.empty());
  const auto of_package = got(database->distributions(package_of(1), {}, 6, 10));
  CHECK(of_package.total == 7);
  REQUIRE(of_package.rows.size() == 1);
  CHECK(of_package.rows[0].distribution_point == "dp7");
  const auto of_point = got(database->distributions({}, "dp1", 1, 1));
  CHECK(of_point.total == 7);
  REQUIRE(of_point.rows.size() == 1);
  CHECK(of_point.rows[0].package == package_of(2));
  const auto of_both = got(database->distributions(package_of(1), "dp7", 0, 10));
  CHECK(of_both.total == 1);
  REQUIRE(of_both.rows.size() == 1);
  check_same(of_both.rows[0], distribution_of(1, "dp7").row);
  CHECK(got(database->distributions(package_of(2), "dp7", 0, 10)).total == 0);
}

TEST_CASE("a distribution point keeps what its node told when the operator changes it") {
  const auto database = open_at("");
  auto given = point_row_of("dp1");
  done(database->put_distribution_point(given));
  const auto fresh = got(database->distribution_point("dp1"));
  REQUIRE(fresh);
  CHECK(fresh->row.control_address == "10.0.0.2:8741");
  CHECK(fresh->row.mode == model::distribution_point_mode::pull);
  CHECK_FALSE(fresh->row.own);
  CHECK(same_sources(fresh->row.sources, given.sources));
  CHECK(fresh->row.content_address.empty());
  CHECK_FALSE(fresh->row.node);
  CHECK_FALSE(fresh->row.last_heard);
  CHECK_FALSE(fresh->epoch);
  CHECK(fresh->acknowledged == 0);

  const auto node = id_of<model::node_id>(1);
  const auto epoch = id_of<model::epoch_id>(2);
  done(database->put_registration("dp1", node, epoch, "10.0.0.2:80", "build 9", at(5000)));
  done(database->put_acknowledged("dp1", 77));
  done(database->put_heard("dp1", at(6000)));
  given.control_address = "10.0.0.3:1";
  given.mode = model::distribution_point_mode::standard;
  given.own = true;
  given.sources = {{"other", 4}};
  given.content_address = "not said by the node";
  done(database->put_distribution_point(given));
  const auto found = got(database->distribution_point_of(node));
  REQUIRE(found);
  CHECK(found->row.name == "dp1");
  CHECK(found->row.control_address == "10.0.0.3:1");
  CHECK(found->row.mode == model::distribution_point_mode::standard);
  CHECK(found->row.own);
  CHECK(same_sources(found->row.sources, given.sources));
  CHECK(found->row.content_address == "10.0.0.2:80");
  CHECK(found->row.node == node);
  CHECK(found->row.last_heard == at(6000));
  CHECK(found->epoch == epoch);
  CHECK(found->acknowledged == 77);
  CHECK(found->build == "build 9");
  const auto all = got(database->all_distribution_points());
  REQUIRE(all.size() == 1);
  CHECK(same_sources(all[0].row.sources, given.sources));
  CHECK(all[0].epoch == epoch);
}

TEST_CASE("a distribution point counts its contents and its open jobs") {
  const auto database = open_at("");
  done(database->put_distribution_point(point_row_of("dp1")));
  auto row = distribution_of(1, "dp1");  // in progress
  done(database->put_distribution(row));
  row = distribution_of(2, "dp1");
  row.row.job_state = model::site_job_state::started;
  done(database->put_distribution(row));
  row = distribution_of(3, "dp1");
  row.row.job_state = model::site_job_state::pending;
  done(database->put_distribution(row));
  row = distribution_of(4, "dp1");
  row.row.job_state = model::site_job_state::complete;
  row.row.state = model::package_state::installed;
  done(database->put_distribution(row));
  row.row.package = package_of(5);
  row.heard = false;
  done(database->put_distribution(row));
  row.row.package = package_of(6);
  row.heard = true;
  row.row.state = model::package_state::content_monitoring;
  row.row.job_state.reset();
  done(database->put_distribution(row));
  using numbers = site_database::numbers;
  const auto found = got(database->distribution_point("dp1", numbers::counted));
  CHECK(got(database->distribution_point("dp1"))->row.contents == 0);
  CHECK(found->row.contents == 2);
  CHECK(found->row.jobs == 2);
  const auto page = got(database->distribution_points(0, 10));
  CHECK(page.rows.at(0).contents == 2);
  CHECK(page.rows.at(0).jobs == 2);
}

TEST_CASE("a forgotten distribution point takes its targets and availability along") {
  const auto database = open_at("");
  for (const char* name : {"dp1", "dp2"}) {
    done(database->put_distribution_point(point_row_of(name)));
    done(database->put_distribution(distribution_of(1, name)));
    done(database->put_available(content_of(1), name, true));
  }
  done(database->forget_distribution_point("dp1"));
  CHECK_FALSE(got(database->distribution_point("dp1")));
  CHECK_FALSE(got(database->distribution(package_of(1), "dp1")));
  CHECK_FALSE(got(database->is_available(content_of(1), "dp1")));
  CHECK(got(database->distribution_point("dp2"))->row.sources.size() == 3);
  CHECK(got(database->distribution(package_of(1), "dp2")));
  CHECK(got(database->is_available(content_of(1), "dp2")));
  auto again = point_row_of("dp1");
  again.sources.clear();
  done(database->put_distribution_point(again));
  CHECK(got(database->distribution_point("dp1"))->row.sources.empty());
}

TEST_CASE("a new epoch begins its acknowledged sequence at 0, the same one goes on") {
  const auto database = open_at("");
  done(database->put_distribution_point(point_row_of("dp1")));
  const auto node = id_of<model::node_id>(1);
  const auto first = id_of<model::epoch_id>(1);
  const auto second = id_of<model::epoch_id>(2);
  done(database->put_registration("dp1", node, first, "a:1", "b", at(1)));
  done(database->put_acknowledged("dp1", 9));
  done(database->put_registration("dp1", node, first, "a:2", "c", at(2)));
  CHECK(got(database->distribution_point("dp1"))->acknowledged == 9);
  CHECK(got(database->distribution_point("dp1"))->row.content_address == "a:2");
  done(database->put_registration("dp1", node, second, "a:2", "c", at(3)));
  CHECK(got(database->distribution_point("dp1"))->acknowledged == 0);
  CHECK(got(database->distribution_point("dp1"))->epoch == second);
}

TEST_CASE("the site's own distribution point registers without node and epoch") {
  const auto database = open_at("");
  auto own = point_row_of("site");
  own.own = true;
  done(database->put_distribution_point(own));
  done(database->put_distribution_point(point_row_of("dp1")));
  done(database->put_registration("site", {}, {}, "10.0.0.1:80", "", at(1)));
  done(database->put_registration("dp1", {}, {}, "10.0.0.2:80", "", at(1)));
  const auto found = got(database->distribution_point("site"));
  CHECK(found->row.content_address == "10.0.0.1:80");
  CHECK_FALSE(found->row.node);
  CHECK_FALSE(found->epoch);
  CHECK_FALSE(got(database->distribution_point_of({})));
}

TEST_CASE("what a node says needs its distribution point, and a node has one name") {
  const auto database = open_at("");
  const auto node = id_of<model::node_id>(1);
  CHECK(database->put_registration("dp1", node, {}, "", "", at(1)).error().code == errc::not_found);
  CHECK(database->put_heard("dp1", at(1)).error().code == errc::not_found);
  CHECK(database->put_acknowledged("dp1", 1).error().code == errc::not_found);
  done(database->put_distribution_point(point_row_of("dp1")));
  done(database->put_distribution_point(point_row_of("dp2")));
  done(database->put_registration("dp1", node, {}, "", "", at(1)));
  const auto second = database->put_registration("dp2", node, {}, "", "", at(1));
  CHECK(second.error().code == errc::conflict);
  CHECK(second.error().doing.find("registered as dp1") != std::string::npos);
}

TEST_CASE("who gives a package up is a source of none of its versions any more") {
  const auto database = open_at("");
  for (const std::uint32_t version : {1U, 2U, 12U}) {
    done(database->put_available({package_of(1), version}, "dp1", true));
    done(database->put_available({package_of(1), version}, "dp2", true));
  }
  done(database->put_available({package_of(2), 1}, "dp1", true));
  done(database->forget_available(package_of(1), "dp1"));
  for (const std::uint32_t version : {1U, 2U, 12U}) {
    CHECK_FALSE(got(database->is_available({package_of(1), version}, "dp1")));
    CHECK(got(database->is_available({package_of(1), version}, "dp2")));
  }
  CHECK(got(database->is_available({package_of(2), 1}, "dp1")));
}

TEST_CASE("a full inventory replaces what was known of one distribution point") {
  const auto database = open_at("");
  done(database->put_available(content_of(1), "dp1", true));
  done(database->put_available(content_of(1), "dp1", true));
  done(database->put_available(content_of(1), "dp2", true));
  done(database->put_available(content_of(2), "dp1", true));
  done(database->replace_available("dp1", {content_of(3), content_of(2), content_of(3)}));
  CHECK_FALSE(got(database->is_available(content_of(1), "dp1")));
  CHECK(got(database->is_available(content_of(2), "dp1")));
  CHECK(got(database->is_available(content_of(3), "dp1")));
  CHECK(got(database->is_available(content_of(1), "dp2")));
  CHECK_FALSE(got(database->is_available({package_of(2), 2}, "dp1")));
  done(database->put_available(content_of(2), "dp1", false));
  CHECK_FALSE(got(database->is_available(content_of(2), "dp1")));
  done(database->replace_available("dp1", {}));
  CHECK_FALSE(got(database->is_available(content_of(3), "dp1")));
}

TEST_CASE("every field of a distribution comes back") {
  const auto database = open_at("");
  const auto given = distribution_of(1, "dp1");
  done(database->put_distribution(given));
  auto found = got(database->distribution(package_of(1), "dp1"));
  REQUIRE(found);
  check_same(*found, given);
  found = got(database->distribution_of(*given.row.job));
  REQUIRE(found);
  check_same(*found, given);

  site_distribution least;  // all that can be absent is absent
  least.row.package = given.row.package;
  least.row.distribution_point = given.row.distribution_point;
  least.removing = true;
  done(database->put_distribution(least));
  found = got(database->distribution(package_of(1), "dp1"));
  REQUIRE(found);
  check_same(*found, least);
  CHECK_FALSE(got(database->distribution_of(*given.row.job)));
  CHECK(got(database->distributions({}, {}, 0, 10)).total == 1);
  done(database->forget_distribution(package_of(1), "dp1"));
  CHECK_FALSE(got(database->distribution(package_of(1), "dp1")));
}

TEST_CASE("open distributions are those whose job is not at rest, or to stop, or being removed") {
  const auto database = open_at("");
  using state = model::site_job_state;
  const std::vector<std::pair<std::optional<state>, bool>> open_or_not{
      {std::nullopt, true},    {state::pending, true},     {state::ready, true},
      {state::started, true},  {state::in_progress, true}, {state::pending_restart, true},
      {state::failed, false},  {state::complete, false},   {state::cancelled, false},
      {state::suspended, true}};
  std::vector<std::string> expected;
  std::uint32_t number = 0;
  for (const auto& [job_state, open] : open_or_not) {
    auto row = distribution_of(++number, "dp1");
    row.row.job_state = job_state;
    row.cancel_asked = false;
    done(database->put_distribution(row));
    if (open) { expected.push_back(row.row.package.text()); }
  }
  auto removing = distribution_of(++number, "dp1");
  removing.row.job_state = state::complete;
  removing.removing = true;
  removing.cancel_asked = false;
  done(database->put_distribution(removing));
  expected.push_back(removing.row.package.text());
  auto stopping = distribution_of(++number, "dp1");
  stopping.row.job_state = state::cancelled;
  stopping.cancel_asked = true;
  done(database->put_distribution(stopping));
  expected.push_back(stopping.row.package.text());
  std::vector<std::string> found;
  for (const auto& row : got(database->open_distributions())) {
    found.push_back(row.row.package.text());
  }
  CHECK(found == expected);
}

TEST_CASE("the newest messages are kept, and no more than a sweep beyond them") {
  temporary_folder folder;
  const std::string path = folder / "site.db";
  const auto database = open_at(path);
  constexpr std::uint32_t most = limits::site_messages_max + limits::site_messages_per_sweep;
  std::uint32_t added = 0;
  const auto add = [&](std::uint32_t count) {
    done(database->transaction([&]() -> result<void> {
      for (std::uint32_t i = 0; i < count; ++i) {
        auto put = database->add_message(message_of(++added, {"one", "two"}));
        if (!put) { return put; }
      }
      return {};
    }));
  };
  add(most - 1);
  CHECK(got(database->messages(0, 1)).total == most - 1);
  add(1);
  CHECK(got(database->messages(0, 1)).total == limits::site_messages_max);
  add(3 * limits::site_messages_per_sweep + 1);
  const auto page = got(database->messages(0, 1));
  CHECK(page.total == limits::site_messages_max + 1);
  CHECK(page.rows.at(0).message.id == added);
  const auto oldest = got(database->messages(limits::site_messages_max, 1));
  CHECK(oldest.rows.at(0).message.id == added - limits::site_messages_max);
  CHECK(oldest.rows.at(0).message.insertions.size() == 2);
  SQLite::Database beside(path, SQLite::OPEN_READONLY);
  CHECK(beside.execAndGet("SELECT count(*) FROM message_insertion").getInt64() == 2 * page.total);
}

TEST_CASE("messages that an older release left are forgotten in steps") {
  temporary_folder folder;
  const std::string path = folder / "site.db";
  constexpr std::int64_t sweep = limits::site_messages_per_sweep;
  constexpr std::int64_t left = limits::site_messages_max + 15 * sweep;
  done(open_at(path)->add_message(message_of(1, {"x"})));
  {
    SQLite::Database beside(path, SQLite::OPEN_READWRITE);
    beside.exec(
        format("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n"
               " WHERE i < {}) INSERT INTO message SELECT i, '', '', '', i, 0, 1 FROM n",
               left - 1));
  }
  const auto database = open_at(path);
  done(database->add_message(message_of(1, {})));
  CHECK(got(database->messages(0, 1)).total == left - 10 * sweep);
  done(database->transaction([&]() -> result<void> {
    for (std::int64_t i = 0; i < sweep; ++i) {
      auto put = database->add_message(message_of(1, {}));
      if (!put) { return put; }
    }
    return {};
  }));
  CHECK(got(database->messages(0, 1)).total == limits::site_messages_max);
}

TEST_CASE("rows without a try are found by an index, also in a database that lacked it") {
  temporary_folder folder;
  const std::string path = folder / "site.db";
  open_at(path);
  {
    SQLite::Database beside(path, SQLite::OPEN_READWRITE);
    beside.exec("DROP INDEX distribution_without_tries");
  }
  CHECK(got(open_at(path)->without_tries("dp1")).empty());
  SQLite::Database beside(path, SQLite::OPEN_READONLY);
  SQLite::Statement plan(beside,
                         "EXPLAIN QUERY PLAN SELECT reason FROM distribution WHERE name = ?"
                         " AND tries_left = 0 ORDER BY package");
  REQUIRE(plan.executeStep());
  CHECK(plan.getColumn(3).getString().find("distribution_without_tries") != std::string::npos);
}

TEST_CASE("every field of a message comes back, the newest first") {
  const auto database = open_at("");
  const std::vector<std::string> texts{"",
                                       "a,b\x1f"
                                       "c",
                                       std::string("\0\n", 2), "\xC3\xBC"};
  done(database->add_message(message_of(1, texts)));
  done(database->add_message(message_of(2, {})));
  const auto page = got(database->messages(0, 10));
  REQUIRE(page.rows.size() == 2);
  CHECK(page.rows[0].message.insertions.empty());
  CHECK(page.rows[1].message == message_of(1, texts).message);
  CHECK(page.rows[1].site == "PKG");
  CHECK(page.rows[1].system == "dp1");
}

TEST_CASE("a transaction that fails leaves nothing behind, and the next one works") {
  const auto database = open_at("");
  const auto failed = database->transaction([&]() -> result<void> {
    done(database->put_distribution_point(point_row_of("dp1")));
    done(database->replace_available("dp1", {content_of(1)}));
    done(database->transaction([&] { return database->add_message(message_of(1, {"x"})); }));
    CHECK(got(database->distribution_point("dp1")));  // it sees its own writes
    CHECK(got(database->messages(0, 1)).total == 1);
    return error{errc::invalid, 0, "change my mind"};
  });
  CHECK(failed.error().code == errc::invalid);
  CHECK_FALSE(got(database->distribution_point("dp1")));
  CHECK_FALSE(got(database->is_available(content_of(1), "dp1")));
  CHECK(got(database->messages(0, 1)).total == 0);
  done(
      database->transaction([&] { return database->put_distribution_point(point_row_of("dp1")); }));
  CHECK(got(database->distribution_point("dp1")));
}

TEST_CASE("all is there after a restart") {
  const auto nobody = [](const model::package_id&) { return false; };
  const temporary_folder folder;
  const std::string path = folder / "site.db";
  {
    const auto database = open_at(path);
    CHECK(got(database->allot_package_id(package_of(0).site, nobody)) == package_of(1));
    done(database->put_package(package_row_of(1), model::byte_count{5}));
    done(database->put_distribution_point(point_row_of("dp1")));
    done(database->put_available(content_of(1), "dp1", true));
    done(database->put_distribution(distribution_of(1, "dp1")));
    done(database->add_message(message_of(1, {"one"})));
  }
  const auto database = open_at(path);
  CHECK(got(database->allot_package_id(package_of(0).site, nobody)) == package_of(2));
  CHECK(got(database->package(package_of(1)))->manifest_size == model::byte_count{5});
  CHECK(got(database->distribution_point("dp1", site_database::numbers::counted))->row.jobs == 1);
  CHECK(got(database->is_available(content_of(1), "dp1")));
  check_same(*got(database->distribution(package_of(1), "dp1")), distribution_of(1, "dp1"));
  CHECK(got(database->messages(0, 1)).rows.at(0).message == message_of(1, {"one"}).message);
}

TEST_CASE("a reader sees the last kept state while the writer writes, and writes nothing") {
  const temporary_folder folder;
  const std::string path = folder / "site.db";
  const auto missing = site_database::open(path, mode::read_only);
  CHECK(missing.error().code == errc::not_found);
  CHECK_FALSE(std::filesystem::exists(path));

  const auto writer = open_at(path);
  done(writer->put_distribution_point(point_row_of("dp1")));
  const auto reader = open_at(path, mode::read_only);
  done(writer->transaction([&]() -> result<void> {
    done(writer->put_distribution_point(point_row_of("dp2")));
    CHECK(got(reader->distribution_points(0, 10)).total == 1);
    CHECK(got(reader->distribution_point("dp1")));
    return {};
  }));
  CHECK(got(reader->distribution_points(0, 10)).total == 2);
  const auto refused = reader->put_heard("dp1", at(1));
  CHECK(refused.error().code == errc::denied);
  CHECK(refused.error().doing.find(path) != std::string::npos);
}

TEST_CASE("readers beside a busy writer never fail and never see half a transaction") {
  const temporary_folder folder;
  const std::string path = folder / "site.db";
  const auto writer = open_at(path);
  done(writer->put_distribution_point(point_row_of("dp1")));
  bool whole = true;
  std::thread reading([&] {
    const auto reader = open_at(path, mode::read_only);
    for (int round = 0; round < 200; ++round) {
      const auto page = reader->distributions({}, {}, 0, 500);
      whole = whole && page && page->total % 10 == 0 && page->rows.size() == page->total;
    }
  });
  for (std::uint32_t batch = 0; batch < 20; ++batch) {
    done(writer->transaction([&]() -> result<void> {
      for (std::uint32_t i = 0; i < 10; ++i) {
        done(writer->put_distribution(distribution_of(batch * 10 + i, "dp1")));
      }
      return {};
    }));
  }
  reading.join();
  CHECK(whole);
}

TEST_CASE("a database of a newer format is refused and left alone") {
  const temporary_folder folder;
  const std::string path = folder / "site.db";
  done(open_at(path)->put_distribution_point(point_row_of("dp1")));
  run_raw(path, "PRAGMA user_version = 2");
  for (const mode how : {mode::read_write, mode::read_only}) {
    const auto refused = site_database::open(path, how);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == errc::incompatible);
    CHECK(refused.error().doing.find(path) != std::string::npos);
  }
  run_raw(path, "PRAGMA user_version = 1");
  CHECK(got(open_at(path)->distribution_point("dp1")));
}

TEST_CASE("a database of an earlier release gets the columns that came later") {
  const temporary_folder folder;
  const std::string path = folder / "site.db";
  done(open_at(path)->put_distribution(distribution_of(1, "dp1")));
  done(open_at(path)->put_package(package_row_of(1), model::byte_count{5}));
  run_raw(path, "DROP INDEX distribution_stopping");
  for (const char* const column : {"polls", "cancel_asked", "held_by"}) {
    run_raw(path, format("ALTER TABLE distribution DROP COLUMN {}", column));
  }
  run_raw(path, "ALTER TABLE package DROP COLUMN priority");
  run_raw(path, "DROP TABLE usage");
  run_raw(path, "DROP TABLE host_setting");
  auto expected = distribution_of(1, "dp1");
  expected.polls = 0;
  expected.cancel_asked = false;
  expected.held_by.clear();
  check_same(*got(open_at(path)->distribution(package_of(1), "dp1")), expected);
  CHECK(got(open_at(path)->package(package_of(1)))->row.priority ==
        model::package_priority::medium);
  done(open_at(path)->put_distribution(distribution_of(1, "dp1")));
  check_same(*got(open_at(path)->distribution(package_of(1), "dp1")), distribution_of(1, "dp1"));
  const auto database = open_at(path);
  done(database->put_distribution_point(point_row_of("dp1")));
  done(database->put_usage("dp1", {{1, 2, 3, 4, 5}}, {}));
  done(database->put_host_settings("dp1", {{"a", "1", "default"}}));
  CHECK(got(database->distribution_points(0, 10)).rows.front().usage.size() == 1);
  CHECK(got(database->host_settings("dp1")).size() == 1);
  done(database->forget_distribution_point("dp1"));
  CHECK(got(database->host_settings("dp1")).empty());
}

TEST_CASE("a file that is no database, or another one, is refused by name and left alone") {
  const temporary_folder folder;
  for (const std::string& garbage : {std::string("short"), std::string(100'000, 'x')}) {
    const std::string path = folder / format("garbage-{}.db", garbage.size());
    { std::ofstream(path, std::ios::binary) << garbage; }
    for (const mode how : {mode::read_write, mode::read_only}) {
      const auto refused = site_database::open(path, how);
      REQUIRE_FALSE(refused.ok());
      CHECK(refused.error().code == errc::corrupt);
      CHECK(refused.error().doing.find(path) != std::string::npos);
      CHECK(refused.error().doing.find("file is not a database") != std::string::npos);
    }
    CHECK(std::filesystem::file_size(path) == garbage.size());
  }
  const std::string other = folder / "other.db";
  run_raw(other, "CREATE TABLE song (name TEXT)");
  CHECK(site_database::open(other, mode::read_write).error().code == errc::corrupt);
  const auto nowhere = site_database::open(folder / "no folder/site.db", mode::read_write);
  CHECK(nowhere.error().code == errc::os_failed);
  CHECK(nowhere.error().doing.find("no folder/site.db") != std::string::npos);
}

}  // namespace sluice::storage
