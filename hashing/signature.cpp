#include "hashing/signature.hpp"

#include <algorithm>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/base.hpp"
#include "hashing/sha256.hpp"

namespace sluice::hashing {
namespace {

struct key_deleter {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
struct context_deleter {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using key_pointer = std::unique_ptr<EVP_PKEY, key_deleter>;
using context_pointer = std::unique_ptr<EVP_MD_CTX, context_deleter>;

const unsigned char* raw(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}
unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

key_pointer private_key_of(std::span<const std::byte, 32> seed) {
  key_pointer key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, raw(seed.data()), seed.size()));
  SLUICE_CHECK(key != nullptr);
  return key;
}

context_pointer new_context() {
  context_pointer context(EVP_MD_CTX_new());
  SLUICE_CHECK(context != nullptr);
  return context;
}

/// What Ed25519 sees; see signature.hpp.
std::vector<std::byte> statement(std::string_view context, const model::node_id& signer,
                                 std::span<const std::byte> message) {
  SLUICE_CHECK(context.find('\0') == std::string_view::npos);
  const auto words = std::as_bytes(std::span(context));
  const model::digest hash = sha256(message);
  std::vector<std::byte> said(words.begin(), words.end());
  said.push_back(std::byte{0});
  said.insert(said.end(), signer.bytes.begin(), signer.bytes.end());
  said.insert(said.end(), hash.bytes.begin(), hash.bytes.end());
  return said;
}

/// The part of `text` up to its next line feed, which is removed as well; nothing without one.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) { return std::nullopt; }
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

constexpr std::string_view file_head = "sluice-signature 1";

}  // namespace

signing_key::signing_key(std::span<const std::byte, 32> seed) {
  std::copy(seed.begin(), seed.end(), seed_.begin());
  const key_pointer key = private_key_of(seed_);
  std::size_t size = public_.size();
  SLUICE_CHECK(EVP_PKEY_get_raw_public_key(key.get(), raw(public_.data()), &size) == 1);
  SLUICE_CHECK(size == public_.size());
}

signing_key::~signing_key() { OPENSSL_cleanse(seed_.data(), seed_.size()); }

signature signing_key::sign(std::string_view context, std::span<const std::byte> message) const {
  const std::vector<std::byte> said = statement(context, id_of(public_), message);
  const key_pointer key = private_key_of(seed_);
  const context_pointer signer = new_context();
  SLUICE_CHECK(EVP_DigestSignInit(signer.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  signature made{};
  std::size_t size = made.size();
  SLUICE_CHECK(
      EVP_DigestSign(signer.get(), raw(made.data()), &size, raw(said.data()), said.size()) == 1);
  SLUICE_CHECK(size == made.size());
  return made;
}

model::node_id id_of(const public_key& key) {
  const model::digest hash = sha256(key);
  model::node_id id;
  std::copy_n(hash.bytes.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

bool verify(std::span<const public_key> keys, const model::node_id& signer,
            std::string_view context, std::span<const std::byte> message, const signature& given) {
  const auto found = std::find_if(
      keys.begin(), keys.end(), [&signer](const public_key& key) { return id_of(key) == signer; });
  if (found == keys.end()) { return false; }
  const key_pointer key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(found->data()), found->size()));
  if (key == nullptr) { return false; }
  const std::vector<std::byte> said = statement(context, signer, message);
  const context_pointer verifier = new_context();
  SLUICE_CHECK(EVP_DigestVerifyInit(verifier.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  return EVP_DigestVerify(verifier.get(), raw(given.data()), given.size(), raw(said.data()),
                          said.size()) == 1;
}

std::string print_signature(const model::node_id& signer, const signature& given) {
  return format("{}\n{}\n{}\n", file_head, to_hex(signer.bytes), to_hex(given));
}

result<manifest_signature> parse_signature(std::string_view text) {
  const auto refused = [](std::string_view why) {
    return error{errc::corrupt, 0, format("read a signature file: {}", why)};
  };
  const auto head = take_line(text);
  if (!head || *head != file_head) {
    return refused("its first line is not \"sluice-signature 1\"");
  }
  manifest_signature made{};
  const auto signer = take_line(text);
  if (!signer || !from_hex(*signer, made.signer.bytes)) {
    return refused("its second line is not a key id of 32 hex digits");
  }
  const auto bytes = take_line(text);
  if (!bytes || !from_hex(*bytes, made.bytes)) {
    return refused("its third line is not a signature of 128 hex digits");
  }
  if (!text.empty()) { return refused("something follows its third line"); }
  return made;
}

}  // namespace sluice::hashing
