#include "apps/service_signals.hpp"

#include <signal.h>
#include <unistd.h>

#include <thread>

#include "base/base.hpp"

namespace sluice::apps::service_signals {

namespace {

sigset_t ending() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

sigset_t all() {
  sigset_t set = ending();
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void claim() {
  const sigset_t set = all();
  SLUICE_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  SLUICE_CHECK(sigaction(SIGPIPE, &ignore, nullptr) == 0);
}

news wait(std::chrono::milliseconds at_most) {
  const sigset_t set = all();
  timespec patience{};
  patience.tv_sec = at_most.count() / 1000;
  patience.tv_nsec = at_most.count() % 1000 * 1'000'000;
  switch (sigtimedwait(&set, nullptr, &patience)) {
    case SIGTERM:
    case SIGINT: return news::terminate;
    case SIGHUP: return news::reload;
    default: return news::none;
  }
}

void stop_at_next() {
  std::thread([] {
    const sigset_t set = ending();
    while (sigwaitinfo(&set, nullptr) < 0) {}
    log::warning("sluiced", "asked twice: stops at once");
    _exit(1);
  }).detach();
}

}  // namespace sluice::apps::service_signals
