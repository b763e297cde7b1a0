#pragma once

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "model/model.hpp"

namespace sluice::http {

/// Counts who was given content, until somebody takes the counts. Any thread.
class client_census {
public:
  /// Of both kinds, between two takings; about 150 bytes each. The bytes of others count for one
  /// that has no name.
  static constexpr std::size_t visitors_max = 16'384;

  void add(const model::visit& one);
  /// Everything since the last call.
  [[nodiscard]] std::vector<model::visit> take();

private:
  std::mutex mutex_;
  std::map<std::pair<model::visitor_kind, std::string>, std::uint64_t> bytes_;
};

/// What the peer of one connection is given: told as it begins, and from then on by and by. One
/// thread.
class visit_counter {
public:
  /// Without `told` nothing is counted. `identity` as in `model::visit`.
  visit_counter(client_census* told, std::string identity)
      : told_(told), visit_{model::visitor_kind::client, std::move(identity), 0} {}
  ~visit_counter() {
    if (visit_.bytes > 0) { tell(); }
  }
  visit_counter(const visit_counter&) = delete;
  visit_counter& operator=(const visit_counter&) = delete;

  void set_kind(model::visitor_kind kind) noexcept { visit_.kind = kind; }
  /// Bytes of a file that left; none: they are about to.
  void add(std::uint64_t bytes) {
    visit_.bytes += bytes;
    if (begun_ && visit_.bytes < bytes_between) { return; }
    begun_ = true;
    tell();
  }

private:
  static constexpr std::uint64_t bytes_between = 16 * limits::mib;
  void tell() {
    if (told_ != nullptr) { told_->add(visit_); }
    visit_.bytes = 0;
  }

  client_census* told_;
  model::visit visit_;
  bool begun_ = false;
};

}  // namespace sluice::http
