#include "io/side_worker.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "io/bundle.hpp"
#include "io/perform.hpp"
#include "io/ring_calls.hpp"
#include "io/socket.hpp"

namespace sluice::io::detail {

namespace {

file_kind kind_of_mode(unsigned mode) {
  if (S_ISREG(mode)) { return file_kind::regular; }
  if (S_ISDIR(mode)) { return file_kind::folder; }
  if (S_ISLNK(mode)) { return file_kind::link; }
  return file_kind::other;
}

file_kind kind_of_entry(int folder, const dirent& entry) {
  switch (entry.d_type) {
    case DT_REG: return file_kind::regular;
    case DT_DIR: return file_kind::folder;
    case DT_LNK: return file_kind::link;
    case DT_UNKNOWN: break;
    default: return file_kind::other;
  }
  struct stat facts {};
  const int failed = fstatat(folder, entry.d_name, &facts, AT_SYMLINK_NOFOLLOW);
  return failed != 0 ? file_kind::other : kind_of_mode(facts.st_mode);
}

std::int64_t list(const operation& asked) {
  // A description of its own: the position is part of it.
  const int descriptor = openat(asked.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) { return -errno; }
  DIR* opened = fdopendir(descriptor);
  if (opened == nullptr) {
    const int failure = errno;
    ::close(descriptor);
    return -failure;
  }
  errno = 0;
  while (const dirent* entry = readdir(opened)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") {
      asked.entries->push_back({std::string(name), kind_of_entry(descriptor, *entry)});
    }
    errno = 0;
  }
  const int failure = errno;
  closedir(opened);
  return -failure;
}

std::int64_t read_link(const operation& asked) {
  std::array<char, limits::path_bytes_max + 1> target;
  const auto length =
      or_errno(readlinkat(asked.descriptor, asked.path, target.data(), target.size()));
  if (length < 0) { return length; }
  if (static_cast<std::size_t>(length) == target.size()) { return -ENAMETOOLONG; }
  asked.text->assign(target.data(), static_cast<std::size_t>(length));
  return 0;
}

std::int64_t volume(const operation& asked) {
  struct statvfs facts {};
  if (fstatvfs(asked.descriptor, &facts) != 0) { return -errno; }
  *asked.volume = {.bytes_free = facts.f_bavail * facts.f_frsize,
                   .bytes_total = facts.f_blocks * facts.f_frsize,
                   .inodes_free = facts.f_favail,
                   .inodes_total = facts.f_files};
  return 0;
}

bool is_idle(std::uint16_t priority) {
  return priority == priority_of({disk_class::idle, priority & 7U});
}

/// Of this thread's own reads and writes; ioprio_set(2).
void set_priority(std::uint16_t priority) {
  constexpr int who_process = 1;
  syscall(SYS_ioprio_set, who_process, 0, priority);
}

std::int64_t bundle(operation& asked) {
  if (asked.priority != 0) { set_priority(asked.priority); }
  carry_out(asked, call_now);
  if (asked.priority != 0) { set_priority(0); }
  return 0;
}

std::int64_t resolve(const std::string& host, std::vector<std::string>& hosts) {
  addrinfo wish{};
  wish.ai_socktype = SOCK_STREAM;
  wish.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(host.c_str(), nullptr, &wish, &found);
  if (failure == EAI_SYSTEM) { return -errno; }
  if (failure != 0) { return failure == EAI_AGAIN ? -EHOSTUNREACH : -ENOENT; }
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(each->ai_addr, each->ai_addrlen, text.data(), text.size(), nullptr, 0,
                    NI_NUMERICHOST) == 0) {
      hosts.emplace_back(text.data());
    }
  }
  freeaddrinfo(found);
  return hosts.empty() ? -ENOENT : 0;
}

}  // namespace

side_worker::~side_worker() {
  {
    const std::lock_guard lock(guard_);
    ending_ = true;
  }
  more_.notify_all();
  for (auto& thread : threads_) { thread.join(); }
}

