#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "model/model.hpp"

namespace sluice::hashing {

/// Flat SHA-256 (FIPS 180-4) by OpenSSL: manifests, keys.
model::digest sha256(std::span<const std::byte> bytes);

/// The same as a stream. Threads: one at a time.
class sha256_stream {
public:
  sha256_stream();
  ~sha256_stream();
  sha256_stream(sha256_stream&&) noexcept;
  sha256_stream& operator=(sha256_stream&&) noexcept;
  void update(std::span<const std::byte> bytes);
  model::digest finish();

private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace sluice::hashing
