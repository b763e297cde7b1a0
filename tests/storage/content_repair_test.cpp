#include "storage/content_repair.hpp"

#include <algorithm>

#include "storage/library_lists.hpp"
#include "storage/library_state.hpp"
#include "tests/storage/library_home.hpp"

namespace sluice::storage {

namespace {

constexpr std::size_t piece = limits::piece_size;
constexpr auto dp = library_user::distribution_point;

model::file_id id_of(const file_bytes& bytes) { return hashing::measure(bytes).id; }

const file_bytes big = patterned(6 * piece + 3);
const file_bytes other = patterned(2 * piece, 9);
const file_bytes small = patterned(40'000, 7);

struct repair_home : library_home {
  made_content made = make_content(
      *this, "PKG00001.1", {{"big", big}, {"empty", {}}, {"other", other}, {"small", small}});

  repair_home() { REQUIRE(install(*this, made, dp).ok()); }

  validation_report validate(bool repair_layers = true) {
    validation_request asked{made.content, made.hash, model::validation_priority::highest};
    asked.repair_layers = repair_layers;
    const auto report = block([&] { return validate_content(library(), asked, {}); });
    REQUIRE_MESSAGE(report.ok(), (report.ok() ? "" : describe(report.error())));
    return *report;
  }
  content_repair repair(const validation_report& report, repair_way how = repair_way::refetch) {
    return block([&] { return take_for_repair(library(), made.content, report.findings, how); });
  }
  std::vector<std::string> lists() {
    const auto items = block([&] { return compare_lists(library()); });
    REQUIRE_MESSAGE(items.ok(), (items.ok() ? "" : describe(items.error())));
    return *items;
  }
  void flip(const model::file_id& file, std::size_t offset) const {
    std::fstream at(path(file_path(file)), std::ios::in | std::ios::out | std::ios::binary);
    at.seekg(static_cast<std::streamoff>(offset));
    const char was = static_cast<char>(at.get());
    at.seekp(static_cast<std::streamoff>(offset));
    at.put(static_cast<char>(was ^ 1));
    REQUIRE(at.good());
  }
  /// What a job does: it fetches the pieces that are neither recorded nor there, and no more.
  std::uint64_t heal(const content_repair& repair) {
    std::vector<piece_run> recorded;
    for (const verified_run& run : repair.right) { recorded.push_back({run.first, run.count}); }
    auto staged = block(
        [&] { return library().begin_file(id_of(big), made.layers.at(id_of(big)), recorded); });
    REQUIRE(staged.ok());
    std::uint64_t fetched = 0;
    while (!(*staged)->complete()) {
      feed(*this, **staged, big, (*staged)->held().find(0, false), 1);
      ++fetched;
    }
    REQUIRE(block([&] {
              return library().commit_file(std::move(*staged), io::on_existing::keep);
            }).ok());
    return fetched;
  }
};

}  // namespace

TEST_CASE("of a large file with one wrong byte only its piece is fetched again") {
  repair_home home;
  home.flip(id_of(big), 2 * piece + 77);
  const validation_report report = home.validate();
  CHECK_FALSE(report.valid());
  CHECK(files_to_stage(report.findings) == std::vector<model::file_id>{id_of(big)});
  const content_repair repair = home.repair(report);
  CHECK_FALSE(repair.failed);
  REQUIRE(repair.right.size() == 2);
  CHECK(repair.right[0].count == 2);
  CHECK(repair.right[1].first == 3);
  CHECK(repair.right[1].count == 4);
  CHECK_FALSE(home.has(file_path(id_of(big))));
  CHECK(home.has(staging_path(id_of(big), 1)));
  CHECK(home.heal(repair) == 1);
  CHECK(read_committed(home, id_of(big)).value() == big);
  CHECK(home.validate().valid());
}

TEST_CASE("without a record of its right pieces the next start lets the damaged file go") {
  repair_home home;
  home.flip(id_of(big), 0);
  home.repair(home.validate());
  home.reopen();
  CHECK_FALSE(home.has(staging_path(id_of(big), 1)));
  REQUIRE(install(home, home.made, dp).ok());
  CHECK(home.validate().valid());
}

TEST_CASE("with that record the repair goes on after a restart") {
  repair_home home;
  home.flip(id_of(big), 5 * piece);
  const content_repair repair = home.repair(home.validate());
  home.reopen({id_of(big)});
  CHECK(home.heal(repair) == 1);
  CHECK(home.validate().valid());
}

TEST_CASE("an older attempt in staging makes way for the damaged file, which has more") {
  repair_home home;
  home.flip(id_of(big), 0);
  const validation_report report = home.validate();
  std::filesystem::rename(home.path(file_path(id_of(big))), home.path("saved"));
  auto begun = home.block(
      [&] { return home.library().begin_file(id_of(big), home.made.layers.at(id_of(big)), {}); });
  REQUIRE(begun.ok());
  home.block([&] { return home.library().release_file(std::move(*begun)); });
  std::filesystem::rename(home.path("saved"), home.path(file_path(id_of(big))));
  const content_repair repair = home.repair(report);
  CHECK_FALSE(home.has(staging_path(id_of(big), 1)));
  CHECK(home.has(staging_path(id_of(big), 2)));
  CHECK(home.heal(repair) == 1);
}

TEST_CASE("a file that somebody is writing is taken out of service, and left to him") {
  repair_home home;
  home.flip(id_of(big), 0);
  const validation_report report = home.validate();
  auto begun = home.block(
      [&] { return home.library().begin_file(id_of(big), home.made.layers.at(id_of(big)), {}); });
  REQUIRE(begun.ok());
  const content_repair repair = home.repair(report);
  CHECK(repair.right.empty());
  CHECK_FALSE(repair.failed);
  CHECK_FALSE(home.has(file_path(id_of(big))));
  home.block([&] { return home.library().release_file(std::move(*begun)); });
}

TEST_CASE("what is small, or of the wrong size, moves to trash") {
  repair_home home;
  home.flip(id_of(small), 1);
  std::filesystem::resize_file(home.path(file_path(id_of(other))), piece);
  const content_repair repair = home.repair(home.validate());
  CHECK(repair.right.empty());
  CHECK_FALSE(home.has(file_path(id_of(small))));
  CHECK_FALSE(home.has(file_path(id_of(other))));
  CHECK(entries_in(home.path("trash")) == 2);
  REQUIRE(install(home, home.made, dp).ok());
  CHECK(home.validate().valid());
}

TEST_CASE("a piece layer that is missing or damaged beside a right file is written anew") {
  repair_home home;
  std::filesystem::remove(home.path(piece_layer_path(id_of(big))));
  write_text(home.path(piece_layer_path(id_of(other))), std::string(64, 'x'));
  CHECK_FALSE(home.validate(false).valid());
  const validation_report report = home.validate();
  CHECK(report.valid());
  CHECK(report.repaired == 2);
  CHECK(report.pieces_repaired == 9);
  CHECK(home.validate().done.findings == 0);
  CHECK(entries_in(home.path("staging")) == 0);
}

TEST_CASE("a damaged manifest or signature moves out of the way of its successor") {
  repair_home home;
  write_text(home.path(manifest_path(home.made.content)), "nonsense");
  home.repair(home.validate());
  CHECK_FALSE(home.has(manifest_path(home.made.content)));
  REQUIRE(install(home, home.made, dp).ok());
  CHECK(home.validate().valid());
  write_text(home.path(signature_path(home.made.content)), "nonsense");
  home.repair(home.validate());
  CHECK_FALSE(home.has(signature_path(home.made.content)));
  CHECK(home.has(manifest_path(home.made.content)));
  REQUIRE(install(home, home.made, dp).ok());
  CHECK(home.validate().valid());
}

TEST_CASE("where an operator puts files back, damaged ones go to trash with all their pieces") {
  repair_home home;
  home.flip(id_of(big), 0);
  const content_repair repair = home.repair(home.validate(), repair_way::by_operator);
  CHECK(repair.right.empty());
  CHECK_FALSE(home.has(file_path(id_of(big))));
  CHECK(entries_in(home.path("staging")) == 0);
  CHECK(entries_in(home.path("trash")) == 1);
}

TEST_CASE("a content of another manifest than is wanted gives way") {
  repair_home home;
  const made_content wanted = make_content(home, "PKG00001.1", {{"small", small}});
  validation_request asked{wanted.content, wanted.hash, model::validation_priority::highest};
  const auto report = home.block([&] { return validate_content(home.library(), asked, {}); });
  REQUIRE(report.ok());
  CHECK_FALSE(report->valid());
  home.repair(*report);
  CHECK_FALSE(home.catalogue->find(wanted.content));
  REQUIRE(install(home, wanted, dp).ok());
  CHECK(home.catalogue->find(wanted.content)->manifest_hash == wanted.hash);
}

// R6 -------------------------------------------------------------------------------------------

namespace {

enum part : unsigned { file = 1, manifest = 2, record = 4, index = 8, all = 15 };

void remove_parts(repair_home& home, unsigned which) {
  if ((which & part::file) != 0) { std::filesystem::remove(home.path(file_path(id_of(big)))); }
  if ((which & part::manifest) != 0) {
    std::filesystem::remove(home.path(manifest_path(home.made.content)));
  }
  if ((which & part::record) != 0) {
    std::filesystem::remove(home.path(package_path(home.made.content.package)));
  }
}

void check_whole(repair_home& home) {
  CHECK(home.validate().done.findings == 0);
  CHECK(home.lists().empty());
  CHECK(home.has(package_path(home.made.content.package)));
  const auto rows = home.library().inside().index->contents();
  REQUIRE(rows.ok());
  CHECK(rows->size() == 1);
  CHECK(read_committed(home, id_of(big)).value() == big);
}

}  // namespace

TEST_CASE("whatever of file, manifest, record and index is deleted is found and repaired (R6)") {
  for (unsigned which = 1; which <= part::all; ++which) {
    CAPTURE(which);
    repair_home home;
    remove_parts(home, which);
    if ((which & part::index) != 0) { REQUIRE(home.library().inside().index->clear().ok()); }
    const auto items = home.lists();
    CHECK(items.size() ==
          ((which & part::record) != 0 ? 1U : 0U) + ((which & part::index) != 0 ? 1U : 0U));
    const validation_report report = home.validate();
    const bool content_is_right = (which & (part::file | part::manifest)) == 0;
    CHECK(report.valid() == content_is_right);
    if (!content_is_right) {
      home.repair(report);
      REQUIRE(install(home, home.made, dp).ok());
    }
    check_whole(home);
  }
}

TEST_CASE("the same while nobody looked: what a start does not repair a validation finds (R6)") {
  for (unsigned which = 1; which <= part::all; ++which) {
    CAPTURE(which);
    repair_home home;
    home.close();
    remove_parts(home, which);
    if ((which & part::index) != 0) { std::filesystem::remove(home.inventory_path()); }
    home.open();
    const validation_report report = home.validate();
    CHECK(report.valid() == (which == part::index));
    if (!report.valid()) {
      home.repair(report);
      REQUIRE(install(home, home.made, dp).ok());
    }
    home.lists();  // what is left of the index is made anew
    check_whole(home);
  }
}

TEST_CASE("a package record that says something else is written anew from what is served") {
  repair_home home;
  const std::string place = home.path(package_path(home.made.content.package));
  const std::string right = read_text(place);
  write_text(place, "nonsense");
  CHECK(home.lists() == std::vector<std::string>{"the package record of PKG00001 is damaged"});
  CHECK(read_text(place) == right);
  CHECK(home.lists().empty());
}

}  // namespace sluice::storage
