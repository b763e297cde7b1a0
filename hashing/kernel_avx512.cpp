#include <immintrin.h>

#include "hashing/lane_kernel.hpp"

// Sixteen messages side by side: word w of all of them in one register, the state and the whole
// message schedule in the 32 registers. FIPS 180-4, 6.2.2.
namespace sluice::hashing {
namespace {

constexpr int lanes = 16;
// Bytes ahead: sixteen streams are more than the processor follows by itself.
constexpr std::size_t prefetch_distance = 512;

// Three-input functions as truth tables of (x, y, z).
constexpr int table_exclusive_or = 0x96;
constexpr int table_choose = 0xca;
constexpr int table_majority = 0xe8;

[[gnu::always_inline]] inline __m512i add(__m512i x, __m512i y) { return _mm512_add_epi32(x, y); }
[[gnu::always_inline]] inline __m512i big_sigma_0(__m512i x) {
  return _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, 2), _mm512_ror_epi32(x, 13),
                                   _mm512_ror_epi32(x, 22), table_exclusive_or);
}
[[gnu::always_inline]] inline __m512i big_sigma_1(__m512i x) {
  return _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, 6), _mm512_ror_epi32(x, 11),
                                   _mm512_ror_epi32(x, 25), table_exclusive_or);
}
[[gnu::always_inline]] inline __m512i small_sigma_0(__m512i x) {
  return _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, 7), _mm512_ror_epi32(x, 18),
                                   _mm512_srli_epi32(x, 3), table_exclusive_or);
}
[[gnu::always_inline]] inline __m512i small_sigma_1(__m512i x) {
  return _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, 17), _mm512_ror_epi32(x, 19),
                                   _mm512_srli_epi32(x, 10), table_exclusive_or);
}

/// One block of each lane, turned so that each register holds one word of all lanes.
[[gnu::always_inline]] inline void load_words(__m512i (&into)[16], const std::byte* const* data,
                                              std::size_t offset) {
  const __m512i big_endian =
      _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
  __m512i row[lanes], pair[lanes];
  for (int i = 0; i < lanes; ++i) {
    row[i] = _mm512_shuffle_epi8(_mm512_loadu_si512(data[i] + offset), big_endian);
    __builtin_prefetch(data[i] + offset + prefetch_distance);
  }
  for (int i = 0; i < lanes; i += 2) {
    pair[i] = _mm512_unpacklo_epi32(row[i], row[i + 1]);
    pair[i + 1] = _mm512_unpackhi_epi32(row[i], row[i + 1]);
  }
  // row[4 * q + w]: words w, w + 4, w + 8, w + 12 of lanes 4q..4q+3, one word per 128 bits.
  for (int i = 0; i < lanes; i += 4) {
    row[i] = _mm512_unpacklo_epi64(pair[i], pair[i + 2]);
    row[i + 1] = _mm512_unpackhi_epi64(pair[i], pair[i + 2]);
    row[i + 2] = _mm512_unpacklo_epi64(pair[i + 1], pair[i + 3]);
    row[i + 3] = _mm512_unpackhi_epi64(pair[i + 1], pair[i + 3]);
  }
  for (int w = 0; w < 4; ++w) {
    const __m512i low_even = _mm512_shuffle_i32x4(row[w], row[w + 4], 0x88);
    const __m512i low_odd = _mm512_shuffle_i32x4(row[w], row[w + 4], 0xdd);
    const __m512i high_even = _mm512_shuffle_i32x4(row[w + 8], row[w + 12], 0x88);
    const __m512i high_odd = _mm512_shuffle_i32x4(row[w + 8], row[w + 12], 0xdd);
    into[w] = _mm512_shuffle_i32x4(low_even, high_even, 0x88);
    into[w + 4] = _mm512_shuffle_i32x4(low_odd, high_odd, 0x88);
    into[w + 8] = _mm512_shuffle_i32x4(low_even, high_even, 0xdd);
    into[w + 12] = _mm512_shuffle_i32x4(low_odd, high_odd, 0xdd);
  }
}

/// Round t; `s` holds a..h, its first one moving down by one place with each round.
template <int T>
[[gnu::always_inline]] inline void one_round(__m512i (&s)[8], __m512i input) {
  constexpr auto place = [](int letter) { return (letter - T + 64) % 8; };
  const __m512i e = s[place(4)];
  __m512i& d = s[place(3)];
  __m512i& h = s[place(7)];
  const __m512i a = s[place(0)];
  const __m512i chosen = _mm512_ternarylogic_epi32(e, s[place(5)], s[place(6)], table_choose);
  const __m512i t1 = add(add(h, input), add(big_sigma_1(e), chosen));
  d = add(d, t1);
  h = add(t1, add(big_sigma_0(a),
                  _mm512_ternarylogic_epi32(a, s[place(1)], s[place(2)], table_majority)));
}

template <int T, bool First>
[[gnu::always_inline]] inline void sixteenth(__m512i (&s)[8], __m512i (&w)[16],
                                             const std::uint32_t* constants) {
  if constexpr (!First) {
    w[T] = add(add(w[T], small_sigma_0(w[(T + 1) % 16])),
               add(w[(T + 9) % 16], small_sigma_1(w[(T + 14) % 16])));
  }
  one_round<T>(s, add(w[T], _mm512_set1_epi32(static_cast<int>(constants[T]))));
  if constexpr (T < 15) { sixteenth<T + 1, First>(s, w, constants); }
}

}  // namespace

void compress_avx512_x16(lane_states& states, const std::byte* const* data, std::size_t blocks) {
  __m512i state[8];
  for (int i = 0; i < 8; ++i) { state[i] = _mm512_load_si512(states.words[i]); }
  for (std::size_t block = 0; block < blocks; ++block) {
    __m512i before[8], schedule[16];
    for (int i = 0; i < 8; ++i) { before[i] = state[i]; }
    load_words(schedule, data, 64 * block);
    sixteenth<0, true>(state, schedule, round_constants);
    for (int t = 16; t < 64; t += 16) { sixteenth<0, false>(state, schedule, round_constants + t); }
    for (int i = 0; i < 8; ++i) { state[i] = add(state[i], before[i]); }
  }
  for (int i = 0; i < 8; ++i) { _mm512_store_si512(states.words[i], state[i]); }
}

}  // namespace sluice::hashing
