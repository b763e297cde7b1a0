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

/// One buffer on loan; returned when dropped. 1 MiB, aligned to 4096, registered with the reactor's
/// ring where that is possible. Reactor thread of its pool.
class buffer {
public:
  buffer() = default;
  buffer(buffer&&) noexcept;
  buffer& operator=(buffer&&) noexcept;
  ~buffer();
  [[nodiscard]] std::span<std::byte> bytes() noexcept;
  explicit operator bool() const noexcept;
};

/// A reactor's share of the budget: slabs of 16 MiB on demand, given back when idle. FIFO.
class buffer_pool {
public:
  buffer_pool(reactor& ring, std::shared_ptr<buffer_budget> budget);
  ~buffer_pool();
  [[nodiscard]] task<buffer> acquire();
  [[nodiscard]] std::uint32_t lent() const noexcept;
};

}  // namespace sluice::io
