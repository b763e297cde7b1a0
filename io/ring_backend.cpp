#include "io/ring_backend.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "io/kernel_features.hpp"

namespace sluice::io {

namespace detail {

namespace {

constexpr unsigned entries = 256;
constexpr unsigned completions = 4096;

/// user_data of the read that waits for `wake`.
constexpr std::uint64_t wake_up = 1;

error refusal(int failure) {
  std::string cure = "make an io_uring";
  switch (failure) {
    case EPERM:
    case EACCES:
      cure +=
          " (it is switched off: set sysctl kernel.io_uring_disabled=0, and allow io_uring in the"
          " seccomp profile of a container)";
      break;
    case ENOSYS:
      cure +=
          " (this kernel or its seccomp profile offers none: use Linux 6.1 or later built with"
          " io_uring)";
      break;
    case ENOMEM:
      cure +=
          " (too little locked memory: raise LimitMEMLOCK= of the unit, or ulimit -l, to 256"
          " MiB)";
      break;
    case EINVAL: cure += " (this kernel is too old: use Linux 6.1 or later)"; break;
    default: break;
  }
  return os_failure(failure, std::move(cure));
}

result<void> make_ring(io_uring& into) {
  io_uring_params wishes{};
  wishes.flags = IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
  wishes.flags |= is_usable(kernel_feature::deferred_tasks)
                      ? IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN
                      : IORING_SETUP_COOP_TASKRUN;
  wishes.cq_entries = completions;
  const int outcome = io_uring_queue_init_params(entries, &into, &wishes);
  if (outcome < 0) { return refusal(-outcome); }
  io_uring_ring_dontfork(&into);
  return {};
}

/// sendfile has no MSG_NOSIGNAL: on this thread a closed peer is an EPIPE and nothing more.
void block_broken_pipe_signal() {
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
}

void warn_once_unregistered(int failure) {
  static std::atomic<bool> warned = false;
  if (warned.exchange(true)) { return; }
  log::warning("io", describe(os_failure(failure,
                                         "register buffers with the ring; going on with"
                                         " unregistered ones, which is slower (raise"
                                         " LimitMEMLOCK= of the unit to 256 MiB)")));
}

}  // namespace

ring_backend::ring_backend()
    : wake_descriptor_(eventfd(0, EFD_CLOEXEC)), side_([this] { wake(); }) {
  SLUICE_CHECK(wake_descriptor_ >= 0);
}

ring_backend::~ring_backend() {
  detach();
  ::close(wake_descriptor_);
}

result<void> ring_backend::probe() {
  io_uring tried{};
  const auto made = make_ring(tried);
  if (made) { io_uring_queue_exit(&tried); }
  return made;
}

result<void> ring_backend::attach(turning&) {
  SLUICE_CHECK(!attached_);
  const auto made = make_ring(ring_);
  if (!made) { return made; }
  block_broken_pipe_signal();
  attached_ = true;
  registering_ = is_usable(kernel_feature::registered_buffers) &&
                 io_uring_register_buffers_sparse(&ring_, regions_max) == 0;
  arm_wake();
  return {};
}

void ring_backend::detach() noexcept {
  if (!attached_) { return; }
  SLUICE_CHECK(done_.empty());
  io_uring_queue_exit(&ring_);
  attached_ = false;
  registering_ = false;
  regions_.fill({});
}

void ring_backend::arm_wake() {
  io_uring_sqe* made = entry();
  io_uring_prep_read(made, wake_descriptor_, &wake_count_, sizeof wake_count_, 0);
  io_uring_sqe_set_data64(made, wake_up);
}

io_uring_sqe* ring_backend::entry() {
  SLUICE_CHECK(attached_);
  io_uring_sqe* made = io_uring_get_sqe(&ring_);
  while (made == nullptr) {
    io_uring_submit(&ring_);
    made = io_uring_get_sqe(&ring_);
  }
  return made;
}

void ring_backend::done(operation& asked, std::int64_t outcome) {
  asked.result = outcome;
  asked.settled = true;
  done_.push_back(&asked);
}

void ring_backend::cancel(operation& asked) {
  if (asked.code == opcode::resolve && side_.abandon(asked)) {
    done(asked, -ECANCELED);
    return;
  }
  asked.cancelled = true;
  // Requests start in order, so a later operation at the same address cannot be meant.
  io_uring_sqe* made = entry();
  io_uring_prep_cancel(made, &asked, 0);
  io_uring_sqe_set_data64(made, nobody);
}

bool ring_backend::run_done() {
  std::vector<operation*> taken = side_.take_done();
  taken.insert(taken.end(), done_.begin(), done_.end());
  done_.clear();
  for (operation* each : taken) { each->completed(*each); }
  return !taken.empty();
}

bool ring_backend::reap() {
  bool any = false;
  io_uring_cqe* came = nullptr;
  while (io_uring_peek_cqe(&ring_, &came) == 0) {
    const std::uint64_t whose = io_uring_cqe_get_data64(came);
    void* const owner = io_uring_cqe_get_data(came);
    const int outcome = came->res;
    io_uring_cqe_seen(&ring_, came);
    if (whose == wake_up) {
      arm_wake();
    } else if (whose != nobody) {
      came_back(*static_cast<operation*>(owner), outcome);
    }
    any = true;
  }
  return any;
}

void ring_backend::wait(std::chrono::nanoseconds until) {
  using namespace std::chrono;
  if (until == nanoseconds::max()) {
    io_uring_submit_and_wait(&ring_, 1);
    return;
  }
  const nanoseconds left = until - now();
  if (left.count() <= 0) { return; }
  __kernel_timespec time{};
  time.tv_sec = duration_cast<seconds>(left).count();
  time.tv_nsec = (left % seconds(1)).count();
  io_uring_cqe* came = nullptr;
  io_uring_submit_and_wait_timeout(&ring_, &came, 1, &time, nullptr);
}

bool ring_backend::turn(std::chrono::nanoseconds until) {
  bool any = run_done();
  if (!any && done_.empty() && until != std::chrono::nanoseconds::min()) {
    wait(until);
  } else if (io_uring_sq_ready(&ring_) > 0 ||
             (IO_URING_READ_ONCE(*ring_.sq.kflags) & IORING_SQ_TASKRUN) != 0) {
    io_uring_submit_and_get_events(&ring_);
  }
  any |= reap();
  any |= run_done();
  return any;
}

void ring_backend::wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_descriptor_, &one, sizeof one);
}

