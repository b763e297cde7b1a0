#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/model.hpp"

/// Binary trees of SHA-256 as in BitTorrent v2 (BEP 52): a node is the hash of its two children's
/// 64 bytes; what is missing at the right is the root of a subtree of zero hashes.
namespace sluice::hashing {

/// One tree on its way to its root.
struct merkle_tree {
  std::vector<model::digest> nodes;  ///< of one level, from the left; at least one
  unsigned levels = 0;               ///< above them; 2^levels >= nodes.size()
};

/// The least number of levels above `nodes` (>= 1) nodes.
unsigned levels_above(std::size_t nodes) noexcept;

/// Reduces each tree to its root, `nodes[0]`; the kernel's lanes are filled across the trees.
/// `level`: that of the nodes, 0 for leaves, 6 for pieces; it decides what the missing ones are.
void fold(std::span<merkle_tree> trees, unsigned level);
model::digest root_of(merkle_tree tree, unsigned level);

/// Appends the SHA-256 of each 16 KiB of `bytes` (the last one may be shorter).
void append_leaves(std::span<const std::byte> bytes, std::vector<model::digest>& leaves);

}  // namespace sluice::hashing
