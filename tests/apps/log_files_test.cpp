#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "io/io.hpp"

using namespace sluice;

namespace {

/// A folder that goes with its test.
class log_folder {
public:
  log_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "log_test.XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~log_folder() { std::filesystem::remove_all(path_); }
  log_folder(const log_folder&) = delete;
  log_folder& operator=(const log_folder&) = delete;
  [[nodiscard]] std::string text_of(const std::string& name) const {
    const auto read = io::blocking::read_file(path_ + "/" + name, 1 << 20);
    return read ? *read : std::string();
  }
  [[nodiscard]] const std::string& path() const { return path_; }

private:
  std::string path_;
};

bool swallow(int, std::string_view, std::string_view) { return true; }

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

// M11
TEST_CASE("components have log files by the names that administrators know, and they are rolled") {
  const log_folder folder;
  log::start(log::level::error, swallow);
  REQUIRE(log::write_files(folder.path(), 4096).ok());
  log::error("transfer_job", "about a job");
  log::error("content_source", "about a source");
  log::error("transfer_tracking", "about a transfer");
  log::error("site", "about a site");
  log::info("site", "too little to be said");
  log::error("sluiced", "about the daemon");
  CHECK(has(folder.text_of("pull_dp.log"), "Z error transfer_job: about a job\n"));
  CHECK(has(folder.text_of("data_transfer_service.log"), "content_source: about a source\n"));
  CHECK(has(folder.text_of("package_transfer_manager.log"), "about a transfer\n"));
  CHECK(has(folder.text_of("distribution_manager.log"), "site: about a site\n"));
  CHECK_FALSE(has(folder.text_of("distribution_manager.log"), "too little"));
  CHECK_FALSE(has(folder.text_of("distribution_manager.log"), "daemon"));
  for (int i = 0; i < 100; ++i) {
    log::error("content_validation", format("{:03} {}", i, std::string(600, 'x')));
  }
  CHECK(folder.text_of("content_validation.log").size() <= 4096);
  CHECK(has(folder.text_of("content_validation.log"), " 099 "));
  CHECK(has(folder.text_of("content_validation.10.log"), "content_validation: 0"));
  CHECK(folder.text_of("content_validation.11.log").empty());
}

TEST_CASE("a folder that cannot be written to is named") {
  const auto opened = log::write_files("/proc/nothing");
  REQUIRE_FALSE(opened.ok());
  CHECK(has(describe(opened.error()), "/proc/nothing/"));
}
