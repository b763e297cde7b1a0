#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/base.hpp"

namespace sluice::io {

struct bundled_file;
struct endpoint;
struct file_facts;
struct folder_entry;
struct open_options;
struct volume_facts;

/// What a backend can do. "D" is `operation::descriptor`; a result < 0 is a negated errno.
enum class opcode : std::uint8_t {
  // Files; D is the file.
  read,             ///< `memory` at `offset`; bytes read, 0 at the end; `flags` 1: try the page
                    ///< cache before anything else
  write,            ///< `memory` at `offset`; bytes written, may be short
  sync_data,        ///< fdatasync
  sync_all,         ///< fsync; also of folders
  allocate,         ///< blocks for 0..`length`, size `length`
  truncate,         ///< to `length`
  set_permissions,  ///< `flags` are the permissions
  reopen_buffered,  ///< a second, write-only descriptor of D, without O_DIRECT
  close,
  set_direct,  ///< `flags` 1: from now on past the page cache; 0: through it
  is_cached,   ///< 1: each block of its first `length` bytes is in the page cache

  // Names; D is the folder, `path` lies beneath it. Of rename to make_folder: one component.
  open_root,      ///< a folder by absolute path; no D
  open_folder,    ///< a descriptor
  open_file,      ///< a descriptor, by `options`; EINVAL when `direct` is not to be had,
                  ///< ESPIPE when `regular` is not so
  rename,         ///< to `other_path` in `other_descriptor`; `flags` 1: replace what is there
  remove_file,    ///<
  remove_folder,  ///<
  make_folder,    ///< `flags` are the permissions
  facts,          ///< of `path`, or of D itself when it is empty, into `facts`
  read_link,      ///< into `text`
  list,           ///< D itself, into `entries`
  volume,         ///< of D, into `volume`
  sync_volume,    ///< the file system of D

  // Bundles: all of `files`, one after another; each has its own result. D is the folder.
  read_files,     ///< into `memory`, each from a multiple of 4096 on; `flags` 1: those that are all
                  ///< in the page cache from there
  write_files,    ///< made, or emptied; `flags` 1: each made durable
  rename_files,   ///< `flags` 1: replace what is there
  look_at_files,  ///< not what links lead to

  // Sockets; D is the socket.
  resolve,    ///< `at->host` to numeric addresses, into `hosts`; no D
  connect,    ///< to the numeric `at`; a descriptor; no D
  listen,     ///< on the numeric `at`, `flags` a `port_sharing`; a descriptor; `at` gets the port
  accept,     ///< a descriptor; `at` is the peer
  receive,    ///< into `memory`; bytes, 0 at the peer's end; `flags` 1: nothing is there yet
  send,       ///< from `memory`; bytes, may be short; `flags` 1: more follows at once
  send_file,  ///< `length` from `offset` of the file `other_descriptor`; bytes, may be short;
              ///< `flags` 1: ENODATA when the next are not in the page cache, and were
              ///< not there a moment ago; `progress`
};

/// What the sender of a file remembers from one slice to the next. The backend keeps it true.
struct send_progress {
  std::uint64_t resident_from = 0;  ///< found in the page cache ...
  std::uint64_t resident_to = 0;
  std::chrono::nanoseconds resident_at{};  ///< ... at this time
  bool full = false;  ///< the socket took less than it was offered: there is no room just now
};

/// One thing asked of the outside.
///
/// Lifetime:  it and all it points to stay until `completed` ran, which happens exactly once, on
/// the
///            reactor's thread, never inside `submit` or `cancel`.
struct operation {
  opcode code = opcode::read;
  int descriptor = -1;
  int other_descriptor = -1;
  std::uint32_t flags = 0;
  std::uint16_t priority = 0;  ///< of reads and writes, as ioprio_set(2) has it; 0: the thread's
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::span<std::byte> memory{};
  std::chrono::nanoseconds deadline{};  ///< from now; 0: none. Kept by the reactor.

  const char* path = "";
  const char* other_path = "";
  const open_options* options = nullptr;
  file_facts* facts = nullptr;
  volume_facts* volume = nullptr;
  std::vector<folder_entry>* entries = nullptr;
  std::string* text = nullptr;
  std::vector<std::string>* hosts = nullptr;
  endpoint* at = nullptr;
  send_progress* progress = nullptr;
  std::span<bundled_file> files{};

  void (*completed)(operation& done) = nullptr;
  void* owner = nullptr;  ///< of whoever set `completed`
  std::int64_t result = 0;

  void* extra = nullptr;     ///< the backend's, while it is in flight
  int stage = 0;             ///< the backend's
  bool cancelled = false;    ///< the backend's
  bool settled = false;      ///< over, maybe as it was submitted; `completed` follows
  std::uint64_t number = 0;  ///< the backend's
};

/// What a backend asks of the reactor it serves; the simulated one drives several.
class turning {
public:
  virtual ~turning() = default;
  /// Runs what can run without waiting; false when there was nothing.
  virtual bool run_once() = 0;
  [[nodiscard]] virtual std::optional<std::chrono::nanoseconds> next_timer() const = 0;
};

/// The seam to the outside: a real ring, or simulated time, disk and network.
///
/// Threads: `probe` and `wake` from any, everything else on the reactor's own.
class backend {
public:
  virtual ~backend() = default;
  /// Whether it could work at all; says the cause and the cure when not. Leaves nothing behind.
  virtual result<void> probe() = 0;
  /// Before any other call, and again after `detach`; on the thread that will use it.
  virtual result<void> attach(turning& served) = 0;
  virtual void detach() noexcept = 0;

  virtual void submit(operation& asked) = 0;
  /// It still completes, with -ECANCELED unless it was faster.
  virtual void cancel(operation& asked) = 0;
  /// Runs completions; waits for one, for `wake`, or until `until`; with a past `until` not at all.
  /// True when any ran.
  virtual bool turn(std::chrono::nanoseconds until) = 0;
  virtual void wake() noexcept = 0;

  [[nodiscard]] virtual std::chrono::nanoseconds now() const noexcept = 0;
  /// Ends a socket for both sides: what waits on it completes soon.
  virtual void shut(int descriptor) noexcept = 0;
  /// Whether a socket holds back what does not fill a segment (TCP_CORK); without it an
  /// acknowledgement that comes in between sends what happens to be there.
  virtual void cork(int descriptor, bool on) noexcept = 0;
  /// For handles that are dropped open.
  virtual void close_now(int descriptor) noexcept = 0;
  /// Makes reads and writes of that memory cheaper, where possible; page-aligned.
  virtual void register_memory(std::span<std::byte> memory) = 0;
  virtual void unregister_memory(std::span<std::byte> memory) noexcept = 0;
  /// True when time passes only by `turn`, on the calling thread.
  [[nodiscard]] virtual bool simulated() const noexcept = 0;
};

/// Makes the backend of one reactor; must not fail (`probe` and `attach` do).
using backend_factory = std::function<std::unique_ptr<backend>()>;

/// io_uring (Linux 6.1 or later).
backend_factory ring_backend_factory();

}  // namespace sluice::io
