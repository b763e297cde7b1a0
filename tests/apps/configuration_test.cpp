#include "apps/configuration.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "apps/known_settings.hpp"

using namespace sluice;
using namespace sluice::apps;

namespace {

constexpr const char* both_roles =
    "[node]\n"
    "name = \"site\"\n"
    "state = \"/srv/state\"\n"
    "\n"
    "[site]\n"
    "code = \"PKG\"\n"
    "source_roots = [\"/srv/a\", \"/srv/b\"]\n"
    "[distribution_point]\n"
    "listen = \"[::]:0\"\n"
    "anonymous_access = true\n"
    "start_stagger_seconds = 30\n";

configuration_outcome read(std::string_view text) {
  return read_configuration(text, "sluiced.toml", "host1");
}

std::string faults_of(std::string_view text) {
  std::string all;
  for (const configuration_fault& fault : read(text).faults) { all += describe(fault) + "\n"; }
  return all;
}

}  // namespace

TEST_CASE("a file with both roles is read, and every value knows its line") {
  const configuration_outcome outcome = read(both_roles);
  REQUIRE(outcome.ok());
  const configuration& all = outcome.settings;
  CHECK(all.node.name.value == "site");
  CHECK(describe(all.node.name.origin) == "sluiced.toml:2");
  CHECK(all.node.library.value == "/srv/state/library");
  CHECK(describe(all.node.library.origin) == "default");
  REQUIRE(all.site);
  CHECK(all.site->code.value.text() == "PKG");
  CHECK(all.site->source_roots.value == std::vector<std::string>{"/srv/a", "/srv/b"});
  REQUIRE(all.distribution_point);
  CHECK(all.distribution_point->listen.value == network_address{"::", 0});
  CHECK(all.distribution_point->anonymous_access.value);
  CHECK(all.distribution_point->start_stagger_seconds.value == 30);
  CHECK(!all.distribution_point->prefer_fast_sources.value);
  CHECK(all.distribution_point->sources_per_file.value == 4);
  CHECK(!all.distribution_point->site.value);
}

TEST_CASE("the name of a node defaults to the host's") {
  const configuration_outcome outcome = read("[distribution_point]\nsite = \"127.0.0.1:8601\"\n");
  REQUIRE(outcome.ok());
  CHECK(outcome.settings.node.name.value == "host1");
  CHECK(!outcome.settings.distribution_point->anonymous_access.value);
}

