#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/base.hpp"

namespace sluice::model {

/// A number of bytes. Distinct, so that it cannot be passed as a count of something else.
enum class byte_count : std::uint64_t {};
constexpr std::uint64_t raw(byte_count count) noexcept { return static_cast<std::uint64_t>(count); }

/// What the kernel's file offsets can express; no file and no sum of sizes is larger.
inline constexpr std::uint64_t file_size_max = std::numeric_limits<std::int64_t>::max();

/// A SHA-256 value: the root of a file's tree (BEP 52) or the flat hash of a manifest.
struct digest {
  std::array<std::byte, 32> bytes{};

  auto operator<=>(const digest&) const = default;
  [[nodiscard]] std::string hex() const { return to_hex(bytes); }
  static result<digest> parse(std::string_view hex);
};

/// The name of a file's bytes, everywhere: tree root and size (the size because a tree has no
/// domain separation). Text form: "<64 hex>.<decimal size>".
struct file_id {
  model::digest digest;
  byte_count size{};

  auto operator<=>(const file_id&) const = default;
  [[nodiscard]] std::string text() const;
  static result<file_id> parse(std::string_view text);
};

/// Three-character site code (upper-case letters and digits).
struct site_code {
  std::array<char, 3> letters{'-', '-', '-'};

  auto operator<=>(const site_code&) const = default;
  [[nodiscard]] std::string text() const { return {letters.begin(), letters.end()}; }
  static result<site_code> parse(std::string_view text);
};

/// A PackageID: a site code and five upper-case hex digits, "PKG00012".
struct package_id {
  site_code site;
  std::uint32_t number = 0;  ///< 0 .. 0xFFFFF

  auto operator<=>(const package_id&) const = default;
  [[nodiscard]] std::string text() const;
  static result<package_id> parse(std::string_view text);
};

/// One version of a package, "PKG00012.3". Versions start at 1.
struct content_id {
  package_id package;
  std::uint32_t version = 0;

  auto operator<=>(const content_id&) const = default;
  [[nodiscard]] std::string text() const;
  static result<content_id> parse(std::string_view text);
};

/// 128 random bits with a distinct type per meaning; text form 32 hex digits.
template <typename Tag>
struct random_id {
  std::array<std::byte, 16> bytes{};

  auto operator<=>(const random_id&) const = default;
  [[nodiscard]] std::string text() const { return to_hex(bytes); }
  static std::optional<random_id> parse(std::string_view text) {
    random_id made;
    if (!from_hex(text, made.bytes)) { return std::nullopt; }
    return made;
  }
  static random_id make(const random_source& random) {
    random_id made;
    for (std::size_t i = 0; i < made.bytes.size(); i += 8) {
      const std::uint64_t word = random();
      for (std::size_t j = 0; j < 8; ++j) {
        made.bytes[i + j] = static_cast<std::byte>(word >> (8 * j));
      }
    }
    return made;
  }
};

/// One distribution of one content to one distribution point; made by the site.
using job_id = random_id<struct job_tag>;
/// One life of a node database; a new one when it is made anew.
using epoch_id = random_id<struct epoch_tag>;
/// One content validation of one or more distribution points; made by the site.
using cycle_id = random_id<struct cycle_tag>;
/// A node is its key: the first half of the SHA-256 of its public key.
using node_id = random_id<struct node_tag>;

}  // namespace sluice::model

template <>
struct std::hash<sluice::model::digest> {
  std::size_t operator()(const sluice::model::digest& value) const noexcept {
    std::size_t word = 0;  // already uniformly distributed: any eight bytes do
    for (std::size_t i = 0; i < sizeof word; ++i) {
      word |= std::to_integer<std::size_t>(value.bytes[i]) << (8 * i);
    }
    return word;
  }
};

template <>
struct std::hash<sluice::model::file_id> {
  std::size_t operator()(const sluice::model::file_id& value) const noexcept {
    return std::hash<sluice::model::digest>{}(value.digest) ^ sluice::model::raw(value.size);
  }
};
