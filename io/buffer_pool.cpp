#include "io/buffer_pool.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "io/sync.hpp"

namespace sluice::io {

namespace {

constexpr std::size_t buffer_size = limits::piece_size;
constexpr std::size_t slab_size = limits::buffers_per_slab * buffer_size;
constexpr std::size_t huge_page = 2 * limits::mib;
constexpr auto idle_time = std::chrono::seconds(2);

std::byte* map_slab() {
  // Aligned to huge pages: pinning it is then a matter of eight pages.
  void* const mapped = ::mmap(nullptr, slab_size + huge_page, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  SLUICE_CHECK(mapped != MAP_FAILED);
  auto* const start = static_cast<std::byte*>(mapped);
  const std::size_t skip =
      (huge_page - reinterpret_cast<std::uintptr_t>(start) % huge_page) % huge_page;
  if (skip > 0) { ::munmap(start, skip); }
  ::munmap(start + skip + slab_size, huge_page - skip);
  ::madvise(start + skip, slab_size, MADV_HUGEPAGE);
  return start + skip;
}

struct slab {
  std::byte* memory;
  std::vector<std::byte*> free;
};

}  // namespace

class buffer_budget {
public:
  explicit buffer_budget(std::uint32_t buffers) noexcept : free_(buffers) {}
  /// True: one may be taken now; false: `granted` will be called on the reactor of `home`.
  bool take_or_queue(const std::shared_ptr<detail::pool_state>& home);
  void give();

private:
  std::mutex guard_;
  std::uint32_t free_;
  std::deque<std::shared_ptr<detail::pool_state>> asking_;
};

namespace detail {

class pool_state : public std::enable_shared_from_this<pool_state> {
public:
  pool_state(reactor& ring, std::shared_ptr<buffer_budget> budget)
      : ring_(ring), budget_(std::move(budget)), idle_{[this] { release_idle(); }} {}

  [[nodiscard]] reactor& ring() noexcept { return ring_; }
  [[nodiscard]] std::uint32_t lent() const noexcept { return lent_; }

  task<buffer> acquire() {
    const bool now = budget_->take_or_queue(shared_from_this());
    if (!now) { co_await queued_wait{waiting_}; }
    co_return lend();
  }

  void granted() {
    const auto first = waiting_.front();
    waiting_.pop_front();
    make_ready(first);
  }

  void take_back(std::byte* memory) {
    SLUICE_CHECK(ring_.operations().simulated() || ring_.on_own_thread());
    const auto home = std::ranges::find_if(slabs_, [&](const slab& each) {
      return memory >= each.memory && memory < each.memory + slab_size;
    });
    SLUICE_CHECK(home != slabs_.end());
    home->free.push_back(memory);
    --lent_;
    if (home->free.size() == limits::buffers_per_slab) { ring_.arm(idle_, idle_time); }
    budget_->give();
  }

  void end() {
    SLUICE_CHECK(lent_ == 0 && waiting_.empty());
    ring_.disarm(idle_);
    release_idle();
  }

private:
  /// From the fullest slab, so that the others empty and can go.
  buffer lend() {
    slab* fullest = nullptr;
    for (slab& each : slabs_) {
      if (!each.free.empty() && (!fullest || each.free.size() < fullest->free.size())) {
        fullest = &each;
      }
    }
    if (fullest == nullptr) { fullest = &add_slab(); }
    std::byte* const memory = fullest->free.back();
    fullest->free.pop_back();
    ++lent_;
    return {*this, memory};
  }

  slab& add_slab() {
    slab made{map_slab(), {}};
    for (std::size_t index = limits::buffers_per_slab; index > 0; --index) {
      made.free.push_back(made.memory + (index - 1) * buffer_size);
    }
    ring_.operations().register_memory({made.memory, slab_size});
    slabs_.push_back(std::move(made));
    return slabs_.back();
  }

  void release_idle() {
    std::erase_if(slabs_, [&](const slab& each) {
      if (each.free.size() < limits::buffers_per_slab) { return false; }
      ring_.operations().unregister_memory({each.memory, slab_size});
      ::munmap(each.memory, slab_size);
      return true;
    });
  }

  reactor& ring_;
  std::shared_ptr<buffer_budget> budget_;
  reactor::timer idle_;
  std::vector<slab> slabs_;
  std::uint32_t lent_ = 0;
  std::deque<std::coroutine_handle<>> waiting_;
};

}  // namespace detail

bool buffer_budget::take_or_queue(const std::shared_ptr<detail::pool_state>& home) {
  const std::lock_guard lock(guard_);
  if (free_ > 0) {  // then nobody is asking
    --free_;
    return true;
  }
  asking_.push_back(home);
  return false;
}

void buffer_budget::give() {
  const std::lock_guard lock(guard_);
  if (asking_.empty()) {
    ++free_;
    return;
  }
  const auto home = std::move(asking_.front());
  asking_.pop_front();
  home->ring().post_at_once([home] { home->granted(); });
}

std::shared_ptr<buffer_budget> make_buffer_budget(std::uint32_t buffers) {
  return std::make_shared<buffer_budget>(buffers);
}

buffer::buffer(buffer&& other) noexcept
    : home_(other.home_), memory_(std::exchange(other.memory_, nullptr)) {}

buffer& buffer::operator=(buffer&& other) noexcept {
  if (this != &other) {
    if (memory_ != nullptr) { home_->take_back(memory_); }
    home_ = other.home_;
    memory_ = std::exchange(other.memory_, nullptr);
  }
  return *this;
}

buffer::~buffer() {
  if (memory_ != nullptr) { home_->take_back(memory_); }
}

std::span<std::byte> buffer::bytes() noexcept {
  return {memory_, memory_ == nullptr ? 0 : buffer_size};
}

buffer_pool::buffer_pool(reactor& ring, std::shared_ptr<buffer_budget> budget)
    : state_(std::make_shared<detail::pool_state>(ring, std::move(budget))) {}

buffer_pool::~buffer_pool() { state_->end(); }

task<buffer> buffer_pool::acquire() { return state_->acquire(); }

std::uint32_t buffer_pool::lent() const noexcept { return state_->lent(); }

}  // namespace sluice::io
