#include "http/client_census.hpp"

namespace sluice::http {

void client_census::add(const model::visit& one) {
  const std::lock_guard lock(mutex_);
  const auto known = bytes_.find({one.kind, one.identity});
  if (known != bytes_.end()) {
    known->second += one.bytes;
    return;
  }
  const bool room = bytes_.size() < visitors_max;
  bytes_[{one.kind, room ? one.identity : std::string()}] += one.bytes;
}

std::vector<model::visit> client_census::take() {
  decltype(bytes_) taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(bytes_);
  }
  std::vector<model::visit> visits;
  visits.reserve(taken.size());
  for (auto& [who, bytes] : taken) { visits.push_back({who.first, who.second, bytes}); }
  return visits;
}

}  // namespace sluice::http
