#include "io/reactor.hpp"

#include <doctest/doctest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "io/io.hpp"

namespace sluice::io {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<reactor_thread> ring_thread() {
  auto started = reactor_thread::start("test");
  REQUIRE(started.ok());
  return std::move(*started);
}

task<int> answer() { co_return 42; }

task<void> sleep_and_count(reactor* ring, std::chrono::nanoseconds duration, int* finished) {
  co_await ring->sleep_for(duration);
  ++*finished;
}

TEST_CASE("what is posted from many threads runs on the reactor's thread, once each") {
  const auto thread = ring_thread();
  reactor& ring = thread->get();
  constexpr int posters = 4;
  constexpr int posts = 50'000;
  std::atomic<int> ran = 0;
  std::atomic<int> elsewhere = 0;
  std::vector<std::thread> threads;
  for (int poster = 0; poster < posters; ++poster) {
    threads.emplace_back([&] {
      for (int post = 0; post < posts; ++post) {
        ring.post([&] {
          if (!ring.on_own_thread()) { ++elsewhere; }
          ++ran;
        });
      }
    });
  }
  for (auto& each : threads) { each.join(); }
  block_on<int>(ring, answer);  // behind all of them
  CHECK(ran == posters * posts);
  CHECK(elsewhere == 0);
}

TEST_CASE("block_on returns what the task returned") {
  const auto thread = ring_thread();
  for (int turn = 0; turn < 1'000; ++turn) { CHECK(block_on<int>(thread->get(), answer) == 42); }
}

TEST_CASE("run ends after stop, when the last started task has ended") {
  auto made = reactor::make(ring_backend_factory());
  REQUIRE(made.ok());
  reactor& ring = **made;
  int finished = 0;
  ring.post([&] {
    ring.start(sleep_and_count(&ring, 5ms, &finished));
    ring.start(sleep_and_count(&ring, 1ms, &finished));
  });
  ring.stop();
  ring.run();
  CHECK(finished == 2);
}

TEST_CASE("timers are due in the order of their times, and not once disarmed") {
  auto made = reactor::make(ring_backend_factory());
  REQUIRE(made.ok());
  reactor& ring = **made;
  std::vector<int> order;
  reactor::timer late{[&] { order.push_back(3); }};
  reactor::timer soon{[&] { order.push_back(1); }};
  reactor::timer never{[&] { order.push_back(9); }};
  reactor::timer last{[&] { ring.stop(); }};
  ring.post([&] {
    ring.arm(late, 3ms);
    ring.arm(soon, 1ms);
    ring.arm(never, 2ms);
    ring.arm(last, 4ms);
    ring.disarm(never);
  });
  ring.run();
  CHECK(order == std::vector<int>{1, 3});
}

/// In a child: io_uring_setup fails with `failure`; 0 when the refusal names it and the cure.
int refused_in_child(int failure, const char* cure) {
  const pid_t child = fork();
  if (child == 0) {
    std::array<sock_filter, 4> program{
        sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, __NR_io_uring_setup},
        sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(failure)},
        sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    const sock_fprog filter{program.size(), program.data()};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) { _exit(2); }
    const auto made = reactor::make(ring_backend_factory());
    const bool clear = !made.ok() && made.error().os_error == failure &&
                       describe(made.error()).find(cure) != std::string::npos;
    _exit(clear ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_CASE("without io_uring the reactor is refused, with cause and cure") {
  CHECK(refused_in_child(EPERM, "kernel.io_uring_disabled=0") == 0);
  CHECK(refused_in_child(ENOSYS, "Linux 6.1") == 0);
  CHECK(refused_in_child(ENOMEM, "LimitMEMLOCK=") == 0);
}

}  // namespace
}  // namespace sluice::io
