// Files of <= 1 MiB: as many as fit into one buffer are read together and hashed together.
#include <algorithm>

#include "storage/library_layout.hpp"
#include "storage/validation_run.hpp"

namespace sluice::storage {

namespace {

constexpr std::size_t disk_block = 4096;

/// Room for the file, in whole blocks of the disk.
std::size_t room_of(const model::file_id& file) {
  const std::size_t blocks = (model::raw(file.size) + disk_block - 1) / disk_block;
  return std::max<std::size_t>(blocks, 1) * disk_block;
}

/// A file on its way through a buffer.
struct small_check {
  listed_file listed;
  std::span<std::byte> memory{};
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

io::task<void> read_opened(small_check& file, io::file& from) {
  auto facts = co_await from.facts();
  if (!facts) {
    file.found = trouble(facts.error());
    co_return;
  }
  if (facts->kind != io::file_kind::regular) {
    file.found = wrong(file, finding_kind::file_missing, "it is no file");
    co_return;
  }
  if (facts->size != model::raw(file.listed.file.size)) {
    file.found = wrong(file, finding_kind::wrong_size, format("it has {} bytes", facts->size));
    co_return;
  }
  auto length = co_await from.read(file.memory, 0);
  if (!length) {
    file.found = trouble(length.error());
  } else if (*length < model::raw(file.listed.file.size)) {
    file.found = wrong(file, finding_kind::wrong_size, format("it has {} bytes", *length));
  }
}

io::task<void> read_one(validation_run& run, small_check& file) {
  auto opened = co_await run.library.root.open_file(file_path(file.listed.file), {.direct = true});
  if (!opened) {
    file.found = trouble(opened.error());
    co_return;
  }
  set_turn(run, *opened);
  co_await read_opened(file, *opened);
  co_await opened->close();
}

/// Those that were read, against what they are called.
void compare(std::vector<small_check>& files) {
  std::vector<std::span<const std::byte>> bytes;
  std::vector<small_check*> read;
  for (small_check& file : files) {
    if (file.found) { continue; }
    bytes.push_back(file.memory.first(model::raw(file.listed.file.size)));
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
    const std::size_t room = room_of(files[i].listed.file);
    files[i].memory = rest.first(room);
    rest = rest.subspan(room);
  }
  io::task_group group;
  for (small_check& file : files) { group.start(read_one(run, file)); }
  co_await group.wait_all();
  co_await run.library.workers.run(run.library.ring, [&files] { compare(files); });
  for (small_check& file : files) {
    count_done(run, 1, model::raw(file.listed.file.size));
    if (file.found) { add_finding(run, file.listed, std::move(*file.found)); }
  }
}

}  // namespace sluice::storage
