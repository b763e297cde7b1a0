#include "hashing/message_lanes.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/base.hpp"

namespace sluice::hashing {
namespace {

constexpr std::size_t block_size = 64;

/// The last partial block of a message, a one bit, zeros and the length in bits (FIPS
/// 180-4, 5.1.1).
struct padded_tail {
  std::array<std::byte, 2 * block_size> bytes;
  std::size_t blocks = 0;

  void fill(const std::byte* rest, std::size_t rest_size, std::size_t message_size) {
    blocks = rest_size + 9 <= block_size ? 1 : 2;
    bytes.fill(std::byte{0});
    if (rest_size > 0) { std::memcpy(bytes.data(), rest, rest_size); }
    bytes[rest_size] = std::byte{0x80};
    const std::uint64_t bits = std::uint64_t{message_size} * 8;
    for (std::size_t i = 0; i < 8; ++i) {
      bytes[blocks * block_size - 1 - i] = static_cast<std::byte>(bits >> (8 * i));
    }
  }
};

/// A message that is being hashed: first its whole blocks in place, then its padded tail.
struct lane {
  const std::byte* next = nullptr;
  std::size_t blocks = 0;  // until the whole blocks, or the tail, are done
  bool in_tail = false;
  std::size_t tail = 0;  // which of the tails is its own
  message given;
};

/// The lanes in use are always the first ones.
class lane_set {
public:
  lane_set(std::span<const message> messages, std::span<const engine> engines)
      : pending_(messages), engines_(engines) {
    for (std::size_t i = 0; i < lanes_max; ++i) { lanes_[i].tail = i; }
  }

  void run() {
    while (true) {
      while (used_ < engines_.front().lanes && !pending_.empty()) { start(); }
      if (used_ == 0) { return; }
      advance(engine_for(used_));
    }
  }

private:
  void start() {
    lane& fresh = lanes_[used_];
    fresh.given = pending_.front();
    pending_ = pending_.subspan(1);
    fresh.next = fresh.given.data;
    fresh.blocks = fresh.given.size / block_size;
    fresh.in_tail = false;
    for (std::size_t word = 0; word < 8; ++word) {
      states_.words[word][used_] = initial_state[word];
    }
    if (fresh.blocks == 0) { enter_tail(fresh); }
    ++used_;
  }

  void enter_tail(lane& which) {
    const std::size_t rest = which.given.size % block_size;
    padded_tail& tail = tails_[which.tail];
    tail.fill(which.given.data + (which.given.size - rest), rest, which.given.size);
    which.next = tail.bytes.data();
    which.blocks = tail.blocks;
    which.in_tail = true;
  }

  [[nodiscard]] const engine& engine_for(std::size_t used) const {
    const auto found = std::find_if(engines_.begin(), engines_.end(),
                                    [used](const engine& each) { return used >= each.worth_from; });
    SLUICE_CHECK(found != engines_.end());
    return *found;
  }

  /// All lanes of the engine take as many blocks as the shortest of them has.
  void advance(const engine& with) {
    const std::size_t served = std::min(used_, with.lanes);
    std::size_t blocks = lanes_[0].blocks;
    for (std::size_t i = 1; i < served; ++i) { blocks = std::min(blocks, lanes_[i].blocks); }
    std::array<const std::byte*, lanes_max> data;
    data.fill(lanes_[0].next);  // what idle lanes read; nobody looks at their result
    for (std::size_t i = 0; i < served; ++i) { data[i] = lanes_[i].next; }
    with.compress(states_, data.data(), blocks);
    for (std::size_t i = served; i-- > 0;) { took(i, blocks); }
  }

  void took(std::size_t index, std::size_t blocks) {
    lane& which = lanes_[index];
    which.next += blocks * block_size;
    which.blocks -= blocks;
    if (which.blocks > 0) { return; }
    if (!which.in_tail) { return enter_tail(which); }
    finish(index);
  }

  void finish(std::size_t index) {
    std::byte* digest = lanes_[index].given.digest;
    for (std::size_t word = 0; word < 8; ++word) {
      const std::uint32_t value = states_.words[word][index];
      for (std::size_t i = 0; i < 4; ++i) {
        digest[4 * word + i] = static_cast<std::byte>(value >> (24 - 8 * i));
      }
    }
    --used_;
    std::swap(lanes_[index], lanes_[used_]);
    for (auto& word : states_.words) { word[index] = word[used_]; }
  }

  std::span<const message> pending_;
  std::span<const engine> engines_;
  lane_states states_{};
  std::array<lane, lanes_max> lanes_;
  std::array<padded_tail, lanes_max> tails_;
  std::size_t used_ = 0;
};

}  // namespace

void hash_messages(std::span<const message> messages, std::span<const engine> engines) {
  lane_set(messages, engines).run();
}

}  // namespace sluice::hashing
