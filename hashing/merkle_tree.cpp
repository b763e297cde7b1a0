#include "hashing/merkle_tree.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "hashing/message_lanes.hpp"

namespace sluice::hashing {
namespace {

static_assert(sizeof(model::digest) == 32, "two neighbours are the 64 bytes that a parent hashes");

/// Collects messages so that lanes stay full without a list as long as the file.
class message_batch {
public:
  void add(message given) {
    messages_[size_++] = given;
    if (size_ == messages_.size()) { flush(); }
  }
  void flush() {
    hash_messages(std::span(messages_).first(size_));
    size_ = 0;
  }

private:
  std::array<message, 256> messages_;
  std::size_t size_ = 0;
};

/// The root of 2^level zero hashes.
const model::digest& zero_root(unsigned level) {
  static const auto roots = [] {
    std::array<model::digest, 65> made{};
    for (std::size_t i = 1; i < made.size(); ++i) {
      const std::array<model::digest, 2> children{made[i - 1], made[i - 1]};
      const message parent{children[0].bytes.data(), sizeof children, made[i].bytes.data()};
      hash_messages({&parent, 1});
    }
    return made;
  }();
  return roots[level];
}

}  // namespace

unsigned levels_above(std::size_t nodes) noexcept {
  return static_cast<unsigned>(std::bit_width(nodes - 1));
}

void fold(std::span<merkle_tree> trees, unsigned level) {
  std::vector<std::vector<model::digest>> parents(trees.size());
  while (true) {
    message_batch batch;
    bool open = false;
    for (std::size_t i = 0; i < trees.size(); ++i) {
      merkle_tree& tree = trees[i];
      if (tree.levels == 0) { continue; }
      open = true;
      if (tree.nodes.size() % 2 != 0) { tree.nodes.push_back(zero_root(level)); }
      parents[i].resize(tree.nodes.size() / 2);
      for (std::size_t j = 0; j < parents[i].size(); ++j) {
        batch.add({tree.nodes[2 * j].bytes.data(), 64, parents[i][j].bytes.data()});
      }
    }
    if (!open) { return; }
    batch.flush();
    for (std::size_t i = 0; i < trees.size(); ++i) {
      if (trees[i].levels == 0) { continue; }
      std::swap(trees[i].nodes, parents[i]);
      --trees[i].levels;
    }
    ++level;
  }
}

model::digest root_of(merkle_tree tree, unsigned level) {
  SLUICE_CHECK(!tree.nodes.empty() && tree.levels >= levels_above(tree.nodes.size()));
  fold({&tree, 1}, level);
  return tree.nodes.front();
}

void append_leaves(std::span<const std::byte> bytes, std::vector<model::digest>& leaves) {
  const std::size_t first = leaves.size();
  leaves.resize(first + (bytes.size() + limits::leaf_size - 1) / limits::leaf_size);
  message_batch batch;
  for (std::size_t i = first; i < leaves.size(); ++i) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), limits::leaf_size);
    batch.add({bytes.data(), size, leaves[i].bytes.data()});
    bytes = bytes.subspan(size);
  }
  batch.flush();
}

}  // namespace sluice::hashing
