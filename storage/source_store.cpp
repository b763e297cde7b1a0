#include "storage/source_store.hpp"

#include <algorithm>

#include "storage/library_layout.hpp"

namespace sluice::storage {

namespace {

constexpr std::size_t lanes = 12;
constexpr std::size_t large_lanes = 4;
constexpr std::size_t bundle_files_least = 8;
/// Two barriers for so many files: each costs milliseconds, however little there is to sync.
constexpr std::size_t round_files_max = 4096;
constexpr std::uint64_t round_bytes_max = 256 * limits::mib;
constexpr auto progress_interval = std::chrono::milliseconds(250);
constexpr std::uint32_t executable_bit = 0100;
constexpr std::string_view changed_text = "changed while it was read; try again when it is at rest";

/// Small files of one lane, in memory.
struct small_sources {
  std::vector<std::size_t> entries{};
  std::vector<std::span<const std::byte>> bytes{};
};

bool same_file(const io::file_facts& before, const io::file_facts& after) {
  return before.size == after.size && before.modified == after.modified &&
         before.changed == after.changed && before.inode == after.inode &&
         before.device == after.device;
}

bool is_stopped(const source_store& store) {
  return store.failed.has_value() || !store.tree.refused.none();
}

void tell(source_store& store, std::uint64_t bytes) {
  store.done.files += 1;
  store.done.bytes += bytes;
  const auto now = store.library.ring.now();
  if (!store.progress || now - store.told < progress_interval) { return; }
  store.told = now;
  store.progress(store.done);
}

/// True when nobody has the file and nobody else is about to store it: the caller does.
bool claim(source_store& store, const file_lookup& found) {
  if (found.failed) { store.failed = found.failed; }
  return !found.failed && !found.present && store.claimed.insert(found.file).second;
}

io::task<std::shared_ptr<shared_round>> open_source_round(source_store& store) {
  auto made = std::make_shared<shared_round>(shared_round{{store.library}});
  auto opened = co_await open_round(made->files);
  if (!opened) { store.failed = opened.error(); }
  co_return made;
}

/// All its files are written, or nobody wants them any more.
io::task<void> finish_round(source_store& store, std::shared_ptr<shared_round> round) {
  co_await all_written(*round);
  if (is_stopped(store)) {
    co_await abandon_round(round->files);
    co_return;
  }
  co_await close_round(round->files);
  for (const small_step& step : round->files.steps) {
    store.claimed.erase(step.id);
    if (step.failed) {
      store.failed = *step.failed;
    } else if (step.name == name_given::none) {
      ++store.files_shared;
    } else {
      store.fresh.push_back(step.id);
    }
  }
}

io::task<void> write_wanted(source_store& store, std::vector<content_library::small_file> wanted) {
  const std::shared_ptr<shared_round> round = store.round;
  ++round->writers;
  co_await write_to_round(round->files, std::move(wanted));
  left_by_writer(*round);
  const bool full =
      round->files.steps.size() >= round_files_max || round->files.bytes >= round_bytes_max;
  if (!full || std::exchange(round->closed, true)) { co_return; }
  store.round = co_await open_source_round(store);
  co_await finish_round(store, round);
}

io::task<void> store_batch(source_store& store, small_sources& batch) {
  std::vector<model::digest> digests;
  co_await store.library.workers.run(store.library.ring,
                                     [&] { digests = hashing::measure_small(batch.bytes); });
  std::vector<file_lookup> found;
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    found.push_back({{digests[i], model::byte_count{batch.bytes[i].size()}}});
    store.tree.entries[batch.entries[i]].file = found[i].file;
  }
  co_await look_up(store.library, found);
  std::vector<content_library::small_file> wanted;
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    if (batch.bytes[i].empty()) { continue; }  // made with the content
    if (claim(store, found[i])) { wanted.push_back({found[i].file, batch.bytes[i]}); }
  }
  store.files_shared += batch.entries.size() - wanted.size();
  if (!wanted.empty() && !is_stopped(store)) { co_await write_wanted(store, std::move(wanted)); }
}

io::task<void> flush(source_store& store, small_sources& batch) {
  if (!batch.entries.empty() && !is_stopped(store)) { co_await store_batch(store, batch); }
  for (const auto& bytes : batch.bytes) { tell(store, bytes.size()); }
  batch.entries.clear();
  batch.bytes.clear();
}

/// A large file while it is copied into staging: one piece is read while the one before is hashed
/// and written.
struct large_copy {
  source_store& store;
  io::file& from;
  io::file& into;
  std::uint64_t size = 0;
  hashing::tree_hasher hasher{};
  std::optional<error> read_failed{};
  std::optional<error> write_failed{};
  bool changed = false;
};

