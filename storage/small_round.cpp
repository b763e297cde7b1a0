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
constexpr std::size_t lanes_max = 32;

using step_function = io::task<result<void>> (*)(small_round& round, small_step& step);

/// Some steps of a round, worked through by lanes.
struct stretch {
  small_round& round;
  std::size_t next = 0;
  std::size_t end = 0;
};

io::task<void> run_lane(stretch& work, step_function act) {
  while (work.next < work.end) {
    small_step& step = work.round.steps[work.next++];
    if (step.failed) { continue; }
    auto done = co_await act(work.round, step);
    if (!done) { step.failed = done.error(); }
  }
}

io::task<void> run_lanes(small_round& round, std::size_t first, std::size_t end,
                         step_function act) {
  stretch work{round, first, end};
  io::task_group group;
  for (std::size_t lane = 0; lane < std::min(lanes_max, end - first); ++lane) {
    group.start(run_lane(work, act));
  }
  co_await group.wait_all();
}

io::task<result<void>> write_small(small_round& round, small_step& step) {
  auto opened = co_await round.library.root.open_file(
      step.staged, {.access = io::access_mode::write, .create = true, .truncate = true});
  if (!opened) { co_return opened.error(); }
  auto written = co_await opened->write(step.bytes, 0);
  if (written && round.sync_each) {
    auto synced = co_await opened->sync_all();
    if (!synced) { co_return synced; }
  }
  co_await opened->close();
  co_return written;
}

/// Those that found the volume full are written again when the trash gave something back.
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
  if (!freed || *freed == 0) { co_return; }
  for (std::size_t i = first; i < end; ++i) {
    if (lacks_room(round.steps[i])) {
      round.steps[i].failed.reset();
      auto again = co_await write_small(round, round.steps[i]);
      if (!again) { round.steps[i].failed = again.error(); }
    }
  }
}

io::task<result<void>> name_small(small_round& round, small_step& step) {
  auto named = co_await give_name(round.library, step.staged, step.id, round.how);
  if (!named) { co_return named.error(); }
  step.name = *named;
  co_return result<void>();
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
  co_await run_lanes(round, 0, round.steps.size(), name_small);
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
  co_await run_lanes(round, first, first + files.size(), write_small);
  co_await make_room_and_write(round, first, first + files.size());
  for (std::size_t i = first; i < first + files.size(); ++i) { round.steps[i].bytes = {}; }
}

io::task<void> close_round(small_round& round) {
  auto stored = co_await store_round(round);
  if (!stored) { condemn_all(round, stored.error()); }
  co_await drop_unnamed(round);
  co_await round.volume.close();
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
  small_round round{*state_, how};
  round.sync_each = right.size() < volume_sync_from;
  auto opened = co_await open_round(round);
  if (opened) {
    co_await write_to_round(round, std::move(right));
    co_await close_round(round);
  }
  std::size_t next = 0;
  for (std::optional<error>& outcome : outcomes) {
    if (outcome) { continue; }
    if (opened) {
      outcome = std::move(round.steps[next++].failed);
    } else {
      outcome = opened.error();
    }
  }
  co_return outcomes;
}

}  // namespace sluice::storage
