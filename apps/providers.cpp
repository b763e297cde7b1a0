#include "apps/providers.hpp"

#include <sys/random.h>

#include <chrono>

namespace sluice::apps {

model::calendar_time calendar_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::uint64_t system_random() {
  std::uint64_t word = 0;
  // Eight bytes are never given in part (random(4)); before the pool is ready the call waits.
  SLUICE_CHECK(getrandom(&word, sizeof word, 0) == static_cast<ssize_t>(sizeof word));
  return word;
}

}  // namespace sluice::apps
