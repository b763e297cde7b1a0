#include "apps/cli.hpp"

#include <algorithm>
#include <cerrno>

#include <doctest/doctest.h>

#include "apps/cli_definition.hpp"
#include "tests/apps/cli_stage.hpp"

using namespace sluice;
using namespace sluice::cli;
using namespace sluice::cli::testing;

namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// One good command line for every verb.
const std::vector<std::vector<std::string>>& samples() {
  static const std::vector<std::vector<std::string>> all{
      {"package", "add", "/srv/boost", "--id", "PKG00012", "--name", "boost headers"},
      {"package", "list"},
      {"package", "show", "PKG00012"},
      {"package", "set", "PKG00012", "--priority", "high", "--name", "boost"},
      {"package", "remove", "PKG00012"},
      {"dp", "add", "dp2", "--address", "127.0.0.1:8603", "--mode", "pull", "--source", "dp1:1",
       "--source", "site:2"},
      {"dp", "list"},
      {"dp", "show", "dp2"},
      {"dp", "set", "dp2", "--mode", "standard"},
      {"dp", "candidates", "dp2"},
      {"usage", "--dp", "dp2", "--days", "7"},
      {"dp", "settings", "dp2"},
      {"dp", "remove", "dp2"},
      {"dp", "source", "add", "dp2", "dp3:3"},
      {"dp", "source", "remove", "dp2", "dp1"},
      {"distribute", "PKG00012", "--dp", "dp2", "dp3"},
      {"update", "PKG00012"},
      {"redistribute", "PKG00012", "--dp", "dp2"},
      {"group", "create", "stores", "--dp", "dp2"},
      {"group", "add", "stores", "--dp", "dp3"},
      {"group", "remove", "stores", "--dp", "dp3"},
      {"group", "list"},
      {"group", "show", "stores"},
      {"group", "status", "stores"},
      {"cancel", "PKG00012", "--dp", "dp2"},
      {"detach", "PKG00012", "--dp", "dp2"},
      {"validate", "PKG00012", "--dp", "dp2", "--priority", "low"},
      {"status", "PKG00012", "--dp", "dp2"},
      {"job", "list"},
      {"job", "show", "00000000000000000000000000000000"},
      {"why", "PKG00012", "--dp", "dp2"},
      {"messages", "--last", "3"},
      {"catalogue"},
      {"--node", "library"},
      {"--node", "adopt"},
      {"completion", "bash"},
      {"man"},
  };
  return all;
}

}  // namespace

TEST_CASE("every verb has a sample here, and every sample succeeds") {
  for (const verb& each : verbs()) {
    CAPTURE(each.words);
    CHECK(std::ranges::any_of(samples(), [&](const std::vector<std::string>& words) {
      std::string line;
      for (const std::string& word : words) { line += word == "--node" ? "" : word + " "; }
      return line.starts_with(std::string(each.words) + " ");
    }));
  }
  for (const auto& words : samples()) {
    CAPTURE(words.front());
    CAPTURE(words.back());
    stage here;
    const outcome seen = here.run(words);
    CHECK(seen.code == 0);
    CHECK(!seen.output.empty());
    CHECK(seen.error_output.empty());
    CHECK(!has(seen.output, "\x1b"));
  }
}

TEST_CASE("with --json every verb prints one object with status, code and items") {
  for (std::vector<std::string> words : samples()) {
    CAPTURE(words.front());
    CAPTURE(words.back());
    words.emplace_back("--json");
    stage here;
    const outcome seen = here.run(words);
    CHECK(seen.code == 0);
    CHECK(seen.output.starts_with("{\"status\":\"ok\",\"code\":0,\"items\":["));
    CHECK(seen.output.ends_with("]}\n"));
    CHECK(std::ranges::count(seen.output, '\n') == 1);
    CHECK(seen.error_output.empty());
  }
}

