#include "model/status_message.hpp"

#include <set>

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::model;

namespace {

/// Section M of the feature contract: id, severity, component, milestone, number of insertions.
struct listed_row {
  std::uint32_t id;
  char severity;
  std::string_view component;
  char type;
  int insertions;
};
constexpr listed_row listed[] = {
    {2300, 'i', "DM", 'd', 2},
    {2301, 'i', "DM", 'm', 2},
    {2303, 'i', "DM", 'd', 2},
    {2311, 'i', "DM", 'a', 3},
    {2323, 'e', "DM", 'd', 2},
    {2324, 'e', "DM", 'd', 3},
    {2330, 'i', "DM", 'm', 3},
    {2342, 'i', "DM", 'd', 2},
    {2354, 'e', "DM", 'd', 2},
    {2357, 'i', "DM", 'd', 2},
    {2360, 'w', "DM", 'd', 2},
    {2370, 'e', "DM", 'm', 2},
    {2371, 'i', "DM", 'm', 2},
    {2372, 'i', "DM", 'd', 2},
    {2375, 'i', "DM", 'd', 2},
    {2376, 'i', "DM", 'd', 3},
    {2380, 'i', "DPM", 'm', 2},
    {2381, 'i', "DPM", 'd', 2},
    {2382, 'e', "DPM", 'm', 5},
    {2383, 'e', "DPM", 'm', 4},
    {2384, 'i', "DPM", 'm', 5},
    {2385, 'e', "DPM", 'm', 4},
    {2386, 'i', "DPM", 'm', 5},
    {2388, 'w', "DPM", 'm', 3},
    {2391, 'e', "DM", 'm', 3},
    {2397, 'i', "DM", 'd', 2},
    {2398, 'w', "DM", 'd', 2},
    {2399, 'i', "DM", 'm', 2},
    {3306, 'i', "site_configuration", 'a', 4},
    {8200, 'i', "PTM", 'd', 3},
    {8203, 'e', "PTM", 'm', 3},
    {8204, 'i', "PTM", 'd', 3},
    {8210, 'i', "PTM", 'd', 3},
    {8211, 'w', "PTM", 'm', 4},
    {8212, 'w', "PTM", 'm', 5},
    {9425, 'e', "cloud_source", 'm', 2},
    {10030, 'e', "client", 'm', 4},
    {20001, 'w', "pull_dp", 'm', 3},
    {20002, 'w', "pull_dp", 'm', 3},
    {20003, 'i', "DPM", 'd', 3},
    {20004, 'e', "DM", 'm', 2},
    {20005, 'w', "pull_dp", 'm', 3},
    {20006, 'i', "pull_dp", 'd', 1},
    {20007, 'e', "librarian", 'm', 3},
    {20008, 'i', "librarian", 'd', 2},
    {20009, 'e', "DPM", 'm', 4},
    {20010, 'w', "site_security", 'm', 3},
};

std::string_view spelled(std::string_view component) {
  if (component == "DM") { return "distribution_manager"; }
  if (component == "DPM") { return "distribution_point_monitoring"; }
  if (component == "PTM") { return "package_transfer_manager"; }
  return component;
}

}  // namespace

TEST_CASE("the catalogue is exactly the one of the feature contract") {
  const auto catalogue = status_catalogue();
  REQUIRE(catalogue.size() == std::size(listed));
  for (std::size_t i = 0; i < std::size(listed); ++i) {
    CAPTURE(listed[i].id);
    CHECK(catalogue[i].id == listed[i].id);
    CHECK(name_of(catalogue[i].severity).front() == listed[i].severity);
    CHECK(name_of(catalogue[i].component) == spelled(listed[i].component));
    CHECK(name_of(catalogue[i].type).front() == listed[i].type);
    CHECK(int{catalogue[i].insertions} == listed[i].insertions);
    CHECK(find_in_catalogue(listed[i].id) == &catalogue[i]);
  }
}

TEST_CASE("reserved and unknown ids are in no catalogue") {
  for (const std::uint32_t id : {0U, 2387U, 2389U, 2390U, 2333U, 4400U, 10057U, 20011U, ~0U}) {
    CHECK(find_in_catalogue(id) == nullptr);
  }
}

TEST_CASE("every sentence uses every insertion, and no other sign of the kind") {
  for (const catalogue_row& row : status_catalogue()) {
    CAPTURE(row.id);
    std::set<char> used;
    for (std::size_t i = 0; i < row.sentence.size(); ++i) {
      if (row.sentence[i] == '%') { used.insert(row.sentence.substr(i + 1, 1).front()); }
    }
    std::set<char> expected;
    for (int number = 1; number <= row.insertions; ++number) {
      expected.insert(static_cast<char>('0' + number));
    }
    CHECK(used == expected);
  }
}

TEST_CASE("a sentence carries its insertions, escaped") {
  status_message message;
  message.id = 8200;
  message.insertions = {"PKG00012", "dp2", "42"};
  CHECK(sentence_of(message) ==
        "PKG00012: the transfer to distribution point dp2 is done, 42 bytes");
  message.insertions[1] = "\x1b[2J%1\n";
  CHECK(sentence_of(message) ==
        "PKG00012: the transfer to distribution point \\x1b[2J%1\\x0a is done, 42 bytes");
}

TEST_CASE("a missing insertion is a question mark, and one too many is not shown") {
  status_message message;
  message.id = 8200;
  message.insertions = {"PKG00012"};
  CHECK(sentence_of(message) == "PKG00012: the transfer to distribution point ? is done, ? bytes");
  message.insertions = {"PKG00012", "dp2", "42", "more"};
  CHECK(sentence_of(message).find("more") == std::string::npos);
}

TEST_CASE("a message of a newer node is shown as it came") {
  status_message message;
  message.id = 31'000;
  CHECK(sentence_of(message) == "message 31000");
  message.insertions = {"a,", "\n"};
  CHECK(sentence_of(message) == "message 31000: a,, \\x0a");
}
