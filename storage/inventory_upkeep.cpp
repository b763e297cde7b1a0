// The inventory and the library: kept in agreement, and made anew when they are not.
#include <algorithm>
#include <array>
#include <set>

#include "storage/library_layout.hpp"
#include "storage/library_state.hpp"

namespace sluice::storage {

namespace {

constexpr std::uint32_t files_per_sweep = 256;

/// A manifest's text, if it is the one that is meant.
io::task<result<std::string>> read_exact_manifest(library_state& library, model::content_id content,
                                                  model::digest hash) {
  auto text = co_await library.root.read_whole(manifest_path(content), limits::manifest_bytes_max);
  if (!text) { co_return text; }
  if (hashing::sha256(std::as_bytes(std::span(*text))) != hash) {
    co_return error{errc::corrupt, 0, format("read the manifest of {}", content.text())};
  }
  co_return text;
}

io::task<result<void>> add_content(library_state& library, inventory::row row) {
  co_await library.manifest_memory.acquire();
  auto text = co_await read_exact_manifest(library, row.content, row.manifest_hash);
  result<void> added;
  if (text) {
    co_await library.workers.run(library.ring, [&] { added = library.index->add(row, *text); });
  } else {
    added = text.error();
  }
  library.manifest_memory.release();
  co_return added;
}

io::task<result<void>> remove_content(library_state& library, inventory::row row) {
  co_await library.manifest_memory.acquire();
  auto text = co_await read_exact_manifest(library, row.content, row.manifest_hash);
  result<void> removed;
  if (text) {
    co_await library.workers.run(library.ring,
                                 [&] { removed = library.index->remove(row.content, *text); });
  } else {
    removed = text.error();
  }
  library.manifest_memory.release();
  co_return removed;
}

inventory::row row_of(const catalogue_entry& entry) {
  return {entry.content, entry.manifest_hash, entry.files};
}

/// What the index has too much and too little, by content id.
struct disagreement {
  std::vector<inventory::row> gone;  ///< in the index only: a removal that was cut short
  std::vector<inventory::row> lacking;
  bool contradicts = false;  ///< the same content with another manifest
};

/// What a damaged record hides was not removed.
disagreement compare(const library_state& library, const std::vector<inventory::row>& indexed) {
  const content_catalogue& catalogue = *library.catalogue;
  disagreement found;
  std::set<model::content_id> seen;
  for (const inventory::row& row : indexed) {
    seen.insert(row.content);
    const auto entry = catalogue.find(row.content);
    const bool hidden = library.damaged.contains(row.content.package);
    if (!entry && !hidden) { found.gone.push_back(row); }
    if (entry && row != row_of(*entry)) { found.contradicts = true; }
  }
  for (const catalogue_entry& entry : catalogue.all()) {
    if (!seen.contains(entry.content)) { found.lacking.push_back(row_of(entry)); }
  }
  return found;
}

/// A damaged manifest must not keep the rest of the library from working.
io::task<result<void>> add_all(library_state& library, std::vector<inventory::row> rows) {
  for (const inventory::row& row : rows) {
    auto added = co_await add_content(library, row);
    if (added) { continue; }
    const errc code = added.error().code;
    if (code != errc::corrupt && code != errc::not_found) { co_return added; }
    log::error("storage", format("{}: its files are not counted; distribute it again",
                                 describe(added.error())));
  }
  co_return result<void>();
}

/// Takes a file, and its piece layer, out of filelib; and what was to heal or replace it. What was
/// recorded of that is known to be stale when the file is begun anew.
io::task<result<void>> trash_file(library_state& library, model::file_id file,
                                  std::string trash_name) {
  auto dropped = co_await drop_staged(library, file, {});
  if (!dropped) { co_return dropped.error(); }
  auto moved = co_await move_to_trash(library, file_path(file), trash_name);
  if (!moved || hashing::piece_count(file.size) == 0) { co_return moved; }
  auto layer = co_await move_to_trash(library, piece_layer_path(file), trash_name);
  co_return layer;
}

/// Takes what other manifests refer to out of `candidates` (sorted).
io::task<result<void>> spare_used(library_state& library, std::vector<model::file_id>& candidates) {
  for (const catalogue_entry& entry : library.catalogue->all()) {
    auto text = co_await read_exact_manifest(library, entry.content, entry.manifest_hash);
    if (!text) { co_return text.error(); }
    std::vector<model::file_id> used;
    const auto walked = for_each_file(*text, [&](const model::file_id& file) {
      if (std::binary_search(candidates.begin(), candidates.end(), file)) { used.push_back(file); }
    });
    if (!walked) { co_return walked; }
    std::sort(used.begin(), used.end());
    std::erase_if(candidates, [&](const model::file_id& file) {
      return std::binary_search(used.begin(), used.end(), file);
    });
  }
  co_return result<void>();
}

/// Without the index: 40 bytes per file of the content, and every other manifest is read.
io::task<result<void>> drop_by_manifests(library_state& library, catalogue_entry entry,
                                         std::string trash_name) {
  if (!library.damaged.empty()) {
    co_return error{errc::corrupt, 0,
                    format("remove the files of {}: the record of {} is damaged, they may be its",
                           entry.content.text(), library.damaged.begin()->text())};
  }
  std::vector<model::file_id> candidates;
  {
    auto text = co_await read_exact_manifest(library, entry.content, entry.manifest_hash);
    if (!text) { co_return text.error(); }
    const auto walked =
        for_each_file(*text, [&](const model::file_id& file) { candidates.push_back(file); });
    if (!walked) { co_return walked; }
  }
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  auto spared = co_await spare_used(library, candidates);
  if (!spared) { co_return spared; }
  for (const model::file_id& file : candidates) {
    auto moved = co_await trash_file(library, file, trash_name);
    if (!moved) { co_return moved; }
  }
  co_return result<void>();
}

io::task<result<void>> finish_removals(library_state& library, std::vector<inventory::row> gone) {
  for (const inventory::row& row : gone) {
    auto removed = co_await remove_content(library, row);
    if (!removed) { co_return removed; }
    const std::string name = new_trash_name(library, row.content.text());
    const std::array<std::string, 2> paths{manifest_path(row.content), signature_path(row.content)};
    for (const std::string& path : paths) {
      auto moved = co_await move_to_trash(library, path, name);
      if (!moved) { co_return moved; }
    }
  }
  co_return result<void>();
}

}  // namespace

io::task<result<void>> remake_index(library_state& library) {
  result<void> cleared;
  co_await library.workers.run(library.ring, [&] { cleared = library.index->clear(); });
  if (!cleared) { co_return cleared; }
  std::vector<inventory::row> rows;
  for (const catalogue_entry& entry : library.catalogue->all()) { rows.push_back(row_of(entry)); }
  auto added = co_await add_all(library, std::move(rows));
  if (added) { library.index_stale = false; }
  co_return added;
}

io::task<result<void>> reconcile_index(library_state& library) {
  result<std::vector<inventory::row>> indexed = error{};
  co_await library.workers.run(library.ring, [&] { indexed = library.index->contents(); });
  if (!indexed) { co_return indexed.error(); }
  disagreement found = compare(library, *indexed);
  if (!found.contradicts) {
    auto finished = co_await finish_removals(library, std::move(found.gone));
    if (!finished) {
      log::warning("storage", describe(finished.error()));
      found.contradicts = true;
    }
  }
  if (found.contradicts) {
    log::warning("storage", "the inventory does not agree with the library and is made anew");
    auto remade = co_await remake_index(library);
    if (!remade) { co_return remade; }
  } else {
    auto added = co_await add_all(library, std::move(found.lacking));
    if (!added) { co_return added; }
  }
  auto swept = co_await sweep_unused(library, new_trash_name(library, "leftovers"));
  co_return swept;
}

io::task<void> add_to_index(library_state& library, catalogue_entry entry) {
  auto added = co_await add_content(library, row_of(entry));
  if (added) { co_return; }
  log::warning("storage", describe(added.error()));
  library.index_stale = true;
}

io::task<void> drop_files_of(library_state& library, catalogue_entry entry,
                             std::string trash_name) {
  if (!library.index_stale) {
    auto removed = co_await remove_content(library, row_of(entry));
    if (!removed) {
      log::warning("storage", describe(removed.error()));
      library.index_stale = true;
    }
  }
  if (library.index_stale) {
    auto dropped = co_await drop_by_manifests(library, entry, trash_name);
    if (!dropped) { log::warning("storage", describe(dropped.error())); }
    auto remade = co_await remake_index(library);
    if (!remade) { log::warning("storage", describe(remade.error())); }
  }
  auto swept = co_await sweep_unused(library, trash_name);
  if (!swept) { log::warning("storage", describe(swept.error())); }
}

io::task<result<void>> sweep_unused(library_state& library, std::string trash_name) {
  while (library.snapshots == 0) {
    result<std::vector<model::file_id>> files = error{};
    co_await library.workers.run(library.ring,
                                 [&] { files = library.index->unused(files_per_sweep); });
    if (!files) { co_return files.error(); }
    if (files->empty()) { break; }
    for (const model::file_id& file : *files) {
      auto moved = co_await trash_file(library, file, trash_name);
      if (!moved) { co_return moved; }
    }
    result<void> forgotten;
    co_await library.workers.run(library.ring,
                                 [&] { forgotten = library.index->forget_unused(*files); });
    if (!forgotten) { co_return forgotten; }
  }
  co_return result<void>();
}

io::task<result<void>> content_library::rebuild_index() {
  co_await state_->records.acquire();
  auto remade = co_await remake_index(*state_);
  state_->records.release();
  co_return remade;
}

}  // namespace sluice::storage
