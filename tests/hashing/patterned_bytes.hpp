#pragma once

#include <cstddef>
#include <vector>

namespace sluice::hashing {

/// Bytes that repeat with period 251, so that no two blocks or leaves of a file are equal.
inline std::vector<std::byte> patterned_bytes(std::size_t size, std::size_t start = 0) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) { bytes[i] = static_cast<std::byte>((start + i) % 251); }
  return bytes;
}

}  // namespace sluice::hashing
