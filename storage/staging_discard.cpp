// What was fetched in vain leaves `staging/`.
#include <algorithm>
#include <array>
#include <functional>
#include <span>
#include <unordered_set>

#include "storage/library_layout.hpp"
#include "storage/library_state.hpp"
#include "storage/manifest_lines.hpp"

namespace sluice::storage {

namespace {

constexpr std::size_t files_per_step = 256;

using file_set = std::unordered_set<model::file_id>;
using file_use = std::function<void(const model::file_id&)>;

/// Calls `use` with each file that the manifest names. One that is not there names none.
io::task<result<void>> walk_manifest(library_state& library, std::string path, file_use use) {
  auto manifest = co_await library.root.open_file(path, {});
  if (!manifest && manifest.error().code == errc::not_found) { co_return result<void>(); }
  if (!manifest) { co_return manifest.error(); }
  line_reader reader{*manifest};
  reader.in_header = true;
  result<void> outcome;
  while (true) {
    auto files = co_await read_files(reader, ~std::uint64_t{0});
    if (!files) { outcome = files.error(); }
    if (!files || files->empty()) { break; }
    for (const listed_file& one : *files) { use(one.file); }
  }
  co_await manifest->close();
  co_return outcome;
}

bool is_meant(const discard_request& asked, const model::content_id& content) {
  const auto& wanted = asked.wanted;
  return content.package == asked.content.package && content.version <= asked.content.version &&
         std::find(wanted.begin(), wanted.end(), content) == wanted.end();
}

/// Those whose manifests lie in staging.
io::task<result<std::vector<model::content_id>>> staged_contents(library_state& library,
                                                                 const discard_request& asked) {
  auto entries = co_await library.root.list(staging_folder);
  if (!entries) { co_return entries.error(); }
  std::vector<model::content_id> found;
  for (const io::folder_entry& entry : *entries) {
    const auto content = model::content_id::parse(entry.name);
    if (content && is_meant(asked, *content)) { found.push_back(*content); }
  }
  co_return found;
}

/// A discard under way. Memory: the files in staging that these contents name.
struct discard {
  library_state& library;
  discard_request asked;
  std::vector<model::content_id> staged{};  ///< their manifests lie in staging
  file_set files{};                         ///< that may go

