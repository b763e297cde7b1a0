#include <doctest/doctest.h>

#include "tests/apps/cli_stage.hpp"

using namespace sluice;
using namespace sluice::cli;
using namespace sluice::cli::testing;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

// G1
TEST_CASE("one verb distributes to distribution points, to groups, or to both") {
  stage here;
  CHECK(here.run({"distribute", "PKG00012", "--dp", "dp2", "--group", "stores"}).code == 0);
  CHECK(here.site.distribute_request.distribution_points == std::vector<std::string>{"dp2"});
  CHECK(here.site.distribute_request.groups == std::vector<std::string>{"stores"});
  CHECK(here.run({"distribute", "PKG00012", "--group", "stores", "--with-sources"}).code == 0);
  CHECK(here.site.distribute_request.with_sources);
}

// B22, G7
TEST_CASE("a plan says what would move and what would not, and the command that does it") {
  stage here;
  here.site.distributed = {{"dp2"}, {"dp3", "dp4"}, {}, {}, 14000, 150 * limits::mib};
  const outcome seen = here.run({"redistribute", "PKG00012", "--group", "stores", "--plan"});
  CHECK(here.site.distribute_request.plan);
  CHECK(seen.output ==
        "PKG00012 would be redistributed to dp2: all of it, 14000 files, 150.0 MiB; what it has is "
        "overwritten.\nPKG00012 is already on dp3, dp4; nothing moves there.\n"
        "Next: sluice redistribute PKG00012 --group stores\n");
  CHECK(here.run({"distribute", "PKG00012", "--group", "stores", "--plan"})
            .output.starts_with("PKG00012 would go to dp2: up to 14000 files, 150.0 MiB; what it "
                                "has does not move.\n"));
}

// Q9
TEST_CASE("what one target refuses does not hold up the others, and the exit code says so") {
  stage here;
  here.site.distributed = {{"dp2"}, {}, {}, {"dp7: there is no such distribution point"}};
  const outcome seen = here.run({"distribute", "PKG00012", "--dp", "dp2", "dp7"});
  CHECK(seen.code == 6);
  CHECK(has(seen.output, "PKG00012 goes to dp2.\n"));
  CHECK(has(seen.output, "Refused: dp7: there is no such distribution point\n"));
}

// G2
TEST_CASE("who joins a group is sent what was distributed to it, and that is said") {
  stage here;
  const outcome seen = here.run({"group", "add", "stores", "--dp", "dp3"});
  CHECK(here.site.group_request.action == rpc::group_action::add);
  CHECK(here.site.group_request.distribution_points == std::vector<std::string>{"dp3"});
  CHECK(has(seen.output, "Sent: PKG00012 on dp3\n"));
  CHECK(has(seen.output, "Next: sluice group status stores\n"));
  CHECK(has(here.run({"group", "remove", "stores"}).output, "its members keep what they have"));
}

// G4
TEST_CASE("the status of a group shows compliance for each package") {
  stage here;
  const outcome seen = here.run({"group", "status", "stores"});
  CHECK(has(seen.output, "COMPLIANT"));
  CHECK(has(seen.output, "50 %"));
  CHECK(
      has(here.run({"group", "status", "stores", "--json"}).output,
          "{\"package\":\"PKG00012\",\"success\":1,\"in_progress\":1,\"unknown\":0,\"failed\":0}"));
  here.site.group_rows.clear();
  CHECK(has(here.run({"group", "status", "stores"}).output,
            "Next: sluice distribute PKG --group stores\n"));
}

// D1
TEST_CASE("candidates for a source are listed, with the reason of each that is none") {
  stage here;
  here.site.candidates = {{"dp1", true, ""}, {"dp3", false, "forms a ring: dp2 -> dp3 -> dp2"}};
  const outcome seen = here.run({"dp", "candidates", "dp2"});
  CHECK(seen.output ==
        "NAME  SOURCE  REMARK\n"
        "dp1   yes\n"
        "dp3   no      forms a ring: dp2 -> dp3 -> dp2\n"
        "Next: sluice dp source add dp2 NAME:PRIORITY\n");
}

