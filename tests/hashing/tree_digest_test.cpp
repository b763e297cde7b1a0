#include "hashing/tree_digest.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include "base/base.hpp"
#include "hashing/sha256.hpp"
#include "tests/hashing/forced_kernel.hpp"
#include "tests/hashing/patterned_bytes.hpp"

using namespace sluice;
using namespace sluice::hashing;

namespace {

using bytes_view = std::span<const std::byte>;

// The tree as the specification draws it, with OpenSSL and real padding.
model::digest hash_pair(const model::digest& left, const model::digest& right) {
  std::array<std::byte, 64> both{};
  std::copy(left.bytes.begin(), left.bytes.end(), both.begin());
  std::copy(right.bytes.begin(), right.bytes.end(), both.begin() + 32);
  return sha256(both);
}

model::digest plain_root(std::vector<model::digest> level, std::size_t width,
                         const model::digest& filler) {
  level.resize(width, filler);
  while (level.size() > 1) {
    std::vector<model::digest> above;
    for (std::size_t i = 0; i < level.size(); i += 2) {
      above.push_back(hash_pair(level[i], level[i + 1]));
    }
    level = above;
  }
  return level.front();
}

std::vector<model::digest> plain_leaves(bytes_view bytes) {
  std::vector<model::digest> leaves;
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), limits::leaf_size);
    leaves.push_back(sha256(bytes.first(size)));
    bytes = bytes.subspan(size);
  }
  return leaves;
}

std::size_t power_of_two_from(std::size_t count) {
  std::size_t power = 1;
  while (power < count) { power *= 2; }
  return power;
}

measured_file plain_measure(bytes_view bytes) {
  measured_file made;
  made.id.size = model::byte_count{bytes.size()};
  if (bytes.empty()) {
    made.id.digest = sha256({});
  } else if (bytes.size() <= limits::piece_size) {
    const auto leaves = plain_leaves(bytes);
    made.id.digest = plain_root(leaves, power_of_two_from(leaves.size()), {});
  } else {
    while (!bytes.empty()) {
      const std::size_t size = std::min<std::size_t>(bytes.size(), limits::piece_size);
      made.pieces.push_back(plain_root(plain_leaves(bytes.first(size)), 64, {}));
      bytes = bytes.subspan(size);
    }
    made.id.digest = plain_root(made.pieces, power_of_two_from(made.pieces.size()),
                                plain_root({model::digest{}}, 64, {}));
  }
  return made;
}

void check_equal(const measured_file& made, const measured_file& wanted) {
  CHECK(made.id == wanted.id);
  CHECK(made.pieces == wanted.pieces);
}

constexpr std::size_t kib = limits::kib;
constexpr std::size_t mib = limits::mib;
const std::vector<std::size_t> telling_sizes = {
    0,        1,           63,        64,      16 * kib - 1, 16 * kib, 16 * kib + 1,   32 * kib,
    48 * kib, 80 * kib,    256 * kib, mib - 1, mib,          mib + 1,  mib + 16 * kib, 2 * mib - 1,
    2 * mib,  2 * mib + 1, 3 * mib,   4 * mib, 5 * mib + 17};

measured_file measure_in_chunks(bytes_view bytes, std::size_t chunk) {
  tree_hasher hasher;
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), chunk);
    hasher.update(bytes.first(size));
    bytes = bytes.subspan(size);
  }
  return hasher.finish();
}

}  // namespace

TEST_CASE("each kernel gives the tree of the specification") {
  for (const std::size_t size : telling_sizes) {
    const auto bytes = patterned_bytes(size);
    const auto wanted = plain_measure(bytes);
    CAPTURE(size);
    for_each_kernel([&] { check_equal(measure(bytes), wanted); });
  }
}

TEST_CASE("every length up to a few leaves gives the tree of the specification") {
  const auto bytes = patterned_bytes(3 * 16 * kib + 300);
  for (std::size_t leaves = 0; leaves <= 3; ++leaves) {
    const std::size_t middle = leaves * 16 * kib;
    for (std::size_t size = middle < 130 ? 0 : middle - 130; size <= middle + 130; ++size) {
      const auto part = bytes_view(bytes).first(size);
      check_equal(measure(part), plain_measure(part));
    }
  }
  for (std::size_t size = 0; size <= bytes.size(); size += 997) {
    const auto part = bytes_view(bytes).first(size);
    for_each_kernel([&] { check_equal(measure(part), plain_measure(part)); });
  }
}

TEST_CASE("every alignment of the caller's memory gives the same digest") {
  const auto bytes = patterned_bytes(mib + 40 * kib);
  std::vector<std::byte> shifted(bytes.size() + 64);
  const auto wanted = plain_measure(bytes);
  for (std::size_t at = 0; at < 64; ++at) {
    std::copy(bytes.begin(), bytes.end(), shifted.begin() + static_cast<std::ptrdiff_t>(at));
    check_equal(measure(bytes_view(shifted).subspan(at, bytes.size())), wanted);
  }
}

TEST_CASE("a stream may come in chunks of any size") {
  for (const std::size_t size : telling_sizes) {
    const auto bytes = patterned_bytes(size);
    const auto wanted = plain_measure(bytes);
    for (const std::size_t chunk : {std::size_t{4093}, 16 * kib, 100 * kib, 256 * kib,
                                    300 * kib + 1, mib, mib + 5, 3 * mib}) {
      CAPTURE(size);
      CAPTURE(chunk);
      check_equal(measure_in_chunks(bytes, chunk), wanted);
    }
  }
  const auto few = patterned_bytes(40 * kib);
  check_equal(measure_in_chunks(few, 1), plain_measure(few));
}