TEST_CASE("every fault names its line, its column and what is accepted") {
  struct row {
    const char* text;
    const char* fault;
  };
  const std::string pull = "[distribution_point]\nsite = \"h:1\"\n";
  const std::string site = "[site]\ncode = \"PKG\"\nsource_roots = [\"/a\"]\n";
  const row table[] = {
      {"[node]\nname = \n", "sluiced.toml:2:8: this is not TOML: "},
      {"[node]\nname = \"a\"\n name = \"b\"\n", "sluiced.toml:3:9: this is not TOML: "},
      {"stray = 1\n",
       "sluiced.toml:1:1: unknown setting stray outside any section; accepted sections: [node], "
       "[site], [distribution_point]"},
      {"", "sluiced.toml:1:1: this node has no role; add a section [site] or "},
      {"[nod]\n", "sluiced.toml:1:2: unknown section [nod]; accepted: [node], [site], "},
      {"[node]\nnam = \"a\"\n", "sluiced.toml:2:1: unknown setting [node] nam; accepted: name, "},
      {"[node]\nname = \"a b\"\n", "sluiced.toml:2:8: [node] name: \"a b\" is not accepted; "},
      {"[node]\nname = \"\\u001b[31m\"\n", "[node] name: \"\\x1b[31m\" is not accepted"},
      {"[node]\nstate = \"srv\"\n", "sluiced.toml:2:9: [node] state: \"srv\" is not accepted; "},
      {"[node]\nstate = \"/a/../b\"\n", "accepted: an absolute path without \".\" and \"..\""},
      {"[node]\nobservation = \"8602\"\n", "accepted: \"host:port\", or \"\" for none"},
      {"[node]\nlog_level = \"loud\"\n",
       "sluiced.toml:2:13: [node] log_level: \"loud\" is not accepted; accepted: \"debug\", "
       "\"info\", \"warning\" or \"error\""},
      {"[node]\nlog_level = 3\n", "[node] log_level: 3 is not accepted"},
      {"[node]\ntrash_hours = \"1\"\n", "accepted: a whole number of hours, 0 to 8784"},
      {"[node]\ntrash_hours = -1\n", "[node] trash_hours: -1 is not accepted"},
      {"[node]\nsuperseded_content_hours = -1\n",
       "[node] superseded_content_hours: -1 is not accepted"},
      {"[node]\ntrash_hours = 8785\n", "[node] trash_hours: 8785 is not accepted"},
      {"[site]\nsource_roots = [\"/a\"]\n",
       "sluiced.toml:1:2: [site] needs code; accepted: three upper-case letters or digits"},
      {"[site]\ncode = \"pkg\"\n", "sluiced.toml:2:8: [site] code: \"pkg\" is not accepted"},
      {"[site]\nsource_roots = []\n", "sluiced.toml:2:16: [site] source_roots: [] is not accepted"},
      {"[site]\nsource_roots = [\"/a\", 7]\n",
       "a value of type array with a value of type integer"},
      {"[site]\nlisten = \"0.0.0.0:8601\"\n", "accepted: \"host:port\" on loopback"},
      {"[site]\nlisten = \"127.evil.example:1\"\n", "accepted: \"host:port\" on loopback"},
      {"[site]\nlisten = \"127.0.0.1:65536\"\n", "accepted: \"host:port\" on loopback"},
      {"[distribution_point]\n",
       "sluiced.toml:1:2: [distribution_point] needs site, as this node is not the site server"},
      {"[distribution_point]\ncontrol = \"192.0.2.1:1\"\n", "accepted: \"host:port\" on loopback"},
      {"[distribution_point]\nsite = \"h:0\"\n", "[distribution_point] site: \"h:0\" is not"},
      {"[distribution_point]\nlisten = \"::1:80\"\n", "sluiced.toml:2:10: [distribution_point] "},
      {"[distribution_point]\nanonymous_access = \"yes\"\n", "accepted: true or false"},
      {"[distribution_point]\nanonymous_access = 1979-05-27\n", "a value of type date"},
      {"[distribution_point]\nstart_stagger_seconds = 3601\n",
       "accepted: a whole number of seconds, 0 to 3600"},
      {"[distribution_point]\nprefer_fast_sources = 1\n", "accepted: true or false"},
      {"[distribution_point]\nsources_per_file = 0\n", "accepted: a whole number, 1 to 4"},
      {"[distribution_point]\nsources_per_file = 5\n", "accepted: a whole number, 1 to 4"},
      {"[distribution_point]\nmode = \"pull\"\n",
       "sluiced.toml:2:1: mode is not set here but at the site, with: sluice dp set NAME --mode"},
  };
  for (const row& each : table) {
    CAPTURE(each.text);
    CAPTURE(faults_of(each.text));
    CHECK(faults_of(each.text).find(each.fault) != std::string::npos);
  }
  CHECK(faults_of(pull).empty());
  CHECK(faults_of(site).empty());
  CHECK(faults_of(site + pull)
            .find("sluiced.toml:5:1: [distribution_point] site: the site server's "
                  "own distribution point belongs to its own site") == 0);
  CHECK(faults_of(site + "admin_socket = \"/run/sluice/node.sock\"\n").find("different paths") !=
        std::string::npos);
}

