#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/model.hpp"

namespace sluice::hashing {

/// The digests of a file's pieces of 1 MiB, in order; empty for files of <= 1 MiB.
/// On disk and on the wire: the 32-byte digests one after another, nothing else.
using piece_layer = std::vector<model::digest>;

/// What a whole file hashes to.
struct measured_file {
  model::file_id id;
  piece_layer pieces;
};

/// The SHA-256 Merkle tree of BitTorrent v2 (BEP 52) over 16 KiB leaves, fed as a stream in order.
/// Memory: one piece layer (32 bytes per MiB) and less than 256 KiB of unhashed bytes. Bytes that
/// come in whole MiB (or multiples of 256 KiB) are hashed where they are, without a copy.
/// Threads: one at a time.
class tree_hasher {
public:
  tree_hasher();
  ~tree_hasher();
  tree_hasher(tree_hasher&&) noexcept;
  tree_hasher& operator=(tree_hasher&&) noexcept;
  void update(std::span<const std::byte> bytes);
  /// Ends the stream; the hasher starts over empty.
  measured_file finish();

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// All at once, for bytes in memory. Any thread.
measured_file measure(std::span<const std::byte> bytes);

/// The digest of one piece, 1 byte to 1 MiB, of a file of > 1 MiB (the last one may be shorter: its
/// leaves are padded with zero hashes to 64). Any thread.
model::digest piece_digest(std::span<const std::byte> piece);

/// The ids of many small files (<= 1 MiB each) at once: the kernel's lanes are filled across files.
std::vector<model::digest> measure_small(std::span<const std::span<const std::byte>> files);

/// How many pieces a file has: 0 when it is <= 1 MiB.
std::uint64_t piece_count(model::byte_count size) noexcept;

/// Fails with `corrupt` unless `layer` has the right length and hashes to `file.digest`. A file of
/// <= 1 MiB has the empty layer, which says nothing about its bytes.
result<void> verify_piece_layer(const model::file_id& file, std::span<const model::digest> layer);

std::vector<std::byte> print_piece_layer(std::span<const model::digest> layer);
/// Fails with `corrupt` when it is not a whole number of digests. The caller bounds the size.
result<piece_layer> parse_piece_layer(std::span<const std::byte> bytes);

}  // namespace sluice::hashing
