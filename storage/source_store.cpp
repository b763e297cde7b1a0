#include "storage/source_store.hpp"

#include <algorithm>

#include "storage/library_layout.hpp"

namespace sluice::storage {

namespace {

constexpr std::size_t lanes = 12;
/// A lane hashes and writes so many small files at once; they are named by the round.
constexpr std::size_t batch_bytes_max = limits::piece_size;
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
  std::unique_ptr<std::byte[]> memory{};  ///< one byte more than a batch: it shows what grew
  std::size_t used = 0;
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
io::task<bool> claim(source_store& store, model::file_id file) {
  if (store.claimed.contains(file)) { co_return false; }
  auto there = co_await is_in_library(store.library, file);
  if (!there) { store.failed = there.error(); }
  if (!there || *there) { co_return false; }
  const bool ours = store.claimed.insert(file).second;
  co_return ours;
}

io::task<std::shared_ptr<source_round>> open_source_round(source_store& store) {
  auto made = std::make_shared<source_round>(source_round{{store.library}});
  auto opened = co_await open_round(made->files);
  if (!opened) { store.failed = opened.error(); }
  co_return made;
}

/// All its files are written, or nobody wants them any more.
io::task<void> finish_round(source_store& store, std::shared_ptr<source_round> round) {
  while (round->writers > 0) {
    round->written.clear();
    co_await round->written.wait();
  }
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
  const std::shared_ptr<source_round> round = store.round;
  ++round->writers;
  co_await write_to_round(round->files, std::move(wanted));
  if (--round->writers == 0) { round->written.set(); }
  const bool full =
      round->files.steps.size() >= round_files_max || round->files.bytes >= round_bytes_max;
  if (!full || std::exchange(round->full, true)) { co_return; }
  store.round = co_await open_source_round(store);
  co_await finish_round(store, round);
}

io::task<void> store_batch(source_store& store, small_sources& batch) {
  std::vector<model::digest> digests;
  co_await store.library.workers.run(store.library.ring,
                                     [&] { digests = hashing::measure_small(batch.bytes); });
  std::vector<content_library::small_file> wanted;
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    const model::file_id file{digests[i], model::byte_count{batch.bytes[i].size()}};
    store.tree.entries[batch.entries[i]].file = file;
    if (batch.bytes[i].empty()) { continue; }  // made with the content
    const bool ours = co_await claim(store, file);
    if (ours) { wanted.push_back({file, batch.bytes[i]}); }
  }
  store.files_shared += batch.entries.size() - wanted.size();
  if (!wanted.empty() && !is_stopped(store)) { co_await write_wanted(store, std::move(wanted)); }
}

io::task<void> flush(source_store& store, small_sources& batch) {
  if (!batch.entries.empty() && !is_stopped(store)) { co_await store_batch(store, batch); }
  for (const auto& bytes : batch.bytes) { tell(store, bytes.size()); }
  batch.entries.clear();
  batch.bytes.clear();
  batch.used = 0;
}

io::task<void> take_small(source_store& store, small_sources& batch, std::size_t index,
                          io::file& from, io::file_facts before) {
  const std::string& path = store.tree.entries[index].path;
  if (batch.used + before.size > batch_bytes_max || !batch.memory) {
    co_await flush(store, batch);
    if (!batch.memory) { batch.memory = std::make_unique<std::byte[]>(batch_bytes_max + 1); }
  }
  // That it grew is seen by its times; only where files say 0 and have more, by reading.
  const std::span<std::byte> bytes{batch.memory.get() + batch.used,
                                   std::max<std::size_t>(before.size, 1)};
  auto length = co_await from.read(bytes, 0);
  auto after = co_await from.facts();
  if (!length || !after) {
    store.tree.refused.add(path, describe(!length ? length.error() : after.error()));
    co_return;
  }
  if (*length != before.size || !same_file(before, *after)) {
    store.tree.refused.add(path, changed_text);
    co_return;
  }
  batch.used += before.size;
  batch.entries.push_back(index);
  batch.bytes.push_back(bytes.first(before.size));
  if (batch.entries.size() >= limits::files_per_batch_max) { co_await flush(store, batch); }
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
  const bool ours = co_await claim(store, measured.id);
  if (!ours) {
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

io::task<void> take_large(source_store& store, std::size_t index, io::file_facts before) {
  auto from = co_await store.source.open_file(store.tree.entries[index].path,
                                              {.direct = true, .regular = true});
  if (!from) {
    store.tree.refused.add(store.tree.entries[index].path, describe(from.error()));
    co_return;
  }
  const std::string path = format("{}/snapshot.{}", staging_folder, ++store.library.last_small);
  auto into = co_await store.library.root.open_file(
      path,
      {.access = io::access_mode::read_write, .create = true, .truncate = true, .direct = true});
  if (into) {
    co_await copy_large(store, index, *from, *into, path, before);
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

io::task<void> take_opened(source_store& store, small_sources& batch, std::size_t index,
                           io::file& from) {
  model::manifest_entry& entry = store.tree.entries[index];
  auto before = co_await from.facts();
  if (!before) {
    store.tree.refused.add(entry.path, describe(before.error()));
    co_return;
  }
  if (before->kind != io::file_kind::regular) {
    store.tree.refused.add(entry.path, changed_text);
    co_return;
  }
  if (is_stopped(store)) { co_return; }
  if ((before->permissions & executable_bit) != 0) { entry.kind = model::entry_kind::executable; }
  if (before->size <= limits::piece_size) {
    co_await take_small(store, batch, index, from, *before);
  } else {
    co_await store.large.acquire();
    co_await take_large(store, index, *before);
    store.large.release();
  }
}

io::task<void> run_lane(source_store& store) {
  small_sources batch;
  while (store.next < store.tree.entries.size() && !store.failed) {
    const std::size_t index = store.next++;
    if (!store.tree.entries[index].is_file()) { continue; }
    auto from = co_await store.source.open_file(store.tree.entries[index].path, {.regular = true});
    if (!from) {
      store.tree.refused.add(store.tree.entries[index].path, describe(from.error()));
      continue;
    }
    co_await take_opened(store, batch, index, *from);
    co_await from->close();
  }
  co_await flush(store, batch);
}

}  // namespace

io::task<void> store_files(source_store& store) {
  store.round = co_await open_source_round(store);
  io::task_group group;
  for (std::size_t lane = 0; lane < lanes; ++lane) { group.start(run_lane(store)); }
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
