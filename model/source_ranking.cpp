#include "model/source_ranking.hpp"

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
