#include "hashing/sha256.hpp"

#include <utility>

#include <openssl/evp.h>

#include "base/base.hpp"

namespace sluice::hashing {
namespace {

/// Fetched once: a look-up by name costs a microsecond each time.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  SLUICE_CHECK(fetched != nullptr);
  return fetched;
}

}  // namespace

struct sha256_stream::state {
  EVP_MD_CTX* context = EVP_MD_CTX_new();

  state() { start(); }
  ~state() { EVP_MD_CTX_free(context); }
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  void start() const {
    SLUICE_CHECK(context != nullptr && EVP_DigestInit_ex2(context, algorithm(), nullptr) == 1);
  }
};

sha256_stream::sha256_stream() : state_(std::make_unique<state>()) {}
sha256_stream::~sha256_stream() = default;
sha256_stream::sha256_stream(sha256_stream&&) noexcept = default;
sha256_stream& sha256_stream::operator=(sha256_stream&&) noexcept = default;

void sha256_stream::update(std::span<const std::byte> bytes) {
  SLUICE_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

model::digest sha256_stream::finish() {
  model::digest made;
  auto* into = reinterpret_cast<unsigned char*>(made.bytes.data());
  SLUICE_CHECK(EVP_DigestFinal_ex(state_->context, into, nullptr) == 1);
  state_->start();
  return made;
}

model::digest sha256(std::span<const std::byte> bytes) {
  sha256_stream stream;
  stream.update(bytes);
  return stream.finish();
}

}  // namespace sluice::hashing
