#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.hpp"

namespace sluice::hashing {

/// Ed25519 (RFC 8032) by OpenSSL. What is signed, so that a large message is read once and never
/// copied: the context, one zero byte, the 16 bytes of the key's id, the SHA-256 of the message.
using public_key = std::array<std::byte, 32>;
using signature = std::array<std::byte, 64>;

/// A private key in memory; wiped when destroyed.
class signing_key {
public:
  /// From 32 secret bytes (RFC 8032 seed). The caller makes them from the system's random device.
  explicit signing_key(std::span<const std::byte, 32> seed);
  ~signing_key();
  signing_key(const signing_key&) = delete;
  signing_key& operator=(const signing_key&) = delete;

  [[nodiscard]] const public_key& verifier() const noexcept { return public_; }
  /// Signs `context` (a constant naming the purpose, without zero bytes), this key's id, `message`.
  [[nodiscard]] signature sign(std::string_view context, std::span<const std::byte> message) const;

private:
  std::array<std::byte, 32> seed_{};
  public_key public_{};
};

/// The node or key id: the first 16 bytes of SHA-256 over the public key.
model::node_id id_of(const public_key& key);

/// True when one of `keys` (found by `signer`) signed exactly this context and message.
[[nodiscard]] bool verify(std::span<const public_key> keys, const model::node_id& signer,
                          std::string_view context, std::span<const std::byte> message,
                          const signature& given);

inline constexpr std::string_view manifest_context = "sluice manifest v1";

/// The `.sig` file beside a manifest: "sluice-signature 1\n<key id hex>\n<signature hex>\n".
std::string print_signature(const model::node_id& signer, const signature& given);
struct manifest_signature {
  model::node_id signer;
  signature bytes;
};
/// Exactly what `print_signature` prints, else `corrupt`.
result<manifest_signature> parse_signature(std::string_view text);

}  // namespace sluice::hashing
