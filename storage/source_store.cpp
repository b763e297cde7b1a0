#include "storage/source_store.hpp"

#include <algorithm>

#include "storage/library_layout.hpp"

namespace sluice::storage {

namespace {

constexpr std::size_t lanes = 4;
constexpr std::uint64_t batch_bytes_max = limits::bytes_per_batch_max / lanes;
constexpr auto progress_interval = std::chrono::milliseconds(250);
constexpr std::uint32_t executable_bit = 0100;
constexpr std::string_view changed_text = "changed while it was read; try again when it is at rest";

/// Small files of one lane, in memory.
struct small_sources {
  std::vector<std::size_t> entries{};
  std::vector<std::vector<std::byte>> bytes{};
  std::uint64_t size = 0;
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
  const auto taken = [&] {
    return std::find(store.claimed.begin(), store.claimed.end(), file) != store.claimed.end();
  };
  if (taken()) { co_return false; }
  auto there = co_await is_in_library(store.library, file);
  if (!there) { store.failed = there.error(); }
  if (!there || *there || taken()) { co_return false; }
  store.claimed.push_back(file);
  co_return true;
}

void unclaim(source_store& store, const model::file_id& file) { std::erase(store.claimed, file); }

io::task<void> store_batch(source_store& store, small_sources& batch) {
  std::vector<std::span<const std::byte>> views(batch.bytes.begin(), batch.bytes.end());
  std::vector<model::digest> digests;
  co_await store.library.workers.run(store.library.ring,
                                     [&] { digests = hashing::measure_small(views); });
  std::vector<content_library::small_file> wanted;
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    const model::file_id file{digests[i], model::byte_count{views[i].size()}};
    store.tree.entries[batch.entries[i]].file = file;
    if (views[i].empty()) { continue; }  // made with the content
    const bool ours = co_await claim(store, file);
    if (ours) { wanted.push_back({file, views[i]}); }
  }
  store.files_shared += batch.entries.size() - wanted.size();
  if (wanted.empty()) { co_return; }
  auto outcomes = co_await store.whole.commit_small(wanted, io::on_existing::keep);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    unclaim(store, wanted[i].id);
    if (outcomes[i]) {
      store.failed = *outcomes[i];
    } else {
      store.fresh.push_back(wanted[i].id);
    }
  }
}

io::task<void> flush(source_store& store, small_sources& batch) {
  if (!batch.entries.empty() && !is_stopped(store)) { co_await store_batch(store, batch); }
  for (const auto& bytes : batch.bytes) { tell(store, bytes.size()); }
  batch = small_sources{};
}

io::task<void> take_small(source_store& store, small_sources& batch, std::size_t index,
                          io::file& from, io::file_facts before) {
  const std::string& path = store.tree.entries[index].path;
  std::vector<std::byte> bytes(before.size + 1);  // one more shows that it grew
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
  bytes.resize(before.size);
  batch.size += bytes.size();
  batch.entries.push_back(index);
  batch.bytes.push_back(std::move(bytes));
  if (batch.entries.size() >= limits::files_per_batch_max || batch.size >= batch_bytes_max) {
    co_await flush(store, batch);
  }
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
  unclaim(store, measured.id);
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
  auto from = co_await store.source.open_file(store.tree.entries[index].path, {.direct = true});
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
    co_await take_large(store, index, *before);
  }
}

io::task<void> run_lane(source_store& store) {
  small_sources batch;
  while (store.next < store.tree.entries.size() && !store.failed) {
    const std::size_t index = store.next++;
    if (!store.tree.entries[index].is_file()) { continue; }
    auto from = co_await store.source.open_file(store.tree.entries[index].path, {});
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
  io::task_group group;
  for (std::size_t lane = 0; lane < lanes; ++lane) { group.start(run_lane(store)); }
  co_await group.wait_all();
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