TEST_CASE("a node that asks for its commands has no control port, and a site server does not ask") {
  const std::string asks = "[distribution_point]\nsite = \"h:1\"\ncontact = \"outbound\"\n";
  CHECK(faults_of(asks).empty());
  CHECK(read(asks).settings.distribution_point->contact.value == contact_way::outbound);
  CHECK(faults_of(asks + "control = \"127.0.0.1:1\"\n")
            .find("sluiced.toml:4:1: [distribution_point] control: with contact = \"outbound\" no "
                  "control port is opened; ") == 0);
  CHECK(faults_of("[distribution_point]\ncontact = \"nat\"\n")
            .find("accepted: \"inbound\" or \"outbound\"") != std::string::npos);
  CHECK(faults_of("[site]\ncode = \"PKG\"\nsource_roots = [\"/a\"]\n"
                  "[distribution_point]\ncontact = \"outbound\"\n")
            .find("sluiced.toml:5:1: [distribution_point] contact: the site server's own") == 0);
}

constexpr const char* with_settings =
    "[site]\ncode = \"PKG\"\nsource_roots = [\"/a\"]\n"
    "[software_distribution.pull_distribution_point]\n"
    "content_availability_check_minutes = 3\n"
    "pull_dp_number_of_active_jobs = 7\n"
    "source_protocols = [\"https\"]\n"
    "[software_distribution.pull_distribution_point.retry_settings]\n"
    "number_of_retries = 5\n"
    "delay_before_retrying_minutes = 6\n"
    "[software_distribution.pull_distribution_point.status_polling_settings]\n"
    "number_of_polls = 8\n"
    "delay_before_retrying_minutes = 9\n";

// B13
TEST_CASE("retries and polls have ConfigMgr's names and defaults, and change without a restart") {
  const configuration_outcome plain = read("[site]\ncode = \"PKG\"\nsource_roots = [\"/a\"]\n");
  REQUIRE(plain.ok());
  CHECK(distribution_settings_of(*plain.settings.site) == model::distribution_settings{});
  const configuration_outcome given = read(with_settings);
  REQUIRE_MESSAGE(given.ok(), faults_of(with_settings));
  using std::chrono::minutes;
  CHECK(distribution_settings_of(*given.settings.site) ==
        model::distribution_settings{
            {5, minutes(6)}, {8, minutes(9)}, minutes(3), 7, 3, 5, {"https"}});
  const configuration_change change = compare(plain.settings, given.settings);
  CHECK(change.kept.empty());
  CHECK(change.applied.size() == 7);
  CHECK(distribution_settings_of(*apply_reload(plain.settings, given.settings).site) ==
        distribution_settings_of(*given.settings.site));
  CHECK(read(print_configuration(given.settings)).ok());
}

TEST_CASE("a setting of the site that is no number of its range, or has no site, is refused") {
  const std::string site = "[site]\ncode = \"PKG\"\nsource_roots = [\"/a\"]\n";
  const std::string here = "[software_distribution.pull_distribution_point]\n";
  const std::string retries = "[software_distribution.pull_distribution_point.retry_settings]\n";
  CHECK(faults_of(site + retries + "number_of_retries = 0\n")
            .find("sluiced.toml:5:21: [software_distribution.pull_distribution_point.retry_settings"
                  "] number_of_retries: 0 is not accepted; accepted: a whole number, 1 to 999") ==
        0);
  CHECK(faults_of(site + retries + "delay_before_retrying_minutes = 1441\n").find("1 to 1440") !=
        std::string::npos);
  CHECK(faults_of(site + here + "pull_dp_number_of_active_jobs = 51\n").find("1 to 50") !=
        std::string::npos);
  for (const char* wrong : {"[]", "\"http\"", "[\"ftp\"]", "[\"http\", \"http\"]"}) {
    CHECK(faults_of(site + here + "source_protocols = " + wrong + "\n").find("at least one") !=
          std::string::npos);
  }
  CHECK(faults_of(site + here + "number_of_retries = 3\n").find("unknown setting [software_") !=
        std::string::npos);
  CHECK(faults_of(site + "[software_distribution.pull]\n").find("unknown section [software_") !=
        std::string::npos);
  CHECK(faults_of("[distribution_point]\nsite = \"h:1\"\n" + here)
            .find("is for a site server, and this file has no section [site]") !=
        std::string::npos);
}