std::uint64_t length_at(const large_copy& copy, std::uint64_t offset) {
  return std::min(limits::piece_size, copy.size - std::min(copy.size, offset));
}

io::task<void> read_piece(large_copy& copy, std::span<std::byte> memory, std::uint64_t offset) {
  const std::uint64_t wanted = length_at(copy, offset);
  if (wanted == 0) { co_return; }
  auto length = co_await copy.from.read(memory, offset);
  if (!length) { copy.read_failed = length.error(); }
  if (length && *length != wanted) { copy.changed = true; }
}

io::task<void> write_piece(large_copy& copy, std::span<const std::byte> bytes,
                           std::uint64_t offset) {
  auto written = co_await copy.into.write_tail(bytes, offset);
  if (!written) { copy.write_failed = written.error(); }
}

io::task<void> copy_pieces(large_copy& copy) {
  auto one = co_await copy.store.library.buffers.acquire();
  auto other = co_await copy.store.library.buffers.acquire();
  std::span<std::byte> now = one.bytes();
  std::span<std::byte> ahead = other.bytes();
  co_await read_piece(copy, now, 0);
  for (std::uint64_t offset = 0; offset < copy.size; offset += limits::piece_size) {
    if (copy.read_failed || copy.write_failed || copy.changed) { co_return; }
    const std::span<const std::byte> bytes = now.first(length_at(copy, offset));
    io::task_group group;
    group.start(write_piece(copy, bytes, offset));
    group.start(read_piece(copy, ahead, offset + limits::piece_size));
    co_await copy.store.library.workers.run(copy.store.library.ring,
                                            [&copy, bytes] { copy.hasher.update(bytes); });
    co_await group.wait_all();
    std::swap(now, ahead);
  }
}

io::task<void> store_copy(source_store& store, std::string path, std::size_t index,
                          large_copy& copy) {
  auto synced = co_await copy.into.sync_all();
  if (!synced) {
    store.failed = synced.error();
    co_return;
  }
  const hashing::measured_file measured = copy.hasher.finish();
  store.tree.entries[index].file = measured.id;
  file_lookup found{measured.id};
  co_await look_up(store.library, {&found, 1});
  if (!claim(store, found)) {
    ++store.files_shared;
    co_return;
  }
  const large_bytes bytes{std::move(path), measured.id, measured.pieces};
  auto stored = co_await store_large(store.library, bytes, io::on_existing::keep);
  store.claimed.erase(measured.id);
  if (!stored) {
    store.failed = stored.error();
  } else {
    store.fresh.push_back(measured.id);
  }
}

io::task<result<void>> reserve(library_state& library, io::file& into, std::uint64_t size) {
  auto reserved = co_await into.allocate(size);
  if (reserved || reserved.error().code != errc::no_space) { co_return reserved; }
  auto freed = co_await empty_trash(library, size);
  if (!freed) { co_return freed.error(); }
  auto again = co_await into.allocate(size);
  co_return again;
}

io::task<void> copy_large(source_store& store, std::size_t index, io::file& from, io::file& into,
                          std::string path, io::file_facts before) {
  auto reserved = co_await reserve(store.library, into, before.size);
  if (!reserved) {
    store.failed = reserved.error();
    co_return;
  }
  large_copy copy{store, from, into, before.size};
  co_await copy_pieces(copy);
  auto after = co_await from.facts();
  const std::string& name = store.tree.entries[index].path;
  if (copy.read_failed || !after) {
    store.tree.refused.add(name, describe(copy.read_failed ? *copy.read_failed : after.error()));
  } else if (copy.changed || !same_file(before, *after)) {
    store.tree.refused.add(name, changed_text);
  } else if (copy.write_failed) {
    store.failed = *copy.write_failed;
  } else {
    co_await store_copy(store, std::move(path), index, copy);
    tell(store, before.size);
  }
}

io::task<void> take_large(source_store& store, std::size_t index) {
  auto from = co_await store.source.open_file(store.tree.entries[index].path,
                                              {.direct = true, .regular = true});
  if (!from) {
    store.tree.refused.add(store.tree.entries[index].path, describe(from.error()));
    co_return;
  }
  auto before = co_await from->facts();
  if (!before) {
    store.tree.refused.add(store.tree.entries[index].path, describe(before.error()));
    co_return;
  }
  const std::string path = format("{}/snapshot.{}", staging_folder, ++store.library.last_small);
  auto into = co_await store.library.root.open_file(
      path,
      {.access = io::access_mode::read_write, .create = true, .truncate = true, .direct = true});
  if (into) {
    co_await copy_large(store, index, *from, *into, path, *before);
    co_await into->close();
    auto removed = co_await store.library.root.remove_file(path);  // unless it has a name now
    if (!removed && removed.error().code != errc::not_found) {
      log::warning("storage", describe(removed.error()));
    }
  } else {
    store.failed = into.error();
  }
  co_await from->close();
}

