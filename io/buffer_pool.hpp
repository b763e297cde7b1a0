#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "io/reactor.hpp"

namespace sluice::io {

/// The process-wide budget: `limits::buffers_per_process` buffers of 1 MiB, aligned to 4096. Shared
/// by all reactors.
class buffer_budget;
std::shared_ptr<buffer_budget> make_buffer_budget(std::uint32_t buffers);

namespace detail {
class pool_state;
}

/// One buffer on loan; returned when dropped. 1 MiB, aligned to 4096, registered with the reactor's
/// ring where that is possible. Reactor thread of its pool.
class buffer {
public:
  buffer() = default;
  buffer(buffer&&) noexcept;
  buffer& operator=(buffer&&) noexcept;
  ~buffer();
  [[nodiscard]] std::span<std::byte> bytes() noexcept;
  explicit operator bool() const noexcept { return memory_ != nullptr; }

private:
  friend class detail::pool_state;
  buffer(detail::pool_state& home, std::byte* memory) noexcept : home_(&home), memory_(memory) {}
  detail::pool_state* home_ = nullptr;
  std::byte* memory_ = nullptr;
};

/// A reactor's share of the budget: slabs of 16 MiB on demand, given back when idle. FIFO, among
/// all pools of a budget. Must outlive its buffers.
class buffer_pool {
public:
  buffer_pool(reactor& ring, std::shared_ptr<buffer_budget> budget);
  buffer_pool(const buffer_pool&) = delete;
  buffer_pool& operator=(const buffer_pool&) = delete;
  ~buffer_pool();
  [[nodiscard]] task<buffer> acquire();
  [[nodiscard]] std::uint32_t lent() const noexcept;

private:
  std::shared_ptr<detail::pool_state> state_;
};

}  // namespace sluice::io
