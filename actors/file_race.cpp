#include "actors/file_race.hpp"

#include <algorithm>

namespace sluice::actors {

namespace {

/// A range should take about a second: slow sources get small ones, so that durable progress is
/// recorded often, and little is left to others in the end.
std::uint64_t fitting_range(std::uint64_t bytes_per_second) {
  const std::uint64_t pieces = bytes_per_second / limits::piece_size;
  return std::clamp<std::uint64_t>(pieces * limits::piece_size, limits::piece_size,
                                   limits::range_per_message);
}

}  // namespace

file_race::source file_race::join() {
  sources_.push_back({storage::piece_set(held_.size())});
  return sources_.size() - 1;
}

bool file_race::is_under_way(std::uint64_t piece) const {
  return std::any_of(ranges_.begin(), ranges_.end(), [piece](const under_way& one) {
    return piece >= one.pieces.first && piece < one.pieces.first + one.pieces.count;
  });
}

bool file_race::is_free(const one_source& who, std::uint64_t piece) const {
  return !held_.has(piece) && !who.asked.has(piece) && !is_under_way(piece);
}

/// In pieces: of what is neither held nor under way, for each lane (guided self-scheduling), so
/// that all end at about the same time.
std::uint64_t file_race::fair_share() const {
  std::uint64_t left = held_.size() - held_.count();
  for (const under_way& one : ranges_) { left -= std::min(left, one.pieces.count); }
  return std::max<std::uint64_t>(1, left / lanes_);
}

std::optional<file_race::range> file_race::take(source who, time now) {
  one_source& mine = sources_[who];
  const std::uint64_t end = held_.size();
  while (mine.first < end && (held_.has(mine.first) || mine.asked.has(mine.first))) {
    ++mine.first;
  }
  std::uint64_t first = mine.first;
  while (first < end && !is_free(mine, first)) { ++first; }
  if (first == end) { return std::nullopt; }
  const std::uint64_t most = first + std::min(mine.range_bytes / limits::piece_size, fair_share());
  std::uint64_t next = first;
  for (; next < std::min(end, most) && is_free(mine, next); ++next) { mine.asked.add(next); }
  ranges_.push_back({++last_number_, who, {first, next - first}, now, false});
  const std::uint64_t offset = first * limits::piece_size;
  const std::uint64_t until = std::min(next * limits::piece_size, model::raw(size_));
  return range{last_number_, offset, until - offset};
}

model::range_pace file_race::pace_of(const under_way& one, time now) const {
  std::uint64_t come = 0;
  for (std::uint64_t i = 0; i < one.pieces.count; ++i) {
    if (held_.has(one.pieces.first + i)) { come += limits::piece_size; }
  }
  return {come, now - one.begun};
}

void file_race::settle(std::uint64_t number, time now) {
  const auto found = std::find_if(ranges_.begin(), ranges_.end(),
                                  [number](const under_way& it) { return it.number == number; });
  SLUICE_CHECK(found != ranges_.end());
  const model::range_pace pace = pace_of(*found, now);
  one_source& mine = sources_[found->who];
  const auto micros = std::max<std::int64_t>(1, pace.under_way.count() / 1000);
  mine.bytes_per_second = pace.bytes_come * 1'000'000 / static_cast<std::uint64_t>(micros);
  mine.range_bytes = fitting_range(mine.bytes_per_second);
  ranges_.erase(found);
}

bool file_race::lacks_some_of(source who, const under_way& one) const {
  if (one.who == who) { return false; }
  for (std::uint64_t i = 0; i < one.pieces.count; ++i) {
    const std::uint64_t piece = one.pieces.first + i;
    if (!held_.has(piece) && !sources_[who].asked.has(piece)) { return true; }
  }
  return false;
}

bool file_race::others_bring(source who) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const under_way& it) { return lacks_some_of(who, it); });
}

std::optional<std::uint64_t> file_race::take_over(source who, time now) {
  for (under_way& one : ranges_) {
    if (one.given_up || !lacks_some_of(who, one)) { continue; }
    const model::range_pace pace = pace_of(one, now);
    const std::uint64_t own = sources_[who].bytes_per_second;
    // Who has brought nothing yet has no speed to compare: it takes over from a silent one.
    const bool silent = pace.bytes_come == 0 && pace.under_way >= limits::source_silence_max;
    if (!(own == 0 && silent) && !model::is_worth_taking_over(pace, own)) { continue; }
    one.given_up = true;
    return one.number;
  }
  return std::nullopt;
}

bool file_race::is_given_up(std::uint64_t number) const {
  return std::any_of(ranges_.begin(), ranges_.end(), [number](const under_way& one) {
    return one.number == number && one.given_up;
  });
}

}  // namespace sluice::actors
