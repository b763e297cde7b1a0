#include "storage/piece_set.hpp"

#include <algorithm>
#include <bit>

namespace sluice::storage {

void piece_set::add(std::uint64_t piece) noexcept {
  if (has(piece)) { return; }
  words_[piece / 64] |= std::uint64_t{1} << (piece % 64);
  ++count_;
}

void piece_set::remove(std::uint64_t piece) noexcept {
  if (!has(piece)) { return; }
  words_[piece / 64] &= ~(std::uint64_t{1} << (piece % 64));
  --count_;
}

void piece_set::clear() noexcept {
  std::fill(words_.begin(), words_.end(), 0);
  count_ = 0;
}

std::uint64_t piece_set::find(std::uint64_t from, bool wanted) const noexcept {
  while (from < size_) {
    const std::uint64_t word = wanted ? words_[from / 64] : ~words_[from / 64];
    const std::uint64_t left = word >> (from % 64);
    if (left != 0) {
      const auto skipped = static_cast<std::uint64_t>(std::countr_zero(left));
      return std::min(from + skipped, size_);
    }
    from = (from / 64 + 1) * 64;
  }
  return size_;
}

std::vector<piece_run> piece_set::without(const piece_set& other) const {
  piece_set left(size_);
  for (std::size_t i = 0; i < words_.size(); ++i) { left.words_[i] = words_[i] & ~other.words_[i]; }
  std::vector<piece_run> runs;
  for (std::uint64_t first = left.find(0, true); first < size_;) {
    const std::uint64_t end = left.find(first, false);
    runs.push_back({first, end - first});
    first = left.find(end, true);
  }
  return runs;
}

}  // namespace sluice::storage
