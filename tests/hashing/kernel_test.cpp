#include "hashing/kernel.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/base.hpp"
#include "hashing/message_lanes.hpp"
#include "hashing/sha256.hpp"
#include "tests/hashing/forced_kernel.hpp"
#include "tests/hashing/patterned_bytes.hpp"

using namespace sluice;
using namespace sluice::hashing;

namespace {

model::digest hash_alone(std::span<const std::byte> bytes) {
  model::digest made;
  const message only{bytes.data(), bytes.size(), made.bytes.data()};
  hash_messages({&only, 1});
  return made;
}

std::string hex_of_text(std::string_view text) {
  return hash_alone(std::as_bytes(std::span(text))).hex();
}

std::vector<model::digest> hash_together(const std::vector<std::vector<std::byte>>& all) {
  std::vector<model::digest> made(all.size());
  std::vector<message> messages;
  for (std::size_t i = 0; i < all.size(); ++i) {
    messages.push_back({all[i].data(), all[i].size(), made[i].bytes.data()});
  }
  hash_messages(messages);
  return made;
}

}  // namespace

TEST_CASE("each kernel gives the digests of FIPS 180-4's examples") {
  for_each_kernel([] {
    CHECK(hex_of_text("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hex_of_text("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex_of_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(hex_of_text("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                      "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu") ==
          "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    CHECK(hex_of_text(std::string(1'000'000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  });
}

TEST_CASE("each kernel agrees with OpenSSL on every length around its bounds") {
  std::vector<std::vector<std::byte>> all;
  for (std::size_t size = 0; size <= 260; ++size) { all.push_back(patterned_bytes(size, size)); }
  for (std::size_t leaves = 1; leaves <= 3; ++leaves) {
    for (std::size_t size = leaves * limits::leaf_size - 70;
         size <= leaves * limits::leaf_size + 70; ++size) {
      all.push_back(patterned_bytes(size, size));
    }
  }
  for_each_kernel([&all] {
    const auto made = hash_together(all);
    for (std::size_t i = 0; i < all.size(); ++i) { CHECK(made[i] == sha256(all[i])); }
  });
}

TEST_CASE("each kernel reads from every alignment") {
  constexpr std::size_t size = 1000;
  const auto bytes = patterned_bytes(size + 64);
  for_each_kernel([&bytes] {
    std::vector<model::digest> made(64);
    std::vector<message> messages;
    for (std::size_t at = 0; at < 64; ++at) {
      messages.push_back({bytes.data() + at, size, made[at].bytes.data()});
    }
    hash_messages(messages);
    for (std::size_t at = 0; at < 64; ++at) {
      CHECK(made[at] == sha256(std::span(bytes).subspan(at, size)));
    }
  });
}

TEST_CASE("each kernel takes any number of messages, also when their lengths differ") {
  seeded_random random(20260131);
  for_each_kernel([&random] {
    for (std::size_t count = 0; count <= 40; ++count) {
      std::vector<std::vector<std::byte>> all;
      for (std::size_t i = 0; i < count; ++i) {
        all.push_back(patterned_bytes(random() % 3000, i));
      }
      const auto made = hash_together(all);
      for (std::size_t i = 0; i < count; ++i) { CHECK(made[i] == sha256(all[i])); }
    }
  });
}

TEST_CASE("a narrower kernel takes over lanes that a wider one has begun") {
  std::vector<engine> engines{{1, 1, compress_portable_x1}};
#if defined(__x86_64__)
  const auto available = available_kernels();
  const auto can_run = [&available](kernel which) {
    return std::find(available.begin(), available.end(), which) != available.end();
  };
  if (can_run(kernel::shani)) { engines.insert(engines.begin(), {2, 2, compress_shani_x2}); }
  if (can_run(kernel::avx2)) { engines.insert(engines.begin(), {8, 3, compress_avx2_x8}); }
  if (can_run(kernel::avx512)) { engines.insert(engines.begin(), {16, 9, compress_avx512_x16}); }
#endif
  seeded_random random(20260201);
  for (std::size_t count = 1; count <= 40; ++count) {
    std::vector<std::vector<std::byte>> all;
    for (std::size_t i = 0; i < count; ++i) { all.push_back(patterned_bytes(random() % 5000, i)); }
    std::vector<model::digest> made(count);
    std::vector<message> messages;
    for (std::size_t i = 0; i < count; ++i) {
      messages.push_back({all[i].data(), all[i].size(), made[i].bytes.data()});
    }
    hash_messages(messages, engines);
    for (std::size_t i = 0; i < count; ++i) { CHECK(made[i] == sha256(all[i])); }
  }
}

TEST_CASE("a forced kernel is the one in use until it is given back") {
  const kernel automatic = kernel_in_use();
  CHECK(available_kernels().front() == kernel::portable);
  CHECK(available_kernels().back() == automatic);
  for (const kernel each : available_kernels()) {
    CHECK(force(each));
    CHECK(kernel_in_use() == each);
    CHECK(kernel_named(name_of(each)) == each);
  }
  CHECK(force(std::nullopt));
  CHECK(kernel_in_use() == automatic);
  CHECK_FALSE(kernel_named("avx1024"));
}
