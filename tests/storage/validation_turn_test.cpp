// A validation in virtual time: what the disk refuses, and how it gives way.
#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>

#include "storage/content_repair.hpp"
#include "storage/library_layout.hpp"
#include "tests/storage/simulated_library.hpp"

namespace sluice::storage {

namespace {

using namespace std::chrono_literals;

constexpr const char* host = test::simulated_library::host;
constexpr std::size_t piece = limits::piece_size;

/// A library on a simulated disk, with one content of `pieces` pieces and a small file.
struct validated_library : test::simulated_library {
  std::array<std::byte, 32> seed{std::byte{1}};
  hashing::signing_key key{seed};
  model::content_id content = *model::content_id::parse("PKG00001.1");
  model::file_id big;
  model::file_id small;

  explicit validated_library(std::size_t pieces) {
    std::string bytes(pieces * piece, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) { bytes[i] = static_cast<char>(i % 251); }
    big = hashing::measure(std::as_bytes(std::span(bytes))).id;
    const std::string few = "a few bytes";
    small = hashing::measure(std::as_bytes(std::span(few))).id;
    world.put_file(host, "source/big", bytes);
    world.put_file(host, "source/small", few);
    content_library::settings given;
    given.site_keys = {key.verifier()};
    start(given);
    io::block_on<void>(*ring, [this] { return fill(); });
  }

  io::task<void> fill() {
    snapshot_request asked;
    asked.source_root = "/source";
    asked.content = content;
    asked.site_key = &key;
    auto taken = co_await take_snapshot(*ring, workers, *buffers, *library, asked, nullptr);
    REQUIRE_MESSAGE(taken.ok(), (taken.ok() ? "" : describe(taken.error())));
  }

  struct outcome {
    validation_report report;
    std::chrono::nanoseconds took{};
  };
  outcome validate(model::validation_priority priority, validation_hooks hooks = {}) {
    const auto begun = world.now();
    const validation_request asked{content, {}, priority};
    auto report = io::block_on<result<validation_report>>(
        *ring, [&] { return validate_content(*library, asked, hooks); });
    REQUIRE(report.ok());
    return {*report, world.now() - begun};
  }
};

TEST_CASE("what the disk refuses to read is told, in a large file by piece") {
  validated_library home(6);
  REQUIRE(home.validate(model::validation_priority::highest).report.valid());
  // In order: signature and manifest (each to its end), the layer, then the pieces.
  unsigned large = 0;
  unsigned small = 0;
  for (std::uint64_t nth = 1; nth < 20; ++nth) {
    home.world.fail(host, io::opcode::read, nth, EIO);
    const validation_report report = home.validate(model::validation_priority::lowest).report;
    for (const validation_finding& each : report.findings) {
      if (each.kind != finding_kind::unreadable) { continue; }
      CHECK(each.cause.os_error == EIO);
      if (each.file == home.big) {
        ++large;
        CHECK(each.pieces_count == 1);
        CHECK(each.pieces.size() == 1);
      }
      if (each.file == home.small) { ++small; }
    }
    // Nothing fails unnoticed, and nothing else is blamed.
    CHECK(report.done.findings <= 1);
  }
  CHECK(large == 6);
  CHECK(small >= 1);
}

// Their pieces were recorded as right though nothing had been compared: wrong bytes were served.
TEST_CASE("without its layer a file with an unreadable piece is distrusted whole") {
  validated_library home(6);
  const std::string place = format("library/{}", file_path(home.big));
  REQUIRE(home.world.flip_bit(host, place, 4 * piece + 5));
  REQUIRE(home.world.flip_bit(host, format("library/{}", piece_layer_path(home.big)), 9));
  std::optional<validation_report> found;
  for (std::uint64_t nth = 4; nth < 20 && !found; ++nth) {
    home.world.fail(host, io::opcode::read, nth, EIO);
    auto report = home.validate(model::validation_priority::lowest).report;
    const bool some = std::ranges::any_of(report.findings, [&](const validation_finding& each) {
      return each.file == home.big && each.kind == finding_kind::unreadable;
    });
    if (some) { found = std::move(report); }
  }
  REQUIRE(found);
  CHECK(std::ranges::any_of(found->findings, [](const validation_finding& each) {
    return each.kind == finding_kind::wrong_bytes && each.pieces.empty();
  }));
  const auto repair = io::block_on<content_repair>(*home.ring, [&] {
    return take_for_repair(*home.library, home.content, found->findings, repair_way::refetch);
  });
  CHECK_FALSE(repair.failed);
  CHECK(repair.right.empty());
  CHECK_FALSE(home.world.peek_file(host, place));
}

TEST_CASE("a disk that reads nothing any more is a finding for every file, not an end") {
  validated_library home(3);
  home.world.fail(host, io::opcode::open_file, 3, EIO, true);
  const validation_report report = home.validate(model::validation_priority::highest).report;
  CHECK_FALSE(report.valid());
  CHECK(report.done.files == 2);
}

TEST_CASE("at lowest a busy node is left alone, but for 4 MiB a second") {
  validated_library home(40);
  validation_hooks hooks;
  const auto at_rest = home.validate(model::validation_priority::lowest, hooks);
  CHECK(at_rest.report.valid());
  CHECK(at_rest.took < 1s);
  hooks.busy = [] { return true; };
  const auto busy = home.validate(model::validation_priority::lowest, hooks);
  CHECK(busy.report.valid());
  CHECK(busy.took > 9s);
  CHECK(busy.took < 11s);
  const auto highest = home.validate(model::validation_priority::highest, hooks);
  CHECK(highest.took < 1s);
}

TEST_CASE("what is hashed in parts is right or wrong by the same pieces") {
  validated_library home(5);
  const std::string place = format("library/{}", file_path(home.big));
  REQUIRE(home.world.flip_bit(host, place, 2 * piece + piece / 2));
  REQUIRE(home.world.flip_bit(host, place, 5 * piece - 1));
  validation_hooks hooks;
  hooks.busy = [] { return true; };
  const auto busy = home.validate(model::validation_priority::lowest, hooks);
  const auto at_rest = home.validate(model::validation_priority::lowest);
  REQUIRE(busy.report.findings.size() == 1);
  CHECK(busy.report.findings[0].pieces_count == 2);
  REQUIRE(at_rest.report.findings.size() == 1);
  CHECK(busy.report.findings[0].pieces == at_rest.report.findings[0].pieces);
}

TEST_CASE("when the node is at rest again a validation goes on at once") {
  validated_library home(40);
  const auto begun = home.world.now();
  validation_hooks hooks;
  hooks.busy = [&] { return home.world.now() < begun + 2s; };
  const auto outcome = home.validate(model::validation_priority::lowest, hooks);
  CHECK(outcome.report.valid());
  CHECK(outcome.took > 2s);
  CHECK(outcome.took < 3s);
}

TEST_CASE("a validation that waits for its turn hears that it is to stop") {
  validated_library home(40);
  auto [ticket, stop] = io::make_ticket(*home.ring);
  const auto begun = home.world.now();
  validation_hooks hooks;
  hooks.stop = stop;
  hooks.busy = [&] {
    if (home.world.now() > begun + 3s) { ticket.cancel(); }
    return true;
  };
  const auto outcome = home.validate(model::validation_priority::lowest, hooks);
  CHECK(outcome.report.stopped);
  CHECK(outcome.took < 3500ms);
  CHECK(outcome.report.done.bytes < 16 * piece);
}

}  // namespace

}  // namespace sluice::storage
