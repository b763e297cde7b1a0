// Files of <= 1 MiB: as many as fit into one buffer are read together and hashed together.
#include <algorithm>

#include "storage/library_layout.hpp"
#include "storage/validation_run.hpp"

namespace sluice::storage {

namespace {

/// Of one bundle: several of them wait for the disk side by side.
constexpr std::size_t files_read_together = 8;

std::size_t room_of(const model::file_id& file) { return io::bundled_size(model::raw(file.size)); }

/// A file on its way through a buffer.
struct small_check {
  listed_file listed;
  std::span<std::byte> room{};
  std::span<const std::byte> bytes{};
  std::optional<validation_finding> found{};
};

validation_finding trouble(const error& cause) {
  validation_finding found;
  found.kind =
      cause.code == errc::not_found ? finding_kind::file_missing : finding_kind::unreadable;
  found.cause = cause;
  return found;
}

validation_finding wrong(const small_check& file, finding_kind kind, std::string_view why) {
  validation_finding found;
  found.kind = kind;
  found.cause = {errc::corrupt, 0, format("verify {}: {}", file.listed.file.text(), why)};
  return found;
}

void take_read(small_check& check, const io::bundled_file& file) {
  if (file.failed && file.failed->code == errc::invalid) {
    check.found = wrong(check, finding_kind::file_missing, "it is no file");
  } else if (file.failed) {
    check.found = trouble(*file.failed);
  } else if (file.before.size != model::raw(check.listed.file.size)) {
    const auto text = format("it has {} bytes", file.before.size);
    check.found = wrong(check, finding_kind::wrong_size, text);
  } else if (file.bytes.size() < file.before.size) {
    const auto text = format("it has {} bytes", file.bytes.size());
    check.found = wrong(check, finding_kind::wrong_size, text);
  } else {
    check.bytes = file.bytes.first(file.before.size);
  }
}

io::task<void> read_together(validation_run& run, std::span<small_check> checks) {
  std::vector<io::bundled_file> files;
  for (const small_check& check : checks) {
    files.push_back({.path = file_path(check.listed.file), .bytes = check.room});
  }
  co_await run.library.root.read_files(files, {}, false, turn_of(run));
  for (std::size_t i = 0; i < files.size(); ++i) { take_read(checks[i], files[i]); }
}

/// Those that were read, against what they are called.
void compare(std::vector<small_check>& files) {
  std::vector<std::span<const std::byte>> bytes;
  std::vector<small_check*> read;
  for (small_check& file : files) {
    if (file.found) { continue; }
    bytes.push_back(file.bytes);
    read.push_back(&file);
  }
  const std::vector<model::digest> measured = hashing::measure_small(bytes);
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (measured[i] == read[i]->listed.file.digest) { continue; }
    read[i]->found = wrong(*read[i], finding_kind::wrong_bytes, "it hashes to something else");
  }
}

}  // namespace

std::size_t fitting(const std::vector<listed_file>& files, std::size_t first) {
  std::size_t room = limits::piece_size;
  std::size_t count = 0;
  while (first + count < files.size() && room_of(files[first + count].file) <= room) {
    room -= room_of(files[first + count].file);
    ++count;
  }
  return count;
}

io::task<void> check_small(validation_run& run, std::size_t first, std::size_t count) {
  auto memory = co_await run.library.buffers.acquire();
  std::span<std::byte> rest = memory.bytes();
  std::vector<small_check> files(count);
  for (std::size_t i = 0; i < count; ++i) {
    files[i].listed = run.files[first + i];
    files[i].room = rest.first(room_of(files[i].listed.file));
    rest = rest.subspan(files[i].room.size());
  }
  io::task_group group;
  for (std::size_t next = 0; next < count; next += files_read_together) {
    const std::size_t few = std::min(files_read_together, count - next);
    group.start(read_together(run, std::span(files).subspan(next, few)));
  }
  co_await group.wait_all();
  co_await run.library.workers.run(run.library.ring, [&files] { compare(files); });
  for (small_check& file : files) {
    count_done(run, 1, model::raw(file.listed.file.size));
    if (file.found) { add_finding(run, file.listed, std::move(*file.found)); }
  }
}

}  // namespace sluice::storage
