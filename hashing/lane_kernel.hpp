#pragma once

#include <cstddef>
#include <cstdint>

/// What a kernel is: SHA-256's compression function (FIPS 180-4) over several independent messages.
///
/// The files that implement these are built with instructions that this processor may lack, so they
/// use nothing of the standard library: an inline function that the linker keeps from there would
/// run everywhere.
namespace sluice::hashing {

inline constexpr std::size_t lanes_max = 16;

/// The chaining values of up to 16 messages, word by word: `words[w][lane]`.
struct alignas(64) lane_states {
  std::uint32_t words[8][lanes_max];
};

/// Advances the first N lanes by `blocks` blocks of 64 bytes, read from `data[lane]` at any
/// alignment. Lanes past N keep their values. N is in the name; every `data[0..N)` must be
/// readable.
using compress_lanes = void (*)(lane_states& states, const std::byte* const* data,
                                std::size_t blocks);

void compress_portable_x1(lane_states& states, const std::byte* const* data, std::size_t blocks);
void compress_shani_x1(lane_states& states, const std::byte* const* data, std::size_t blocks);
void compress_shani_x2(lane_states& states, const std::byte* const* data, std::size_t blocks);
void compress_avx2_x8(lane_states& states, const std::byte* const* data, std::size_t blocks);
void compress_avx512_x16(lane_states& states, const std::byte* const* data, std::size_t blocks);

/// FIPS 180-4, 4.2.2 and 5.3.3.
alignas(64) inline constexpr std::uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
inline constexpr std::uint32_t initial_state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

}  // namespace sluice::hashing