  [[nodiscard]] bool lies_in_staging(const model::file_id& file) const {
    const auto found = library.places.find(file);
    return found != library.places.end() && found->second.on_disk;
  }
};

io::task<result<void>> find_files(discard& work) {
  const file_use take = [&work](const model::file_id& file) {
    if (work.lies_in_staging(file)) { work.files.insert(file); }
  };
  for (const model::content_id& content : work.staged) {
    auto read = co_await walk_manifest(work.library, staging_manifest_path(content), take);
    if (!read) { log::warning("storage", describe(read.error())); }  // half of it may have come
  }
  if (work.library.places.empty()) { co_return result<void>(); }
  // What is to be replaced (redistribute) has no manifest in staging.
  const auto committed = work.library.catalogue->versions(work.asked.content.package);
  for (const catalogue_entry& entry : committed) {
    if (!is_meant(work.asked, entry.content)) { continue; }
    auto read = co_await walk_manifest(work.library, manifest_path(entry.content), take);
    if (!read) { co_return read; }
  }
  co_return result<void>();
}

/// Where the manifest of one that is wanted may be.
std::array<std::string, 2> places_of(const model::content_id& content) {
  return {staging_manifest_path(content), manifest_path(content)};
}

/// Half a manifest in staging is one that is just coming: nothing was fetched by it.
bool is_half(const result<void>& read) { return !read && read.error().code == errc::corrupt; }

io::task<result<void>> spare_wanted(discard& work) {
  const file_use spare = [&work](const model::file_id& file) { work.files.erase(file); };
  for (const model::content_id& content : work.asked.wanted) {
    for (const std::string& path : places_of(content)) {
      auto read = co_await walk_manifest(work.library, path, spare);
      if (!read && !is_half(read)) { co_return read; }
    }
  }
  co_return result<void>();
}

/// What a content that is there lacks: a validation took it out, and a job is to come for it.
io::task<result<void>> spare_healing(discard& work) {
  const std::vector<model::file_id> candidates(work.files.begin(), work.files.end());
  for (const model::file_id& file : candidates) {
    auto there = co_await is_in_library(work.library, file);
    if (!there) { co_return there.error(); }
    if (*there) { continue; }
    result<bool> used = false;
    co_await work.library.workers.run(work.library.ring,
                                      [&] { used = work.library.index->is_used(file); });
    if (!used) { co_return used.error(); }
    if (*used) { work.files.erase(file); }
  }
  co_return result<void>();
}

using index_change = result<void> (inventory::*)(const std::vector<model::file_id>&);

/// Has the index take note of the files that a manifest names and the library has. Memory: some 100
/// bytes per file of the manifest.
io::task<result<void>> tell_index(library_state& library, std::string path, index_change change) {
  std::vector<file_lookup> named;
  const file_use name = [&named](const model::file_id& file) {
    if (model::raw(file.size) > 0) { named.push_back({file}); }
  };
  auto outcome = co_await walk_manifest(library, path, name);
  for (std::size_t begin = 0; outcome && begin < named.size(); begin += files_per_step) {
    const auto asked =
        std::span(named).subspan(begin, std::min(files_per_step, named.size() - begin));
    co_await look_up(library, asked);
    std::vector<model::file_id> there;
    for (const file_lookup& one : asked) {
      if (one.present) { there.push_back(one.file); }
    }
    co_await library.workers.run(library.ring, [&] { outcome = (*library.index.*change)(there); });
  }
  co_return outcome;
}

/// Files that are whole got their names at once: no content was committed with them, so only these
/// manifests know of them. The caller holds `records`.
io::task<result<void>> sweep_finished(discard& work) {
  library_state& library = work.library;
  if (library.index_stale) {
    auto remade = co_await remake_index(library);
    if (!remade) { co_return remade; }
  }
  result<void> told;
  co_await library.workers.run(library.ring, [&] { told = library.index->forget_spared(); });
  if (!told) { co_return told; }
  for (const model::content_id& content : work.asked.wanted) {
    for (const std::string& path : places_of(content)) {
      told = co_await tell_index(library, path, &inventory::spare);
      if (!told && !is_half(told)) { co_return told; }
    }
  }
  for (const model::content_id& content : work.staged) {
    told = co_await tell_index(library, staging_manifest_path(content), &inventory::mark_unused);
    if (!told && !is_half(told)) { co_return told; }
  }
  auto swept = co_await sweep_unused(library, new_trash_name(library, work.asked.content.text()));
  co_return swept;
}

io::task<void> drop_manifests(discard& work) {
  for (const model::content_id& content : work.staged) {
    const auto known = work.library.manifests.find(content);
    if (known != work.library.manifests.end() && known->second.staged) {
      work.library.manifests.erase(known);
    }
    co_await remove_staged_manifest(work.library, content);
  }
}

io::task<result<void>> drop_files(discard& work) {
  std::size_t busy = 0;
  for (const model::file_id& file : work.files) {
    auto gone = co_await drop_staged(work.library, file, work.asked.dropped);
    if (!gone) { co_return gone.error(); }
    if (!*gone) { ++busy; }
  }
  if (busy == 0) { co_return result<void>(); }
  co_return error{errc::limit_reached, 0,
                  format("throw away what was fetched of {}: {} of its files are still being "
                         "written; ask again right after",
                         work.asked.content.text(), busy)};
}

}  // namespace

/// The manifests go last: whoever is to take the rest away later finds it by them.
io::task<result<void>> content_library::discard_staging(discard_request asked) {
  discard work{*state_, std::move(asked)};
  auto contents = co_await staged_contents(*state_, work.asked);
  if (!contents) { co_return contents.error(); }
  work.staged = std::move(*contents);
  auto found = co_await find_files(work);
  if (!found) { co_return found; }
  if (work.staged.empty() && work.files.empty()) { co_return found; }
  auto spared = co_await spare_wanted(work);
  if (!spared) { co_return spared; }
  auto healing = co_await spare_healing(work);
  if (!healing) { co_return healing; }
  auto dropped = co_await drop_files(work);
  if (!dropped || work.staged.empty()) { co_return dropped; }
  co_await state_->records.acquire();
  auto swept = co_await sweep_finished(work);
  state_->records.release();
  if (!swept) { co_return swept; }
  co_await drop_manifests(work);
  co_return swept;
}

}  // namespace sluice::storage
