// How verified files get their names: bytes durable, then names, then names durable.
#include <algorithm>

#include "storage/library_layout.hpp"
#include "storage/library_state.hpp"

namespace sluice::storage {

namespace {

/// From this many files on one syncfs is the cheaper barrier. Measured on ext4, 256 files of
/// 16 KiB into 256 new folders, two cores: bytes 5-8 ms against 10-20 ms for fsyncs in flight
/// together, names 2 ms against 7-12 ms. For a few files syncfs would wait for everybody else's
/// bytes on the volume.
constexpr std::size_t volume_sync_from = 16;
constexpr std::size_t lanes_max = 32;

std::size_t fan_out_of(const model::file_id& file) {
  return std::to_integer<std::size_t>(file.digest.bytes[0]) << 8 |
         std::to_integer<std::size_t>(file.digest.bytes[1]);
}

/// One small file on its way.
struct small_step {
  const content_library::small_file* file = nullptr;
  std::string staged{};
  bool named = false;
  std::optional<error> failed{};
};

/// A batch of them, worked through by lanes.
struct small_batch {
  library_state& library;
  io::on_existing how;
  std::vector<small_step> steps{};
  std::size_t next = 0;
  bool sync_each = false;
};

using step_function = io::task<result<void>> (*)(small_batch& batch, small_step& step);

io::task<void> run_lane(small_batch& batch, step_function act) {
  while (batch.next < batch.steps.size()) {
    small_step& step = batch.steps[batch.next++];
    if (step.failed) { continue; }
    auto done = co_await act(batch, step);
    if (!done) { step.failed = done.error(); }
  }
}

io::task<void> run_lanes(small_batch& batch, step_function act) {
  batch.next = 0;
  io::task_group group;
  for (std::size_t lane = 0; lane < std::min(lanes_max, batch.steps.size()); ++lane) {
    group.start(run_lane(batch, act));
  }
  co_await group.wait_all();
}

io::task<result<void>> write_small(small_batch& batch, small_step& step) {
  auto opened = co_await batch.library.root.open_file(
      step.staged, {.access = io::access_mode::write, .create = true, .truncate = true});
  if (!opened) { co_return opened.error(); }
  auto written = co_await opened->write(step.file->bytes, 0);
  if (written && batch.sync_each) {
    auto synced = co_await opened->sync_all();
    if (!synced) { co_return synced; }
  }
  co_await opened->close();
  co_return written;
}

/// True when `staged` is the file now; false when the library had it already. One of the wrong
/// size is no file to keep.
io::task<result<bool>> give_name(library_state& library, std::string staged, model::file_id file,
                                 io::on_existing how) {
  auto renamed = co_await library.root.rename(staged, file_path(file), how);
  if (renamed) { co_return true; }
  if (renamed.error().code != errc::conflict) { co_return renamed.error(); }
  auto there = co_await is_in_library(library, file);
  if (!there) { co_return there; }
  if (*there) { co_return false; }
  auto replaced = co_await library.root.rename(staged, file_path(file), io::on_existing::replace);
  if (!replaced) { co_return replaced.error(); }
  co_return true;
}

io::task<result<void>> name_small(small_batch& batch, small_step& step) {
  auto named = co_await give_name(batch.library, step.staged, step.file->id, batch.how);
  if (!named) { co_return named.error(); }
  step.named = *named;
  co_return result<void>();
}

io::task<void> drop_small(small_batch& batch) {
  for (const small_step& step : batch.steps) {
    if (step.named || step.staged.empty()) { continue; }
    auto removed = co_await batch.library.root.remove_file(step.staged);
    if (!removed && removed.error().code != errc::not_found) {
      log::warning("storage", describe(removed.error()));
    }
  }
}

/// One barrier over a whole batch fails: nothing of it may be believed.
void condemn_all(small_batch& batch, const error& why) {
  for (small_step& step : batch.steps) {
    if (!step.failed) { step.failed = why; }
  }
}

io::task<void> verify_small(small_batch& batch) {
  std::vector<std::span<const std::byte>> bytes;
  for (const small_step& step : batch.steps) {
    SLUICE_CHECK(step.file->bytes.size() <= limits::piece_size);
    bytes.push_back(step.file->bytes);
  }
  std::vector<model::digest> measured;
  co_await batch.library.workers.run(batch.library.ring,
                                     [&] { measured = hashing::measure_small(bytes); });
  for (std::size_t i = 0; i < batch.steps.size(); ++i) {
    const model::file_id found{measured[i], model::byte_count{bytes[i].size()}};
    const model::file_id& wanted = batch.steps[i].file->id;
    if (found == wanted) { continue; }
    batch.steps[i].failed = error{errc::corrupt, 0, format("verify {}", wanted.text())};
  }
}

/// The folders whose names changed, one by one: for batches too small for syncfs.
io::task<result<void>> sync_folders(small_batch& batch) {
  std::vector<std::string> folders;
  for (const small_step& step : batch.steps) {
    // One that was there already may be another batch's, before its barrier.
    if (!step.failed) { folders.push_back(file_folder(step.file->id)); }
  }
  std::sort(folders.begin(), folders.end());
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
  for (const std::string& folder : folders) {
    auto synced = co_await batch.library.root.sync(folder);
    if (!synced) { co_return synced; }
  }
  co_return result<void>();
}

/// Those that found the volume full are written again when the trash gave something back.
io::task<void> make_room_and_write(small_batch& batch) {
  std::uint64_t wanted = 0;
  for (const small_step& step : batch.steps) {
    if (step.failed && step.failed->code == errc::no_space) { wanted += step.file->bytes.size(); }
  }
  if (wanted == 0) { co_return; }
  auto freed = co_await empty_trash(batch.library, wanted);
  if (!freed || *freed == 0) { co_return; }
  for (small_step& step : batch.steps) {
    if (step.failed && step.failed->code == errc::no_space) { step.failed.reset(); }
  }
  co_await run_lanes(batch, write_small);
}

/// Bytes, barrier, names, barrier. `volume` was opened before the first write: it hears of every
/// failed write-back since then, whoever else syncs this volume meanwhile.
io::task<result<void>> store_batch(small_batch& batch, io::folder& volume) {
  batch.sync_each = batch.steps.size() < volume_sync_from;
  co_await run_lanes(batch, write_small);
  co_await make_room_and_write(batch);
  if (!batch.sync_each) {
    auto synced = co_await volume.sync_volume();
    if (!synced) { co_return synced; }
  }
  std::vector<model::file_id> files;
  for (const small_step& step : batch.steps) {
    if (!step.failed) { files.push_back(step.file->id); }
  }
  auto made = co_await make_fan_out(batch.library, std::move(files));
  if (!made) { co_return made; }
  co_await run_lanes(batch, name_small);
  if (batch.sync_each) {
    auto synced = co_await sync_folders(batch);
    co_return synced;
  }
  auto synced = co_await volume.sync_volume();
  co_return synced;
}

/// The piece layer gets its name before the file does.
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

}  // namespace

io::task<result<void>> make_fan_out(library_state& library, std::vector<model::file_id> files) {
  std::vector<std::size_t> fresh;
  for (const model::file_id& file : files) {
    if (library.fan_out.test(fan_out_of(file))) { continue; }
    auto made = co_await library.root.make_folders(file_folder(file));
    if (!made) { co_return made; }
    fresh.push_back(fan_out_of(file));
  }
  if (fresh.empty()) { co_return result<void>(); }
  auto synced = co_await library.root.sync(files_folder);
  if (!synced) { co_return synced; }
  for (const std::size_t folder : fresh) { library.fan_out.set(folder); }
  co_return result<void>();
}

io::task<result<bool>> store_large(library_state& library, const large_bytes& given,
                                   io::on_existing how) {
  std::vector<model::file_id> files{given.id};
  auto made = co_await make_fan_out(library, std::move(files));
  if (!made) { co_return made.error(); }
  auto layered = co_await store_layer(library, given);
  if (!layered) { co_return layered.error(); }
  auto named = co_await give_name(library, given.path, given.id, how);
  if (!named) { co_return named; }
  if (!*named) {
    auto removed = co_await library.root.remove_file(given.path);
    if (!removed) { log::warning("storage", describe(removed.error())); }
  }
  auto synced = co_await library.root.sync(file_folder(given.id));
  if (!synced) { co_return synced.error(); }
  co_return named;
}

io::task<result<bool>> is_in_library(library_state& library, model::file_id file) {
  const auto has_size = [](const result<io::file_facts>& facts, std::uint64_t size) {
    return facts && facts->kind == io::file_kind::regular && facts->size == size;
  };
  const auto is_trouble = [](const result<io::file_facts>& facts) {
    return !facts && facts.error().code != errc::not_found;
  };
  auto facts = co_await library.root.facts(file_path(file));
  if (is_trouble(facts)) { co_return facts.error(); }
  if (!has_size(facts, model::raw(file.size))) { co_return false; }
  const std::uint64_t pieces = hashing::piece_count(file.size);
  if (pieces == 0) { co_return true; }
  auto layer = co_await library.root.facts(piece_layer_path(file));
  if (is_trouble(layer)) { co_return layer.error(); }
  co_return has_size(layer, pieces * sizeof(model::digest));
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

io::task<std::vector<std::optional<error>>> content_library::commit_small(
    std::vector<small_file> files, io::on_existing how) {
  small_batch batch{*state_, how};
  for (const small_file& file : files) {
    batch.steps.push_back({&file, staging_path(file.id, ++state_->last_small)});
  }
  co_await verify_small(batch);
  auto volume = co_await state_->root.open_folder(staging_folder);
  if (volume) {
    auto stored = co_await store_batch(batch, *volume);
    if (!stored) { condemn_all(batch, stored.error()); }
    co_await drop_small(batch);
    co_await volume->close();
  } else {
    condemn_all(batch, volume.error());
  }
  std::vector<std::optional<error>> outcomes;
  for (small_step& step : batch.steps) { outcomes.push_back(std::move(step.failed)); }
  co_return outcomes;
}

}  // namespace sluice::storage