// A15
TEST_CASE("settings are shown with their origin, those that have their default when asked for") {
  stage here;
  here.site.settings = {{"a.number_of_retries", "60", "site, /etc/sluice/sluiced.toml:9"},
                        {"schedule", "always", "default"}};
  CHECK(here.run({"dp", "settings", "dp2"}).output ==
        "SETTING              VALUE  ORIGIN\n"
        "a.number_of_retries  60     site, /etc/sluice/sluiced.toml:9\n"
        "Next: sluice dp settings dp2 --effective\n");
  const std::string all = here.run({"dp", "settings", "dp2", "--effective"}).output;
  CHECK(has(all, "schedule             always  default\n"));
  CHECK(has(here.run({"dp", "settings", "dp2", "--effective", "--json"}).output,
            "{\"name\":\"schedule\",\"value\":\"always\",\"origin\":\"default\"}"));
}

// D11, M12
TEST_CASE("usage tells who was given content, as a table, as CSV and as JSON") {
  stage here;
  here.site.points.push_back(here.site.points.front());
  here.site.points.back().name = "dp,\"3\"";
  auto& point = here.site.points.front();
  point.usage = {{1, 1, 0, 1024, 0}, {7, 2, 1, 2048, 1024}, {30, 12, 3, 1'048'576, 1024}};
  point.usage_changed = point.last_heard;
  const outcome seen = here.run({"usage"});
  CHECK(has(seen.output, "The last 30 days (UTC), today included:\n"));
  CHECK(has(seen.output, "NAME    ACCESSED  CLIENTS  DPS"));
  CHECK(has(seen.output, "dp2           15       12    3  1.0 MiB     1.0 MiB  1.0 KiB"));
  CHECK(has(seen.output, "not told yet"));
  const std::string when = model::iso_time(*point.usage_changed);
  const outcome csv = here.run({"usage", "--days", "7", "--csv"});
  CHECK(csv.output ==
        "distribution_point,days,accessed,clients,distribution_points,bytes,client_bytes,"
        "distribution_point_bytes,changed,last_heard\n"
        "dp2,7,3,2,1,3072,2048,1024," +
            when + "," + when + "\n\"dp,\"\"3\"\"\",7,,,,,,,," + when + "\n");
  const outcome json = here.run({"usage", "--days", "1", "--json"});
  CHECK(has(json.output,
            "{\"distribution_point\":\"dp2\",\"days\":1,\"accessed\":1,\"clients\":1,"
            "\"distribution_points\":0,\"bytes\":1024,\"client_bytes\":1024,"
            "\"distribution_point_bytes\":0,\"changed\":\""));
  CHECK(has(json.output, "\"accessed\":null"));
  CHECK(here.run({"usage", "--days", "8"}).code == 2);
  // What a node told before it fell silent is of other days.
  *point.last_heard -= std::chrono::days(8);
  CHECK(has(here.run({"usage", "--days", "7"}).output, "not heard of since "));
  CHECK(has(here.run({"usage", "--days", "30"}).output, "1.0 MiB"));
  here.site.points.clear();
  CHECK(has(here.run({"usage"}).output, "The site has no distribution points.\n"));
}

// A9, E3
TEST_CASE("maintenance and prestaged are set by words, and nothing else is changed") {
  stage here;
  CHECK(here.run({"dp", "set", "dp2", "--maintenance", "on"}).code == 0);
  CHECK(here.site.point_request.maintenance == true);
  CHECK_FALSE(here.site.point_request.prestaged);
  CHECK(here.run({"dp", "set", "dp2", "--prestaged", "off"}).code == 0);
  CHECK(here.site.point_request.prestaged == false);
  CHECK(here.run({"dp", "set", "dp2", "--maintenance", "perhaps"}).code == 2);
}

// A11
TEST_CASE("a distribution point that still has content is leaving, one without is removed") {
  stage here;
  here.site.forgets = false;
  CHECK(here.run({"dp", "remove", "dp2"}).output ==
        "dp2 is leaving: its content is removed, and then it is forgotten.\n"
        "Next: sluice status --dp dp2\n");
  here.site.forgets = true;
  CHECK(has(here.run({"dp", "remove", "dp2", "--keep-content"}).output, "dp2 is removed.\n"));
}

// E6
TEST_CASE(
    "schedule and rate limit are shown for a standard distribution point, or when asked for") {
  stage here;
  here.site.points.front().mode = model::distribution_point_mode::standard;
  CHECK(has(here.run({"dp", "show", "dp2"}).output, "rate limit"));
  here.site.points.front().mode = model::distribution_point_mode::pull;
  CHECK_FALSE(has(here.run({"dp", "show", "dp2"}).output, "rate limit"));
  CHECK(has(here.run({"dp", "show", "dp2", "--all"}).output, "unlimited   inactive (pull)"));
}
