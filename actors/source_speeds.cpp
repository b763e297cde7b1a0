#include "actors/node_parts.hpp"

namespace sluice::actors {

namespace {
/// Less says more about the moment than about the source.
constexpr std::uint64_t bytes_min = 64 * limits::kib;
constexpr auto failure_counts_for = std::chrono::minutes(10);
}  // namespace

source_speeds::measured* source_speeds::row_of(const std::string& source) {
  const auto found = speeds_.find(source);
  if (found != speeds_.end()) { return &found->second; }
  if (speeds_.size() >= sources_max) { return nullptr; }
  return &speeds_.emplace(source, measured{}).first->second;
}

void source_speeds::add(const std::string& source, std::uint64_t bytes,
                        std::chrono::nanoseconds took) {
  if (bytes < bytes_min || took.count() <= 0) { return; }
  const double seconds = std::chrono::duration<double>(took).count();
  const auto speed = static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds) + 1;
  const std::lock_guard lock(mutex_);
  measured* row = row_of(source);
  if (row == nullptr) { return; }
  row->speed = row->speed == 0 ? speed : (3 * row->speed + speed) / 4;
  row->slowest_until = {};
}

void source_speeds::add_failure(const std::string& source, time_point now) {
  const std::lock_guard lock(mutex_);
  measured* row = row_of(source);
  if (row != nullptr) { row->slowest_until = now + failure_counts_for; }
}

std::uint64_t source_speeds::of(const std::string& source, time_point now) const {
  const std::lock_guard lock(mutex_);
  const auto found = speeds_.find(source);
  if (found == speeds_.end()) { return 0; }
  return now < found->second.slowest_until ? 1 : found->second.speed;
}

}  // namespace sluice::actors
