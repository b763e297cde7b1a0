#pragma once

#include <doctest/doctest.h>

#include <memory>

#include "actors/node_journal.hpp"
#include "actors/node_parts.hpp"
#include "io/simulated_world.hpp"
#include "tests/actors/virtual_time.hpp"

namespace sluice::actors::testing {

inline constexpr const char* host = "node";

/// A machine with a content library on a simulated disk, and actors in virtual time. What a test
/// spawns on it ends, and has settled, before this does.
struct library_machine {
  io::simulated_world world;
  std::unique_ptr<io::reactor> ring;
  io::worker_pool workers{0};
  io::task_group operations;
  std::unique_ptr<io::buffer_pool> buffers;
  std::shared_ptr<storage::content_catalogue> catalogue =
      std::make_shared<storage::content_catalogue>();
  std::unique_ptr<storage::content_library> library;
  virtual_time time;
  std::shared_ptr<storage::node_database> database;
  node_journal_actor journal;  ///< none until `begin_journal`
  node_parts parts;            ///< once the library is open

  explicit library_machine(std::uint64_t seed, std::uint32_t buffer_count = 16) : world(seed) {
    ring = make_ring(host);
    buffers = std::make_unique<io::buffer_pool>(*ring, io::make_buffer_budget(buffer_count));
  }
  ~library_machine() {
    if (journal) { time.end(journal); }
    time.run();
    library.reset();
    buffers.reset();
  }
  library_machine(const library_machine&) = delete;
  library_machine& operator=(const library_machine&) = delete;

  std::unique_ptr<io::reactor> make_ring(const std::string& machine) {
    auto made = io::reactor::make(world.machine(machine));
    REQUIRE(made.ok());
    return std::move(*made);
  }
  /// /library, which holds what the test has put there.
  void open_library(std::vector<hashing::public_key> site_keys = {}) {
    storage::content_library::settings given;
    given.root = "/library";
    given.site_keys = std::move(site_keys);
    using outcome = result<std::unique_ptr<storage::content_library>>;
    auto opened = io::block_on<outcome>(*ring, [&] {
      return storage::content_library::open(*ring, workers, *buffers, catalogue, given, {});
    });
    REQUIRE(opened.ok());
    library = std::move(*opened);
    parts.name = "dp9";
    parts.ring = ring.get();
    parts.workers = &workers;
    parts.buffers = buffers.get();
    parts.operations = &operations;
    parts.library = library.get();
    parts.catalogue = catalogue;
    parts.now = [this] { return time.now(); };
  }
  void begin_journal() {
    auto opened = storage::node_database::open("", model::epoch_id{});
    REQUIRE(opened.ok());
    database = std::move(*opened);
    journal = time.system().spawn(node_journal, database);
  }
};

}  // namespace sluice::actors::testing