TEST_CASE("with --json every failure prints one object, with the code the program ends with") {
  for (std::vector<std::string> words : samples()) {
    const std::string& first = words.front();
    if (first == "man" || first == "completion" || first == "catalogue" || first == "--node") {
      continue;
    }
    CAPTURE(words.front());
    CAPTURE(words.back());
    words.emplace_back("--json");
    stage here;
    here.site.failure = error{errc::not_found, 0, "find \"it\""};
    const outcome seen = here.run(words);
    CHECK(seen.code == 3);
    CHECK(seen.output ==
          "{\"status\":\"error\",\"code\":3,\"error\":\"not_found\",\"message\":\"cannot find "
          "\\\"it\\\": not found\",\"items\":[]}\n");
    CHECK(seen.error_output.empty());
  }
}

TEST_CASE("each error code has its exit code") {
  struct row {
    errc code;
    int exit;
  };
  const row table[] = {
      {errc::not_found, 3}, {errc::corrupt, 9},      {errc::no_space, 75},
      {errc::timed_out, 7}, {errc::peer_closed, 8},  {errc::limit_reached, 75},
      {errc::cancelled, 1}, {errc::os_failed, 1},    {errc::invalid, 2},
      {errc::denied, 4},    {errc::conflict, 5},     {errc::unreachable, 8},
      {errc::refused, 1},   {errc::incompatible, 1},
  };
  for (const row& each : table) {
    CAPTURE(name_of(each.code));
    stage here;
    here.site.failure = error{each.code, 0, "list the packages"};
    const outcome seen = here.run({"package", "list"});
    CHECK(seen.code == each.exit);
    CHECK(seen.output.empty());
    CHECK(seen.error_output.starts_with("sluice: cannot list the packages"));
  }
}

TEST_CASE("wrong command lines end with 2, say what is wrong, and name the help to ask for") {
  const std::vector<std::vector<std::string>> table{
      {},
      {"pakage", "list"},
      {"package"},
      {"package", "add"},
      {"package", "add", "/a", "/b"},
      {"package", "list", "--bogus"},
      {"package", "show", "pkg12"},
      {"dp", "add", "dp2"},
      {"dp", "add", "dp2", "--address", "h:1", "--mode", "push"},
      {"dp", "add", "dp2", "--address", "h:1", "--source", "dp1:x"},
      {"dp", "add", "dp2", "--address", "h:1", "--source", ":1"},
      {"dp", "set", "dp2"},
      {"distribute", "PKG00012"},
      {"distribute", "PKG00012", "--dp", "dp2", "--wait", "--timeout", "soon"},
      {"cancel"},
      {"detach", "PKG00012"},
      {"package", "set", "PKG00012"},
      {"package", "set", "PKG00012", "--priority", "urgent"},
      {"validate"},
      {"validate", "PKG00012", "--all"},
      {"validate", "pkg12"},
      {"validate", "--all", "--priority", "urgent"},
      {"validate", "--show", "xyz"},
      {"validate", "--all", "--show", "00000000000000000000000000000000"},
      {"validate", "--all", "--timeout", "soon"},
      {"job", "show", "xyz"},
      {"why", "PKG00012"},
      {"--node", "why", "PKG00012", "--dp", "dp2"},
      {"--node", "package", "list"},
      {"--node", "status", "PKG00012"},
      {"library"},
      {"adopt"},
      {"messages", "--last", "0"},
      {"completion", "fish"},
  };
  for (std::vector<std::string> words : table) {
    std::string line;
    for (const std::string& word : words) { line += word + " "; }
    CAPTURE(line);
    stage here;
    const outcome seen = here.run(words);
    CHECK(seen.code == 2);
    CHECK(seen.output.empty());
    CHECK(seen.error_output.starts_with("sluice: "));
    CHECK(has(seen.error_output, "\nNext: sluice "));
    CHECK(has(seen.error_output, "--help\n"));
    words.emplace_back("--json");
    const outcome machine = stage().run(words);
    CHECK(machine.code == 2);
    CHECK(machine.output.starts_with("{\"status\":\"error\",\"code\":2,\"error\":\"invalid\","));
  }
}

