#include "storage/content_validation.hpp"

#include <algorithm>

#include "tests/storage/library_home.hpp"

namespace sluice::storage {

namespace {

constexpr std::size_t piece = limits::piece_size;

struct validation_home : library_home {
  validation_report validate(const made_content& made, validation_hooks hooks = {}) {
    const auto report =
        try_validate({made.content, {}, model::validation_priority::highest}, std::move(hooks));
    REQUIRE_MESSAGE(report.ok(), (report.ok() ? "" : describe(report.error())));
    return *report;
  }
  result<validation_report> try_validate(validation_request request, validation_hooks hooks = {}) {
    return block([&] { return validate_content(library(), request, hooks); });
  }
  [[nodiscard]] std::string place(const model::file_id& file) const {
    return path(file_path(file));
  }
  void flip(const std::string& at, std::size_t offset) const {
    std::fstream file(at, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const char was = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(was ^ 1));
    REQUIRE(file.good());
  }
};

/// "wrong_bytes big 2+1 4+1": what an operator would be told.
std::vector<std::string> told(const validation_report& report) {
  std::vector<std::string> lines;
  for (const validation_finding& each : report.findings) {
    std::string line(name_of(each.kind));
    if (!each.path.empty()) { line += " " + each.path; }
    for (const piece_run& run : each.pieces) { line += format(" {}+{}", run.first, run.count); }
    lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

using lines = std::vector<std::string>;

model::file_id id_of(const file_bytes& bytes) { return hashing::measure(bytes).id; }

const file_bytes big = patterned(5 * piece + 3);
const file_bytes aligned = patterned(3 * piece, 9);
const file_bytes small = patterned(40'000, 7);

made_content sample(const library_home& home) {
  return make_content(home, "PKG00001.1",
                      {{"aligned", aligned},
                       {"big", big},
                       {"block", patterned(4096, 3)},
                       {"copy of small", small},
                       {"empty", {}},
                       {"exact", patterned(piece, 5)},
                       {"just over", patterned(piece + 1, 11)},
                       {"one", bytes_of("1")},
                       {"small", small}});
}

TEST_CASE("a content that is as it should be is valid, and every file of it was read once") {
  for (const hashing::kernel kernel : hashing::available_kernels()) {
    CAPTURE(hashing::name_of(kernel));
    REQUIRE(hashing::force(kernel));
    validation_home home;
    const made_content made = sample(home);
    REQUIRE(install(home, made, library_user::site).ok());
    validation_progress last;
    validation_hooks hooks;
    hooks.progress = [&last](const validation_progress& now) { last = now; };
    const validation_report report = home.validate(made, hooks);
    CHECK(told(report) == lines{});
    CHECK(report.valid());
    std::uint64_t bytes = 0;
    for (const auto& [file, data] : made.files) { bytes += data.size(); }
    CHECK(report.done.files == 8);  // the copy is not read again
    CHECK(report.done.files_total == 8);
    CHECK(report.done.bytes == bytes);
    CHECK(report.done.bytes_total == bytes);
    CHECK(last.bytes == bytes);
  }
  hashing::force(std::nullopt);
}

TEST_CASE("one flipped byte is found, and in a large file exactly its piece") {
  validation_home home;
  const made_content made = sample(home);
  REQUIRE(install(home, made, library_user::site).ok());
  home.flip(home.place(id_of(big)), 2 * piece);
  CHECK(told(home.validate(made)) == lines{"wrong_bytes big 2+1"});
  home.flip(home.place(id_of(big)), 3 * piece - 1);
  home.flip(home.place(id_of(big)), 3 * piece);
  home.flip(home.place(id_of(big)), 5 * piece + 2);
  home.flip(home.place(id_of(small)), 39'999);
  home.flip(home.place(id_of(bytes_of("1"))), 0);
  const validation_report report = home.validate(made);
  CHECK(told(report) ==
        lines{"wrong_bytes big 2+2 5+1", "wrong_bytes copy of small", "wrong_bytes one"});
  CHECK_FALSE(report.valid());
  CHECK(report.done.findings == 3);
  for (const validation_finding& each : report.findings) {
    if (each.path == "big") { CHECK(each.pieces_count == 3); }
  }
}

TEST_CASE("what is missing, too short or too long is told as that") {
  validation_home home;
  const made_content made = sample(home);
  REQUIRE(install(home, made, library_user::site).ok());
  const auto resize = [&](const file_bytes& bytes, std::size_t size) {
    std::filesystem::resize_file(home.place(id_of(bytes)), size);
  };
  std::filesystem::remove(home.place(id_of(aligned)));
  std::filesystem::remove(home.place(id_of(small)));
  resize(big, 4 * piece);
  resize(patterned(piece + 1, 11), piece + 2);
  resize(patterned(4096, 3), 4097);
  resize(patterned(piece, 5), piece - 4096);
  resize({}, 1);
  resize(bytes_of("1"), 0);
  CHECK(told(home.validate(made)) == lines{"file_missing aligned", "file_missing copy of small",
                                           "wrong_size big", "wrong_size block", "wrong_size empty",
                                           "wrong_size exact", "wrong_size just over",
                                           "wrong_size one"});
}

TEST_CASE("what grew by whole blocks of the disk is too long as well") {
  validation_home home;
  const made_content made = sample(home);
  REQUIRE(install(home, made, library_user::site).ok());
  std::filesystem::resize_file(home.place(id_of(patterned(4096, 3))), 2 * piece);
  std::filesystem::resize_file(home.place(id_of(patterned(piece, 5))), piece + 4096);
  CHECK(told(home.validate(made)) == lines{"wrong_size block", "wrong_size exact"});
}

TEST_CASE("a folder in the place of a file is no file") {
  validation_home home;
  const made_content made = sample(home);
  REQUIRE(install(home, made, library_user::site).ok());
  for (const file_bytes* bytes : {&big, &small}) {
    std::filesystem::remove(home.place(id_of(*bytes)));
    std::filesystem::create_directories(home.place(id_of(*bytes)));
  }
  CHECK(told(home.validate(made)) == lines{"file_missing big", "file_missing copy of small"});
}

TEST_CASE("without its piece layer a file is proven against its root") {
  validation_home home;
  const made_content made = sample(home);
  REQUIRE(install(home, made, library_user::site).ok());
  const auto layer_of = [&](const file_bytes& bytes) {
    return home.path(piece_layer_path(id_of(bytes)));
  };
  std::filesystem::remove(layer_of(big));
  home.flip(layer_of(aligned), 33);
  std::filesystem::resize_file(layer_of(patterned(piece + 1, 11)), 96);
  CHECK(told(home.validate(made)) ==
        lines{"layer_damaged aligned", "layer_damaged just over", "layer_missing big"});
  home.flip(home.place(id_of(big)), 7);
  home.flip(home.place(id_of(aligned)), 7);
  CHECK(told(home.validate(made)) == lines{"layer_damaged aligned", "layer_damaged just over",
                                           "layer_missing big", "wrong_bytes aligned",
                                           "wrong_bytes big"});
}

TEST_CASE("the manifest itself is proven first") {
  validation_home home;
  const made_content made = sample(home);
  REQUIRE(install(home, made, library_user::site).ok());
  const std::string manifest = home.path(manifest_path(made.content));
  const std::string signature = home.path(signature_path(made.content));
  validation_request asked{made.content, made.hash};
  CHECK(home.try_validate(asked)->valid());
  asked.manifest_hash = hashing::sha256({});
  CHECK(told(*home.try_validate(asked)) == lines{"content_missing"});

  home.flip(signature, std::filesystem::file_size(signature) / 2);
  CHECK(told(home.validate(made)) == lines{"signature_damaged"});
  std::filesystem::remove(signature);
  CHECK(told(home.validate(made)) == lines{"signature_damaged"});
  home.flip(manifest, 5);
  CHECK(told(home.validate(made)) == lines{"manifest_damaged"});
  std::filesystem::remove(manifest);
  CHECK(told(home.validate(made)) == lines{"manifest_missing"});
  CHECK(told(*home.try_validate({*model::content_id::parse("PKG00001.2")})) ==
        lines{"content_missing"});
}

TEST_CASE("an empty content is valid, with 0 bytes") {
  validation_home home;
  const made_content made = make_content(home, "PKG00001.1", {});
  REQUIRE(install(home, made, library_user::site).ok());
  const validation_report report = home.validate(made);
  CHECK(report.valid());
  CHECK(report.done.bytes == 0);
}

TEST_CASE("of many findings the first are kept and all are counted") {
  validation_home home;
  std::map<std::string, file_bytes> files;
  for (unsigned i = 0; i < limits::validation_findings_max + 20; ++i) {
    files[format("f{:04}", i)] = bytes_of(format("file {}", i));
  }
  const made_content made = make_content(home, "PKG00001.1", files);
  REQUIRE(install(home, made, library_user::site).ok());
  for (const auto& [file, bytes] : made.files) { home.flip(home.place(file), 0); }
  const validation_report report = home.validate(made);
  CHECK(report.done.findings == limits::validation_findings_max + 20);
  CHECK(report.findings.size() == limits::validation_findings_max);
  CHECK(std::ranges::none_of(report.findings, [](const auto& each) { return each.path.empty(); }));
}

TEST_CASE(
    "of many findings the damaged files are kept before the missing ones, which are counted") {
  validation_home home;
  std::map<std::string, file_bytes> files;
  for (unsigned i = 0; i < limits::validation_findings_max + 20; ++i) {
    files[format("f{:04}", i)] = bytes_of(format("file {}", i));
  }
  files["large"] = big;
  files["other"] = patterned(4096, 3);
  const made_content made = make_content(home, "PKG00001.1", files);
  REQUIRE(install(home, made, library_user::site).ok());
  for (const auto& [file, bytes] : made.files) {
    if (file == id_of(big) || file == id_of(patterned(4096, 3))) {
      home.flip(home.place(file), 0);
    } else {
      std::filesystem::remove(home.place(file));
    }
  }
  const validation_report report = home.validate(made);
  CHECK(report.missing == limits::validation_findings_max + 20);
  CHECK(report.findings.size() == limits::validation_findings_max);
  CHECK(std::ranges::count(report.findings, finding_kind::wrong_bytes, &validation_finding::kind) ==
        2);
}

TEST_CASE("of many runs of wrong pieces the first are kept and all pieces are counted") {
  validation_home home;
  const file_bytes long_one = patterned(140 * piece);
  const made_content made = make_content(home, "PKG00001.1", {{"long", long_one}});
  REQUIRE(install(home, made, library_user::site).ok());
  for (std::size_t i = 0; i < 140; i += 2) { home.flip(home.place(id_of(long_one)), i * piece); }
  const validation_report report = home.validate(made);
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].pieces_count == 70);
  CHECK(report.findings[0].pieces.size() == limits::validation_runs_per_finding_max);
  CHECK(report.findings[0].pieces.back() == piece_run{126, 1});
}

TEST_CASE("a content that is removed meanwhile is not called damaged") {
  validation_home home;
  const made_content made = sample(home);
  REQUIRE(install(home, made, library_user::site).ok());
  bool removed = false;
  validation_hooks hooks;
  hooks.busy = [&] {  // the first block is about to begin
    if (!std::exchange(removed, true)) { home.catalogue->remove(made.content); }
    return false;
  };
  const auto report = home.try_validate({made.content}, hooks);
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().code == errc::conflict);
}

TEST_CASE("a validation that is told to stop stops, and keeps what it found") {
  validation_home home;
  const made_content made = sample(home);
  REQUIRE(install(home, made, library_user::site).ok());
  std::filesystem::remove(home.place(id_of(aligned)));
  auto [ticket, stop] = io::make_ticket(home.ring());
  unsigned asked = 0;
  validation_hooks hooks;
  hooks.stop = stop;
  hooks.busy = [&] {
    if (++asked == 4) { ticket.cancel(); }
    return false;
  };
  const validation_report report = home.validate(made, hooks);
  CHECK(report.stopped);
  CHECK_FALSE(report.valid());
  CHECK(report.done.bytes < report.done.bytes_total);
}

}  // namespace

}  // namespace sluice::storage
