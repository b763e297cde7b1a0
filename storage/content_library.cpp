// The life of a library: what is made, read and tidied up before anybody uses it.
#include "storage/content_library.hpp"

#include <array>
#include <unordered_set>

#include "storage/library_layout.hpp"
#include "storage/library_state.hpp"
#include "storage/package_record.hpp"

namespace sluice::storage {

namespace {

constexpr std::string_view unfinished_record = ".new";  // of folder::write_whole

/// Opens the root; makes it and its missing parents.
io::task<result<io::folder>> open_root(library_state& library) {
  const std::string& path = library.given.root;
  auto opened = co_await io::folder::open(library.ring, path);
  std::size_t known = path.size();
  while (!opened && opened.error().code == errc::not_found && known > 0) {
    known = path.rfind('/', known - 1);
    if (known == std::string::npos) { break; }
    const std::string above = path.substr(0, std::max<std::size_t>(known, 1));
    auto parent = co_await io::folder::open(library.ring, above);
    if (!parent && parent.error().code == errc::not_found) { continue; }
    if (!parent) { co_return parent; }
    auto made = co_await parent->make_folders(path.substr(known + 1));
    co_await parent->close();
    if (!made) { co_return made.error(); }
    auto fresh = co_await io::folder::open(library.ring, path);
    co_return fresh;
  }
  co_return opened;
}

io::task<result<void>> make_layout(library_state& library) {
  constexpr std::array<const char*, 5> folders{package_folder, data_folder, files_folder,
                                               staging_folder, trash_folder};
  for (const char* folder : folders) {
    auto made = co_await library.root.make_folders(folder);
    if (!made) { co_return made; }
  }
  co_await keep_reserve(library);
  auto synced = co_await library.root.sync();
  co_return synced;
}

io::task<void> remove_leftover(library_state& library, std::string path) {
  auto removed = co_await library.root.remove_file(path);
  if (!removed) { log::warning("storage", describe(removed.error())); }
}

/// One name in pkglib. A damaged record hides its contents and nothing else; one of a newer
/// release stops us, because we would overwrite it.
io::task<result<void>> read_record(library_state& library, std::string name) {
  const std::string path = format("{}/{}", package_folder, name);
  if (name.ends_with(unfinished_record)) {
    co_await remove_leftover(library, path);
    co_return result<void>();
  }
  const auto package = model::package_id::parse(name);
  if (!package) {
    log::warning("storage", format("{} is no package record: left alone", escaped(path)));
    co_return result<void>();
  }
  auto text = co_await library.root.read_whole(path, record_bytes_max);
  if (!text) { co_return text.error(); }
  const auto contents = parse_package_record(*package, *text);
  if (contents) {
    for (const catalogue_entry& entry : *contents) { library.catalogue->put(entry); }
    co_return result<void>();
  }
  if (contents.error().code == errc::incompatible) { co_return contents.error(); }
  library.damaged.insert(*package);
  log::error("storage", format("{}: its contents are not served; distribute them again",
                               describe(contents.error())));
  co_return result<void>();
}

io::task<result<void>> read_records(library_state& library) {
  auto entries = co_await library.root.list(package_folder);
  if (!entries) { co_return entries.error(); }
  for (const io::folder_entry& entry : *entries) {
    auto read = co_await read_record(library, entry.name);
    if (!read) { co_return read; }
  }
  co_return result<void>();
}

/// True for a manifest or signature that a job may go on with.
bool is_wanted_manifest(const library_state& library, std::string_view name) {
  if (name.ends_with(".sig")) { name.remove_suffix(4); }
  const auto content = model::content_id::parse(name);
  return content && !library.catalogue->find(*content);
}

io::task<void> find_staged(library_state& library, std::string name,
                           const std::unordered_set<model::file_id>& wanted) {
  if (is_wanted_manifest(library, name)) { co_return; }
  const auto staged = parse_staged_name(name);
  if (!staged || model::raw(staged->file.size) <= limits::piece_size ||
      !wanted.contains(staged->file)) {
    co_await remove_leftover(library, format("{}/{}", staging_folder, name));
    co_return;
  }
  staging_place& place = library.places[staged->file];
  std::uint32_t older = staged->attempt;
  if (!place.on_disk || place.attempt < staged->attempt) {
    older = place.attempt;
    place.attempt = staged->attempt;
  }
  if (place.on_disk) { co_await remove_leftover(library, staging_path(staged->file, older)); }
  library.places[staged->file].on_disk = true;
}

io::task<result<void>> read_staging(library_state& library, std::vector<model::file_id> keep) {
  const std::unordered_set<model::file_id> wanted(keep.begin(), keep.end());
  auto entries = co_await library.root.list(staging_folder);
  if (!entries) { co_return entries.error(); }
  for (const io::folder_entry& entry : *entries) {
    co_await find_staged(library, entry.name, wanted);
  }
  co_return result<void>();
}

io::task<result<void>> read_trash(library_state& library) {
  auto entries = co_await library.root.list(trash_folder);
  if (!entries) { co_return entries.error(); }
  for (const io::folder_entry& entry : *entries) {
    std::uint64_t number = 0;
    for (const char letter : entry.name) {
      if (letter < '0' || letter > '9') { break; }
      number = number * 10 + static_cast<std::uint64_t>(letter - '0');
    }
    library.last_trash = std::max(library.last_trash, number);
  }
  co_return result<void>();
}

io::task<result<void>> open_index(library_state& library) {
  result<std::unique_ptr<inventory>> opened = error{};
  co_await library.workers.run(library.ring,
                               [&] { opened = inventory::open(library.given.inventory); });
  if (!opened) { co_return opened.error(); }
  library.index = std::move(*opened);
  auto agreed = co_await reconcile_index(library);
  co_return agreed;
}

using opening_step = io::task<result<void>> (*)(library_state& library);
constexpr std::array<opening_step, 3> opening_steps{make_layout, read_records, read_trash};

}  // namespace

content_library::content_library(std::unique_ptr<state> made) : state_(std::move(made)) {}
content_library::~content_library() = default;

io::task<result<std::unique_ptr<content_library>>> content_library::open(
    io::reactor& ring, io::worker_pool& workers, io::buffer_pool& buffers,
    std::shared_ptr<content_catalogue> catalogue, settings given,
    std::vector<model::file_id> keep_staging) {
  auto made = std::unique_ptr<state>(
      new state{ring, workers, buffers, std::move(catalogue), std::move(given)});
  auto root = co_await open_root(*made);
  if (!root) { co_return root.error(); }
  made->root = std::move(*root);
  for (const opening_step step : opening_steps) {
    auto done = co_await step(*made);
    if (!done) { co_return done.error(); }
  }
  auto staging = co_await read_staging(*made, std::move(keep_staging));
  if (!staging) { co_return staging.error(); }
  auto indexed = co_await open_index(*made);
  if (!indexed) { co_return indexed.error(); }
  co_return std::unique_ptr<content_library>(new content_library(std::move(made)));
}

io::task<void> content_library::close() { co_await state_->root.close(); }

io::task<result<content_library::totals>> content_library::count() {
  auto volume = co_await state_->root.volume();
  if (!volume) { co_return volume.error(); }
  co_await state_->records.acquire();
  result<inventory::totals> files = error{};
  co_await state_->workers.run(state_->ring, [this, &files] { files = state_->index->count(); });
  state_->records.release();
  if (!files) { co_return files.error(); }
  co_return totals{state_->catalogue->all().size(), files->files, files->bytes, volume->bytes_free};
}

}  // namespace sluice::storage
