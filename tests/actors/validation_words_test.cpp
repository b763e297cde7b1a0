#include "actors/validation_words.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace sluice;
using namespace sluice::actors;
using storage::finding_kind;
using storage::validation_finding;
using storage::validation_report;

namespace {

const validation_place place{"dp1", "00ff"};
const model::content_id content = *model::content_id::parse("PKG00012.3");

validation_finding finding(finding_kind kind, std::string path, std::uint64_t size = 5) {
  validation_finding made;
  made.kind = kind;
  made.path = std::move(path);
  made.file.size = model::byte_count{size};
  made.file.digest.bytes[0] = static_cast<std::byte>(made.path.size());
  made.cause = {errc::corrupt, 0, "verify it"};
  return made;
}

validation_report report_of(std::vector<validation_finding> findings) {
  validation_report made;
  made.done.findings = findings.size();
  made.missing = static_cast<std::uint64_t>(std::ranges::count_if(
      findings, [](const validation_finding& each) { return is_missing(each.kind); }));
  made.findings = std::move(findings);
  return made;
}

/// Every message is in the catalogue, with all its insertions.
void check_catalogue(const std::vector<site_message>& said) {
  for (const site_message& message : said) {
    CAPTURE(message.id);
    const auto* row = model::find_in_catalogue(message.id);
    REQUIRE(row != nullptr);
    CHECK(message.insertions.size() == row->insertions);
  }
}

std::vector<std::uint32_t> ids(const std::vector<site_message>& said) {
  std::vector<std::uint32_t> found;
  for (const site_message& message : said) { found.push_back(message.id); }
  return found;
}

using numbers = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("an empty content passes with no byte (J10)") {
  const auto said = words_of_success(place, content, {});
  check_catalogue(said);
  REQUIRE(ids(said) == numbers{2384});
  CHECK(said[0].insertions == std::vector<std::string>{"PKG00012", "3", "dp1", "00ff", "0"});
}

TEST_CASE("piece layers that were written anew are told before the content passes") {
  validation_report report = report_of({finding(finding_kind::layer_missing, "big", 3 << 20)});
  report.repaired = 1;
  report.pieces_repaired = 3;
  const auto said = words_of_success(place, content, report);
  check_catalogue(said);
  CHECK(ids(said) == numbers{20003, 2384});
}

TEST_CASE("damaged files are named one by one, missing ones counted, and then the package fails") {
  validation_finding big = finding(finding_kind::wrong_bytes, "big", 10 << 20);
  big.pieces = {{2, 1}, {4, 3}};
  big.pieces_count = 4;
  const auto said = words_of_failure(place, content,
                                     report_of({big, finding(finding_kind::file_missing, "a"),
                                                finding(finding_kind::wrong_size, "bb"),
                                                finding(finding_kind::file_missing, "ccc")}),
                                     {});
  check_catalogue(said);
  REQUIRE(ids(said) == numbers{2382, 2382, 2385, 2383});
  CHECK(said[0].insertions[2] == "big");
  CHECK(said[0].insertions[3] == big.file.digest.hex());
  CHECK(said[0].insertions[4] == "4 of its 10 pieces wrong: 2, 4-6");
  CHECK(said[2].insertions == std::vector<std::string>{"PKG00012", "PKG00012.3", "2", "a"});
  CHECK(said[3].insertions[3] == "big and 1 more are damaged; a and 1 more are missing");
}

TEST_CASE("what is wrong with the content itself has a name") {
  const auto said = words_of_failure(
      place, content, report_of({finding(finding_kind::manifest_missing, "", 0)}), {});
  check_catalogue(said);
  REQUIRE(ids(said) == numbers{2385, 2383});
  CHECK(said[1].insertions[3] == "the manifest is missing");
}

TEST_CASE("no content says more than a few of its files, and how many there are") {
  std::vector<validation_finding> many;
  for (int i = 0; i < 40; ++i) {
    many.push_back(finding(finding_kind::wrong_bytes, std::string(1 + i, 'x')));
  }
  validation_report report = report_of(many);
  report.done.findings = 1000;
  const auto said =
      words_of_failure(place, content, report, error{errc::os_failed, 5, "rename it"});
  check_catalogue(said);
  CHECK(said.size() == limits::validation_files_named_max + 1);
  CHECK(said.back().insertions[3].find("960 more findings") != std::string::npos);
  CHECK(said.back().insertions[3].starts_with("could not be taken out of service: "));
  const auto mismatch = words_of_mismatch(place, std::vector<std::string>(30, "item"));
  check_catalogue({mismatch});
  CHECK(mismatch.insertions[2].ends_with("and 10 more"));
}
