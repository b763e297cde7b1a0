#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace sluice::simulation {

/// A bug that a checker must find: it proves that the checker looks.
enum class planted_bug : std::uint8_t {
  none,
  forgets_jobs,   ///< a node that starts again does not go on with what was under way
  loses_content,  ///< a power cut also takes content that was reported as complete
  wrong_byte,     ///< a bit of a file turns after it was verified
  loses_row,      ///< the site takes a removal for done that the node never heard of
};

struct simulation_plan {
  std::uint64_t seed = 1;
  std::chrono::hours length{24};  ///< of operators at work and of faults; then there is quiet
  std::uint32_t packages = 200;
  planted_bug bug = planted_bug::none;
  std::function<void(const std::string&)> trace;  ///< every event as a line; none: nobody looks
};

struct simulation_outcome {
  std::vector<std::string> wrong;  ///< what the checkers found, a sentence each; none: all is well
  std::uint64_t trace_digest = 0;  ///< of all events in order: the same for the same plan
  std::uint64_t events = 0;
  std::uint64_t wishes = 0;
  std::uint64_t faults = 0;
  std::uint64_t suspended = 0;  ///< pushes that a schedule cut off, as far as they were seen
  std::uint64_t targets = 0;    ///< (package, distribution point) at the end
  std::uint64_t files_compared =
      0;  ///< fetched by a client, and the same as in the package's folder
  std::chrono::nanoseconds quiet{};  ///< how long it took until all was as wished
};

/// One site server, 12 distribution points in a tree of sources, two of them pushed to; operators
/// who add, send, update, cancel and remove packages, and everything that can go wrong.
simulation_outcome simulate(const simulation_plan& plan);

}  // namespace sluice::simulation