TEST_CASE("a word that is no command is told with those it is near to, also with --help") {
  const auto said = [](const std::vector<std::string>& words) {
    const outcome seen = stage().run(words);
    CHECK(seen.code == 2);
    CHECK(seen.output.empty());
    return seen.error_output;
  };
  CHECK(said({"stauts", "--help"}) ==
        "sluice: \"stauts\" is no command; near it: sluice status, sluice group status\n"
        "Next: sluice --help\n");
  CHECK(has(said({"--socket", "status", "wy"}), "\"wy\" is no command"));
  CHECK(has(said({"add", "package", "/srv/x"}), "near it: sluice package add\n"));
  CHECK(has(said({"pakage", "list"}), "near it: sluice package list\n"));
  CHECK(said({"dp", "sorce", "add", "dp2"}) ==
        "sluice: \"dp sorce\" is no command; near it: sluice dp source add\n"
        "Next: sluice dp --help\n");
  CHECK(said({"frobnicate", "-h"}) ==
        "sluice: \"frobnicate\" is no command\nNext: sluice --help\n");
}

TEST_CASE("the next command is the one that the sentence names, or of that which failed") {
  const auto next = [](error failure, const std::vector<std::string>& words) {
    stage here;
    here.site.failure = std::move(failure);
    const std::string said = here.run(words).error_output;
    const std::size_t at = said.find("Next: ");
    return at == std::string::npos ? std::string() : said.substr(at + 6);
  };
  const std::vector<std::string> list{"package", "list"};
  CHECK(next({errc::not_found, 0, "cancel it: it is not there; see sluice status PKG00001"},
             list) == "sluice status PKG00001\n");
  CHECK(next({errc::conflict, 0, "add it: first: sluice package remove PKG00001, or wait"}, list) ==
        "sluice package remove PKG00001\n");
  CHECK(next({errc::not_found, 0, "find it"}, {"group", "show", "all"}) == "sluice group list\n");
  CHECK(next({errc::not_found, ENOENT, "open folder x"}, list).empty());
  CHECK(next({errc::denied, 0, "read /etc: it is not beneath source_roots"}, list).empty());
  CHECK(next({errc::unreachable, ECONNREFUSED, "connect to 10.0.0.1:8603: look there"}, list)
            .empty());
  const std::string here = "connect to unix:/run/sluice/admin.sock: check the address";
  CHECK(next({errc::unreachable, EACCES, here}, list).starts_with("id "));
  CHECK(next({errc::unreachable, ENOENT, here}, list).starts_with("systemctl status sluiced"));
}

// A10
TEST_CASE("a node that does not follow the site it was given says why, and what would make it") {
  stage here;
  CHECK(has(here.run({"--node", "status"}).output, "127.0.0.1:8601 (reachable)"));
  here.node.site_refused = "site NEW has none of the keys";
  const outcome seen = here.run({"--node", "status"});
  CHECK(has(seen.output, "127.0.0.1:8601 (not followed)"));
  CHECK(has(seen.output, "site NEW has none of the keys"));
  CHECK(has(seen.output, "Next: sluice --node adopt"));
  CHECK(has(here.run({"--node", "status", "--json"}).output,
            "\"site_refused\":\"site NEW has none of the keys\""));
  CHECK(here.run({"--node", "adopt"}).output ==
        "This node follows site NEW at 127.0.0.1:8601 from now on.\n"
        "12 contents stay here: what this site wants of it is not sent again.\n"
        "3 reports to the former site are dropped.\n"
        "Next: sluice --node status\n");
}

TEST_CASE("the socket is the site's, the node's, or the given one") {
  stage here;
  here.run({"package", "list"});
  CHECK(here.socket == "/run/sluice/admin.sock");
  here.run({"--node", "status"});
  CHECK(here.socket == "/run/sluice/node.sock");
  here.run({"package", "list", "--socket", "/tmp/a.sock"});
  CHECK(here.socket == "/tmp/a.sock");
  here.run({"--socket", "/tmp/b.sock", "--node", "why", "PKG00012"});
  CHECK(here.socket == "/tmp/b.sock");
}

TEST_CASE("a package is added from an absolute folder, named after its last name") {
  stage here;
  CHECK(here.run({"package", "add", "src/../boost/"}).code == 0);
  CHECK(here.site.add_request.folder == "/srv/me/boost");
  CHECK(here.site.add_request.name == "boost");
  CHECK(!here.site.add_request.id);
  CHECK(here.run({"package", "add", "/srv/x", "--id", "PKG0001F", "--name", "X"}).code == 0);
  CHECK(here.site.add_request.folder == "/srv/x");
  CHECK(here.site.add_request.id->text() == "PKG0001F");
  CHECK(here.site.add_request.name == "X");
}