/// One lane: what it took from the list and did not read yet, and where it reads to.
struct source_lane {
  std::vector<std::size_t> waiting{};
  small_sources batch{};
  io::bundle_memory memory{limits::piece_size};
};

/// A bundle full, or fewer when there would be none for the other lanes.
void take_more(source_store& store, source_lane& lane) {
  const std::size_t all = store.tree.entries.size();
  const std::size_t share =
      std::clamp(all / lanes / 4, bundle_files_least, std::size_t{limits::files_per_bundle_max});
  while (lane.waiting.size() < share && store.next < all) {
    const std::size_t index = store.next++;
    if (store.tree.entries[index].is_file()) { lane.waiting.push_back(index); }
  }
}

/// What was read is at rest, or refused. That it grew is seen by its times; only where files say 0
/// and have more, by reading.
void take_small(source_store& store, small_sources& batch, std::size_t index,
                const io::bundled_file& file) {
  if (file.bytes.size() != file.before.size || !same_file(file.before, file.after)) {
    store.tree.refused.add(store.tree.entries[index].path, changed_text);
    return;
  }
  batch.entries.push_back(index);
  batch.bytes.push_back(file.bytes);
}

/// What came of a bundle; what had no room waits on, here or for its own turn.
io::task<void> take_read(source_store& store, source_lane& lane,
                         std::vector<io::bundled_file> files) {
  const std::vector<std::size_t> asked = std::exchange(lane.waiting, {});
  for (std::size_t i = 0; i < files.size(); ++i) {
    model::manifest_entry& entry = store.tree.entries[asked[i]];
    if (files[i].failed) {
      store.tree.refused.add(entry.path, describe(*files[i].failed));
      continue;
    }
    const io::file_facts& known = files[i].before;
    if ((known.permissions & executable_bit) != 0) { entry.kind = model::entry_kind::executable; }
    if (!files[i].left_out) {
      take_small(store, lane.batch, asked[i], files[i]);
    } else if (known.size > limits::piece_size) {
      store.large.push_back(asked[i]);
    } else if (!is_stopped(store)) {
      lane.waiting.push_back(asked[i]);
    }
  }
  co_await flush(store, lane.batch);
}

io::task<void> store_small_files(source_store& store) {
  source_lane lane;
  while (!store.failed) {
    take_more(store, lane);
    if (lane.waiting.empty()) { co_return; }
    std::vector<io::bundled_file> files;
    for (const std::size_t index : lane.waiting) {
      files.push_back({.path = store.tree.entries[index].path});
    }
    const auto room = is_stopped(store) ? std::span<std::byte>() : lane.memory.bytes();
    co_await store.source.read_files(files, room, true);
    co_await take_read(store, lane, std::move(files));
  }
}

io::task<void> store_large_files(source_store& store) {
  while (!store.large.empty() && !is_stopped(store)) {
    const std::size_t index = store.large.front();
    store.large.pop_front();
    co_await take_large(store, index);
  }
}

}  // namespace

io::task<void> store_files(source_store& store) {
  store.round = co_await open_source_round(store);
  io::task_group group;
  for (std::size_t lane = 0; lane < lanes; ++lane) { group.start(store_small_files(store)); }
  co_await group.wait_all();
  for (std::size_t lane = 0; lane < large_lanes; ++lane) { group.start(store_large_files(store)); }
  co_await group.wait_all();
  co_await finish_round(store, store.round);
  if (store.progress) { store.progress(store.done); }
}

io::task<void> undo_files(source_store& store) {
  for (const model::file_id& file : store.fresh) {
    result<bool> used = error{};
    co_await store.library.workers.run(store.library.ring,
                                       [&] { used = store.library.index->is_used(file); });
    if (!used || *used) { continue; }
    std::vector<std::string> paths{file_path(file)};
    if (hashing::piece_count(file.size) > 0) { paths.push_back(piece_layer_path(file)); }
    for (const std::string& path : paths) {
      auto removed = co_await store.library.root.remove_file(path);
      if (!removed) { log::warning("storage", describe(removed.error())); }
    }
  }
}

}  // namespace sluice::storage
