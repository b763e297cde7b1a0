#include "hashing/signature.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/base.hpp"
#include "hashing/sha256.hpp"
#include "tests/hashing/patterned_bytes.hpp"

using namespace sluice;
using namespace sluice::hashing;

namespace {

using seed = std::array<std::byte, 32>;

seed seed_of(std::string_view hex) {
  seed made{};
  REQUIRE(from_hex(hex, made));
  return made;
}

const std::string some_seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const std::string other_seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";

}  // namespace

TEST_CASE("a key's public half is that of RFC 8032's examples") {
  CHECK(to_hex(signing_key(seed_of(some_seed)).verifier()) ==
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  CHECK(to_hex(signing_key(seed_of(other_seed)).verifier()) ==
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
}

TEST_CASE("a signature holds for its key, context and message, and for nothing else") {
  const signing_key key(seed_of(some_seed));
  const signing_key other(seed_of(other_seed));
  const auto message = patterned_bytes(100'000);
  const auto given = key.sign(manifest_context, message);
  const std::vector<public_key> keys{other.verifier(), key.verifier()};
  const auto id = id_of(key.verifier());

  CHECK(verify(keys, id, manifest_context, message, given));
  CHECK_FALSE(verify(keys, id, "sluice manifest v2", message, given));
  CHECK_FALSE(verify(keys, id_of(other.verifier()), manifest_context, message, given));
  CHECK_FALSE(verify({}, id, manifest_context, message, given));
  CHECK_FALSE(verify(std::span(keys).first(1), id, manifest_context, message, given));
  auto changed = message;
  changed[99'999] ^= std::byte{1};
  CHECK_FALSE(verify(keys, id, manifest_context, changed, given));
  for (const std::size_t at : {0U, 31U, 32U, 63U}) {
    signature forged = given;
    forged[at] ^= std::byte{1};
    CHECK_FALSE(verify(keys, id, manifest_context, message, forged));
  }
}

TEST_CASE("an empty message can be signed, and a key that is no point verifies nothing") {
  const signing_key key(seed_of(some_seed));
  const auto given = key.sign(manifest_context, {});
  const std::vector<public_key> keys{key.verifier()};
  CHECK(verify(keys, id_of(keys[0]), manifest_context, {}, given));
  public_key nonsense{};
  nonsense.fill(std::byte{0xff});
  const std::vector<public_key> bad{nonsense};
  CHECK_FALSE(verify(bad, id_of(nonsense), manifest_context, {}, given));
}

TEST_CASE("a key's id is the first half of the SHA-256 of its public half") {
  const signing_key key(seed_of(some_seed));
  CHECK(id_of(key.verifier()).text() == sha256(key.verifier()).hex().substr(0, 32));
}

TEST_CASE("what is signed is the context, a zero byte, the key's id and the message's SHA-256") {
  // Computed with RFC 8032's reference arithmetic in Python over exactly these bytes; Ed25519 is
  // deterministic, so this holds for ever or old signatures stop holding.
  const signing_key key(seed_of(some_seed));
  const std::string text = "a manifest\n";
  CHECK(to_hex(key.sign(manifest_context, std::as_bytes(std::span(text)))) ==
        "37f6873ec25effd1b2e7ea68554e4fbf94daba1b42c6be2d81962e6e42ea13f2"
        "d3913303a2c6ede2dc42869c82a85971df3587da109d8cf225b8c8188a231004");
}

TEST_CASE("a signature file survives printing and parsing") {
  const signing_key key(seed_of(some_seed));
  const auto given = key.sign(manifest_context, patterned_bytes(10));
  const auto id = id_of(key.verifier());
  const std::string printed = print_signature(id, given);
  CHECK(printed == "sluice-signature 1\n" + id.text() + "\n" + to_hex(given) + "\n");
  const auto parsed = parse_signature(printed);
  REQUIRE(parsed);
  CHECK(parsed->signer == id);
  CHECK(parsed->bytes == given);
}

TEST_CASE("a signature file that differs in any way is refused") {
  const signing_key key(seed_of(some_seed));
  const std::string good = print_signature(id_of(key.verifier()), key.sign("x", {}));
  REQUIRE(parse_signature(good));
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(parse_signature(good.substr(0, size)));
  }
  CHECK_FALSE(parse_signature(good + "\n"));
  CHECK_FALSE(parse_signature(good + "x"));
  CHECK_FALSE(parse_signature(" " + good));
  std::string windows;
  std::string upper;
  for (const char letter : good) {
    if (letter == '\n') { windows += '\r'; }
    windows += letter;
    upper += letter >= 'a' && letter <= 'f' ? static_cast<char>(letter - 32) : letter;
  }
  CHECK_FALSE(parse_signature(windows));
  CHECK_FALSE(parse_signature(upper));
  const auto refused = parse_signature("sluice-signature 2\n" + good.substr(19));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::corrupt);
  seeded_random random(3);
  for (int i = 0; i < 2000; ++i) {
    std::string bent = good;
    bent[random() % bent.size()] = static_cast<char>(random() % 256);
    const auto parsed = parse_signature(bent);
    if (parsed) { CHECK(print_signature(parsed->signer, parsed->bytes) == bent); }
  }
}
