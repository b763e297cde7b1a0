// The power goes at every step of a repair: the damaged file is where it was, or out of service,
// and pieces that were promised to the journal are there.
#include <doctest/doctest.h>

#include <cstring>

#include "io/simulated_world.hpp"
#include "storage/storage.hpp"

namespace sluice::storage {

namespace {

constexpr const char* host = "node";
constexpr std::uint64_t piece = limits::piece_size;

/// A content of one file of three pieces, the second of which is wrong.
struct damaged {
  std::array<std::byte, 32> seed{std::byte{1}};
  hashing::signing_key key{seed};
  model::content_id content = *model::content_id::parse("PKG00001.1");
  std::string bytes = std::string(3 * piece, '\0');
  hashing::measured_file measured;

  damaged() {
    for (std::size_t i = 0; i < bytes.size(); ++i) { bytes[i] = static_cast<char>(i % 251); }
    measured = hashing::measure(std::as_bytes(std::span(bytes)));
  }
};

/// One life of the machine.
struct machine {
  std::unique_ptr<io::reactor> ring;
  io::worker_pool workers{0};
  std::unique_ptr<io::buffer_pool> buffers;
  std::unique_ptr<content_library> library;

  explicit machine(io::simulated_world& world) {
    auto made = io::reactor::make(world.machine(host));
    REQUIRE(made.ok());
    ring = std::move(*made);
    buffers = std::make_unique<io::buffer_pool>(*ring, io::make_buffer_budget(16));
  }
  void end() {
    library.reset();
    buffers.reset();
  }
};

io::task<bool> open_library(machine& on, const damaged& given, std::vector<model::file_id> keep) {
  content_library::settings settings;
  settings.root = "/library";
  settings.site_keys = {given.key.verifier()};
  auto opened = co_await content_library::open(
      *on.ring, on.workers, *on.buffers, std::make_shared<content_catalogue>(), settings, keep);
  if (!opened) { co_return false; }
  on.library = std::move(*opened);
  co_return true;
}

io::task<void> fill(machine& on, const damaged& given) {
  const bool opened = co_await open_library(on, given, {});
  REQUIRE(opened);
  snapshot_request asked{"/source", "", given.content, &given.key};
  auto taken =
      co_await take_snapshot(*on.ring, on.workers, *on.buffers, *on.library, asked, nullptr);
  REQUIRE(taken.ok());
}

/// What the journal was told before the power went.
struct promises {
  bool taken = false;
  std::vector<piece_run> right{};
};

io::task<void> repair(machine& on, const damaged& given, promises& told) {
  const bool opened = co_await open_library(on, given, {});
  if (!opened) { co_return; }
  validation_request asked{given.content, {}, model::validation_priority::highest};
  auto report = co_await validate_content(*on.library, asked, {});
  if (!report || report->findings.size() != 1 || report->findings[0].pieces_count != 1) {
    co_return;  // the power went while it was read
  }
  auto repaired =
      co_await take_for_repair(*on.library, given.content, report->findings, repair_way::refetch);
  for (const verified_run& run : repaired.right) { told.right.push_back({run.first, run.count}); }
  told.taken = !repaired.failed && !told.right.empty();
}

/// What a job does afterwards: fetches what is not held, and commits.
io::task<std::uint64_t> heal(machine& on, const damaged& given, std::vector<piece_run> recorded) {
  auto staged = co_await on.library->begin_file(given.measured.id, given.measured.pieces, recorded);
  REQUIRE(staged.ok());
  CHECK((*staged)->records_stale() == false);
  std::uint64_t fetched = 0;
  for (std::uint64_t at = 0; at < 3; ++at) {
    if ((*staged)->held().has(at)) { continue; }
    auto memory = co_await on.buffers->acquire();
    std::memcpy(memory.bytes().data(), given.bytes.data() + at * piece, piece);
    auto taken = co_await (*staged)->take(memory.bytes().first(piece), at * piece);
    REQUIRE(taken.ok());
    auto written = co_await (*staged)->target().write_tail(memory.bytes().first(piece), at * piece);
    (*staged)->written(at * piece, written);
    ++fetched;
  }
  auto committed = co_await on.library->commit_file(std::move(*staged), io::on_existing::keep);
  REQUIRE(committed.ok());
  co_return fetched;
}

io::task<void> check(machine& on, const damaged& given, const promises& told) {
  std::vector<model::file_id> keep;
  if (!told.right.empty()) { keep.push_back(given.measured.id); }  // as the journal knows them
  const bool opened = co_await open_library(on, given, keep);
  REQUIRE(opened);
  auto held = co_await on.library->holds(given.measured.id);
  REQUIRE(held.ok());
  if (told.taken) { CHECK_FALSE(*held); }
  if (*held) { co_return; }  // damaged as before: the next validation finds it
  const std::uint64_t fetched = co_await heal(on, given, told.right);
  if (told.taken) { CHECK(fetched == 1); }
  validation_request asked{given.content, {}, model::validation_priority::highest};
  auto report = co_await validate_content(*on.library, asked, {});
  REQUIRE(report.ok());
  CHECK(report->valid());
}

/// False when the repair was over before so many steps.
bool cut_after(std::uint64_t seed, std::uint64_t steps, const damaged& given) {
  CAPTURE(seed);
  CAPTURE(steps);
  io::simulated_world world(seed);
  world.put_file(host, "library/left-alone", "");
  world.put_file(host, "source/big", given.bytes);
  {
    machine first(world);
    io::block_on<void>(*first.ring, [&] { return fill(first, given); });
    first.end();
  }
  REQUIRE(world.flip_bit(host, "library/" + file_path(given.measured.id), piece + 5));
  promises told;
  {
    machine before(world);
    before.ring->post([&] { before.ring->start(repair(before, given, told)); });
    for (std::uint64_t step = 0; step < steps && !told.taken; ++step) {
      before.ring->run_ready();
      if (!before.ring->advance_to_next_event()) { break; }
    }
    world.cut_power(host);
    before.ring->run_ready();
    while (before.ring->advance_to_next_event()) { before.ring->run_ready(); }
    before.end();
  }
  machine after(world);
  io::block_on<void>(*after.ring, [&] { return check(after, given, told); });
  after.end();
  return !told.taken;
}

}  // namespace

TEST_CASE("a power cut at any step of a repair costs bandwidth only") {
  const damaged given;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    std::uint64_t steps = seed;
    while (cut_after(seed, steps, given)) { steps += 3; }  // the seeds take turns
    CHECK(steps > 20);
  }
}

}  // namespace sluice::storage
