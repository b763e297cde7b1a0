// How verified files get their names: names after bytes, and durable. Small ones: small_round.
#include <algorithm>

#include "storage/library_layout.hpp"
#include "storage/library_state.hpp"

namespace sluice::storage {

namespace {

std::size_t fan_out_of(const model::file_id& file) {
  return std::to_integer<std::size_t>(file.digest.bytes[0]);
}

/// Folders of filelib/ that are made side by side.
struct fan_out_making {
  io::folder parent{};
  std::vector<std::size_t> wanted{};
  std::size_t next = 0;
  std::optional<error> failed{};
};
constexpr std::size_t fan_out_lanes = 2;  // they share the parent's lock

io::task<void> make_fan_out_folders(fan_out_making& work) {
  while (work.next < work.wanted.size() && !work.failed) {
    auto made = co_await work.parent.make_folder(format("{:02x}", work.wanted[work.next++]));
    if (!made && made.error().code != errc::conflict) { work.failed = made.error(); }
  }
}

/// The name and its barrier; without the barrier, no name.
io::task<result<bool>> name_large(library_state& library, const large_bytes& bytes,
                                  io::on_existing how) {
  auto named = co_await give_name(library, bytes.path, bytes.id, how);
  if (!named) { co_return named.error(); }
  auto synced = co_await library.root.sync(file_folder(bytes.id));
  const bool given = *named != name_given::none;
  if (synced) { co_return given; }
  co_await take_back(library, *named, bytes.id);
  co_return synced.error();
}

}  // namespace

io::task<result<void>> store_layer(library_state& library, const large_bytes& given) {
  const std::string path = given.path + ".pieces";
  auto opened = co_await library.root.open_file(
      path, {.access = io::access_mode::write, .create = true, .truncate = true});
  if (!opened) { co_return opened.error(); }
  const std::vector<std::byte> bytes = hashing::print_piece_layer(given.layer);
  auto written = co_await opened->write(bytes, 0);
  if (!written) { co_return written; }
  auto synced = co_await opened->sync_all();
  if (!synced) { co_return synced; }
  co_await opened->close();
  auto renamed =
      co_await library.root.rename(path, piece_layer_path(given.id), io::on_existing::replace);
  if (!renamed) { co_return renamed; }
  auto named = co_await library.root.sync(file_folder(given.id));
  co_return named;
}

io::task<result<name_given>> give_name(library_state& library, std::string staged,
                                       model::file_id file, io::on_existing how) {
  auto renamed = co_await library.root.rename(staged, file_path(file), io::on_existing::keep);
  if (renamed) { co_return name_given::fresh; }
  if (renamed.error().code != errc::conflict) { co_return renamed.error(); }
  auto there = co_await is_in_library(library, file);
  if (!there) { co_return there.error(); }
  if (*there && how == io::on_existing::keep) { co_return name_given::none; }
  auto replaced = co_await library.root.rename(staged, file_path(file), io::on_existing::replace);
  if (!replaced) { co_return replaced.error(); }
  const name_given name = *there ? name_given::again : name_given::fresh;
  co_return name;
}

io::task<void> take_back(library_state& library, name_given name, model::file_id file) {
  if (name != name_given::fresh) { co_return; }
  auto removed = co_await library.root.remove_file(file_path(file));
  if (!removed) { log::error("storage", describe(removed.error())); }
}

io::task<result<void>> make_fan_out(library_state& library, std::vector<model::file_id> files) {
  fan_out_making work;
  for (const model::file_id& file : files) {
    if (!library.fan_out.test(fan_out_of(file))) { work.wanted.push_back(fan_out_of(file)); }
  }
  if (work.wanted.empty()) { co_return result<void>(); }
  std::sort(work.wanted.begin(), work.wanted.end());
  work.wanted.erase(std::unique(work.wanted.begin(), work.wanted.end()), work.wanted.end());
  auto parent = co_await library.root.open_folder(files_folder);
  if (!parent) { co_return parent.error(); }
  work.parent = std::move(*parent);
  io::task_group group;
  for (std::size_t lane = 0; lane < std::min(fan_out_lanes, work.wanted.size()); ++lane) {
    group.start(make_fan_out_folders(work));
  }
  co_await group.wait_all();
  if (work.failed) { co_return *work.failed; }
  auto synced = co_await work.parent.sync();
  if (!synced) { co_return synced; }
  for (const std::size_t folder : work.wanted) { library.fan_out.set(folder); }
  co_return result<void>();
}

io::task<result<bool>> store_large(library_state& library, const large_bytes& given,
                                   io::on_existing how) {
  std::vector<model::file_id> files{given.id};
  auto made = co_await make_fan_out(library, std::move(files));
  if (!made) { co_return made.error(); }
  auto layered = co_await store_layer(library, given);
  if (!layered) { co_return layered.error(); }
  co_await library.naming.acquire();
  auto named = co_await name_large(library, given, how);
  library.naming.release();
  if (!named || *named) { co_return named; }
  auto removed = co_await library.root.remove_file(given.path);
  if (!removed) { log::warning("storage", describe(removed.error())); }
  co_return named;
}

io::task<result<bool>> content_library::holds(model::file_id file) {
  auto there = co_await is_in_library(*state_, file);
  co_return there;
}

io::task<result<void>> content_library::commit_file(std::unique_ptr<staging_file> staged,
                                                    io::on_existing how) {
  const model::file_id file = staged->id();
  if (!staged->complete()) {
    const std::uint64_t held = staged->bytes_held();
    co_await release_file(std::move(staged));
    co_return error{errc::invalid, 0,
                    format("commit {}: only {} bytes of it are there", file.text(), held)};
  }
  auto synced = co_await staged->target().sync_all();
  if (!synced) {
    staged->condemn(synced.error());
    co_await release_file(std::move(staged));
    co_return synced;
  }
  const large_bytes bytes{staging_path(file, staged->attempt()), file, staged->layer()};
  auto stored = co_await store_large(*state_, bytes, how);
  if (!stored) {
    co_await release_file(std::move(staged));
    co_return stored.error();
  }
  co_await staged->target().close();
  const auto released = state_->places[file].released;
  state_->places.erase(file);
  staged.reset();
  released->set();
  co_return result<void>();
}

}  // namespace sluice::storage
