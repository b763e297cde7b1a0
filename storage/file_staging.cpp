// How a large file begins, goes on, and is left: the writer's side of `staging/`.
#include <algorithm>

#include "storage/library_layout.hpp"
#include "storage/library_state.hpp"

namespace sluice::storage {

namespace {

constexpr std::uint64_t window_pieces = 64;       // re-read behind each recorded run
constexpr std::uint64_t reread_pieces_max = 256;  // in all
constexpr std::size_t runs_checked_max = 64;
constexpr std::uint32_t readers = 4;

/// Pieces that are read again, by a few readers.
struct reread {
  library_state& library;
  staging_file& staged;
  std::vector<std::uint64_t> pieces;
  std::size_t next = 0;
  std::vector<std::uint64_t> right{};
};

io::task<void> read_again(reread& work) {
  auto memory = co_await work.library.buffers.acquire();
  while (work.next < work.pieces.size()) {
    const std::uint64_t piece = work.pieces[work.next++];
    const bool right = co_await work.staged.is_right_on_disk(piece, memory.bytes());
    if (right) { work.right.push_back(piece); }
  }
}

io::task<void> read_all_again(reread& work) {
  io::task_group group;
  for (std::uint32_t reader = 0; reader < readers; ++reader) { group.start(read_again(work)); }
  co_await group.wait_all();
}

/// The first and the last piece of each run: an attempt that is gone does not have both.
std::vector<std::uint64_t> samples_of(const std::vector<piece_run>& recorded) {
  std::vector<std::uint64_t> pieces;
  for (const piece_run& run : recorded) {
    if (pieces.size() >= 2 * runs_checked_max) { break; }
    if (run.count == 0) { continue; }
    pieces.push_back(run.first);
    if (run.count > 1) { pieces.push_back(run.first + run.count - 1); }
  }
  return pieces;
}

/// Pieces that may have been written and not recorded: those behind the start and behind each run.
std::vector<std::uint64_t> window_of(const staging_file& staged,
                                     const std::vector<piece_run>& recorded) {
  std::vector<std::uint64_t> starts{0};
  for (const piece_run& run : recorded) { starts.push_back(run.first + run.count); }
  std::sort(starts.begin(), starts.end());
  std::vector<std::uint64_t> pieces;
  std::uint64_t next = 0;
  for (const std::uint64_t start : starts) {
    const std::uint64_t end = std::min(start + window_pieces, staged.held().size());
    for (next = std::max(next, start); next < end; ++next) {
      if (pieces.size() == reread_pieces_max) { return pieces; }
      if (!staged.held().has(next)) { pieces.push_back(next); }
    }
  }
  return pieces;
}

/// Believes the records if the bytes on disk bear them out, then looks for what was not recorded.
io::task<void> resume(library_state& library, staging_file& staged,
                      std::vector<piece_run> recorded) {
  reread sample{library, staged, samples_of(recorded)};
  for (const std::uint64_t piece : sample.pieces) {
    if (piece >= staged.held().size()) { staged.distrust_records(); }
  }
  if (!staged.records_stale()) {
    co_await read_all_again(sample);
    if (sample.right.size() != sample.pieces.size()) { staged.distrust_records(); }
  }
  if (staged.records_stale()) {
    recorded.clear();
  } else {
    for (const piece_run& run : recorded) { staged.believe(run); }
  }
  reread window{library, staged, window_of(staged, recorded)};
  co_await read_all_again(window);
  for (const std::uint64_t piece : window.right) { staged.found(piece); }
}

/// Removes the bytes of a condemned attempt; the next one has another name.
io::task<void> discard_condemned(library_state& library, model::file_id file) {
  staging_place& place = library.places[file];
  if (!place.condemned) { co_return; }
  auto removed = co_await library.root.remove_file(staging_path(file, place.attempt));
  if (!removed && removed.error().code != errc::not_found) {
    log::warning("storage", describe(removed.error()));
  }
  ++place.attempt;
  place.condemned = false;
  place.on_disk = false;
}

struct opened_target {
  io::file file;
  bool fresh = false;
};

io::open_options staging_options(bool fresh) {
  return {
      .access = io::access_mode::read_write, .create = fresh, .truncate = fresh, .direct = true};
}

/// The file of this attempt with its blocks reserved; makes room in the trash when there is none.
io::task<result<opened_target>> make_target(library_state& library, model::file_id file,
                                            std::uint32_t attempt) {
  const std::string path = staging_path(file, attempt);
  for (bool last_try = false; true; last_try = true) {
    auto made = co_await library.root.open_file(path, staging_options(true));
    if (!made) { co_return made.error(); }
    auto reserved = co_await made->allocate(model::raw(file.size));
    if (reserved) {
      auto named = co_await library.root.sync(staging_folder);  // or its records would outlive it
      if (!named) { co_return named.error(); }
      co_return opened_target{std::move(*made), true};
    }
    co_await made->close();
    auto removed = co_await library.root.remove_file(path);
    if (!removed) { log::warning("storage", describe(removed.error())); }
    if (reserved.error().code != errc::no_space || last_try) { co_return reserved.error(); }
    auto freed = co_await empty_trash(library, model::raw(file.size));
    if (!freed) { co_return reserved.error(); }
  }
}

io::task<result<opened_target>> open_target(library_state& library, model::file_id file,
                                            bool on_disk, std::uint32_t attempt) {
  if (on_disk) {
    auto opened =
        co_await library.root.open_file(staging_path(file, attempt), staging_options(false));
    if (opened) {
      auto facts = co_await opened->facts();
      if (facts && facts->size == model::raw(file.size)) {
        co_return opened_target{std::move(*opened), false};
      }
      co_await opened->close();
    }
  }
  auto made = co_await make_target(library, file, attempt);
  co_return made;
}

io::task<result<void>> check_layer(library_state& library, const model::file_id& file,
                                   const hashing::piece_layer& layer) {
  if (model::raw(file.size) <= limits::piece_size) {
    co_return error{errc::invalid, 0, format("stage {}: it is no large file", file.text())};
  }
  result<void> right;
  co_await library.workers.run(library.ring,
                               [&] { right = hashing::verify_piece_layer(file, layer); });
  co_return right;
}

void leave(library_state& library, const model::file_id& file, bool condemned) {
  const auto found = library.places.find(file);
  if (found == library.places.end()) { return; }  // committed
  found->second.busy = false;
  found->second.condemned = found->second.condemned || condemned;
  const auto released = found->second.released;
  if (!found->second.on_disk && found->second.attempt == 1) { library.places.erase(found); }
  released->set();
}

/// The place is the caller's.
io::task<result<std::unique_ptr<staging_file>>> begin_held(library_state& library,
                                                           model::file_id file,
                                                           hashing::piece_layer layer,
                                                           std::vector<piece_run> recorded) {
  auto right = co_await check_layer(library, file, layer);
  if (!right) { co_return right.error(); }
  co_await discard_condemned(library, file);
  const staging_place now = library.places[file];
  auto target = co_await open_target(library, file, now.on_disk, now.attempt);
  if (!target) { co_return target.error(); }
  library.places[file].on_disk = true;
  auto staged = std::make_unique<staging_file>(staging_file::parts{library.ring,
                                                                   library.workers,
                                                                   file,
                                                                   std::move(layer),
                                                                   std::move(target->file),
                                                                   now.attempt,
                                                                   {}});
  if (!target->fresh) {
    co_await resume(library, *staged, std::move(recorded));
  } else if (!recorded.empty()) {
    staged->distrust_records();
  }
  staged->on_dropped([&library, file](bool condemned) { leave(library, file, condemned); });
  co_return std::move(staged);
}

/// The place is the caller's. A crash in between leaves the file in one of the two folders, or, as
/// nothing is recorded of it yet, lets the next start remove it: it is fetched whole then.
io::task<result<void>> move_to_staging(library_state& library, model::file_id file,
                                       std::uint32_t attempt) {
  co_await library.naming.acquire();
  auto moved = co_await library.root.rename(file_path(file), staging_path(file, attempt),
                                            io::on_existing::replace);
  library.naming.release();
  if (!moved) { co_return moved; }
  auto there = co_await library.root.sync(staging_folder);
  if (!there) { co_return there; }
  auto gone = co_await library.root.sync(file_folder(file));
  co_return gone;
}

}  // namespace

io::task<result<bool>> stage_damaged(library_state& library, model::file_id file) {
  staging_place& place = library.places[file];
  if (place.busy) { co_return false; }
  place.busy = true;
  place.released->clear();
  if (place.on_disk) {
    place.condemned = true;  // what was staged before has less of it
    co_await discard_condemned(library, file);
  }
  const std::uint32_t attempt = library.places[file].attempt;
  auto moved = co_await move_to_staging(library, file, attempt);
  if (moved) { library.places[file].on_disk = true; }
  leave(library, file, false);
  if (!moved) { co_return moved.error(); }
  co_return true;
}

/// Nothing has to be made durable: when a power cut brings it back, its records may be gone, and
/// the next start removes it; or they are not, and then they are true.
io::task<result<bool>> drop_staged(library_state& library, model::file_id file,
                                   std::function<void(const model::file_id&)> dropped) {
  const auto found = library.places.find(file);
  if (found == library.places.end()) { co_return true; }
  if (found->second.busy) { co_return false; }
  if (!found->second.on_disk) { co_return true; }
  found->second.busy = true;
  found->second.released->clear();
  const std::string path = staging_path(file, found->second.attempt);
  auto removed = co_await library.root.remove_file(path);
  const bool gone = removed.ok() || removed.error().code == errc::not_found;
  if (gone) {
    staging_place& place = library.places[file];
    place.on_disk = false;
    place.condemned = false;
    place.attempt = 1;
    if (dropped) { dropped(file); }
  }
  leave(library, file, false);
  if (!gone) { co_return removed.error(); }
  co_return true;
}

io::task<result<std::unique_ptr<staging_file>>> content_library::begin_file(
    model::file_id file, hashing::piece_layer layer, std::vector<piece_run> recorded) {
  staging_place& place = state_->places[file];
  if (place.busy) {
    co_return error{errc::conflict, 0, format("stage {}: somebody writes it", file.text())};
  }
  place.busy = true;
  place.released->clear();
  auto begun = co_await begin_held(*state_, file, std::move(layer), std::move(recorded));
  if (!begun) { leave(*state_, file, false); }
  co_return std::move(begun);
}

io::task<void> content_library::release_file(std::unique_ptr<staging_file> staged) {
  const model::file_id file = staged->id();
  co_await staged->target().close();
  if (staged->condemned()) {
    state_->places[file].condemned = true;
    co_await discard_condemned(*state_, file);
    staged->on_dropped([library = state_.get(), file](bool) { leave(*library, file, false); });
  }
  staged.reset();
}

io::task<void> content_library::staging_released(model::file_id file) {
  while (true) {
    const auto found = state_->places.find(file);
    if (found == state_->places.end() || !found->second.busy) { co_return; }
    const auto released = found->second.released;
    co_await released->wait();
  }
}

}  // namespace sluice::storage