std::chrono::nanoseconds ring_backend::now() const noexcept {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void ring_backend::shut(int descriptor) noexcept { ::shutdown(descriptor, SHUT_RDWR); }

void ring_backend::cork(int descriptor, bool on) noexcept {
  const int value = on ? 1 : 0;
  setsockopt(descriptor, IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

void ring_backend::close_now(int descriptor) noexcept { ::close(descriptor); }

int ring_backend::region_of(std::span<const std::byte> memory) const noexcept {
  for (unsigned index = 0; index < regions_max; ++index) {
    const std::span<std::byte> region = regions_[index];
    if (!region.empty() && memory.data() >= region.data() &&
        memory.data() + memory.size() <= region.data() + region.size()) {
      return static_cast<int>(index);
    }
  }
  return -1;
}

void ring_backend::register_memory(std::span<std::byte> memory) {
  if (!registering_) { return; }
  for (unsigned index = 0; index < regions_max; ++index) {
    if (!regions_[index].empty()) { continue; }
    const iovec place{memory.data(), memory.size()};
    const int outcome = io_uring_register_buffers_update_tag(&ring_, index, &place, nullptr, 1);
    if (outcome < 0) {
      warn_once_unregistered(-outcome);
    } else {
      regions_[index] = memory;
    }
    return;
  }
}

void ring_backend::unregister_memory(std::span<std::byte> memory) noexcept {
  if (!attached_) { return; }
  for (unsigned index = 0; index < regions_max; ++index) {
    if (regions_[index].data() != memory.data()) { continue; }
    const iovec nothing{nullptr, 0};
    io_uring_register_buffers_update_tag(&ring_, index, &nothing, nullptr, 1);
    regions_[index] = {};
  }
}

}  // namespace detail

backend_factory ring_backend_factory() {
  return [] { return std::make_unique<detail::ring_backend>(); };
}

}  // namespace sluice::io
