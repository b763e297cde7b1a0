#pragma once

#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "io/reactor.hpp"

namespace sluice::io {

class ticket;
namespace detail {
struct cancel_link;
}

/// The reactor's side: asked by long operations whether they should stop. Reactor thread only.
class cancellation {
public:
  cancellation() = default;
  cancellation(const cancellation&) = delete;
  cancellation& operator=(const cancellation&) = delete;
  ~cancellation();
  [[nodiscard]] bool requested() const noexcept { return requested_; }
  /// `react` runs once on the reactor's thread when cancelling is asked (at once if it was
  /// already); dropping the registration forgets it.
  class registration;
  [[nodiscard]] registration on_request(std::function<void()> react);

private:
  friend std::pair<ticket, std::shared_ptr<cancellation>> make_ticket(reactor& owner);
  friend class ticket;
  using reactions = std::map<std::uint64_t, std::function<void()>>;
  void request();

  bool requested_ = false;
  std::uint64_t registered_ = 0;
  std::shared_ptr<reactions> reactions_ = std::make_shared<reactions>();
  std::shared_ptr<detail::cancel_link> link_;
};

class cancellation::registration {
public:
  registration() = default;
  registration(registration&& other) noexcept;
  registration& operator=(registration&& other) noexcept;
  ~registration();

private:
  friend class cancellation;
  void forget() noexcept;
  std::weak_ptr<reactions> from_;
  std::uint64_t place_ = 0;
};

/// The actor's side: dropping it asks for cancellation; the operation still runs to its end and
/// reports. Any thread; movable; outlives nothing: holding one after the operation ended is
/// harmless.
class ticket {
public:
  ticket() = default;
  ticket(ticket&& other) noexcept = default;
  ticket& operator=(ticket&& other) noexcept;
  ~ticket();
  void cancel();
  void release() noexcept;  ///< forget without cancelling

private:
  friend std::pair<ticket, std::shared_ptr<cancellation>> make_ticket(reactor& owner);
  std::shared_ptr<detail::cancel_link> link_;
};

/// A connected pair for one operation on `owner`.
std::pair<ticket, std::shared_ptr<cancellation>> make_ticket(reactor& owner);

}  // namespace sluice::io
