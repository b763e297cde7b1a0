#include "hashing/lane_kernel.hpp"

// The readable reference: FIPS 180-4, 6.2.2, with the standard's names.
namespace sluice::hashing {
namespace {

constexpr std::uint32_t rotate_right(std::uint32_t x, int n) { return (x >> n) | (x << (32 - n)); }
constexpr std::uint32_t choose(std::uint32_t x, std::uint32_t y, std::uint32_t z) {
  return (x & y) ^ (~x & z);
}
constexpr std::uint32_t majority(std::uint32_t x, std::uint32_t y, std::uint32_t z) {
  return (x & y) ^ (x & z) ^ (y & z);
}
constexpr std::uint32_t big_sigma_0(std::uint32_t x) {
  return rotate_right(x, 2) ^ rotate_right(x, 13) ^ rotate_right(x, 22);
}
constexpr std::uint32_t big_sigma_1(std::uint32_t x) {
  return rotate_right(x, 6) ^ rotate_right(x, 11) ^ rotate_right(x, 25);
}
constexpr std::uint32_t small_sigma_0(std::uint32_t x) {
  return rotate_right(x, 7) ^ rotate_right(x, 18) ^ (x >> 3);
}
constexpr std::uint32_t small_sigma_1(std::uint32_t x) {
  return rotate_right(x, 17) ^ rotate_right(x, 19) ^ (x >> 10);
}

std::uint32_t big_endian_word(const std::byte* at) {
  const auto byte = [at](int i) { return static_cast<std::uint32_t>(at[i]); };
  return byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
}

void compress_block(std::uint32_t (&hash)[8], const std::byte* block) {
  std::uint32_t schedule[64];
  for (int t = 0; t < 16; ++t) { schedule[t] = big_endian_word(block + 4 * t); }
  for (int t = 16; t < 64; ++t) {
    schedule[t] = small_sigma_1(schedule[t - 2]) + schedule[t - 7] +
                  small_sigma_0(schedule[t - 15]) + schedule[t - 16];
  }
  std::uint32_t a = hash[0], b = hash[1], c = hash[2], d = hash[3];
  std::uint32_t e = hash[4], f = hash[5], g = hash[6], h = hash[7];
#pragma GCC unroll 64  // then the eight moves at its end are only names
  for (int t = 0; t < 64; ++t) {
    const std::uint32_t t1 =
        h + big_sigma_1(e) + choose(e, f, g) + round_constants[t] + schedule[t];
    const std::uint32_t t2 = big_sigma_0(a) + majority(a, b, c);
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  hash[0] += a;
  hash[1] += b;
  hash[2] += c;
  hash[3] += d;
  hash[4] += e;
  hash[5] += f;
  hash[6] += g;
  hash[7] += h;
}

}  // namespace

void compress_portable_x1(lane_states& states, const std::byte* const* data, std::size_t blocks) {
  std::uint32_t hash[8];
  for (int word = 0; word < 8; ++word) { hash[word] = states.words[word][0]; }
  for (std::size_t block = 0; block < blocks; ++block) {
    compress_block(hash, data[0] + 64 * block);
  }
  for (int word = 0; word < 8; ++word) { states.words[word][0] = hash[word]; }
}

}  // namespace sluice::hashing
