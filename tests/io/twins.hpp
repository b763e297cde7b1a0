#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>

#include "io/io.hpp"
#include "io/simulated_world.hpp"
#include "tests/temporary_folder.hpp"

namespace sluice::io {

/// The real ring on its own thread, over a folder of its own.
class ring_twin {
public:
  static constexpr unsigned worker_threads = 1;
  ring_twin() {
    auto started = reactor_thread::start("io_test");
    REQUIRE(started.ok());
    thread_ = std::move(*started);
  }
  [[nodiscard]] reactor& ring() { return thread_->get(); }
  [[nodiscard]] const std::string& folder() const { return folder_.path(); }
  void run(std::function<task<void>()> work) { block_on<void>(ring(), std::move(work)); }

private:
  temporary_folder folder_;
  std::unique_ptr<reactor_thread> thread_;  // ends before the folder goes
};

/// The same in virtual time; some of its operations are short.
class simulated_twin {
public:
  static constexpr unsigned worker_threads = 0;
  simulated_twin() {
    world_.shorten("node", 5);
    auto made = reactor::make(world_.machine("node"));
    REQUIRE(made.ok());
    ring_ = std::move(*made);
  }
  [[nodiscard]] reactor& ring() { return *ring_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  void run(std::function<task<void>()> work) { block_on<void>(ring(), std::move(work)); }

private:
  simulated_world world_{1};
  std::unique_ptr<reactor> ring_;
  std::string folder_ = "/";
};

#define SLUICE_TWINS ring_twin, simulated_twin

/// Bytes that repeat with period 251.
inline std::string pattern(std::size_t length, std::size_t start = 0) {
  std::string bytes(length, '\0');
  for (std::size_t at = 0; at < length; ++at) { bytes[at] = static_cast<char>((start + at) % 251); }
  return bytes;
}

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

}  // namespace sluice::io
