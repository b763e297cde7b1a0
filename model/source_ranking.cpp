#include "model/source_ranking.hpp"

#include <algorithm>

#include "base/base.hpp"

namespace sluice::model {

namespace {

bool is_usable(const ranked_source& source) noexcept {
  return source.verdict == source_verdict::untried || source.verdict == source_verdict::has_it;
}

/// True when `left` is asked before `right`, whatever chance says.
bool is_better(const ranked_source& left, const ranked_source& right) noexcept {
  if (left.priority != right.priority) { return left.priority < right.priority; }
  if (left.verdict != right.verdict) { return left.verdict == source_verdict::has_it; }
  if ((left.speed == 0) != (right.speed == 0)) { return left.speed == 0; }
  return left.speed > right.speed;
}

}  // namespace

std::optional<std::size_t> choose_source(const std::vector<ranked_source>& sources,
                                         std::uint64_t random) {
  const ranked_source* best = nullptr;
  std::uint64_t equals = 0;
  for (const ranked_source& source : sources) {
    if (!is_usable(source)) { continue; }
    if (best == nullptr || is_better(source, *best)) {
      best = &source;
      equals = 1;
    } else if (!is_better(*best, source)) {
      ++equals;
    }
  }
  if (best == nullptr) { return std::nullopt; }

  // The modulo's bias is below 2^-58 for the 64 sources a notification may carry.
  std::uint64_t skip = random % equals;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const ranked_source& source = sources[i];
    if (!is_usable(source) || is_better(*best, source)) { continue; }
    if (skip == 0) { return i; }
    --skip;
  }
  SLUICE_CHECK(false && "the second walk sees what the first one counted");
  return std::nullopt;
}

std::vector<std::size_t> choose_helpers(const std::vector<ranked_source>& sources,
                                        std::size_t serving, std::size_t most,
                                        std::uint64_t random) {
  std::vector<std::size_t> chosen;
  for (std::size_t step = 0; step < sources.size(); ++step) {
    const std::size_t i = (random + step) % sources.size();
    const bool equal = sources[i].priority == sources[serving].priority;
    if (i != serving && equal && is_usable(sources[i])) { chosen.push_back(i); }
  }
  std::stable_sort(chosen.begin(), chosen.end(), [&](std::size_t left, std::size_t right) {
    return is_better(sources[left], sources[right]);
  });
  chosen.resize(std::min(chosen.size(), most));
  return chosen;
}

bool is_worth_taking_over(const range_pace& slow, std::uint64_t bytes_per_second) {
  constexpr double times_as_fast = 2;
  const double at_best = static_cast<double>(slow.bytes_come + limits::piece_size);
  const double seconds = std::chrono::duration<double>(slow.under_way).count();
  return static_cast<double>(bytes_per_second) * seconds > times_as_fast * at_best;
}

void start_over(std::vector<ranked_source>& sources) {
  for (ranked_source& source : sources) { source.verdict = source_verdict::untried; }
}

second_try second_try_for(std::string_view row) noexcept {
  if (row == "X5") { return second_try::after_a_pause; }
  return row == "X30" || row == "X31" ? second_try::at_once : second_try::none;
}

std::string_view name_of(source_verdict verdict) noexcept {
  switch (verdict) {
    case source_verdict::untried: return "untried";
    case source_verdict::has_it: return "has_it";
    case source_verdict::lacks: return "lacks";
    case source_verdict::bad: return "bad";
    case source_verdict::quarantined: return "quarantined";
  }
  return "unknown";
}

}  // namespace sluice::model
