#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "io/ring_backend.hpp"
#include "io/ring_calls.hpp"
#include "io/socket.hpp"

namespace sluice::io::detail {

namespace {

/// What the kernel reads or fills while an operation on a name is in flight.
struct name_extra {
  open_how how{};
  struct statx facts {};
};

constexpr std::uint64_t transfer_max = 1 * limits::gib;

std::int64_t reopen_buffered(int descriptor) {
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  const int made = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  return made < 0 ? -errno : made;
}

}  // namespace

void ring_backend::submit(operation& asked) {
  asked.extra = nullptr;
  asked.stage = trying;
  switch (asked.code) {
    case opcode::read:
    case opcode::write: submit_transfer(asked); break;
    case opcode::sync_data:
    case opcode::sync_all:
    case opcode::allocate:
    case opcode::close:
    case opcode::reopen_buffered: submit_file(asked); break;
    case opcode::list:
    case opcode::read_link:
    case opcode::volume:
    case opcode::sync_volume:
    case opcode::read_files:
    case opcode::write_files:
    case opcode::rename_files:
    case opcode::look_at_files:
    case opcode::truncate:
    case opcode::set_permissions:
    case opcode::resolve: side_.submit(asked); break;
    case opcode::connect:
    case opcode::listen:
    case opcode::accept:
    case opcode::receive:
    case opcode::send:
    case opcode::send_file: submit_socket(asked); break;
    default: submit_name(asked); break;
  }
}

/// What is in the page cache is had by one call, without a way through the ring.
bool ring_backend::read_cached(operation& asked) {
  const iovec place{asked.memory.data(), asked.memory.size()};
  const ssize_t got =
      ::preadv2(asked.descriptor, &place, 1, static_cast<off_t>(asked.offset), RWF_NOWAIT);
  if (got < 0) { return false; }
  done(asked, got);
  return true;
}

void ring_backend::submit_transfer(operation& asked) {
  if (asked.code == opcode::read && asked.flags == 1 && read_cached(asked)) { return; }
  const auto length = static_cast<unsigned>(std::min(asked.memory.size(), transfer_max));
  const int region = region_of(asked.memory);
  void* const memory = asked.memory.data();
  io_uring_sqe* made = entry();
  if (asked.code == opcode::read) {
    if (region >= 0) {
      io_uring_prep_read_fixed(made, asked.descriptor, memory, length, asked.offset, region);
    } else {
      io_uring_prep_read(made, asked.descriptor, memory, length, asked.offset);
    }
  } else if (region >= 0) {
    io_uring_prep_write_fixed(made, asked.descriptor, memory, length, asked.offset, region);
  } else {
    io_uring_prep_write(made, asked.descriptor, memory, length, asked.offset);
  }
  made->ioprio = asked.priority;
  io_uring_sqe_set_data(made, &asked);
}

void ring_backend::submit_file(operation& asked) {
  if (asked.code == opcode::reopen_buffered) {
    done(asked, reopen_buffered(asked.descriptor));
    return;
  }
  io_uring_sqe* made = entry();
  switch (asked.code) {
    case opcode::sync_data:
      io_uring_prep_fsync(made, asked.descriptor, IORING_FSYNC_DATASYNC);
      break;
    case opcode::sync_all: io_uring_prep_fsync(made, asked.descriptor, 0); break;
    case opcode::allocate:
      io_uring_prep_fallocate(made, asked.descriptor, 0, 0, static_cast<off_t>(asked.length));
      break;
    default: io_uring_prep_close(made, asked.descriptor); break;
  }
  io_uring_sqe_set_data(made, &asked);
}

void ring_backend::submit_name(operation& asked) {
  auto* const extra = new name_extra;
  asked.extra = extra;
  io_uring_sqe* made = entry();
  const int folder = asked.descriptor;
  switch (asked.code) {
    case opcode::open_root:
      extra->how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
      io_uring_prep_openat2(made, AT_FDCWD, asked.path, &extra->how);
      break;
    case opcode::open_folder:
      extra->how = folder_how();
      io_uring_prep_openat2(made, folder, asked.path, &extra->how);
      break;
    case opcode::open_file:
      extra->how = file_how(*asked.options);
      io_uring_prep_openat2(made, folder, asked.path, &extra->how);
      break;
    case opcode::rename:
      io_uring_prep_renameat(made, folder, asked.path, asked.other_descriptor, asked.other_path,
                             asked.flags == 1 ? 0 : RENAME_NOREPLACE);
      break;
    case opcode::remove_file: io_uring_prep_unlinkat(made, folder, asked.path, 0); break;
    case opcode::remove_folder:
      io_uring_prep_unlinkat(made, folder, asked.path, AT_REMOVEDIR);
      break;
    case opcode::make_folder: io_uring_prep_mkdirat(made, folder, asked.path, asked.flags); break;
    default:
      io_uring_prep_statx(made, folder, asked.path, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
                          STATX_BASIC_STATS, &extra->facts);
      break;
  }
  io_uring_sqe_set_data(made, &asked);
}

void ring_backend::came_back(operation& asked, int outcome) {
  const bool transfer = asked.code == opcode::receive || asked.code == opcode::send ||
                        asked.code == opcode::send_file;
  const bool paused = asked.stage == pausing && outcome == -ETIME;
  if (transfer && (outcome >= 0 || paused)) { return go_on(asked, outcome); }
  asked.result = finish(asked, outcome);
  asked.completed(asked);
}

std::int64_t ring_backend::finish(operation& asked, int outcome) {
  switch (asked.code) {
    case opcode::connect: return finish_connect(asked, outcome);
    case opcode::accept: return finish_accept(asked, outcome);
    case opcode::allocate:
      if (outcome != -EOPNOTSUPP) { return outcome; }
      return ftruncate(asked.descriptor, static_cast<off_t>(asked.length)) == 0 ? 0 : -errno;
    default: break;
  }
  const std::unique_ptr<name_extra> extra(static_cast<name_extra*>(asked.extra));
  if (asked.code == opcode::open_file && outcome >= 0 && asked.options->regular) {
    return keep_if_regular(outcome);
  }
  if (asked.code == opcode::facts && outcome >= 0) { *asked.facts = facts_of(extra->facts); }
  return outcome;
}

}  // namespace sluice::io::detail
