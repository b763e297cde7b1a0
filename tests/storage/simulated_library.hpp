#pragma once

#include <doctest/doctest.h>

#include "io/simulated_world.hpp"
#include "storage/storage.hpp"

namespace sluice::storage::test {

/// A content library on a simulated disk; what the disk holds before is put there before `start`.
struct simulated_library {
  static constexpr const char* host = "node";
  io::simulated_world world{7};
  std::unique_ptr<io::reactor> ring;
  io::worker_pool workers{0};
  std::unique_ptr<io::buffer_pool> buffers;
  std::shared_ptr<content_catalogue> catalogue = std::make_shared<content_catalogue>();
  std::unique_ptr<content_library> library;

  simulated_library() = default;
  simulated_library(const simulated_library&) = delete;
  simulated_library& operator=(const simulated_library&) = delete;
  ~simulated_library() {
    library.reset();
    buffers.reset();
  }

  void start(content_library::settings given = {}) {
    world.put_file(host, "library/left-alone", "");
    auto made = io::reactor::make(world.machine(host));
    REQUIRE(made.ok());
    ring = std::move(*made);
    buffers = std::make_unique<io::buffer_pool>(*ring, io::make_buffer_budget(32));
    given.root = "/library";
    io::block_on<void>(*ring, [&] { return open(given); });
  }

private:
  io::task<void> open(content_library::settings given) {
    auto opened = co_await content_library::open(*ring, workers, *buffers, catalogue, given, {});
    REQUIRE(opened.ok());
    library = std::move(*opened);
  }
};

}  // namespace sluice::storage::test