TEST_CASE("adding tells how far it is, in lines, and then what to type next") {
  stage here;
  here.site.add_waits_for_questions = 2;
  const outcome seen = here.run({"package", "add", "/srv/boost"});
  CHECK(seen.code == 0);
  CHECK(here.site.progress_folder == "/srv/boost");
  CHECK(has(seen.error_output, "reading /srv/boost: 100 files, 1.0 MiB, 0 B/s\n"));
  CHECK(!has(seen.error_output, "\r"));
  CHECK(has(seen.output, "PKG00012.3: boost headers, 14000 files, 150.0 MiB\n"));
  CHECK(has(seen.output, "Next: sluice distribute PKG00012 --dp NAME\n"));
}

TEST_CASE("on a terminal progress stays on one line") {
  stage here;
  here.terminal = true;
  here.site.add_waits_for_questions = 2;
  const outcome seen = here.run({"package", "add", "/srv/boost"});
  CHECK(has(seen.error_output, "\rreading /srv/boost: 100 files"));
  CHECK(!has(seen.error_output, "\n"));
  CHECK(seen.error_output.ends_with("\r\x1b[K"));
}

TEST_CASE("a distribution point is added with its sources and their priorities") {
  stage here;
  CHECK(here.run({"dp", "add", "dp2", "--address", "h:1", "--mode", "pull", "--source", "dp1:1",
                  "--source", "site:20"})
            .code == 0);
  const auto& request = here.site.point_request;
  CHECK(request.name == "dp2");
  CHECK(request.control_address == "h:1");
  CHECK(request.mode == model::distribution_point_mode::pull);
  REQUIRE(request.sources);
  REQUIRE(request.sources->size() == 2);
  CHECK(request.sources->at(1).name == "site");
  CHECK(request.sources->at(1).priority == 20);
}

TEST_CASE("adding and removing a source keeps the others") {
  stage here;
  CHECK(here.run({"dp", "source", "add", "dp2", "dp1:9"}).code == 0);
  REQUIRE(here.site.point_request.sources->size() == 2);
  CHECK(here.site.point_request.sources->at(0).priority == 9);
  CHECK(here.run({"dp", "source", "remove", "dp2", "dp1"}).code == 0);
  REQUIRE(here.site.point_request.sources->size() == 1);
  CHECK(here.site.point_request.sources->at(0).name == "site");
  CHECK(here.run({"dp", "source", "remove", "dp2", "dp7"}).code == 3);
}

TEST_CASE("distribute takes several names after --dp, says what moves, and warns") {
  stage here;
  const outcome seen = here.run({"distribute", "PKG00012", "--dp", "dp2", "dp3"});
  CHECK(here.site.distribute_request.distribution_points == std::vector<std::string>{"dp2", "dp3"});
  CHECK(!here.site.distribute_request.redistribute);
  CHECK(seen.output ==
        "PKG00012 goes to dp2.\nPKG00012 is already on dp3; nothing moves there.\n"
        "Warning: dp2: none of its sources holds it\nNext: sluice status PKG00012 --watch\n");
  here.run({"redistribute", "PKG00012", "--dp", "dp2"});
  CHECK(here.site.distribute_request.redistribute);
  here.run({"distribute", "PKG00012", "--redistribute", "--dp", "dp2"});
  CHECK(here.site.distribute_request.redistribute);
}

