#include "io/worker_pool.hpp"

#include <condition_variable>
#include <coroutine>
#include <mutex>
#include <thread>
#include <vector>

namespace sluice::io {

namespace {

/// Lives in the task that waits for it.
struct job {
  reactor* home;
  std::function<void()> work;
  std::coroutine_handle<> waiting;
  job* next = nullptr;
};

}  // namespace

struct worker_pool::state {
  std::mutex guard;
  std::condition_variable more;
  job* first = nullptr;
  job* last = nullptr;
  bool ending = false;
  std::vector<std::thread> threads;

  void add(job& asked) {
    {
      const std::lock_guard lock(guard);
      (first == nullptr ? first : last->next) = &asked;
      last = &asked;
    }
    more.notify_one();
  }

  void work() {
    std::unique_lock lock(guard);
    while (true) {
      more.wait(lock, [&] { return ending || first != nullptr; });
      if (first == nullptr) { return; }
      job& taken = *first;
      first = taken.next;
      lock.unlock();
      taken.work();
      // From the post on, `taken` may be gone.
      taken.home->post_at_once([waiting = taken.waiting] { waiting.resume(); });
      lock.lock();
    }
  }
};

namespace {

template <typename State>
struct queueing {
  State& pool;
  job asked;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    asked.waiting = waiting;
    pool.add(asked);
  }
  void await_resume() const noexcept {}
};

}  // namespace

worker_pool::worker_pool(unsigned threads) : state_(std::make_unique<state>()) {
  for (unsigned made = 0; made < threads; ++made) {
    state_->threads.emplace_back([own = state_.get()] { own->work(); });
  }
}

worker_pool::~worker_pool() {
  {
    const std::lock_guard lock(state_->guard);
    state_->ending = true;
  }
  state_->more.notify_all();
  for (auto& thread : state_->threads) { thread.join(); }
}

task<void> worker_pool::run(reactor& home, std::function<void()> work) {
  if (state_->threads.empty()) {
    work();
    co_return;
  }
  queueing<state> queued{*state_, job{&home, std::move(work), {}}};
  co_await queued;
}

}  // namespace sluice::io
