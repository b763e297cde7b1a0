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
        "PKG00012 would go to dp2: up to 14000 files, 150.0 MiB; what it has does not move.\n"
        "PKG00012 is already on dp3, dp4 (2); nothing moves there.\n"
        "Next: sluice redistribute PKG00012 --group stores\n");
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
