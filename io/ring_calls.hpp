#pragma once

#include <linux/openat2.h>
#include <sys/stat.h>

#include <cerrno>

#include "io/backend.hpp"
#include "io/file.hpp"

/// What an operation is in terms of system calls, whether the ring makes them or a thread.
namespace sluice::io::detail {

/// What a call returned, with its errno where it failed.
[[nodiscard]] inline std::int64_t or_errno(std::int64_t returned) noexcept {
  return returned < 0 ? -errno : returned;
}

/// A folder, a file beneath another folder: no way out, no links followed.
[[nodiscard]] open_how folder_how() noexcept;
[[nodiscard]] open_how file_how(const open_options& wish) noexcept;

[[nodiscard]] file_facts facts_of(const struct statx& known);

/// What was opened without waiting, if it is a file: with O_NONBLOCK its reads would fail with
/// EAGAIN where they should wait for the disk. Else it is closed.
[[nodiscard]] std::int64_t keep_if_regular(int opened);

/// Carries out what bundles are made of, by a plain call that may block.
[[nodiscard]] std::int64_t call_now(const operation& asked);

}  // namespace sluice::io::detail
