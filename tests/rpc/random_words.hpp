#pragma once

#include <optional>
#include <random>

#include "rpc/rpc.hpp"

/// What values are made of, from a seed.
namespace sluice::rpc {

class random_words {
public:
  explicit random_words(std::uint64_t seed) : word_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return word_() % bound; }
  bool coin() { return below(2) == 0; }
  std::uint32_t small() { return static_cast<std::uint32_t>(below(1U << 31)); }
  std::uint64_t large() { return word_() >> 1; }
  model::byte_count bytes() { return model::byte_count{large()}; }
  std::string text() {
    static constexpr std::string_view letters = "abc DEF/0-9.%\n\t\x01\xc3\xa4";
    std::string made;
    for (auto left = below(40); left > 0; --left) { made += letters[below(letters.size())]; }
    return made;
  }
  template <typename Id>
  Id id() {
    return Id::make([this] { return word_(); });
  }
  model::digest digest() {
    model::digest made;
    for (auto& byte : made.bytes) { byte = static_cast<std::byte>(below(256)); }
    return made;
  }
  model::package_id package() {
    return {.site = {{'P', 'K', static_cast<char>('A' + below(26))}},
            .number = static_cast<std::uint32_t>(below(0x100000))};
  }
  model::content_id content() { return {.package = package(), .version = 1 + small() / 2}; }
  model::calendar_time time() {
    return model::calendar_time{std::chrono::milliseconds{below(4'000'000'000'000)}};
  }
  template <typename Make>
  auto maybe(Make make) -> std::optional<decltype(make())> {
    if (coin()) { return make(); }
    return std::nullopt;
  }
  template <typename Make>
  auto list(Make make, std::uint64_t most = 4) -> std::vector<decltype(make())> {
    std::vector<decltype(make())> made(below(most + 1));
    for (auto& one : made) { one = make(); }
    return made;
  }
  template <typename Enum>
  Enum one_of(std::initializer_list<Enum> all) {
    return all.begin()[below(all.size())];
  }

private:
  std::mt19937_64 word_;
};

}  // namespace sluice::rpc