// C1, C2, C3, C5
TEST_CASE("cancel says of each distribution point what came of it") {
  stage here;
  const outcome seen = here.run({"cancel", "PKG00012", "--dp", "dp2", "dp3", "dp4", "site"});
  CHECK(seen.code == 0);
  CHECK(here.site.cancel_request.distribution_points.size() == 4);
  CHECK(!here.site.cancel_request.detach);
  CHECK(seen.output ==
        "PKG00012 on dp2: cancelled, and held until it is distributed again.\n"
        "PKG00012 on dp3: asked to stop; it is cancelled when the node says so.\n"
        "PKG00012 on dp4: too late, it is there.\n"
        "PKG00012 on site: nothing to cancel.\n"
        "Next: sluice status PKG00012\n");
  CHECK(here.run({"cancel", "PKG00012"}).code == 0);
  CHECK(here.site.cancel_request.distribution_points.empty());
  CHECK(!here.site.cancel_request.discard);
  here.site.cancelled = {};
  CHECK(here.run({"cancel", "PKG00012"}).output.starts_with("PKG00012: nothing to cancel.\n"));
}

// C4
TEST_CASE("cancel passes on that what was fetched goes as well") {
  stage here;
  CHECK(here.run({"cancel", "PKG00012", "--dp", "dp2", "--discard"}).code == 0);
  CHECK(here.site.cancel_request.discard);
}

// C4
TEST_CASE("detach only stops following") {
  stage here;
  here.site.cancelled = {{"dp2"}, {}, {}, {}};
  const outcome seen = here.run({"detach", "PKG00012", "--dp", "dp2"});
  CHECK(here.site.cancel_request.detach);
  CHECK(has(seen.output, "PKG00012 on dp2: not followed any more; its success will still count."));
}

// D15
TEST_CASE("the priority of a package is given when it is added, or changed") {
  stage here;
  CHECK(here.run({"package", "add", "/srv/x", "--priority", "high"}).code == 0);
  CHECK(here.site.add_request.priority == model::package_priority::high);
  CHECK(here.run({"package", "add", "/srv/x"}).code == 0);
  CHECK(here.site.add_request.priority == model::package_priority::medium);
  CHECK(has(here.run({"package", "set", "PKG00012", "--priority", "low"}).output, "priority"));
  CHECK(here.site.set_request.priority == model::package_priority::low);
  CHECK(!here.site.set_request.name);
}

TEST_CASE("distribute --wait follows to the end, telling a pipe only what moved") {
  stage here;
  const auto success = model::console_bucket::success;
  here.site.statuses = {{moving_row()}, {moving_row()}, {ended_row(success)}};
  here.site.distributed = {{"dp2"}, {}, {}};
  const outcome seen = here.run({"distribute", "PKG00012", "--dp", "dp2", "--wait"});
  CHECK(seen.code == 0);
  CHECK(seen.error_output ==
        "PKG00012.3 on dp2: in_progress, 45 %, 1.0 GiB of 2.0 GiB, 512.0 MiB/s, 2s left, from "
        "dp1\nPKG00012.3 on dp2: success, 100 %, 1.0 GiB of 2.0 GiB\n");
  CHECK(has(seen.output, "1 target: 1 success, 0 in progress, 0 unknown, 0 failed\n"));
}

TEST_CASE("distribute --wait ends with 6 when some targets failed and 1 when all did") {
  const auto success = ended_row(model::console_bucket::success, "dp2");
  const auto failed = ended_row(model::console_bucket::failed, "dp3");
  stage some;
  some.site.statuses = {{success, failed}};
  some.site.distributed = {{"dp2", "dp3"}, {}, {}};
  const outcome seen = some.run({"distribute", "PKG00012", "--dp", "dp2", "dp3", "--wait"});
  CHECK(seen.code == 6);
  CHECK(has(seen.output, "Next: sluice why PKG00012 --dp dp3\n"));
  CHECK(some.run({"distribute", "PKG00012", "--dp", "dp2", "dp3", "--wait", "--json"})
            .output.starts_with("{\"status\":\"partial\",\"code\":6,\"items\":[{"));
  some.site.distributed = {{"dp3"}, {}, {}};
  CHECK(some.run({"distribute", "PKG00012", "--dp", "dp3", "--wait"}).code == 1);
  some.site.distributed = {{}, {"dp2"}, {}};
  CHECK(some.run({"distribute", "PKG00012", "--dp", "dp2", "--wait"}).code == 0);
}

TEST_CASE("distribute --wait gives up after --timeout with 7") {
  stage here;
  const outcome seen =
      here.run({"distribute", "PKG00012", "--dp", "dp2", "--wait", "--timeout", "5"});
  CHECK(seen.code == 7);
  CHECK(has(seen.error_output, "0 of 1 ended, 50 %, 512.0 MiB/s, 2s left); it goes on there"));
}

