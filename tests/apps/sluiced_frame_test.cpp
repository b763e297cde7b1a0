#include <cerrno>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "apps/node_keys.hpp"
#include "apps/providers.hpp"
#include "apps/ready_file.hpp"
#include "apps/sluiced_options.hpp"
#include "io/file_lock.hpp"
#include "tests/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::apps;
namespace fs = std::filesystem;

namespace {

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

TEST_CASE("the command line of sluiced is understood") {
  using wish = sluiced_options::wish;
  const auto plain = parse_sluiced_options({});
  REQUIRE(plain.ok());
  CHECK(plain->config == "/etc/sluice/sluiced.toml");
  CHECK((plain->what == wish::serve));
  const auto full = parse_sluiced_options({"--config", "/a", "--ready-file", "/b"});
  REQUIRE(full.ok());
  CHECK(full->config == "/a");
  CHECK(full->ready_file == "/b");
  CHECK((parse_sluiced_options({"--check-config"})->what == wish::check_config));
  CHECK((parse_sluiced_options({"--print-config"})->what == wish::print_config));
  CHECK((parse_sluiced_options({"--help"})->what == wish::help));
  CHECK((parse_sluiced_options({"--version"})->what == wish::version));
}

TEST_CASE("a wrong command line of sluiced is refused, naming the fault") {
  const std::vector<std::vector<std::string>> table{
      {"--config"}, {"--config", ""}, {"--ready-file"},
      {"--bogus"},  {"word"},         {"--check-config", "--print-config"}};
  for (const auto& words : table) {
    const auto seen = parse_sluiced_options(words);
    REQUIRE(!seen.ok());
    CHECK((seen.error().code == errc::invalid));
    CHECK(describe(seen.error()).find("sluiced --help") != std::string::npos);
  }
}

TEST_CASE("a daemon that cannot start says with its exit code whether trying again helps") {
  CHECK((daemon_exit_of({errc::os_failed, EADDRINUSE, ""}) == daemon_exit::conflict));
  CHECK((daemon_exit_of({errc::conflict, 0, ""}) == daemon_exit::conflict));
  CHECK((daemon_exit_of({errc::denied, EACCES, ""}) == daemon_exit::denied));
  CHECK((daemon_exit_of({errc::corrupt, 0, ""}) == daemon_exit::damaged));
  CHECK((daemon_exit_of({errc::invalid, 0, ""}) == daemon_exit::configuration));
  CHECK((daemon_exit_of({errc::os_failed, EIO, ""}) == daemon_exit::failed));
}

TEST_CASE("a key is made once, secret to others, and read again") {
  const temporary_folder folder;
  const std::string path = folder / "node.key";
  const auto made = load_or_make_key(path, folder / "node.db", seeded_random(7));
  REQUIRE(made.ok());
  CHECK((fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
  write(folder / "node.db", "");
  const auto again = load_or_make_key(path, folder / "node.db", seeded_random(8));
  REQUIRE(again.ok());
  CHECK((*again == *made));
}

TEST_CASE("a lost or damaged key is never replaced by a new one") {
  const temporary_folder folder;
  write(folder / "site.db", "");
  const auto lost = load_or_make_key(folder / "site.key", folder / "site.db", seeded_random(7));
  REQUIRE(!lost.ok());
  CHECK((lost.error().code == errc::corrupt));
  CHECK(!fs::exists(folder / "site.key"));
  const std::string digits(64, 'a');
  for (const std::string& text :
       {std::string(), std::string("sluice-key 1\n"), "sluice-key 1\n" + digits,
        "sluice-key 2\n" + digits + "\n", "sluice-key 1\n" + digits + "a\n",
        "sluice-key 1\n" + digits + "\n" + std::string(4096, 'x')}) {
    write(folder / "node.key", text);
    const auto seen = load_or_make_key(folder / "node.key", folder / "node.db", seeded_random(7));
    CHECK(!seen.ok());
  }
}

TEST_CASE("a state folder is held by one at a time") {
  const temporary_folder folder;
  {
    const auto first = io::file_lock::take(folder / "lock");
    REQUIRE(first.ok());
    const auto second = io::file_lock::take(folder / "lock");
    REQUIRE(!second.ok());
    CHECK((second.error().code == errc::conflict));
  }
  CHECK(io::file_lock::take(folder / "lock").ok());
  CHECK(!io::file_lock::take(folder / "missing/lock").ok());
}

TEST_CASE("the ready file tells what the daemon listens on") {
  daemon_ports ports;
  ports.content = 8600;
  ports.node_socket = "/run/a \"b\".sock";
  CHECK(ready_text(4711, ports) ==
        "{\"pid\":4711,\"node\":\"00000000000000000000000000000000\",\"content_port\":8600,"
        "\"control_port\":0,\"management_point_port\":0,\"observation_port\":0,"
        "\"admin_socket\":\"\",\"node_socket\":\"/run/a \\\"b\\\".sock\"}\n");
}

TEST_CASE("the system's random words differ") { CHECK(system_random() != system_random()); }