// A15
TEST_CASE("what decides how content comes is shown with the file and line, or as a default") {
  const configuration_outcome given = read(with_settings);
  REQUIRE_MESSAGE(given.ok(), faults_of(with_settings));
  const auto site = shown_site_settings(given.settings);
  const auto of = [](const auto& rows, const std::string& name) {
    const auto found = std::ranges::find(rows, name, &model::setting_row::name);
    REQUIRE(found != rows.end());
    return *found;
  };
  const std::string pull = "software_distribution.pull_distribution_point.";
  CHECK(of(site, pull + "retry_settings.number_of_retries").value == "5");
  CHECK(of(site, pull + "retry_settings.number_of_retries").origin == "site, sluiced.toml:9");
  CHECK(of(site, pull + "source_protocols").value == "[\"https\"]");
  CHECK(of(site, "software_distribution.maximum_number_of_packages").origin == "default");
  const auto host = shown_host_settings(
      read("[distribution_point]\nsite = \"h:1\"\nprefer_fast_sources = true\n").settings);
  CHECK(of(host, "distribution_point.prefer_fast_sources").origin == "host, sluiced.toml:3");
  CHECK(of(host, "distribution_point.start_stagger_seconds").origin == "default");
  CHECK(of(host, "node.trash_hours").value == "24");
  CHECK(std::ranges::count(host, "node.state", &model::setting_row::name) == 0);
}

TEST_CASE("all faults of a file are told at once, in its order") {
  const configuration_outcome outcome = read("[node]\nname = 1\nstate = 2\n[site]\ncode = 3\n");
  REQUIRE(outcome.faults.size() == 4);
  CHECK(std::ranges::is_sorted(outcome.faults, {}, &configuration_fault::place));
}

TEST_CASE("printed settings read back to the same, and show the origin of each") {
  const configuration_outcome outcome = read(both_roles);
  REQUIRE(outcome.ok());
  const std::string printed = print_configuration(outcome.settings);
  CHECK(printed.find("code = \"PKG\"") != std::string::npos);
  CHECK(printed.find("# sluiced.toml:6\n") != std::string::npos);
  CHECK(printed.find("anonymous_access = true") != std::string::npos);
  for (const known_setting& known : known_settings()) {
    CAPTURE(known.key);
    CHECK(printed.find(std::string(known.key) + " ") != std::string::npos);
  }
  const configuration_outcome again = read(printed);
  REQUIRE(again.ok());
  const configuration_change change = compare(outcome.settings, again.settings);
  CHECK(change.applied.empty());
  CHECK(change.kept.empty());
}

TEST_CASE("an observation address that is off stays off when printed and read back") {
  const configuration_outcome off =
      read("[node]\nobservation = \"\"\n[distribution_point]\nsite = \"h:1\"\n");
  REQUIRE(off.ok());
  CHECK(!off.settings.node.observation.value);
  const configuration_outcome again = read(print_configuration(off.settings));
  REQUIRE(again.ok());
  CHECK(!again.settings.node.observation.value);
}

TEST_CASE("a reload applies what may change while running and names what may not") {
  const configuration now = read(both_roles).settings;
  std::string text = both_roles;
  text.replace(text.find("true"), 4, "false");
  text.replace(text.find("\"site\""), 6, "\"other\"");
  text.insert(text.find("[site]"), "log_level = \"debug\"\n");
  const configuration_outcome then = read(text);
  REQUIRE(then.ok());
  const configuration_change change = compare(now, then.settings);
  CHECK(change.applied ==
        std::vector<std::string>{"[node] log_level", "[distribution_point] anonymous_access"});
  CHECK(change.kept == std::vector<std::string>{"[node] name"});
  const configuration after = apply_reload(now, then.settings);
  CHECK(after.node.log_level.value == log::level::debug);
  CHECK(!after.distribution_point->anonymous_access.value);
  CHECK(after.node.name.value == "site");
}

TEST_CASE("a role that appears in the file needs a restart") {
  const configuration now = read("[site]\ncode=\"PKG\"\nsource_roots=[\"/a\"]\n").settings;
  const configuration_change change = compare(now, read(both_roles).settings);
  CHECK(std::ranges::count(change.kept, "[distribution_point]") == 1);
}
