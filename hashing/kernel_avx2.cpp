#include <immintrin.h>

#include "hashing/lane_kernel.hpp"

// Eight messages side by side: word w of all of them in one register. FIPS 180-4, 6.2.2.
namespace sluice::hashing {
namespace {

constexpr int lanes = 8;

template <int Bits>
[[gnu::always_inline]] inline __m256i rotate_right(__m256i x) {
  return _mm256_or_si256(_mm256_srli_epi32(x, Bits), _mm256_slli_epi32(x, 32 - Bits));
}
[[gnu::always_inline]] inline __m256i exclusive_or(__m256i x, __m256i y, __m256i z) {
  return _mm256_xor_si256(_mm256_xor_si256(x, y), z);
}
[[gnu::always_inline]] inline __m256i choose(__m256i x, __m256i y, __m256i z) {
  return _mm256_xor_si256(z, _mm256_and_si256(x, _mm256_xor_si256(y, z)));
}
[[gnu::always_inline]] inline __m256i majority(__m256i x, __m256i y, __m256i z) {
  return _mm256_xor_si256(y, _mm256_and_si256(_mm256_xor_si256(x, y), _mm256_xor_si256(y, z)));
}
[[gnu::always_inline]] inline __m256i big_sigma_0(__m256i x) {
  return exclusive_or(rotate_right<2>(x), rotate_right<13>(x), rotate_right<22>(x));
}
[[gnu::always_inline]] inline __m256i big_sigma_1(__m256i x) {
  return exclusive_or(rotate_right<6>(x), rotate_right<11>(x), rotate_right<25>(x));
}
[[gnu::always_inline]] inline __m256i small_sigma_0(__m256i x) {
  return exclusive_or(rotate_right<7>(x), rotate_right<18>(x), _mm256_srli_epi32(x, 3));
}
[[gnu::always_inline]] inline __m256i small_sigma_1(__m256i x) {
  return exclusive_or(rotate_right<17>(x), rotate_right<19>(x), _mm256_srli_epi32(x, 10));
}

/// Eight words of each lane, turned so that each register holds one word of all lanes.
[[gnu::always_inline]] inline void load_words(__m256i* into, const std::byte* const* data,
                                              std::size_t offset) {
  const __m256i big_endian = _mm256_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203,
                                               0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m256i row[lanes], pair[lanes], quad[lanes];
  for (int i = 0; i < lanes; ++i) {
    row[i] = _mm256_shuffle_epi8(
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data[i] + offset)), big_endian);
  }
  for (int i = 0; i < lanes; i += 2) {
    pair[i] = _mm256_unpacklo_epi32(row[i], row[i + 1]);
    pair[i + 1] = _mm256_unpackhi_epi32(row[i], row[i + 1]);
  }
  for (int i = 0; i < lanes; i += 4) {
    quad[i] = _mm256_unpacklo_epi64(pair[i], pair[i + 2]);
    quad[i + 1] = _mm256_unpackhi_epi64(pair[i], pair[i + 2]);
    quad[i + 2] = _mm256_unpacklo_epi64(pair[i + 1], pair[i + 3]);
    quad[i + 3] = _mm256_unpackhi_epi64(pair[i + 1], pair[i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    into[i] = _mm256_permute2x128_si256(quad[i], quad[i + 4], 0x20);
    into[i + 4] = _mm256_permute2x128_si256(quad[i], quad[i + 4], 0x31);
  }
}

/// Round t; `s` holds a..h, its first one moving down by one place with each round.
template <int T>
[[gnu::always_inline]] inline void one_round(__m256i (&s)[8], __m256i input) {
  constexpr auto place = [](int letter) { return (letter - T + 64) % 8; };
  const __m256i e = s[place(4)];
  __m256i& d = s[place(3)];
  __m256i& h = s[place(7)];
  const __m256i a = s[place(0)];
  const __m256i t1 =
      _mm256_add_epi32(_mm256_add_epi32(h, input),
                       _mm256_add_epi32(big_sigma_1(e), choose(e, s[place(5)], s[place(6)])));
  d = _mm256_add_epi32(d, t1);
  h = _mm256_add_epi32(t1, _mm256_add_epi32(big_sigma_0(a), majority(a, s[place(1)], s[place(2)])));
}

template <int T, bool First>
[[gnu::always_inline]] inline void sixteenth(__m256i (&s)[8], __m256i (&w)[16],
                                             const std::uint32_t* constants) {
  if constexpr (!First) {
    w[T] = _mm256_add_epi32(_mm256_add_epi32(w[T], small_sigma_0(w[(T + 1) % 16])),
                            _mm256_add_epi32(w[(T + 9) % 16], small_sigma_1(w[(T + 14) % 16])));
  }
  one_round<T>(s, _mm256_add_epi32(w[T], _mm256_set1_epi32(static_cast<int>(constants[T]))));
  if constexpr (T < 15) { sixteenth<T + 1, First>(s, w, constants); }
}

}  // namespace

void compress_avx2_x8(lane_states& states, const std::byte* const* data, std::size_t blocks) {
  __m256i state[8];
  for (int i = 0; i < 8; ++i) {
    state[i] = _mm256_load_si256(reinterpret_cast<const __m256i*>(states.words[i]));
  }
  for (std::size_t block = 0; block < blocks; ++block) {
    __m256i before[8], schedule[16];
    for (int i = 0; i < 8; ++i) { before[i] = state[i]; }
    load_words(schedule, data, 64 * block);
    load_words(schedule + 8, data, 64 * block + 32);
    sixteenth<0, true>(state, schedule, round_constants);
    for (int t = 16; t < 64; t += 16) { sixteenth<0, false>(state, schedule, round_constants + t); }
    for (int i = 0; i < 8; ++i) { state[i] = _mm256_add_epi32(state[i], before[i]); }
  }
  for (int i = 0; i < 8; ++i) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(states.words[i]), state[i]);
  }
}

}  // namespace sluice::hashing
