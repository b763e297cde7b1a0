#pragma once

#include <cstdint>
#include <vector>

namespace sluice::storage {

/// Pieces [first, first + count) of a file.
struct piece_run {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  bool operator==(const piece_run&) const = default;
};

/// Which pieces of one file. Memory: one bit per piece.
class piece_set {
public:
  explicit piece_set(std::uint64_t pieces) : size_(pieces), words_((pieces + 63) / 64) {}

  [[nodiscard]] bool has(std::uint64_t piece) const noexcept {
    return (words_[piece / 64] >> (piece % 64) & 1U) != 0;
  }
  void add(std::uint64_t piece) noexcept;
  void remove(std::uint64_t piece) noexcept;
  void clear() noexcept;
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// The first piece from `from` on that is in the set (`wanted`) or not in it; `size()` when there
  /// is none.
  [[nodiscard]] std::uint64_t find(std::uint64_t from, bool wanted) const noexcept;
  /// Those that `other` (of the same file) lacks, as runs.
  [[nodiscard]] std::vector<piece_run> without(const piece_set& other) const;

private:
  std::uint64_t size_;
  std::uint64_t count_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace sluice::storage