TEST_CASE("validate says its cycle, and what to type to see how far it is") {
  stage here;
  here.site.validation.warnings = {"dp3: cannot connect to dp3"};
  here.site.validation.unreachable = {"dp3"};
  const outcome seen = here.run({"validate", "PKG00012", "--priority", "high"});
  CHECK(seen.code == 6);
  CHECK(here.site.validation_request.package == package());
  CHECK(here.site.validation_request.priority == model::validation_priority::high);
  CHECK(!here.site.validation_request.distribution_point);
  CHECK(seen.output ==
        "Cycle 00000000000000000000000000000000 begins on dp2.\n"
        "Warning: dp3: cannot connect to dp3\n"
        "Next: sluice validate --show 00000000000000000000000000000000\n");
  here.site.validation.began.clear();
  CHECK(here.run({"validate", "--all", "--dp", "dp3"}).code == 8);
  CHECK(here.site.validation_request.distribution_point == "dp3");
  CHECK(!here.site.validation_request.package);
}

TEST_CASE("validate --wait follows to the end, telling a pipe only what moved") {
  stage here;
  here.site.validation_rows = {{validating_row()}, {validating_row()}, {validated_row()}};
  const outcome seen = here.run({"validate", "PKG00012", "--wait"});
  CHECK(seen.code == 0);
  CHECK(seen.error_output ==
        "dp2: running, 3 of 7 contents, 50 %, 512.0 MiB/s, 2s left\n"
        "dp2: complete, 7 of 7 contents, 100 %\n");
  CHECK(has(seen.output, "7/7"));
  CHECK(here.site.asked.back() == "validation_show 00000000000000000000000000000000");
}

TEST_CASE("validate --wait shows rate and ETA in one line of a terminal") {
  stage here;
  here.terminal = true;
  here.site.validation_rows = {{validating_row(), validated_row("dp3")},
                               {validated_row(), validated_row("dp3")}};
  const outcome seen = here.run({"validate", "--all", "--wait"});
  CHECK(has(seen.error_output, "\r1 of 2 ended, 75 % of 4.0 GiB, 512.0 MiB/s, 2s left\x1b[K"));
  CHECK(seen.error_output.ends_with("\r\x1b[K"));
}

TEST_CASE("validate --wait ends with 9 when something is wrong, and names it") {
  auto wrong = validated_row();
  wrong.passed = 6;
  wrong.failed = 1;
  wrong.findings = {"PKG00012: failed content validation"};
  auto aborted = validated_row("dp3");
  aborted.state = model::validation_state::aborted;
  aborted.reason = "the node stops";
  stage here;
  here.site.validation_rows = {{wrong, aborted}};
  const outcome seen = here.run({"validate", "--all", "--wait"});
  CHECK(seen.code == 9);
  CHECK(has(seen.output, "\ndp2: PKG00012: failed content validation\n"));
  CHECK(has(seen.output, "the node stops"));
  CHECK(has(seen.output, "Next: sluice messages\n"));
  const outcome machine = here.run({"validate", "--all", "--wait", "--json"});
  CHECK(machine.output.starts_with("{\"status\":\"error\",\"code\":9,\"items\":[{"));
  here.site.validation_rows = {{validated_row(), aborted}};
  CHECK(here.run({"validate", "--all", "--wait"}).code == 6);
  here.site.validation_rows = {{aborted}};
  CHECK(here.run({"validate", "--all", "--wait"}).code == 1);
}

// Only failed contents counted: a script took a library that differs from its index for right.
TEST_CASE("validate --wait ends with 9 when index and library differ") {
  auto differs = validated_row();
  differs.mismatched = 1;
  stage here;
  here.site.validation_rows = {{differs}};
  CHECK(here.run({"validate", "--all", "--wait"}).code == 9);
}

