#pragma once

#include <cstdint>
#include <functional>

namespace sluice {

/// Random numbers as the caller's apps layer provides them: seeded in tests and the simulator,
/// from the system's random device in a daemon. Not shared between threads unless it says so.
using random_source = std::function<std::uint64_t()>;

/// A seeded generator (SplitMix64, Steele et al. 2014), good for choices, not for secrets.
class seeded_random {
public:
  explicit seeded_random(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t operator()() noexcept {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
    return mixed ^ (mixed >> 31);
  }

private:
  std::uint64_t state_;
};

}  // namespace sluice
