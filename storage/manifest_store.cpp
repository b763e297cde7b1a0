// Manifests on their way in: staged, checked, and found again.
#include <array>

#include "storage/library_layout.hpp"
#include "storage/library_state.hpp"

namespace sluice::storage {

namespace {

struct check_request {
  model::content_id content;
  model::digest hash;
  model::byte_count size{};
  std::string signature;
};

error refusal(const check_request& asked, errc code, std::string_view why) {
  return error{code, 0, format("verify the manifest of {}: {}", asked.content.text(), why)};
}

result<content_facts> parse(const check_request& asked, std::string_view text) {
  model::manifest_parser parser;
  std::vector<model::manifest_entry> entries;
  content_facts facts;
  while (!text.empty()) {
    const std::string_view chunk = text.substr(0, 256 * limits::kib);
    text.remove_prefix(chunk.size());
    const auto fed = parser.feed(chunk, entries);
    if (!fed) { return refusal(asked, errc::invalid, fed.error().doing); }
    for (const model::manifest_entry& entry : entries) {
      if (!entry.is_file()) { continue; }
      if (model::raw(entry.file.size) == 0) {
        ++facts.empty_files;
      } else {
        facts.pieces += std::max<std::uint64_t>(1, hashing::piece_count(entry.file.size));
      }
    }
    entries.clear();
  }
  const auto finished = parser.finish();
  if (!finished) { return refusal(asked, errc::invalid, finished.error().doing); }
  if (parser.header().content != asked.content) {
    return refusal(asked, errc::invalid,
                   format("it is that of {}", parser.header().content.text()));
  }
  facts.files = parser.header().files;
  facts.bytes = parser.header().bytes;
  return facts;
}

/// Runs on a worker.
result<content_facts> check(const check_request& asked, const std::string& text,
                            const std::vector<hashing::public_key>& keys) {
  if (text.size() != model::raw(asked.size)) {
    return refusal(
        asked, errc::corrupt,
        format("it has {} bytes, the site said {}", text.size(), model::raw(asked.size)));
  }
  const auto bytes = std::as_bytes(std::span(text));
  if (hashing::sha256(bytes) != asked.hash) {
    return refusal(asked, errc::corrupt, "its hash is not what the site said");
  }
  const auto given = hashing::parse_signature(asked.signature);
  if (!given) { return refusal(asked, errc::corrupt, given.error().doing); }
  if (!hashing::verify(keys, given->signer, hashing::manifest_context, bytes, given->bytes)) {
    return refusal(asked, errc::corrupt, "it is not signed by a key of the site");
  }
  return parse(asked, text);
}

io::task<result<content_facts>> read_and_check(library_state& library, std::string path,
                                               check_request asked) {
  co_await library.manifest_memory.acquire();
  auto text = co_await library.root.read_whole(path, limits::manifest_bytes_max);
  result<content_facts> facts = error{};
  if (text) {
    const std::vector<hashing::public_key> keys = library.given.site_keys;
    co_await library.workers.run(library.ring, [&] { facts = check(asked, *text, keys); });
  } else if (text.error().code == errc::limit_reached) {
    facts = refusal(asked, errc::corrupt, "it is longer than a manifest may be");
  } else {
    facts = text.error();
  }
  library.manifest_memory.release();
  co_return facts;
}

/// A manifest with the signature that lies beside it.
io::task<result<content_facts>> check_pair(library_state& library, std::string manifest,
                                           std::string signature, check_request asked) {
  auto text = co_await library.root.read_whole(signature, limits::kib);
  if (!text) { co_return text.error(); }
  asked.signature = std::move(*text);
  auto facts = co_await read_and_check(library, std::move(manifest), std::move(asked));
  co_return facts;
}

}  // namespace

io::task<void> remove_staged_manifest(library_state& library, model::content_id content) {
  const std::array<std::string, 2> paths{staging_manifest_path(content),
                                         staging_signature_path(content)};
  for (const std::string& path : paths) {
    auto removed = co_await library.root.remove_file(path);
    if (!removed && removed.error().code != errc::not_found) {
      log::warning("storage", describe(removed.error()));
    }
  }
}

result<std::string> manifest_place(const library_state& library, const model::content_id& content) {
  const auto found = library.manifests.find(content);
  if (found != library.manifests.end() && found->second.staged) {
    return staging_manifest_path(content);
  }
  if (found != library.manifests.end() || library.catalogue->find(content)) {
    return manifest_path(content);
  }
  return error{
      errc::not_found, 0,
      format("find the manifest of {}: it is neither committed nor verified", content.text())};
}

io::task<result<std::string>> read_manifest(library_state& library, model::content_id content) {
  auto path = manifest_place(library, content);
  if (!path) { co_return path; }
  auto text = co_await library.root.read_whole(*path, limits::manifest_bytes_max);
  co_return text;
}

void content_library::trust(std::vector<hashing::public_key> site_keys) {
  state_->given.site_keys = std::move(site_keys);
}

io::task<result<io::file>> content_library::stage_manifest(model::content_id content) {
  const auto known = state_->manifests.find(content);
  if (known != state_->manifests.end() && known->second.staged) {
    state_->manifests.erase(known);  // about to be overwritten
  }
  // The old one's readers keep their bytes: a new file takes its name.
  co_await remove_staged_manifest(*state_, content);
  auto opened = co_await state_->root.open_file(
      staging_manifest_path(content),
      {.access = io::access_mode::read_write, .create = true, .truncate = true});
  co_return opened;
}

io::task<result<content_facts>> content_library::verify_manifest(model::content_id content,
                                                                 model::digest hash,
                                                                 model::byte_count size,
                                                                 std::string signature) {
  check_request asked{content, hash, size, signature};
  auto facts = co_await read_and_check(*state_, staging_manifest_path(content), std::move(asked));
  if (!facts) {
    const errc code = facts.error().code;
    if (code == errc::corrupt || code == errc::invalid) {
      co_await remove_staged_manifest(*state_, content);
    }
    co_return facts;
  }
  auto kept = co_await state_->root.write_whole(staging_signature_path(content), signature);
  if (!kept) { co_return kept.error(); }
  state_->manifests[content] = {hash, size, *facts, true};
  co_return facts;
}

io::task<result<content_facts>> content_library::recheck_manifest(model::content_id content,
                                                                  model::digest hash,
                                                                  model::byte_count size) {
  const check_request asked{content, hash, size, {}};
  auto staged = co_await check_pair(*state_, staging_manifest_path(content),
                                    staging_signature_path(content), asked);
  if (staged) {
    state_->manifests[content] = {hash, size, *staged, true};
    co_return staged;
  }
  if (staged.error().code == errc::corrupt) {
    // It would be refused again.
    co_await remove_staged_manifest(*state_, content);
  }
  auto committed =
      co_await check_pair(*state_, manifest_path(content), signature_path(content), asked);
  if (committed) { state_->manifests[content] = {hash, size, *committed, false}; }
  const auto entry = state_->catalogue->find(content);
  const bool promised = entry && entry->manifest_hash == hash;
  if (!committed && committed.error().code == errc::corrupt && !promised) {
    co_return error{errc::not_found, 0, committed.error().doing};  // another manifest's time
  }
  co_return committed;
}

}  // namespace sluice::storage
