#include "io/ring_calls.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "io/kernel_features.hpp"
#include "io/ring_backend.hpp"

namespace sluice::io::detail {

namespace {

constexpr std::uint64_t beneath = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;

std::uint64_t open_flags(const open_options& wish) {
  std::uint64_t flags = O_CLOEXEC | O_NOFOLLOW;
  switch (wish.access) {
    case access_mode::read: flags |= O_RDONLY; break;
    case access_mode::write: flags |= O_WRONLY; break;
    case access_mode::read_write: flags |= O_RDWR; break;
  }
  if (wish.create) { flags |= O_CREAT; }
  if (wish.create && wish.exclusive) { flags |= O_EXCL; }
  if (wish.truncate) { flags |= O_TRUNC; }
  if (wish.direct) { flags |= O_DIRECT; }
  if (wish.regular) { flags |= O_NONBLOCK; }  // a pipe would be waited for
  return flags;
}

std::chrono::nanoseconds time_of(const statx_timestamp& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::int64_t open_beneath(const operation& asked, open_how how) {
  const auto opened =
      or_errno(syscall(SYS_openat2, asked.descriptor, asked.path, &how, sizeof how));
  const bool only_regular = asked.code == opcode::open_file && asked.options->regular;
  return opened >= 0 && only_regular ? keep_if_regular(static_cast<int>(opened)) : opened;
}

std::int64_t look_at(const operation& asked) {
  struct statx known {};
  const auto outcome =
      or_errno(statx(asked.descriptor, asked.path, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
                     STATX_BASIC_STATS, &known));
  if (outcome >= 0) { *asked.facts = facts_of(known); }
  return outcome;
}

std::int64_t set_direct(const operation& asked) {
  if (asked.flags == 1 && !is_usable(kernel_feature::direct_files)) { return -EOPNOTSUPP; }
  const int flags = fcntl(asked.descriptor, F_GETFL);
  if (flags < 0) { return -errno; }
  const int wanted = asked.flags == 1 ? flags | O_DIRECT : flags & ~O_DIRECT;
  return or_errno(fcntl(asked.descriptor, F_SETFL, wanted));
}

/// Without cachestat(2) nobody knows, and a read through the cache is right in either case.
std::int64_t is_cached(const operation& asked) {
  if (!is_usable(kernel_feature::cache_state)) { return 1; }
  constexpr std::uint64_t page = 4096;
  page_counts pages;
  const cached_range range{0, asked.length};
  if (syscall(cachestat_number, asked.descriptor, &range, &pages, 0) != 0) { return 1; }
  return pages.cached * page >= asked.length ? 1 : 0;
}

}  // namespace

open_how folder_how() noexcept {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = beneath;
  return how;
}

open_how file_how(const open_options& wish) noexcept {
  open_how how{};
  how.flags = open_flags(wish);
  how.mode = wish.create ? wish.permissions : 0;
  how.resolve = beneath;
  return how;
}

file_facts facts_of(const struct statx& known) {
  file_facts made;
  if (S_ISREG(known.stx_mode)) { made.kind = file_kind::regular; }
  if (S_ISDIR(known.stx_mode)) { made.kind = file_kind::folder; }
  if (S_ISLNK(known.stx_mode)) { made.kind = file_kind::link; }
  made.size = known.stx_size;
  made.permissions = known.stx_mode & 07777U;
  made.device = (std::uint64_t{known.stx_dev_major} << 32) | known.stx_dev_minor;
  made.inode = known.stx_ino;
  made.links = known.stx_nlink;
  made.modified = time_of(known.stx_mtime);
  made.changed = time_of(known.stx_ctime);
  return made;
}

std::int64_t keep_if_regular(int opened) {
  struct stat known {};
  const int flags = fcntl(opened, F_GETFL);
  int failure = 0;
  if (fstat(opened, &known) != 0 || flags < 0) {
    failure = errno;
  } else if (!S_ISREG(known.st_mode)) {
    failure = ESPIPE;
  } else if (fcntl(opened, F_SETFL, flags & ~O_NONBLOCK) != 0) {
    failure = errno;
  }
  if (failure == 0) { return opened; }
  ::close(opened);
  return -failure;
}

std::int64_t call_now(const operation& asked) {
  const auto offset = static_cast<off_t>(asked.offset);
  switch (asked.code) {
    case opcode::open_folder: return open_beneath(asked, folder_how());
    case opcode::open_file: return open_beneath(asked, file_how(*asked.options));
    case opcode::facts: return look_at(asked);
    case opcode::set_direct: return set_direct(asked);
    case opcode::is_cached: return is_cached(asked);
    case opcode::read:
      return or_errno(pread(asked.descriptor, asked.memory.data(), asked.memory.size(), offset));
    case opcode::write:
      return or_errno(pwrite(asked.descriptor, asked.memory.data(), asked.memory.size(), offset));
    case opcode::sync_all: return or_errno(fsync(asked.descriptor));
    case opcode::rename:
      return or_errno(renameat2(asked.descriptor, asked.path, asked.other_descriptor,
                                asked.other_path, asked.flags == 1 ? 0 : RENAME_NOREPLACE));
    case opcode::close: return or_errno(::close(asked.descriptor));
    default: return -EOPNOTSUPP;
  }
}

}  // namespace sluice::io::detail
