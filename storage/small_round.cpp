#include "storage/small_round.hpp"

#include <algorithm>

#include "storage/library_layout.hpp"

namespace sluice::storage {

namespace {

/// From this many files on one syncfs is the cheaper barrier. Measured on ext4, 256 files of
/// 16 KiB into 256 new folders, two cores: bytes 5-8 ms against 10-20 ms for fsyncs in flight
/// together, names 2 ms against 7-12 ms. For a few files syncfs would wait for everybody else's
/// bytes on the volume.
constexpr std::size_t volume_sync_from = 16;
/// Side by side each waits for the disk alone; more of them would only share the folder's lock.
constexpr std::size_t bundles_max = 8;

/// Writes the steps from `first` to `end`.
io::task<void> write_bundle(small_round& round, std::size_t first, std::size_t end) {
  for (std::size_t next = first; next < end;) {
    std::vector<io::bundled_file> files;
    const std::size_t begin = next;
    for (; next < end && files.size() < std::size_t{limits::files_per_bundle_max}; ++next) {
      files.push_back(
          {.path = round.steps[next].staged, .bytes = io::writable(round.steps[next].bytes)});
    }
    co_await round.library.root.write_files(files, round.sync_each);
    for (std::size_t i = 0; i < files.size(); ++i) {
      round.steps[begin + i].failed = std::move(files[i].failed);
    }
  }
}

io::task<void> write_all(small_round& round, std::size_t first, std::size_t end) {
  const std::size_t bundles = std::min(bundles_max, end - first);
  io::task_group group;
  for (std::size_t each = 0; each < bundles; ++each) {
    group.start(write_bundle(round, first + (end - first) * each / bundles,
                             first + (end - first) * (each + 1) / bundles));
  }
  co_await group.wait_all();
}

/// Those that found the volume full are written once more when the trash was emptied, by whomever:
/// of several that share a round the first may free what all of them need.
io::task<void> make_room_and_write(small_round& round, std::size_t first, std::size_t end) {
  const auto lacks_room = [](const small_step& step) {
    return step.failed && step.failed->code == errc::no_space;
  };
  std::uint64_t wanted = 0;
  for (std::size_t i = first; i < end; ++i) {
    if (lacks_room(round.steps[i])) { wanted += round.steps[i].bytes.size(); }
  }
  if (wanted == 0) { co_return; }
  auto freed = co_await empty_trash(round.library, wanted);
  if (!freed) { co_return; }
  for (std::size_t i = first; i < end; ++i) {
    if (!lacks_room(round.steps[i])) { continue; }
    co_await write_bundle(round, i, i + 1);
  }
}

/// The name of one that may be there already.
io::task<void> name_one(small_round& round, small_step& step) {
  auto named = co_await give_name(round.library, step.staged, step.id, round.how);
  if (named) {
    step.name = *named;
  } else {
    step.failed = named.error();
  }
}

io::task<void> name_bundle(small_round& round, std::span<small_step* const> steps) {
  std::vector<io::bundled_file> files;
  for (const small_step* step : steps) {
    files.push_back({.path = step->staged, .to = file_path(step->id)});
  }
  co_await round.library.root.rename_files(files, io::on_existing::keep);
  for (std::size_t i = 0; i < files.size(); ++i) {
    small_step& step = *steps[i];
    if (!files[i].failed) {
      step.name = name_given::fresh;
    } else if (files[i].failed->code == errc::conflict) {
      co_await name_one(round, step);
    } else {
      step.failed = std::move(files[i].failed);
    }
  }
}

/// Folder after folder; the kernel lets nobody rename between folders beside us.
io::task<void> give_names(small_round& round) {
  std::vector<small_step*> steps;
  for (small_step& step : round.steps) {
    if (!step.failed) { steps.push_back(&step); }
  }
  std::ranges::sort(steps, {}, [](const small_step* step) { return step->id.digest; });
  for (std::size_t next = 0; next < steps.size();
       next += std::size_t{limits::files_per_bundle_max}) {
    const std::size_t count =
        std::min(std::size_t{limits::files_per_bundle_max}, steps.size() - next);
    co_await name_bundle(round, std::span(steps).subspan(next, count));
  }
}

io::task<void> drop_unnamed(small_round& round) {
  for (const small_step& step : round.steps) {
    if (step.name != name_given::none) { continue; }
    auto removed = co_await round.library.root.remove_file(step.staged);
    if (!removed && removed.error().code != errc::not_found) {
      log::warning("storage", describe(removed.error()));
    }
  }
}

/// The folders whose names changed, one by one: for rounds too small for syncfs.
io::task<result<void>> sync_folders(small_round& round) {
  std::vector<std::string> folders;
  for (const small_step& step : round.steps) {
    // One that was there already may be of a process that was killed before its barrier.
    if (!step.failed) { folders.push_back(file_folder(step.id)); }
  }
  std::sort(folders.begin(), folders.end());
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
  for (const std::string& folder : folders) {
    auto synced = co_await round.library.root.sync(folder);
    if (!synced) { co_return synced; }
  }
  co_return result<void>();
}

io::task<result<void>> sync_names(small_round& round) {
  if (round.sync_each) {
    auto synced = co_await sync_folders(round);
    co_return synced;
  }
  auto synced = co_await round.volume.sync_volume();
  co_return synced;
}

/// Names and their barrier; without the barrier, no names.
io::task<result<void>> name_all(small_round& round) {
  co_await give_names(round);
  auto synced = co_await sync_names(round);
  if (synced) { co_return synced; }
  for (const small_step& step : round.steps) {
    co_await take_back(round.library, step.name, step.id);
  }
  co_return synced;
}

/// Barrier, names, barrier.
io::task<result<void>> store_round(small_round& round) {
  if (round.steps.empty()) { co_return result<void>(); }
  if (!round.sync_each) {
    auto synced = co_await round.volume.sync_volume();
    if (!synced) { co_return synced; }
  }
  std::vector<model::file_id> files;
  for (const small_step& step : round.steps) {
    if (!step.failed) { files.push_back(step.id); }
  }
  auto made = co_await make_fan_out(round.library, std::move(files));
  if (!made) { co_return made; }
  co_await round.library.naming.acquire();
  auto named = co_await name_all(round);
  round.library.naming.release();
  co_return named;
}

/// One barrier over a whole round fails: nothing of it may be believed.
void condemn_all(small_round& round, const error& why) {
  for (small_step& step : round.steps) {
    if (!step.failed) { step.failed = why; }
  }
}

using small_file = content_library::small_file;

/// Nothing for each file that is what it is called.
io::task<std::vector<std::optional<error>>> verify(library_state& library,
                                                   const std::vector<small_file>& files) {
  std::vector<std::span<const std::byte>> bytes;
  for (const small_file& file : files) {
    SLUICE_CHECK(file.bytes.size() <= limits::piece_size);
    bytes.push_back(file.bytes);
  }
  std::vector<model::digest> measured;
  co_await library.workers.run(library.ring, [&] { measured = hashing::measure_small(bytes); });
  std::vector<std::optional<error>> faults(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    const model::file_id found{measured[i], model::byte_count{bytes[i].size()}};
    if (found == files[i].id) { continue; }
    faults[i] = error{errc::corrupt, 0, format("verify {}", files[i].id.text())};
  }
  co_return faults;
}

using step_outcomes = std::vector<std::optional<error>>;

step_outcomes outcomes_of(const small_round& round, std::size_t first, std::size_t count) {
  step_outcomes outcomes;
  for (std::size_t i = first; i < first + count; ++i) { outcomes.push_back(round.steps[i].failed); }
  return outcomes;
}

io::task<step_outcomes> store_alone(library_state& library, std::vector<small_file> files,
                                    io::on_existing how) {
  const std::size_t count = files.size();
  small_round round{library, how};
  round.sync_each = true;
  auto opened = co_await open_round(round);
  if (!opened) { co_return step_outcomes(count, opened.error()); }
  co_await write_to_round(round, std::move(files));
  co_await close_round(round);
  co_return outcomes_of(round, 0, count);
}

/// The round that takes files now, with the caller among its writers.
io::task<result<std::shared_ptr<shared_round>>> join_round(library_state& library,
                                                           io::on_existing how) {
  std::shared_ptr<shared_round>& now = library.gathering[how == io::on_existing::replace ? 1 : 0];
  if (!now) {
    const auto made = std::make_shared<shared_round>(shared_round{{library, how}});
    auto opened = co_await open_round(made->files);
    if (!opened) { co_return opened.error(); }
    if (now) {  // somebody was faster
      const std::shared_ptr<shared_round> theirs = now;
      ++theirs->writers;
      co_await made->files.volume.close();
      co_return theirs;
    }
    now = made;
  }
  ++now->writers;
  co_return now;
}

/// Whose turn it is closes the round for all that share it; those who come meanwhile share the
/// next.
io::task<void> close_shared(library_state& library, std::shared_ptr<shared_round> round) {
  co_await library.closing.acquire();
  if (!round->closed) {
    for (auto& gathering : library.gathering) {
      if (gathering == round) { gathering.reset(); }
    }
    co_await all_written(*round);
    co_await close_round(round->files);
    round->closed = true;
  }
  library.closing.release();
}

io::task<step_outcomes> store_together(library_state& library, std::vector<small_file> files,
                                       io::on_existing how) {
  const std::size_t count = files.size();
  auto joined = co_await join_round(library, how);
  if (!joined) { co_return step_outcomes(count, joined.error()); }
  const std::shared_ptr<shared_round> round = *joined;
  const std::size_t first = round->files.steps.size();
  co_await write_to_round(round->files, std::move(files));
  left_by_writer(*round);
  co_await close_shared(library, round);
  co_return outcomes_of(round->files, first, count);
}

}  // namespace

io::task<result<void>> open_round(small_round& round) {
  auto opened = co_await round.library.root.open_folder(staging_folder);
  if (!opened) { co_return opened.error(); }
  round.volume = std::move(*opened);
  co_return result<void>();
}

io::task<void> write_to_round(small_round& round, std::vector<small_file> files) {
  const std::size_t first = round.steps.size();
  for (const small_file& file : files) {
    round.steps.push_back({file.id, file.bytes, staging_path(file.id, ++round.library.last_small)});
    round.bytes += file.bytes.size();
  }
  co_await write_all(round, first, first + files.size());
  co_await make_room_and_write(round, first, first + files.size());
  for (std::size_t i = first; i < first + files.size(); ++i) { round.steps[i].bytes = {}; }
}

io::task<void> close_round(small_round& round) {
  auto stored = co_await store_round(round);
  if (!stored) { condemn_all(round, stored.error()); }
  co_await drop_unnamed(round);
  co_await round.volume.close();
}

void left_by_writer(shared_round& round) {
  if (--round.writers == 0) { round.written.set(); }
}

io::task<void> all_written(shared_round& round) {
  while (round.writers > 0) {
    round.written.clear();
    co_await round.written.wait();
  }
}

io::task<void> abandon_round(small_round& round) {
  co_await drop_unnamed(round);
  co_await round.volume.close();
}

io::task<std::vector<std::optional<error>>> content_library::commit_small(
    std::vector<small_file> files, io::on_existing how) {
  auto outcomes = co_await verify(*state_, files);
  std::vector<small_file> right;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!outcomes[i]) { right.push_back(files[i]); }
  }
  const bool few = right.size() < volume_sync_from;
  step_outcomes stored;
  if (few) {
    stored = co_await store_alone(*state_, std::move(right), how);
  } else {
    stored = co_await store_together(*state_, std::move(right), how);
  }
  auto next = stored.begin();
  for (std::optional<error>& outcome : outcomes) {
    if (!outcome) { outcome = std::move(*next++); }
  }
  co_return outcomes;
}

}  // namespace sluice::storage