void side_worker::submit(operation& asked) {
  auto made = std::make_shared<job>();
  made->asked = &asked;
  if (asked.code == opcode::resolve) { made->host = asked.at->host; }
  const rank at = rank_of(asked);
  made->at = at;
  const std::lock_guard lock(guard_);
  if (asked.code == opcode::resolve) { resolving_.push_back(made); }
  waiting_[static_cast<std::size_t>(at)].push_back(std::move(made));
  std::size_t all = 0;
  for (const auto& queue : waiting_) { all += queue.size(); }
  if (idle_ < all && threads_.size() < limits::side_threads_max) {
    threads_.emplace_back([this] { work(); });
  }
  more_.notify_one();
}

side_worker::rank side_worker::rank_of(const operation& asked) {
  if (asked.code != opcode::read_files && asked.code != opcode::write_files) {
    return rank::short_call;
  }
  return is_idle(asked.priority) ? rank::idle_bundle : rank::bundle;
}

std::shared_ptr<side_worker::job> side_worker::take() {
  const std::size_t bundles = running_[1] + running_[2];
  const std::array<bool, 3> may_run{true, bundles < limits::side_threads_for_bundles_max,
                                    bundles < limits::side_threads_for_bundles_max &&
                                        running_[2] < limits::side_threads_for_idle_reads_max};
  for (std::size_t at = 0; at < waiting_.size(); ++at) {
    if (waiting_[at].empty() || !may_run[at]) { continue; }
    const std::shared_ptr<job> taken = std::move(waiting_[at].front());
    waiting_[at].pop_front();
    return taken;
  }
  return nullptr;
}

bool side_worker::abandon(operation& asked) {
  const std::lock_guard lock(guard_);
  const auto found = std::ranges::find_if(
      resolving_, [&](const std::shared_ptr<job>& each) { return each->asked == &asked; });
  if (found == resolving_.end()) { return false; }
  (*found)->asked = nullptr;
  resolving_.erase(found);
  return true;
}

std::vector<operation*> side_worker::take_done() {
  if (!any_done_) { return {}; }
  const std::lock_guard lock(guard_);
  any_done_ = false;
  return std::exchange(done_, {});
}

void side_worker::work() {
  std::unique_lock lock(guard_);
  while (true) {
    std::shared_ptr<job> taken;
    ++idle_;
    more_.wait(lock, [&] {
      taken = take();
      return taken != nullptr || ending_;
    });
    --idle_;
    if (taken == nullptr) { return; }
    std::size_t& running = running_[static_cast<std::size_t>(taken->at)];
    ++running;
    lock.unlock();
    taken->result = call(*taken);
    lock.lock();
    --running;
    more_.notify_one();                         // one that had to wait for this may run now
    if (taken->asked == nullptr) { continue; }  // abandoned
    std::erase(resolving_, taken);
    if (!taken->hosts.empty()) { *taken->asked->hosts = std::move(taken->hosts); }
    taken->asked->result = taken->result;
    done_.push_back(taken->asked);
    any_done_ = true;
    wake_();
  }
}

std::int64_t side_worker::call(job& run) {
  if (!run.host.empty()) { return resolve(run.host, run.hosts); }
  const operation& asked = *run.asked;  // only resolving can be abandoned
  switch (asked.code) {
    case opcode::list: return list(asked);
    case opcode::read_link: return read_link(asked);
    case opcode::volume: return volume(asked);
    case opcode::sync_volume: return or_errno(syncfs(asked.descriptor));
    case opcode::truncate:
      return or_errno(ftruncate(asked.descriptor, static_cast<off_t>(asked.length)));
    case opcode::set_permissions: return or_errno(fchmod(asked.descriptor, asked.flags));
    case opcode::read_files:
    case opcode::write_files:
    case opcode::rename_files:
    case opcode::look_at_files: return bundle(*run.asked);
    default: return -EOPNOTSUPP;
  }
}

}  // namespace sluice::io::detail
