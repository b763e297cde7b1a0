#pragma once

#include <cstddef>
#include <span>

#include "hashing/lane_kernel.hpp"

namespace sluice::hashing {

/// One SHA-256 to compute: `size` bytes at `data` into the 32 bytes at `digest`. The output of one
/// message must not be part of another's input.
struct message {
  const std::byte* data = nullptr;
  std::size_t size = 0;
  std::byte* digest = nullptr;
};

/// A way to advance `lanes` messages at once, worth it when at least `worth_from` are at hand.
struct engine {
  std::size_t lanes = 1;
  std::size_t worth_from = 1;
  compress_lanes compress = nullptr;
};

/// Hashes independent messages of any lengths. `engines`: widest first, the last one is worth it
/// from 1. Any thread.
void hash_messages(std::span<const message> messages, std::span<const engine> engines);

/// The same with the kernel in use.
void hash_messages(std::span<const message> messages);

}  // namespace sluice::hashing
