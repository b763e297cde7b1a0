#include "storage/snapshot.hpp"

#include "storage/library_layout.hpp"
#include "storage/source_store.hpp"

namespace sluice::storage {

namespace {

struct signed_manifest {
  std::string text;
  std::size_t header_bytes = 0;
  std::string signature;
  model::digest hash;
};

/// Header, then entries as they are sorted. `invalid` when it would be longer than may be.
result<signed_manifest> make_manifest(const snapshot_request& asked, const source_tree& tree) {
  model::manifest_header header;
  header.content = asked.content;
  header.entries = static_cast<std::uint32_t>(tree.entries.size());
  std::uint64_t bytes = 0;
  std::string lines;
  for (const model::manifest_entry& entry : tree.entries) {
    if (entry.is_file()) {
      ++header.files;
      bytes += model::raw(entry.file.size);
    }
    lines += model::manifest_printer::print_entry(entry);
  }
  header.bytes = model::byte_count{bytes};
  signed_manifest made;
  made.text = model::manifest_printer::print_header(header);
  made.header_bytes = made.text.size();
  made.text += lines;
  if (made.text.size() > limits::manifest_bytes_max) {
    return error{errc::invalid, 0,
                 format("take a snapshot: its manifest would have {} bytes, {} are allowed",
                        made.text.size(), limits::manifest_bytes_max)};
  }
  const auto message = std::as_bytes(std::span(made.text));
  made.hash = hashing::sha256(message);
  made.signature =
      hashing::print_signature(hashing::id_of(asked.site_key->verifier()),
                               asked.site_key->sign(hashing::manifest_context, message));
  return made;
}

/// What follows the header.
std::string_view entries_of(std::string_view manifest) {
  const std::size_t last_line = manifest.find("\nbytes ");
  const std::size_t end = manifest.find('\n', last_line + 1);
  const bool whole = last_line != std::string_view::npos && end != std::string_view::npos;
  return whole ? manifest.substr(end + 1) : std::string_view("no manifest");
}

/// Whether a committed content has the entries of this manifest.
io::task<result<bool>> has_entries(library_state& library, model::content_id content,
                                   const signed_manifest& manifest) {
  co_await library.manifest_memory.acquire();
  auto text = co_await library.root.read_whole(manifest_path(content), limits::manifest_bytes_max);
  const bool same =
      text && entries_of(*text) == std::string_view(manifest.text).substr(manifest.header_bytes);
  library.manifest_memory.release();
  if (!text) { co_return result<bool>(text.error()); }
  co_return same;
}

std::uint64_t bytes_of(const std::vector<model::file_id>& files) {
  std::uint64_t sum = 0;
  for (const model::file_id& file : files) { sum += model::raw(file.size); }
  return sum;
}

io::task<result<content_facts>> publish(content_library& library, model::content_id content,
                                        const signed_manifest& manifest) {
  auto staged = co_await library.stage_manifest(content);
  if (!staged) { co_return staged.error(); }
  auto written = co_await staged->write(std::as_bytes(std::span(manifest.text)), 0);
  co_await staged->close();
  if (!written) { co_return written.error(); }
  auto facts = co_await library.verify_manifest(
      content, manifest.hash, model::byte_count{manifest.text.size()}, manifest.signature);
  if (!facts) { co_return facts; }
  auto committed = co_await library.commit_content(content, library_user::site);
  if (!committed) { co_return committed.error(); }
  co_return facts;
}

io::task<result<snapshot_outcome>> store_and_publish(source_store& store,
                                                     const snapshot_request& asked) {
  co_await store_files(store);
  if (store.failed) { co_return *store.failed; }
  if (!store.tree.refused.none()) {
    co_return error{errc::invalid, 0,
                    format("make a package of '{}': {}", escaped(asked.source_path),
                           store.tree.refused.text())};
  }
  signed_manifest manifest;
  result<void> made;
  co_await store.library.workers.run(store.library.ring, [&] {
    auto printed = make_manifest(asked, store.tree);
    if (!printed) {
      made = printed.error();
    } else {
      manifest = std::move(*printed);
    }
  });
  if (!made) { co_return made.error(); }
  snapshot_outcome outcome;
  if (asked.unless_same_as) {
    auto same = co_await has_entries(store.library, *asked.unless_same_as, manifest);
    if (!same) { co_return same.error(); }
    outcome.same = *same;
    if (outcome.same) { co_return outcome; }
  }
  auto facts = co_await publish(store.whole, asked.content, manifest);
  if (!facts) { co_return facts.error(); }
  outcome.manifest_hash = manifest.hash;
  outcome.manifest_size = model::byte_count{manifest.text.size()};
  outcome.facts = *facts;
  outcome.files_new = store.fresh.size();
  outcome.files_shared = store.files_shared;
  outcome.bytes_new = bytes_of(store.fresh);
  co_return outcome;
}

io::task<result<io::folder>> open_source(io::reactor& ring, const snapshot_request& asked) {
  auto root = co_await io::folder::open(ring, asked.source_root);
  if (!root) { co_return root; }
  auto source = co_await root->open_folder(asked.source_path);
  co_await root->close();
  co_return source;
}

io::task<result<snapshot_outcome>> snapshot_of(content_library& library, io::folder& source,
                                               const snapshot_request& asked,
                                               std::function<void(snapshot_progress)> progress) {
  auto tree = co_await walk_source(source);
  if (!tree) { co_return tree.error(); }
  source_store store{library.inside(), library, source, std::move(*tree), std::move(progress)};
  auto outcome = co_await store_and_publish(store, asked);
  if (!outcome) {
    co_await store.library.records.acquire();
    co_await undo_files(store);
    store.library.records.release();
  }
  co_return outcome;
}

}  // namespace

io::task<result<snapshot_outcome>> take_snapshot(io::reactor& ring, io::worker_pool&,
                                                 io::buffer_pool&, content_library& library,
                                                 snapshot_request request,
                                                 std::function<void(snapshot_progress)> progress) {
  SLUICE_CHECK(request.site_key != nullptr);
  library_state& inside = library.inside();
  if (inside.catalogue->find(request.content)) {
    co_return error{errc::conflict, 0,
                    format("make {}: it is committed already", request.content.text())};
  }
  auto source = co_await open_source(ring, request);
  if (!source) { co_return source.error(); }
  ++inside.snapshots;
  auto outcome = co_await snapshot_of(library, *source, request, std::move(progress));
  --inside.snapshots;
  co_await source->close();
  co_await inside.records.acquire();
  auto swept = co_await sweep_unused(inside, new_trash_name(inside, request.content.text()));
  inside.records.release();
  if (!swept) { log::warning("storage", describe(swept.error())); }
  co_return outcome;
}

}  // namespace sluice::storage
