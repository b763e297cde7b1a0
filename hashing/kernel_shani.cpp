#include <immintrin.h>

#include "hashing/lane_kernel.hpp"

// The processor's own SHA-256 instructions. They wait for each other within one message: two
// messages at a time fill the gaps. Layout and order as in Intel's "New Instructions Supporting the
// Secure Hash Algorithm" (2013).
namespace sluice::hashing {
namespace {

/// The chaining value as the instructions want it: words a b e f and c d g h, first word on top.
struct sha_state {
  __m128i abef;
  __m128i cdgh;
};

[[gnu::always_inline]] inline __m128i words(const lane_states& states, int lane, int w3, int w2,
                                            int w1, int w0) {
  const auto word = [&](int which) { return static_cast<int>(states.words[which][lane]); };
  return _mm_set_epi32(word(w3), word(w2), word(w1), word(w0));
}

[[gnu::always_inline]] inline void store(lane_states& states, int lane, __m128i value, int w3,
                                         int w2, int w1, int w0) {
  states.words[w3][lane] = static_cast<std::uint32_t>(_mm_extract_epi32(value, 3));
  states.words[w2][lane] = static_cast<std::uint32_t>(_mm_extract_epi32(value, 2));
  states.words[w1][lane] = static_cast<std::uint32_t>(_mm_extract_epi32(value, 1));
  states.words[w0][lane] = static_cast<std::uint32_t>(_mm_extract_epi32(value, 0));
}

[[gnu::always_inline]] inline __m128i load_words(const std::byte* at) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)), big_endian);
}

/// Words 4t..4t+3 of the message schedule from the sixteen before them.
[[gnu::always_inline]] inline __m128i next_words(__m128i before4, __m128i before3, __m128i before2,
                                                 __m128i before1) {
  const __m128i seventh = _mm_alignr_epi8(before1, before2, 4);
  const __m128i partial = _mm_add_epi32(_mm_sha256msg1_epu32(before4, before3), seventh);
  return _mm_sha256msg2_epu32(partial, before1);
}

template <int Streams>
[[gnu::always_inline]] inline void compress_block(sha_state (&state)[Streams],
                                                  const std::byte* const (&block)[Streams]) {
  __m128i schedule[Streams][4];
  sha_state before[Streams];
  for (int s = 0; s < Streams; ++s) { before[s] = state[s]; }
#pragma GCC unroll 16
  for (int t = 0; t < 16; ++t) {
    const __m128i constants =
        _mm_load_si128(reinterpret_cast<const __m128i*>(&round_constants[4 * t]));
#pragma GCC unroll 2
    for (int s = 0; s < Streams; ++s) {
      __m128i(&w)[4] = schedule[s];
      w[t % 4] = t < 4 ? load_words(block[s] + 16 * t)
                       : next_words(w[t % 4], w[(t + 1) % 4], w[(t + 2) % 4], w[(t + 3) % 4]);
      const __m128i input = _mm_add_epi32(w[t % 4], constants);
      state[s].cdgh = _mm_sha256rnds2_epu32(state[s].cdgh, state[s].abef, input);
      state[s].abef =
          _mm_sha256rnds2_epu32(state[s].abef, state[s].cdgh, _mm_shuffle_epi32(input, 0x0e));
    }
  }
  for (int s = 0; s < Streams; ++s) {
    state[s].abef = _mm_add_epi32(state[s].abef, before[s].abef);
    state[s].cdgh = _mm_add_epi32(state[s].cdgh, before[s].cdgh);
  }
}

template <int Streams>
[[gnu::always_inline]] inline void compress(lane_states& states, const std::byte* const* data,
                                            std::size_t blocks) {
  sha_state state[Streams];
  const std::byte* block[Streams];
  for (int s = 0; s < Streams; ++s) {
    state[s] = {words(states, s, 0, 1, 4, 5), words(states, s, 2, 3, 6, 7)};
    block[s] = data[s];
  }
  for (std::size_t i = 0; i < blocks; ++i) {
    compress_block<Streams>(state, block);
    for (int s = 0; s < Streams; ++s) { block[s] += 64; }
  }
  for (int s = 0; s < Streams; ++s) {
    store(states, s, state[s].abef, 0, 1, 4, 5);
    store(states, s, state[s].cdgh, 2, 3, 6, 7);
  }
}

}  // namespace

void compress_shani_x1(lane_states& states, const std::byte* const* data, std::size_t blocks) {
  compress<1>(states, data, blocks);
}

void compress_shani_x2(lane_states& states, const std::byte* const* data, std::size_t blocks) {
  compress<2>(states, data, blocks);
}

}  // namespace sluice::hashing
