#include "io/cancellation.hpp"

#include <mutex>

namespace sluice::io {

namespace detail {

/// What a ticket and its operation share; `owner` is empty once the operation has ended.
struct cancel_link {
  std::mutex guard;
  reactor* owner = nullptr;
  std::weak_ptr<cancellation> operation;
};

}  // namespace detail

cancellation::~cancellation() {
  if (!link_) { return; }
  const std::lock_guard lock(link_->guard);
  link_->owner = nullptr;
}

void cancellation::request() {
  if (std::exchange(requested_, true)) { return; }
  while (!reactions_->empty()) {  // a reaction may drop registrations
    const auto first = reactions_->extract(reactions_->begin());
    first.mapped()();
  }
}

cancellation::registration cancellation::on_request(std::function<void()> react) {
  registration made;
  if (requested_) {
    react();
    return made;
  }
  made.from_ = reactions_;
  made.place_ = ++registered_;
  reactions_->emplace(made.place_, std::move(react));
  return made;
}

cancellation::registration::registration(registration&& other) noexcept
    : from_(std::exchange(other.from_, {})), place_(other.place_) {}

cancellation::registration& cancellation::registration::operator=(registration&& other) noexcept {
  if (this != &other) {
    forget();
    from_ = std::exchange(other.from_, {});
    place_ = other.place_;
  }
  return *this;
}

cancellation::registration::~registration() { forget(); }

void cancellation::registration::forget() noexcept {
  if (const auto from = from_.lock()) { from->erase(place_); }
}

ticket& ticket::operator=(ticket&& other) noexcept {
  if (this != &other) {
    cancel();
    link_ = std::move(other.link_);
  }
  return *this;
}

ticket::~ticket() { cancel(); }

void ticket::cancel() {
  const auto link = std::exchange(link_, nullptr);
  if (!link) { return; }
  const std::lock_guard lock(link->guard);
  if (link->owner == nullptr) { return; }
  link->owner->post_at_once([operation = link->operation] {
    if (const auto alive = operation.lock()) { alive->request(); }
  });
}

void ticket::release() noexcept { link_ = nullptr; }

std::pair<ticket, std::shared_ptr<cancellation>> make_ticket(reactor& owner) {
  auto link = std::make_shared<detail::cancel_link>();
  auto operation = std::make_shared<cancellation>();
  link->owner = &owner;
  link->operation = operation;
  operation->link_ = link;
  ticket made;
  made.link_ = std::move(link);
  return {std::move(made), std::move(operation)};
}

}  // namespace sluice::io
