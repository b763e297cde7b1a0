#include <doctest/doctest.h>

#include "tests/apps/cli_stage.hpp"

using namespace sluice;
using namespace sluice::cli;
using namespace sluice::cli::testing;

// K13
TEST_CASE("many packages are retired by one list, one plan and one confirmation") {
  stage here;
  here.files["list"] = "# old\nPKG00012\n\nPKG00013\r\n";
  const outcome plan = here.run({"package", "remove", "--from-file", "list"});
  CHECK(plan.code == 0);
  CHECK(plan.output ==
        "PKG00012 boost headers, 0 targets: would be removed\n"
        "PKG00012 boost headers, 0 targets: would be removed\n"
        "2 packages on 0 targets; nothing was done.\n"
        "Next: sluice package remove --from-file list --yes\n");
  CHECK(here.site.asked ==
        std::vector<std::string>{"package_show PKG00012", "package_show PKG00013"});
  here.site.asked.clear();
  CHECK(here.run({"package", "remove", "--from-file", "list", "--yes"}).code == 0);
  CHECK(here.site.asked.size() == 4);
  CHECK(here.site.asked.back().find("package_remove ") == 0);
}

TEST_CASE("a list with a wrong line, and one that is not there, remove nothing") {
  stage here;
  here.files["list"] = "PKG00012\nboost\n";
  const outcome wrong = here.run({"package", "remove", "--from-file", "list", "--yes"});
  CHECK(wrong.code == 2);
  CHECK(wrong.error_output.find("list:2: 'boost' is no PackageID") != std::string::npos);
  CHECK(here.run({"package", "remove", "--from-file", "none", "--yes"}).code == 3);
  CHECK(here.run({"package", "remove", "PKG00012", "--from-file", "list"}).code == 2);
  CHECK(here.run({"package", "remove"}).code == 2);
  CHECK(here.site.asked.empty());
}

// G9
TEST_CASE("update says what is new and where it goes, or that nothing changed") {
  stage here;
  here.site.updated.row = here.site.packages.front();
  const outcome same = here.run({"update", "PKG00012"});
  CHECK(same.code == 0);
  CHECK(same.output == format("PKG00012 is what its folder holds, version {}: no change.\n"
                              "Next: sluice status PKG00012\n",
                              here.site.updated.row.version));
  here.site.updated.changed = true;
  here.site.updated.row.version = 4;
  here.site.updated.row.targets = 2;
  here.site.updated.row.files = 3;
  here.site.updated.row.bytes = model::byte_count{2048};
  here.site.updated.files_new = 1;
  here.site.updated.bytes_new = 1024;
  here.site.updated.sent.started = {"dp1"};
  here.site.updated.sent.warnings = {"dp2: held"};
  CHECK(here.run({"update", "PKG00012"}).output ==
        "PKG00012.4: 3 files, 2.0 KiB; new: 1 file, 1.0 KiB\n"
        "On its way to dp1.\nWarning: dp2: held\nNext: sluice status PKG00012 --watch\n");
  const outcome json = here.run({"update", "PKG00012", "--json"});
  CHECK(json.output.find("\"changed\":true") != std::string::npos);
}