TEST_CASE("validate --wait gives up after --timeout with 7, and --show takes it up again") {
  stage here;
  here.site.validation_rows = {{validating_row()}};
  CHECK(here.run({"validate", "--all", "--wait", "--timeout", "5"}).code == 7);
  const std::string cycle = "000102030405060708090a0b0c0d0e0f";
  const outcome seen = here.run({"validate", "--show", cycle});
  CHECK(seen.code == 0);
  CHECK(here.site.asked.back() == "validation_show " + cycle);
  CHECK(has(seen.output, "512.0 MiB/s"));
  CHECK(has(seen.output, "Next: sluice validate --show " + cycle + " --wait\n"));
}

TEST_CASE("status --watch tells a pipe what moved, a script objects, and redraws a terminal") {
  stage here;
  here.pauses_max = 3;
  here.site.statuses = {{moving_row()}, {moving_row()}, {ended_row(model::console_bucket::failed)}};
  const outcome lines = here.run({"status", "--watch"});
  CHECK(lines.code == 0);
  CHECK(std::ranges::count(lines.output, '\n') == 2);
  CHECK(has(lines.output, "failed, 45 %, 1.0 GiB of 2.0 GiB; every source lacks it\n"));

  stage script;
  script.pauses_max = 3;
  script.site.statuses = {{moving_row()}, {ended_row(model::console_bucket::success)}};
  const outcome objects = script.run({"status", "--watch", "--json"});
  CHECK(objects.code == 0);
  CHECK(std::ranges::count(objects.output, '\n') == 2);

  stage terminal;
  terminal.terminal = true;
  terminal.pauses_max = 2;
  CHECK(terminal.run({"status", "--watch"}).output.starts_with("\x1b[H\x1b[2JPACKAGE"));
}

TEST_CASE("tables are aligned and hold no colour when there is no terminal") {
  stage here;
  here.site.statuses = {{moving_row("dp2"), ended_row(model::console_bucket::failed, "dp-long")}};
  const outcome seen = here.run({"status"});
  CHECK(seen.output ==
        "PACKAGE     DP       BUCKET       STATE             %     DONE         RATE  ETA  SOURCE"
        "  WHY\n"
        "PKG00012.3  dp2      in_progress  install_pending  45  1.0 GiB  512.0 MiB/s   2s  dp1\n"
        "PKG00012.3  dp-long  failed       install_failed   45  1.0 GiB                            "
        "every source lacks it\n"
        "2 targets: 0 success, 1 in progress, 0 unknown, 1 failed\n"
        "Next: sluice why PKG00012 --dp dp-long\n");
}

TEST_CASE("colours are used only when they are wanted") {
  stage here;
  here.terminal = true;
  CHECK(!has(here.run({"status"}).output, "\x1b["));  // NO_COLOR
  here.colour = true;
  CHECK(has(here.run({"status"}).output, "\x1b[33min_progress\x1b[0m"));
}

TEST_CASE("text from outside cannot reach a terminal unescaped") {
  stage here;
  const std::string evil = "x\x1b]0;owned\x07\n\xff";
  here.site.packages.front().name = evil;
  here.site.points.front().name = evil;
  auto row = moving_row(evil);
  row.reason = evil;
  row.source = evil;
  here.site.statuses = {{row}};
  here.site.distributed = {{evil}, {evil}, {evil}};
  here.site.newest_messages.emplace_back().system = evil;
  for (const auto& words : samples()) {
    CAPTURE(words.front());
    CAPTURE(words.back());
    for (const bool fails : {false, true}) {
      if (fails) { here.site.failure = error{errc::refused, 0, evil}; }
      const outcome seen = here.run(words);
      CHECK(!has(seen.output + seen.error_output, "\x1b"));
      CHECK(!has(seen.output + seen.error_output, "\x07"));
      CHECK(!has(seen.output + seen.error_output, "\xff"));
      std::vector<std::string> machine = words;
      machine.emplace_back("--json");
      const std::string json = here.run(machine).output;
      CHECK(std::ranges::all_of(json, [](char c) { return c == '\n' || (c >= 32 && c < 127); }));
      here.site.failure.reset();
    }
  }
  const outcome usage = here.run({"package", "list", "--\x1b[31m"});
  CHECK(!has(usage.error_output, "\x1b"));
}