TEST_CASE("chunks of random sizes give the same digest") {
  seeded_random random(7);
  const auto bytes = patterned_bytes(4 * mib + 12345);
  const auto wanted = plain_measure(bytes);
  for (int round = 0; round < 20; ++round) {
    tree_hasher hasher;
    for (bytes_view rest = bytes; !rest.empty();) {
      const std::size_t most = round % 2 == 0 ? 700 * kib : 20 * kib;
      const std::size_t size = std::min<std::size_t>(rest.size(), random() % most);
      hasher.update(rest.first(size));
      rest = rest.subspan(size);
    }
    check_equal(hasher.finish(), wanted);
  }
}

TEST_CASE("a hasher starts over after it has finished") {
  const auto first = patterned_bytes(2 * mib + 5);
  const auto second = patterned_bytes(100, 3);
  tree_hasher hasher;
  hasher.update(first);
  check_equal(hasher.finish(), plain_measure(first));
  hasher.update(second);
  check_equal(hasher.finish(), plain_measure(second));
  check_equal(hasher.finish(), plain_measure({}));
}

TEST_CASE("the digest of each piece is its entry in the piece layer") {
  const auto bytes = patterned_bytes(2 * mib + 17);
  const auto whole = measure(bytes);
  REQUIRE(whole.pieces.size() == 3);
  for_each_kernel([&] {
    for (std::size_t i = 0; i < 3; ++i) {
      const std::size_t size = std::min(mib, bytes.size() - i * mib);
      CHECK(piece_digest(bytes_view(bytes).subspan(i * mib, size)) == whole.pieces[i]);
    }
  });
}

TEST_CASE("many small files at once have the ids they have alone") {
  seeded_random random(11);
  std::vector<std::vector<std::byte>> files;
  for (const std::size_t size : telling_sizes) {
    if (size <= mib) { files.push_back(patterned_bytes(size)); }
  }
  for (int i = 0; i < 100; ++i) { files.push_back(patterned_bytes(random() % (60 * kib))); }
  const std::vector<bytes_view> views(files.begin(), files.end());
  for_each_kernel([&] {
    const auto made = measure_small(views);
    REQUIRE(made.size() == files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
      CHECK(made[i] == plain_measure(files[i]).id.digest);
    }
  });
  CHECK(measure_small({}).empty());
}

TEST_CASE("a piece layer is as long as the file has pieces, none up to one MiB") {
  CHECK(piece_count(model::byte_count{0}) == 0);
  CHECK(piece_count(model::byte_count{mib}) == 0);
  CHECK(piece_count(model::byte_count{mib + 1}) == 2);
  CHECK(piece_count(model::byte_count{2 * mib}) == 2);
  CHECK(piece_count(model::byte_count{2 * mib + 1}) == 3);
  CHECK(piece_count(model::byte_count{~std::uint64_t{0}}) == std::uint64_t{1} << 44);
}

TEST_CASE("a piece layer that was changed, cut or grown is refused") {
  const auto whole = measure(patterned_bytes(5 * mib + 17));
  CHECK(verify_piece_layer(whole.id, whole.pieces));
  for (std::size_t i = 0; i < whole.pieces.size(); ++i) {
    piece_layer changed = whole.pieces;
    changed[i].bytes[i] ^= std::byte{1};
    const auto refused = verify_piece_layer(whole.id, changed);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::corrupt);
  }
  piece_layer other = whole.pieces;
  other.pop_back();
  CHECK_FALSE(verify_piece_layer(whole.id, other));
  other = whole.pieces;
  other.push_back({});
  CHECK_FALSE(verify_piece_layer(whole.id, other));
  CHECK_FALSE(verify_piece_layer(whole.id, {}));
  model::file_id larger = whole.id;
  larger.size = model::byte_count{~std::uint64_t{0}};
  CHECK_FALSE(verify_piece_layer(larger, whole.pieces));
  const auto small = measure(patterned_bytes(mib));
  CHECK(verify_piece_layer(small.id, small.pieces));
  CHECK_FALSE(verify_piece_layer(small.id, whole.pieces));
}

TEST_CASE("a piece layer survives printing and parsing, and a torn one is refused") {
  const auto whole = measure(patterned_bytes(3 * mib));
  const auto printed = print_piece_layer(whole.pieces);
  CHECK(printed.size() == 3 * 32);
  const auto parsed = parse_piece_layer(printed);
  REQUIRE(parsed);
  CHECK(*parsed == whole.pieces);
  CHECK_FALSE(parse_piece_layer(bytes_view(printed).first(95)));
  CHECK_FALSE(parse_piece_layer(bytes_view(printed).first(1)));
  const auto empty = parse_piece_layer({});
  REQUIRE(empty);
  CHECK(empty->empty());
}

// A tree has no domain separation: this is why the size belongs to a file's name.
TEST_CASE("the bytes of a two-piece layer have the root of the file they describe, not its id") {
  const auto large = measure(patterned_bytes(2 * mib));
  const auto small = measure(print_piece_layer(large.pieces));
  CHECK(model::raw(small.id.size) == 64);
  CHECK(small.id.digest == large.id.digest);
  CHECK(small.id != large.id);
}
