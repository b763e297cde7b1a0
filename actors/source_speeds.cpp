#include "actors/node_parts.hpp"

namespace sluice::actors {

namespace {
/// Less says more about the moment than about the source.
constexpr std::uint64_t bytes_min = 64 * limits::kib;
}  // namespace

void source_speeds::add(const std::string& source, std::uint64_t bytes,
                        std::chrono::nanoseconds took) {
  if (bytes < bytes_min || took.count() <= 0) { return; }
  const double seconds = std::chrono::duration<double>(took).count();
  const auto speed = static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds) + 1;
  const std::lock_guard lock(mutex_);
  const auto found = speeds_.find(source);
  if (found != speeds_.end()) {
    found->second = (3 * found->second + speed) / 4;
  } else if (speeds_.size() < sources_max) {
    speeds_.emplace(source, speed);
  }
}

std::uint64_t source_speeds::of(const std::string& source) const {
  const std::lock_guard lock(mutex_);
  const auto found = speeds_.find(source);
  return found == speeds_.end() ? 0 : found->second;
}

}  // namespace sluice::actors
