#include <doctest/doctest.h>

#include <string>

#include "io/io.hpp"
#include "tests/temporary_folder.hpp"

using namespace sluice;

namespace {

std::string text_of(const temporary_folder& folder, const std::string& name) {
  const auto read = io::blocking::read_file(folder.path() + "/" + name, 1 << 20);
  return read ? *read : std::string();
}

bool swallow(int, std::string_view, std::string_view) { return true; }

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

// M11
TEST_CASE("components have log files by the names that administrators know, and they are rolled") {
  const temporary_folder folder;
  log::start(log::level::error, swallow);
  REQUIRE(log::write_files(folder.path(), 4096).ok());
  log::error("transfer_job", "about a job");
  log::error("content_source", "about a source");
  log::error("transfer_tracking", "about a transfer");
  log::error("site", "about a site");
  log::info("site", "too little to be said");
  log::error("sluiced", "about the daemon");
  CHECK(has(text_of(folder, "pull_dp.log"), "Z error transfer_job: about a job\n"));
  CHECK(has(text_of(folder, "data_transfer_service.log"), "content_source: about a source\n"));
  CHECK(has(text_of(folder, "package_transfer_manager.log"), "about a transfer\n"));
  CHECK(has(text_of(folder, "distribution_manager.log"), "site: about a site\n"));
  CHECK_FALSE(has(text_of(folder, "distribution_manager.log"), "too little"));
  CHECK_FALSE(has(text_of(folder, "distribution_manager.log"), "daemon"));
  for (int i = 0; i < 100; ++i) {
    log::error("content_validation", format("{:03} {}", i, std::string(600, 'x')));
  }
  CHECK(text_of(folder, "content_validation.log").size() <= 4096);
  CHECK(has(text_of(folder, "content_validation.log"), " 099 "));
  CHECK(has(text_of(folder, "content_validation.10.log"), "content_validation: 0"));
  CHECK(text_of(folder, "content_validation.11.log").empty());
}

TEST_CASE("a folder that cannot be written to is named") {
  const auto opened = log::write_files("/proc/nothing");
  REQUIRE_FALSE(opened.ok());
  CHECK(has(describe(opened.error()), "/proc/nothing/"));
}
