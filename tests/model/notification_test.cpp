#include "model/notification.hpp"

#include <functional>

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::model;

namespace {

notification sound() {
  notification made;
  made.job = job_id::make(seeded_random(1));
  made.content = *content_id::parse("PKG00012.3");
  made.manifest_size = byte_count{100};
  made.sources.resize(1);
  made.sources[0].name = "dp1";
  made.sources[0].address = "127.0.0.1:8080";
  made.sources[0].protocol = "http";
  return made;
}

}  // namespace

TEST_CASE("a sound notification is accepted") {
  CHECK(check_notification(sound()));
  auto given = sound();
  given.related_content = "PKG00012.2";
  given.action = notification_action::redistribute;
  CHECK(check_notification(given));
}

// B6
TEST_CASE("a notification with one fault is refused, and the fault is named") {
  struct fault {
    std::function<void(notification&)> make;
    std::string_view named;
  };
  const std::vector<fault> faults{
      {[](notification& n) { n.job = {}; }, "job id"},
      {[](notification& n) { n.content.version = 0; }, "version"},
      {[](notification& n) { n.hash_algorithm = 32772; }, "hash algorithm is 32772"},
      {[](notification& n) { n.action = notification_action{3}; }, "action 3"},
      {[](notification& n) { n.priority = package_priority{0}; }, "priority 0"},
      {[](notification& n) { n.priority = package_priority{4}; }, "priority 4"},
      {[](notification& n) { n.manifest_size = byte_count{0}; }, "manifest has 0 bytes"},
      {[](notification& n) { n.manifest_size = byte_count{limits::manifest_bytes_max + 1}; },
       "manifest has 67108865 bytes"},
      {[](notification& n) { n.package_size = byte_count{1ULL << 63}; }, "package size"},
      {[](notification& n) { n.related_content = "x"; }, "related content 'x'"},
      {[](notification& n) { n.sources.clear(); }, "no source"},
      {[](notification& n) { n.sources.resize(65, n.sources[0]); }, "65 sources"},
      {[](notification& n) { n.sources.push_back(n.sources[0]); }, "'dp1' twice"},
      {[](notification& n) { n.sources[0].name = ""; }, "source name ''"},
      {[](notification& n) { n.sources[0].name = "\xff"; }, "source name '\\xff'"},
      {[](notification& n) { n.sources[0].protocol = "ftp"; }, "protocol 'ftp'"},
      {[](notification& n) { n.sources[0].address = "dp1"; }, "address 'dp1'"},
  };
  for (const fault& one : faults) {
    CAPTURE(one.named);
    auto given = sound();
    one.make(given);
    const auto checked = check_notification(given);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().doing.find(one.named) != std::string::npos);
    CHECK(checked.error().doing.find("PKG00012") != std::string::npos);
  }
}

TEST_CASE("an address is a host and a port") {
  for (const char* good : {"a:1", "dp1.example.org:65535", "127.0.0.1:80", "[::1]:8080",
                           "[fe80::1%25eth0]:1", "my_host-2:443"}) {
    CAPTURE(good);
    CHECK(is_address(good));
  }
  for (const char* bad : {"", ":", "a", "a:", ":80", "a:0", "a:65536", "a:080", "::1:80", "[]:80",
                          "a b:80", "a/b:80", "a:80/", "a@b:80", "[::1:80", "a\n:80"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_address(bad));
  }
}
