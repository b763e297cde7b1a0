#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "base/base.hpp"

namespace sluice::apps {

/// The 32 secret bytes of an Ed25519 key (RFC 8032 seed).
using key_seed = std::array<std::byte, 32>;

/// Reads a key file, or makes one (0600, durable) at the first start. Format: "sluice-key 1\n",
/// 64 hex digits, "\n". `corrupt` when it is anything else, or when it is missing though `used_by`
/// (the database that belongs to it) exists: a new key would be a new identity.
result<key_seed> load_or_make_key(const std::string& path, const std::string& used_by,
                                  const random_source& random);

}  // namespace sluice::apps
