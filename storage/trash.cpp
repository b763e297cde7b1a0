// What cleanup removed: `trash/<number>.<what>/`, oldest first by name.
#include <algorithm>

#include "storage/library_layout.hpp"
#include "storage/library_state.hpp"

namespace sluice::storage {

namespace {

/// Folders in folders, at most: of one that lay in a file's place nothing is known.
constexpr unsigned trash_depth_max = 16;

/// Removes a folder of the trash with all that is in it, as far as that is possible; returns the
/// first thing that was not. Counts what its files had.
io::task<result<void>> remove_trash(library_state& library, std::string folder,
                                    std::uint64_t& freed, unsigned depth = 0) {
  if (depth == trash_depth_max) {
    co_return error{errc::limit_reached, 0, format("remove {}: it lies too deep", folder)};
  }
  auto entries = co_await library.root.list(folder);
  if (!entries) { co_return entries.error(); }
  result<void> outcome;
  for (const io::folder_entry& entry : *entries) {
    const std::string path = format("{}/{}", folder, entry.name);
    result<void> removed;
    if (entry.kind == io::file_kind::folder) {
      removed = co_await remove_trash(library, path, freed, depth + 1);
    } else {
      auto facts = co_await library.root.facts(path);
      removed = co_await library.root.remove_file(path);
      if (removed && facts) { freed += facts->size; }
    }
    if (!removed && outcome) { outcome = removed; }
  }
  if (!outcome) { co_return outcome; }
  auto gone = co_await library.root.remove_folder(folder);
  co_return gone;
}

io::task<result<std::uint64_t>> empty_oldest(library_state& library, std::uint64_t bytes_wanted) {
  auto entries = co_await library.root.list(trash_folder);
  if (!entries) { co_return entries.error(); }
  std::vector<std::string> names;
  for (const io::folder_entry& entry : *entries) { names.push_back(entry.name); }
  std::sort(names.begin(), names.end());
  std::uint64_t freed = 0;
  for (const std::string& name : names) {
    if (freed >= bytes_wanted) { break; }
    auto removed = co_await remove_trash(library, format("{}/{}", trash_folder, name), freed);
    if (!removed) { log::warning("storage", describe(removed.error())); }
  }
  co_return freed;
}

/// A folder of the trash is as old as the last file that was moved into it.
io::task<result<void>> sweep(library_state& library, std::chrono::nanoseconds before) {
  auto entries = co_await library.root.list(trash_folder);
  if (!entries) { co_return entries.error(); }
  std::uint64_t freed = 0;
  result<void> outcome;
  for (const io::folder_entry& entry : *entries) {
    const std::string folder = format("{}/{}", trash_folder, entry.name);
    auto facts = co_await library.root.facts(folder);
    if (!facts || facts->modified >= before) { continue; }
    auto removed = co_await remove_trash(library, folder, freed);
    if (!removed) { outcome = removed.error(); }
  }
  if (freed > 0) { log::info("storage", format("removed {} bytes of old trash", freed)); }
  co_return outcome;
}

io::task<result<void>> try_to_move(library_state& library, std::string path,
                                   std::string trash_name) {
  const std::string folder = format("{}/{}", trash_folder, trash_name);
  auto made = co_await library.root.make_folders(folder);
  if (!made) { co_return made; }
  const std::string name = path.substr(path.rfind('/') + 1);
  auto moved =
      co_await library.root.rename(path, format("{}/{}", folder, name), io::on_existing::replace);
  co_return moved;
}

}  // namespace

std::string new_trash_name(library_state& library, std::string_view what) {
  return format("{:012}.{}", ++library.last_trash, what);
}

io::task<result<void>> move_to_trash(library_state& library, std::string path,
                                     std::string trash_name) {
  auto moved = co_await try_to_move(library, path, std::move(trash_name));
  if (!moved && moved.error().code == errc::not_found) { co_return result<void>(); }
  if (moved || moved.error().code != errc::no_space) { co_return moved; }
  auto removed = co_await library.root.remove_file(path);  // needs no room
  co_return removed;
}

io::task<result<std::uint64_t>> empty_trash(library_state& library, std::uint64_t bytes_wanted) {
  co_await library.trashing.acquire();
  auto freed = co_await empty_oldest(library, bytes_wanted);
  library.trashing.release();
  co_return freed;
}

io::task<result<std::uint64_t>> content_library::empty_trash(std::uint64_t bytes_wanted) {
  auto freed = co_await storage::empty_trash(*state_, bytes_wanted);
  co_return freed;
}

io::task<result<void>> content_library::sweep_trash(std::chrono::nanoseconds before) {
  co_await state_->trashing.acquire();
  auto swept = co_await sweep(*state_, before);
  state_->trashing.release();
  co_return swept;
}

/// Space pressure shortens the time that former versions stay; one goes after another until there
/// is enough.
io::task<void> content_library::give_up_former(std::uint64_t bytes_wanted) {
  constexpr auto user = library_user::distribution_point;
  std::uint64_t freed = 0;
  for (const model::content_id& content : state_->catalogue->former(user)) {
    if (freed >= bytes_wanted) { co_return; }
    const std::vector<model::content_id> one(1, content);
    auto dropped = co_await drop_former(one, user, std::chrono::nanoseconds::max());
    if (!dropped) { log::warning("storage", describe(dropped.error())); }
    auto emptied = co_await storage::empty_trash(*state_, bytes_wanted - freed);
    if (!emptied) {
      log::warning("storage", describe(emptied.error()));
      co_return;
    }
    freed += *emptied;
  }
}

io::task<result<content_library::totals>> content_library::make_room(std::uint64_t bytes_wanted) {
  auto volume = co_await state_->root.volume();
  if (!volume) { co_return volume.error(); }
  if (volume->bytes_free < bytes_wanted) {
    auto freed = co_await storage::empty_trash(*state_, bytes_wanted - volume->bytes_free);
    if (!freed) { log::warning("storage", describe(freed.error())); }
    const std::uint64_t lacking = bytes_wanted - volume->bytes_free;
    const std::uint64_t found = freed ? std::min(*freed, lacking) : 0;
    if (found < lacking) { co_await give_up_former(lacking - found); }
  }
  auto counted = co_await count();
  co_return counted;
}

}  // namespace sluice::storage
