#pragma once

#include <functional>
#include <memory>

#include "io/reactor.hpp"

namespace sluice::io {

/// The reactor's side: asked by long operations whether they should stop. Reactor thread only.
class cancellation {
public:
  [[nodiscard]] bool requested() const noexcept;
  /// `react` runs once on the reactor's thread when cancelling is asked (at once if it was
  /// already); dropping the registration forgets it.
  class registration;
  [[nodiscard]] registration on_request(std::function<void()> react);
};

/// The actor's side: dropping it asks for cancellation; the operation still runs to its end and
/// reports. Any thread; movable; outlives nothing: holding one after the operation ended is
/// harmless.
class ticket {
public:
  ticket() = default;
  ~ticket();
  void cancel();
  void release() noexcept;  ///< forget without cancelling
};

/// A connected pair for one operation on `owner`.
std::pair<ticket, std::shared_ptr<cancellation>> make_ticket(reactor& owner);

}  // namespace sluice::io
