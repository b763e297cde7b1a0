#include "hashing/tree_digest.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/base.hpp"
#include "hashing/merkle_tree.hpp"
#include "hashing/message_lanes.hpp"

namespace sluice::hashing {
namespace {

constexpr unsigned piece_level = 6;
static_assert(1U << piece_level == limits::leaves_per_piece);

/// Enough leaves to fill every lane; less is kept until more comes.
constexpr std::size_t batch_size = lanes_max * limits::leaf_size;
static_assert(limits::piece_size % batch_size == 0);

model::digest piece_root(std::vector<model::digest> leaves) {
  return root_of({std::move(leaves), piece_level}, 0);
}

model::digest layer_root(piece_layer pieces) {
  const unsigned levels = levels_above(pieces.size());
  return root_of({std::move(pieces), levels}, piece_level);
}

merkle_tree small_file_tree(std::vector<model::digest> leaves) {
  const unsigned levels = levels_above(leaves.size());
  return {std::move(leaves), levels};
}

model::digest empty_file_digest() {
  model::digest made;
  const message nothing{nullptr, 0, made.bytes.data()};
  hash_messages({&nothing, 1});
  return made;
}

}  // namespace

struct tree_hasher::state {
  piece_layer pieces;                 // complete ones
  std::vector<model::digest> leaves;  // of the piece under way
  std::vector<std::byte> waiting;     // less than a batch
  std::uint64_t size = 0;

  /// Only the last call of a file may give other than a whole number of leaves.
  void take(std::span<const std::byte> bytes) {
    append_leaves(bytes, leaves);
    if (leaves.size() == limits::leaves_per_piece) {
      pieces.push_back(piece_root(std::exchange(leaves, {})));
    }
  }
};

tree_hasher::tree_hasher() : state_(std::make_unique<state>()) {}
tree_hasher::~tree_hasher() = default;
tree_hasher::tree_hasher(tree_hasher&&) noexcept = default;
tree_hasher& tree_hasher::operator=(tree_hasher&&) noexcept = default;

void tree_hasher::update(std::span<const std::byte> bytes) {
  state& now = *state_;
  now.size += bytes.size();
  while (!bytes.empty()) {
    std::span<const std::byte> step;
    if (now.waiting.empty() && bytes.size() >= batch_size) {
      // Straight from the caller's memory, up to the end of the piece.
      const std::size_t to_piece_end = limits::piece_size - now.leaves.size() * limits::leaf_size;
      step = bytes.first(std::min(to_piece_end, bytes.size() / batch_size * batch_size));
      now.take(step);
    } else {
      step = bytes.first(std::min(batch_size - now.waiting.size(), bytes.size()));
      now.waiting.insert(now.waiting.end(), step.begin(), step.end());
      if (now.waiting.size() == batch_size) {
        now.take(now.waiting);
        now.waiting.clear();
      }
    }
    bytes = bytes.subspan(step.size());
  }
}

measured_file tree_hasher::finish() {
  state done = std::exchange(*state_, {});
  done.take(done.waiting);
  measured_file made;
  made.id.size = model::byte_count{done.size};
  if (done.size == 0) {
    made.id.digest = empty_file_digest();
  } else if (done.size <= limits::piece_size) {
    made.id.digest = done.pieces.empty() ? root_of(small_file_tree(std::move(done.leaves)), 0)
                                         : done.pieces.front();
  } else {
    if (!done.leaves.empty()) { done.pieces.push_back(piece_root(std::move(done.leaves))); }
    made.id.digest = layer_root(done.pieces);
    made.pieces = std::move(done.pieces);
  }
  return made;
}

measured_file measure(std::span<const std::byte> bytes) {
  tree_hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

model::digest piece_digest(std::span<const std::byte> piece) {
  SLUICE_CHECK(!piece.empty() && piece.size() <= limits::piece_size);
  std::vector<model::digest> leaves;
  leaves.reserve(limits::leaves_per_piece);
  append_leaves(piece, leaves);
  return piece_root(std::move(leaves));
}

std::vector<model::digest> measure_small(std::span<const std::span<const std::byte>> files) {
  std::vector<merkle_tree> trees(files.size());
  std::vector<message> messages;
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::span<const std::byte> rest = files[i];
    SLUICE_CHECK(rest.size() <= limits::piece_size);
    const std::size_t leaves = (rest.size() + limits::leaf_size - 1) / limits::leaf_size;
    // An empty file has one leaf of nothing.
    trees[i] = small_file_tree(std::vector<model::digest>(std::max<std::size_t>(leaves, 1)));
    for (model::digest& leaf : trees[i].nodes) {
      const std::size_t size = std::min<std::size_t>(rest.size(), limits::leaf_size);
      messages.push_back({rest.data(), size, leaf.bytes.data()});
      rest = rest.subspan(size);
    }
  }
  hash_messages(messages);
  fold(trees, 0);
  std::vector<model::digest> roots;
  roots.reserve(trees.size());
  for (const merkle_tree& tree : trees) { roots.push_back(tree.nodes.front()); }
  return roots;
}

std::uint64_t piece_count(model::byte_count size) noexcept {
  const std::uint64_t bytes = model::raw(size);
  return bytes <= limits::piece_size ? 0 : (bytes - 1) / limits::piece_size + 1;
}

result<void> verify_piece_layer(const model::file_id& file, std::span<const model::digest> layer) {
  const std::uint64_t due = piece_count(file.size);
  const auto name = [&file] { return format("{}.{}", file.digest.hex(), model::raw(file.size)); };
  if (layer.size() != due) {
    return error{errc::corrupt, 0,
                 format("use the piece layer of {}: it has {} digests and must have {}", name(),
                        layer.size(), due)};
  }
  if (due > 0 && layer_root({layer.begin(), layer.end()}) != file.digest) {
    return error{errc::corrupt, 0,
                 format("use the piece layer of {}: it hashes to another root", name())};
  }
  return {};
}

std::vector<std::byte> print_piece_layer(std::span<const model::digest> layer) {
  const auto bytes = std::as_bytes(layer);
  return {bytes.begin(), bytes.end()};
}

result<piece_layer> parse_piece_layer(std::span<const std::byte> bytes) {
  constexpr std::size_t digest_size = sizeof(model::digest);
  if (bytes.size() % digest_size != 0) {
    return error{
        errc::corrupt, 0,
        format("read a piece layer of {} bytes: not a multiple of {}", bytes.size(), digest_size)};
  }
  piece_layer layer(bytes.size() / digest_size);
  if (!layer.empty()) { std::memcpy(layer.data(), bytes.data(), bytes.size()); }
  return layer;
}

}  // namespace sluice::hashing