TEST_CASE("a list of several pages is shown whole") {
  stage here;
  here.site.rows_per_page = 2;
  here.site.points = {point_row("a"), point_row("b"), point_row("c"), point_row("d"),
                      point_row("e")};
  const outcome seen = here.run({"dp", "list"});
  CHECK(std::ranges::count(seen.output, '\n') == 6);
  CHECK(std::ranges::count(here.site.asked, "distribution_point_list") == 3);
}

TEST_CASE("the last messages are shown oldest first") {
  stage here;
  for (int i = 0; i < 5; ++i) {
    model::message_row row;
    row.message.id = 2300;
    row.message.time = noon - std::chrono::seconds{i};
    row.system = "s" + std::to_string(i);
    here.site.newest_messages.push_back(row);
  }
  here.site.rows_per_page = 2;
  const std::string text = here.run({"messages", "--last", "3"}).output;
  CHECK(text.find("s2") < text.find("s1"));
  CHECK(text.find("s1") < text.find("s0"));
  CHECK(!has(text, "s3"));
  const std::string json = here.run({"messages", "--last", "1", "--json"}).output;
  CHECK(has(json, "\"time\":\"2027-01-15T08:00:00.000Z\""));
}

TEST_CASE("why says what it does, what comes then, and what would help") {
  const outcome seen = stage().run({"why", "PKG00012", "--dp", "dp2"});
  CHECK(seen.output ==
        "PKG00012.3 on dp2\n"
        "it       waits for a source, since 2027-01-15 07:50:00Z (10m 00s ago)\n"
        "then     asks all sources again, at 2027-01-15 08:20:00Z (in 20m 00s)\n"
        "to help  start dp1 or site\n"
        "\n"
        "SOURCE  PRIORITY  VERDICT\n"
        "dp1            1  refused the connection\n"
        "site           2  lacks it\n");
}

TEST_CASE("an empty site says what to type first") {
  stage here;
  here.site.packages.clear();
  here.site.points.clear();
  here.site.statuses = {{}};
  CHECK(has(here.run({"package", "list"}).output, "Next: sluice package add FOLDER\n"));
  CHECK(has(here.run({"dp", "list"}).output, "Next: sluice dp add NAME --address HOST:PORT"));
  CHECK(has(here.run({"status"}).output, "Next: sluice distribute PKG --dp NAME\n"));
  CHECK(here.run({"status", "--json"}).output == "{\"status\":\"ok\",\"code\":0,\"items\":[]}\n");
}

// B27
TEST_CASE("JSON carries the names of the views, numbers as numbers and the unknown as null") {
  stage here;
  CHECK(
      here.run({"package", "show", "PKG00012", "--json"}).output ==
      "{\"status\":\"ok\",\"code\":0,\"items\":[{\"id\":\"PKG00012\",\"name\":\"boost headers\","
      "\"source_path\":\"/srv/boost\",\"version\":3,\"files\":14000,\"bytes\":157286400,"
      "\"manifest_hash\":\"" +
          std::string(64, '0') +
          "\",\"created\":\"2027-01-15T07:57:00.000Z\",\"targets\":0,\"priority\":\"medium\"}]}\n");
  const std::string status = here.run({"status", "--json"}).output;
  CHECK(has(status, "\"bucket\":\"in_progress\",\"state\":\"install_pending\",\"job\":\"0000"));
  CHECK(has(status, "\"remaining\":2,\"source\":\"dp1\",\"tries_left\":0,\"next_try\":null"));
  const std::string point = here.run({"dp", "show", "dp2", "--json"}).output;
  CHECK(
      has(point, "\"mode\":\"pull\",\"own\":false,\"sources\":[{\"name\":\"dp1\",\"priority\":1}"));
  const std::string node = here.run({"--node", "status", "--json"}).output;
  CHECK(has(node,
            "\"jobs\":[{\"job\":\"00000000000000000000000000000000\",\"content\":"
            "\"PKG00012.3\",\"state\":\"not_started\",\"transfer\":\"queued\""));
  CHECK(has(node, "\"state\":\"downloading_signature\",\"transfer\":\"queued\""));
  CHECK(has(status, "\"package_status\":\"received\",\"job_state\""));
}
