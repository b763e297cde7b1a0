#include "tests/storage/library_home.hpp"

namespace sluice::storage {

namespace {

result<content_facts> recheck(library_home& home, const made_content& made) {
  return home.block([&] {
    return home.library().recheck_manifest(made.content, made.hash,
                                           model::byte_count{made.manifest.size()});
  });
}

TEST_CASE("a manifest with one flipped bit is refused, blamed on the source, and removed") {
  library_home home;
  const auto right = make_content(home, "PKG00001.1", {{"f", patterned(10)}});
  for (std::size_t at = 0; at < right.manifest.size(); at += 7) {
    made_content wrong = right;
    wrong.manifest[at] = static_cast<char>(wrong.manifest[at] ^ 4);
    const auto facts = give_manifest(home, wrong);
    REQUIRE_FALSE(facts.ok());
    CHECK(facts.error().code == errc::corrupt);
    CHECK_FALSE(home.has(staging_manifest_path(right.content)));
  }
  CHECK(give_manifest(home, right).ok());
}

TEST_CASE("a manifest is believed only with a signature of the site") {
  library_home home;
  const auto right = make_content(home, "PKG00001.1", {{"f", patterned(10)}});
  made_content wrong = right;
  wrong.signature[wrong.signature.size() - 5] ^= 1;
  CHECK(give_manifest(home, wrong).error().code == errc::corrupt);
  wrong.signature = make_content(home, "PKG00001.2", {{"f", patterned(10)}}).signature;
  CHECK(give_manifest(home, wrong).error().code == errc::corrupt);
  wrong.signature.clear();
  CHECK(give_manifest(home, wrong).error().code == errc::corrupt);

  const std::vector<hashing::public_key> none;
  home.library().trust(none);
  CHECK(give_manifest(home, right).error().code == errc::corrupt);
  home.library().trust({home.key().verifier()});
  CHECK(give_manifest(home, right).ok());
}

TEST_CASE("a manifest that is signed but is none, or another content's, is the site's fault") {
  library_home home;
  const auto other = make_content(home, "PKG00001.1", {{"f", patterned(10)}});
  made_content wrong = other;
  wrong.content = *model::content_id::parse("PKG00001.2");
  CHECK(give_manifest(home, wrong).error().code == errc::invalid);

  wrong = other;
  wrong.manifest += "f 1 nonsense\n";
  const auto message = std::as_bytes(std::span(wrong.manifest));
  wrong.hash = hashing::sha256(message);
  wrong.signature = hashing::print_signature(hashing::id_of(home.key().verifier()),
                                             home.key().sign(hashing::manifest_context, message));
  CHECK(give_manifest(home, wrong).error().code == errc::invalid);
}

TEST_CASE("a staged manifest is checked again after a restart, and then usable") {
  library_home home;
  const auto made = make_content(home, "PKG00001.1", {{"f", patterned(10)}});
  CHECK(recheck(home, made).error().code == errc::not_found);
  REQUIRE(give_manifest(home, made).ok());
  home.reopen();
  const auto ask = [&] { return home.library().missing({.content = made.content}); };
  CHECK(home.block(ask).error().code == errc::not_found);
  const auto facts = recheck(home, made);
  REQUIRE(facts.ok());
  CHECK(facts->files == 1);
  CHECK(home.block(ask)->files.size() == 1);

  made_content newer = make_content(home, "PKG00001.1", {{"f", patterned(11)}});
  CHECK(recheck(home, newer).error().code == errc::not_found);
  CHECK_FALSE(home.has(staging_manifest_path(made.content)));
}

TEST_CASE("a committed manifest is checked again as well") {
  library_home home;
  const auto made = make_content(home, "PKG00001.1", {{"f", patterned(10)}});
  REQUIRE(install(home, made, library_user::site).ok());
  home.reopen();
  CHECK(recheck(home, made).ok());
  std::string text = read_text(home.path("datalib/PKG00001.1"));
  text[30] ^= 1;
  write_text(home.path("datalib/PKG00001.1"), text);
  CHECK(recheck(home, made).error().code == errc::corrupt);
}

TEST_CASE("another manifest of a committed content is a conflict") {
  library_home home;
  REQUIRE(
      install(home, make_content(home, "PKG00001.1", {{"f", patterned(10)}}), library_user::site)
          .ok());
  const auto other = make_content(home, "PKG00001.1", {{"f", patterned(20)}});
  CHECK(install(home, other, library_user::site).error().code == errc::conflict);
}

}  // namespace

}  // namespace sluice::storage
